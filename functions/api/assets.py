"""One asset, shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from acervo import access, rights
from acervo.access import Action
from acervo.database import Connection, Row, query
from acervo.rights import Use
from functions.api import cursors, entity_tags, lines
from functions.api.endpoint import BASE, Ask, Reply, Table
from functions.api.models.assets import (
    Asset,
    AssetSummary,
    Rendition,
    RightsReason,
    Transcript,
    UseOfAsset,
)  # fmt: skip
from functions.api.models.jobs import job_of

table = Table("assets")
FIRST_SEGMENTS, SHOWN_JOBS = 500, 50


# -- one asset --------------------------------------------------------------------------------------------------------
def find(ask: Ask, connection: Connection, action: Action, lock: bool = False) -> Row:
    """The asset of the path, for who may `action`.

    Raises:
        Denied: 404 or 403.
    """
    asset_id = ask.uuid()
    look = query.api_lock_asset if lock else query.api_asset
    row: Row | None = look(connection, asset_id=asset_id, principals=ask.caller.principals)
    if row is None:
        raise access.missing()
    access.require(
        ask.caller, action, member=row["member"], owner=row["owner"] == ask.caller.user,
        asset_id=asset_id, project_id=row["project_id"],
    )  # fmt: skip
    return row


@table.get(
    "/assets/{id}",
    answers={200: Asset, 304: None},
    problems=(404,),
    headers={"If-None-Match": "The ETag of what is known."},
)
def show(ask: Ask) -> Reply:
    """One asset with renditions, jobs and the beginning of its transcript."""
    with ask.database.transaction() as connection:
        row = find(ask, connection, Action.VIEW)
        asset = whole(ask, connection, row)
    return tagged(asset, row)


def tagged(asset: Asset, row: Row) -> Reply:
    """With the tag that edits name; who knows it already is answered 304."""
    body = asset.model_dump_json().encode()
    return Reply(asset, headers={"etag": entity_tags.entity_tag(row["version"], body)}, body=body)


def whole(ask: Ask, connection: Connection, row: Row) -> Asset:
    asset_id = row["id"]
    segments = list(query.api_transcript(connection, asset_id=asset_id, after=-1, limit=FIRST_SEGMENTS + 1))
    shown = [lines.shown(segment, words=False) for segment in segments[:FIRST_SEGMENTS]]
    following = (
        f"{BASE}/assets/{asset_id}/transcript?cursor={cursors.encode(shown[-1].number)}"
        if len(segments) > FIRST_SEGMENTS
        else None
    )
    jobs = query.api_jobs(connection, asset_id=asset_id, limit=SHOWN_JOBS)
    more = ("duplicate_of", "sha256", "declared_sha256", "rights", "technical", "embedded")
    return Asset(
        **common(row),
        **{name: row[name] for name in more},
        renditions=[_rendition(found) for found in query.api_renditions(connection, asset_id=asset_id)],
        transcript=Transcript(segments=shown, next=following),
        jobs=[job_of(job) for job in jobs],
        actions=access.actions(ask.caller.roles, row["member"], row["owner"] == ask.caller.user),
        uses=uses_of(ask, row),
    )


def _rendition(row: Row) -> Rendition:
    return Rendition(**{name: row[name] for name in Rendition.model_fields})


def common(row: Row) -> dict[str, Any]:
    names = set(AssetSummary.model_fields) - {"duration_s", "thumbnail_url", "rights_flags"}
    return {
        **{name: row[name] for name in names},
        "duration_s": row["technical"].get("duration_s"),
        "rights_flags": rights.flags(row["rights"], datetime.now(UTC)),
    }


def uses_of(ask: Ask, row: Row) -> list[UseOfAsset]:
    """What the asset's rights say of each use now, and what the caller may do in spite of them."""
    now, may_override = datetime.now(UTC), access.may(ask.caller.roles, Action.OVERRIDE, row["member"])
    return [_use(use, rights.allows(row["rights"], use, now), may_override) for use in Use]


def _use(use: Use, decision: rights.Decision, may_override: bool) -> UseOfAsset:
    return UseOfAsset(
        use=use.value, allowed=decision.allowed, override=may_override and use in (Use.DOWNLOAD, Use.CLIP),
        reasons=[RightsReason(code=code, detail=detail) for code, detail in decision.reasons],
        not_before=decision.not_before, until=decision.until,
    )  # fmt: skip
