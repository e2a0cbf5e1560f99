"""One asset: shown, edited, deleted, run again."""

from __future__ import annotations

import json
from typing import Any

from acervo import access, assets, problems
from acervo.access import Action
from acervo.database import Connection, Row, as_json, query
from acervo.problems import Problem
from functions.api import audit, cursors, entity_tags
from functions.api.endpoint import BASE, Ask, Reply, Table
from functions.api.models.assets import (
    Asset,
    AssetEdit,
    AssetSummary,
    Rendition,
    Segment,
    Transcript,
    TranscriptQuery,
)  # fmt: skip
from functions.api.models.jobs import job_of
from functions.api.models.platform import Accepted
from functions.api.models.strict import Page

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
        asset = _whole(ask, connection, row)
    tag = entity_tags.entity_tag(row["version"], asset.model_dump_json().encode())
    if entity_tags.matches(ask.request.headers.get("if-none-match", ""), tag):
        return Reply(status=304, headers={"etag": tag})
    return Reply(asset, headers={"etag": tag})


def _whole(ask: Ask, connection: Connection, row: Row) -> Asset:
    asset_id = row["id"]
    segments = list(query.api_transcript(connection, asset_id=asset_id, after=-1, limit=FIRST_SEGMENTS + 1))
    shown = [_segment(segment, words=False) for segment in segments[:FIRST_SEGMENTS]]
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
    )


def _rendition(row: Row) -> Rendition:
    return Rendition(**{name: row[name] for name in Rendition.model_fields})


def _segment(row: Row, words: bool) -> Segment:
    return Segment(
        **{name: row[name] for name in Segment.model_fields if name != "words"},
        words=row["words"] if words else None,
    )


@table.get(
    "/assets/{id}/transcript", query=TranscriptQuery, answers={200: Page[Segment]}, problems=(404, 422)
)
def transcript(ask: Ask, query: TranscriptQuery) -> Reply:
    """What is said, in order of time; `words=true` adds each word with its time."""
    rows = _segments(ask, query)
    more = len(rows) > query.limit
    items = [_segment(row, query.words) for row in rows[: query.limit]]
    following = cursors.encode(items[-1].number) if more else None
    return Reply(Page[Segment](items=items, next_cursor=following))


def _segments(ask: Ask, wanted: TranscriptQuery) -> list[Row]:
    after = cursors.decode_number(wanted.cursor, 2**31 - 1) if wanted.cursor else -1
    with ask.database.transaction() as connection:
        row = find(ask, connection, Action.VIEW)
        return list(query.api_transcript(connection, asset_id=row["id"], after=after, limit=wanted.limit + 1))


def common(row: Row) -> dict[str, Any]:
    names = set(AssetSummary.model_fields) - {"duration_s", "thumbnail_url"}
    return {**{name: row[name] for name in names}, "duration_s": row["technical"].get("duration_s")}


# -- change -----------------------------------------------------------------------------------------------------------
@table.patch(
    "/assets/{id}",
    body=AssetEdit,
    answers={200: Asset},
    problems=(403, 404, 409, 412, 413, 415, 422, 428),
    headers={"If-Match": "Required: the ETag that was edited. Only its version counts."},
)
def edit(ask: Ask, body: AssetEdit) -> Reply:
    """Edit name, language, metadata and rights, as a JSON merge patch."""
    with ask.call.change() as work:
        row = find(ask, work.connection, Action.EDIT, lock=True)
        _check_version(ask, row, required=True)
        after = _merged(row, body)
        changed = {
            name: {"from": row[name], "to": value} for name, value in after.items() if row[name] != value
        }
        if changed:
            columns = {
                name: as_json(value) if isinstance(value, dict) else value for name, value in after.items()
            }
            row = {**row, **query.api_edit_asset(work.connection, asset_id=row["id"], **columns)}
            _note_change(ask, work.connection, row, changed)
            _say_changed(work, row, row["status"])
        asset = _whole(ask, work.connection, row)
    tag = entity_tags.entity_tag(row["version"], asset.model_dump_json().encode())
    return Reply(asset, headers={"etag": tag})


def _note_change(ask: Ask, connection: Connection, row: Row, changed: dict[str, Any]) -> None:
    audit.write(
        connection, ask, "edit", asset_id=str(row["id"]), project_id=row["project_id"],
        version=row["version"], changed=changed,
    )  # fmt: skip


