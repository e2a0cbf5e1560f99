"""Downloads: a presigned URL of one object, for fifteen minutes, with the name that people know. Each one is in the audit log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from starlette.responses import Response

from acervo import access, keys, rights
from acervo.access import Action, Denied
from acervo.database import Connection, Row, query
from acervo.objects import PRESIGN_S, content_disposition
from acervo.problems import Problem
from acervo.rights import Use
from functions.api import audit, inscribed, xmp
from functions.api.assets import find
from functions.api.endpoint import Ask, Reply, Table
from functions.api.models.assets import Download, DownloadOrder

table = Table("downloads")
PLAYLISTS = (".m3u8", ".mpd")
XMP_TYPE = "application/rdf+xml"
ACTIONS = {Use.DOWNLOAD: Action.DOWNLOAD, Use.CLIP: Action.DOWNLOAD, Use.PUBLISH: Action.PUBLISH}


@table.post(
    "/assets/{id}/downloads",
    body=DownloadOrder,
    answers={200: Download},
    problems=(403, 404, 409, 413, 415, 422),
)
def download(ask: Ask, body: DownloadOrder) -> Reply:
    """A URL of the master or of a rendition."""
    with ask.database.transaction() as connection:
        row = find(ask, connection, Action.DOWNLOAD)
        bucket, key, known = _object(ask, connection, row, body.what)
        lives_s, overridden = check_rights(
            ask, connection, row, Use.DOWNLOAD, body.override, master=body.what == "master"
        )
        audit.write(
            connection, ask, "download", asset_id=str(row["id"]), project_id=row["project_id"], object=body.what,
            expires_s=lives_s, **({"overridden": overridden} if overridden else {}),
        )  # fmt: skip
    name = file_name(row["name"], body.what, key)
    if body.with_metadata:
        return _with_metadata(ask, row, bucket, key, name, lives_s)
    return Reply(
        Download(
            url=ask.objects.presign_get(bucket, key, lives_s, file_name=name),
            expires_at=datetime.now(UTC) + timedelta(seconds=lives_s),
            file_name=name,
            mime_type=known["mime_type"],
            size_bytes=known["size_bytes"],
            sha256=row["sha256"] if body.what == "master" else None,
        ),
        headers={"cache-control": "no-store"},
    )


def _with_metadata(ask: Ask, row: Row, bucket: str, key: str, name: str, lives_s: int) -> Reply:
    """A URL of a copy with the asset's metadata inside."""
    made = inscribed.make(ask, row, bucket, key, name)
    return Reply(
        Download(
            url=ask.objects.presign_get(ask.objects.proxies, made.key, lives_s, file_name=name),
            expires_at=datetime.now(UTC) + timedelta(seconds=lives_s),
            file_name=name, mime_type=made.mime_type, size_bytes=made.size_bytes, sha256=made.sha256,
        ),
        headers={"cache-control": "no-store"},
    )  # fmt: skip


@table.get("/assets/{id}/xmp", answers={200: XMP_TYPE}, problems=(404,))
def sidecar(ask: Ask) -> Response:
    """The asset's metadata as an XMP packet: a sidecar for files that cannot carry it."""
    with ask.database.transaction() as connection:
        row = find(ask, connection, Action.VIEW)
    name = str(PurePosixPath(keys.safe_name(row["name"])).with_suffix(".xmp"))
    headers = {"cache-control": "private, no-cache", "content-disposition": content_disposition(name)}
    packet = xmp.build_packet(str(row["id"]), row["metadata"], row["rights"])
    return Response(packet, media_type=XMP_TYPE, headers=headers)


def check_rights(
    ask: Ask, connection: Connection, row: Row, use: Use, override: bool, *, master: bool = False
) -> tuple[int, list[str]]:
    """Seconds that a URL may live (no longer than the rights do), and the reasons that the caller overrides.

    Raises:
        Problem: 409 with every reason.
    """
    decision = rights.allows(row["rights"], use, datetime.now(UTC), master=master)
    codes = [code for code, _ in decision.reasons]
    if not decision.allowed:
        may_override = access.may(ask.caller.roles, Action.OVERRIDE, row["member"])
        if not (override and may_override):
            raise rights_denied(decision, row, ACTIONS[use], may_override=may_override)
        return PRESIGN_S, codes
    if decision.until is None:
        return PRESIGN_S, []
    left_s = int((decision.until - datetime.now(UTC)).total_seconds())
    return max(1, min(PRESIGN_S, left_s)), []


def rights_denied(
    decision: rights.Decision, row: Row, action: Action, *, may_override: bool = False
) -> Denied:
    """409 with every reason, noted in the audit log; `may_override` says that asking with `override` would do."""
    reasons = [{"code": code, "detail": detail} for code, detail in decision.reasons]
    text = "; ".join(detail for _, detail in decision.reasons)
    return Denied(
        409, "rights", text, action, asset_id=str(row["id"]), project_id=row["project_id"], reasons=reasons, may_override=may_override
    )  # fmt: skip


def _object(ask: Ask, connection: Connection, row: Row, what: str) -> tuple[str, str, Row]:
    """Bucket, key, and the row that describes the object.

    Raises:
        Problem: 404 no such rendition, 409 not there now, 422 not one file.
    """
    if what == "master":
        if not row["master_key"]:
            raise Problem(409, "no-master", f"the master is not stored yet; the asset is `{row['status']}`")
        return ask.objects.archive, row["master_key"], row
    rendition = query.api_rendition(connection, asset_id=row["id"], profile=what)
    if rendition is None:
        raise Problem(404, "no-rendition", f"this asset has no rendition `{what}`", field="what")
    if rendition["status"] != "ready":
        raise Problem(409, "rendition-not-ready", f"the rendition is `{rendition['status']}`", field="what")
    if rendition["key"].endswith(PLAYLISTS):
        raise Problem(
            422, "not-a-file", "this rendition is played, not downloaded: ask for a stream", field="what"
        )
    return rendition["bucket"], rendition["key"], rendition


def file_name(name: str, what: str, key: str) -> str:
    """The asset's name for the master; for a rendition `{stem}-{profile}.{extension of the object}`."""
    safe = keys.safe_name(name)
    if what == "master":
        return safe
    return f"{PurePosixPath(safe).stem}-{what}{PurePosixPath(key).suffix}"