def _merged(row: Row, body: AssetEdit) -> dict[str, Any]:
    """The columns after the patch (RFC 7396). Times are written as JSON has them."""
    patch = json.loads(body.model_dump_json(exclude_unset=True))
    if "name" in patch and patch["name"] is None:
        raise problems.invalid([{"field": "name", "detail": "cannot be removed"}])
    return {
        "name": patch.get("name", row["name"]),
        "language": patch.get("language", row["language"]),
        "metadata": _merge(row["metadata"], patch.get("metadata", {})),
        "rights": _merge(row["rights"], patch.get("rights", {})),
    }


def _merge(known: dict[str, Any], patch: dict[str, Any] | None) -> dict[str, Any]:
    if patch is None:
        return {}
    return {name: value for name, value in {**known, **patch}.items() if value is not None}


def _check_version(ask: Ask, row: Row, required: bool) -> None:
    """Raises Problem: 428 without If-Match, 412 with what the asset is now."""
    header = ask.request.headers.get("if-match")
    if header is None:
        if required:
            raise Problem(
                428, "if-match-required", "send the ETag that you edited as If-Match", field="If-Match"
            )
        return
    if not entity_tags.matches_version(header, row["version"]):
        names = ("version", "name", "language", "metadata", "rights", "status")
        raise Problem(
            412, "changed-meanwhile", "somebody changed this asset after you read it", field="If-Match",
            current={**{name: row[name] for name in names}, "updated_at": row["updated_at"].isoformat()},
            headers={"etag": f'"{row["version"]}"'},
        )  # fmt: skip


def _say_changed(work: Any, row: Row, status: str) -> None:
    asset_id = str(row["id"])
    data = {"asset_id": asset_id, "project_id": row["project_id"], "status": status}
    work.say("acervo.asset.changed.v1", asset_id, data)


@table.delete(
    "/assets/{id}",
    answers={204: None},
    problems=(403, 404, 412),
    headers={"If-Match": "Optional: delete only this version."},
)
def delete(ask: Ask) -> Reply:
    """Delete: the asset is gone from everywhere; its bytes stay until they are purged."""
    reason = f"deleted by {ask.caller.name}"
    with ask.call.change() as work:
        # jobs first, then the asset's row: the order of a worker that finishes its last part
        query.api_cancel_jobs(
            work.connection, asset_id=find(ask, work.connection, Action.DELETE)["id"], reason=reason
        )
        row = find(ask, work.connection, Action.DELETE, lock=True)
        _check_version(ask, row, required=False)
        asset_id, project_id = str(row["id"]), row["project_id"]
        query.set_status(
            work.connection, asset_id=asset_id, status="deleted", reason_code="deleted", reason=reason,
        )  # fmt: skip
        audit.write(
            work.connection, ask, "delete", asset_id=asset_id, project_id=project_id, was=row["status"]
        )
        work.say("acervo.asset.deleted.v1", asset_id, {"asset_id": asset_id, "project_id": project_id})
    if row["upload_id"]:
        ask.objects.abort_multipart(ask.objects.archive, row["upload_key"], row["upload_id"])
    return Reply(status=204)


@table.post("/assets/{id}/retry", answers={202: Accepted}, problems=(403, 404, 409))
def retry(ask: Ask) -> Reply:
    """Run the failed steps of an asset in `error` again."""
    with ask.call.change() as work:
        row = find(ask, work.connection, Action.RETRY, lock=True)
        status = assets.Status(row["status"])
        if status is not assets.Status.ERROR or not row["master_key"]:
            raise Problem(
                409, "nothing-to-retry", f"only an asset in `error` can be run again; this one is `{status}`"
            )
        asset_id = str(row["id"])
        query.set_status(
            work.connection, asset_id=asset_id, status="processing", reason_code=None, reason=None
        )
        audit.write(work.connection, ask, "retry", asset_id=asset_id, project_id=row["project_id"])
        work.say("acervo.asset.ingested.v1", asset_id, _ingested(row))
        _say_changed(work, row, "processing")
    return Reply(Accepted(id=asset_id, status="processing"), 202)


def _ingested(row: Row) -> dict[str, Any]:
    """The data that ingest said: the steps that are not failed find their jobs and do nothing."""
    technical = row["technical"]
    names = ("project_id", "kind", "sha256", "master_key", "mime_type", "size_bytes")
    return {
        "asset_id": str(row["id"]),
        **{name: row[name] for name in names},
        "has_audio": bool(technical.get("audio")),
        "duration_s": technical.get("duration_s"),
    }
