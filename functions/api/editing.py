"""Edits of assets by people: one, many at once, and back again. Each is in the history, the audit log and the outbox, in one transaction."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

from pydantic import BaseModel

from acervo import access, problems
from acervo.access import Action
from acervo.database import Row, as_json, query
from acervo.function import Work
from acervo.problems import Problem
from functions.api import audit, changes, cursors, entity_tags, extra_fields
from functions.api.assets import find, tagged, whole
from functions.api.changes import Columns
from functions.api.endpoint import Ask, Reply, Table
from functions.api.models import editing as models
from functions.api.models.assets import Asset, AssetEdit, Metadata, MetadataSchema, Rights
from functions.api.models.editing import BulkEdit, BulkEdited, Edit, Edited, HistoryQuery, NotEdited
from functions.api.models.strict import Page
from functions.api.once import HEADER

table = Table("assets")
WORDS = ("keywords", "people", "places")


# -- one --------------------------------------------------------------------------------------------------------------
@table.patch(
    "/assets/{id}",
    body=AssetEdit,
    answers={200: Asset},
    problems=(403, 404, 412, 413, 415, 422, 428),
    headers={"If-Match": "Required: the ETag that was edited. Only its version counts."},
)
def edit(ask: Ask, body: AssetEdit) -> Reply:
    """Edit name, language, metadata and rights, as a JSON merge patch."""
    with ask.call.change() as work:
        row = find(ask, work.connection, Action.EDIT, lock=True)
        check_version(ask, row, required=True)
        row, _ = apply(ask, work, row, changes.merged(changes.columns_of(row), _patch(body)), "edit")
        asset = whole(ask, work.connection, row)
    return tagged(asset, row)


def _patch(body: BaseModel) -> dict[str, Any]:
    """Times are written as JSON has them."""
    patch: dict[str, Any] = json.loads(body.model_dump_json(exclude_unset=True))
    if "name" in patch and patch["name"] is None:
        raise problems.invalid([{"field": "name", "detail": "cannot be removed", "code": "missing"}])
    return patch


def check_version(ask: Ask, row: Row, required: bool) -> None:
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


def apply(
    ask: Ask,
    work: Work,
    row: Row,
    after: Columns,
    what: str,
    *,
    bulk_id: str | None = None,
    undoes: int | None = None,
) -> tuple[Row, bool]:
    """Write the columns of a locked asset; the row as it is then, and whether anything changed."""
    changed = changes.differences(changes.columns_of(row), after)
    if not changed:
        return row, False
    if any(path.startswith("metadata.extra.") for path in changed):
        extra_fields.check(ask.resources.settings.metadata_schema, after["metadata"].get(changes.EXTRA, {}))
    columns = {name: as_json(value) if isinstance(value, dict) else value for name, value in after.items()}
    row = {**row, **query.api_edit_asset(work.connection, asset_id=row["id"], **columns)}
    query.put_asset_edit(
        work.connection, asset_id=row["id"], version=row["version"], who=ask.caller.user, what=what, changed=as_json(changed),
        bulk_id=bulk_id, undoes=undoes,
    )  # fmt: skip
    audit.write(
        work.connection, ask, "edit", asset_id=str(row["id"]), project_id=row["project_id"], version=row["version"], changed=changed,
        **({"undoes": undoes} if undoes else {}), **({"bulk_id": bulk_id} if bulk_id else {}),
    )  # fmt: skip
    say_changed(work, row, row["status"])
    return row, True


def say_changed(work: Work, row: Row, status: str, **more: str) -> None:
    asset_id = str(row["id"])
    data = {"asset_id": asset_id, "project_id": row["project_id"], "status": status, **more}
    work.say("acervo.asset.changed.v1", asset_id, data)


@table.get("/metadata-schema", answers={200: MetadataSchema})
def metadata_schema(ask: Ask) -> Reply:
    """What may be written about an asset, as JSON Schemas: the fields that all installations have, and those of this one."""
    extra = extra_fields.schema_of(ask.resources.settings.metadata_schema)
    return Reply(
        MetadataSchema(metadata=Metadata.model_json_schema(), rights=Rights.model_json_schema(), extra=extra)
    )


# -- history ----------------------------------------------------------------------------------------------------------
@table.get("/assets/{id}/history", query=HistoryQuery, answers={200: Page[Edit]}, problems=(404, 422))
def history(ask: Ask, query: HistoryQuery) -> Reply:
    """Every change by a person: who, when, what; newest first."""
    rows = _edits(ask, query)
    more = len(rows) > query.limit
    items = [_shown(row) for row in rows[: query.limit]]
    return Reply(Page[Edit](items=items, next_cursor=cursors.encode(items[-1].id) if more else None))


def _edits(ask: Ask, wanted: HistoryQuery) -> list[Row]:
    before = cursors.decode_number(wanted.cursor) if wanted.cursor else None
    with ask.database.transaction() as connection:
        row = find(ask, connection, Action.VIEW)
        return list(
            query.asset_edits_page(connection, asset_id=row["id"], before=before, limit=wanted.limit + 1)
        )


def _shown(row: Row) -> Edit:
    made = [
        models.Change(field=path, before=change["from"], after=change["to"])
        for path, change in row["changed"].items()
    ]
    names = ("id", "version", "at", "who", "what", "bulk_id", "undoes", "undone")
    return Edit(**{name: row[name] for name in names}, changes=made)


@table.post(
    "/assets/{id}/history/{edit}/undo",
    answers={200: Asset},
    problems=(403, 404, 409, 412),
    headers={"If-Match": "Optional: undo only on this version."},
)
def undo(ask: Ask) -> Reply:
    """Take one change back. Fields that were changed again since stand in the way: 409 names them."""
    with ask.call.change() as work:
        row = find(ask, work.connection, Action.EDIT, lock=True)
        check_version(ask, row, required=False)
        row = _undo(ask, work, row, _number(ask), None)
        asset = whole(ask, work.connection, row)
    return tagged(asset, row)


def _number(ask: Ask) -> int:
    text = ask.request.path_params["edit"]
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise access.missing()
    return int(text)


def _undo(ask: Ask, work: Work, row: Row, edit_id: int, bulk_id: str | None) -> Row:
    """Raises Problem: 404 no such edit, 409 undone before, changed since, or not a change of what the asset says."""
    known = query.get_asset_edit(work.connection, asset_id=row["id"], edit_id=edit_id)
    if known is None:
        raise access.missing()
    if known["what"] == "move":
        raise Problem(409, "moved", "it went to another project then: move it back instead")
    if known["undone"]:
        raise Problem(409, "undone-before", "this change was taken back already")
    after, conflicts = changes.undone(changes.columns_of(row), known["changed"])
    if conflicts:
        raise Problem(
            409, "changed-since", f"changed again since: {', '.join(conflicts[:10])}", field=conflicts[0], fields=conflicts[:100]
        )  # fmt: skip
    row, _ = apply(ask, work, row, after, "undo", undoes=edit_id, bulk_id=bulk_id)
    return row


# -- many -------------------------------------------------------------------------------------------------------------
@table.post(
    "/assets/bulk-edit",
    body=BulkEdit,
    answers={200: BulkEdited},
    problems=(413, 415, 422),
    headers=HEADER,
    once=True,
)
def bulk_edit(ask: Ask, body: BulkEdit) -> Reply:
    """The same change of up to 500 assets. Versions are not compared: what others write in other fields stays."""
    patch = _patch(body.edit)
    bulk_id = str(uuid4())

    def change(work: Work, row: Row) -> tuple[Row, bool]:
        after = changes.merged(changes.columns_of(row), patch)
        for field in WORDS:
            add, remove = getattr(body, f"add_{field}"), getattr(body, f"remove_{field}")
            after = changes.with_words(after, field, add, remove) if add or remove else after
        return apply(ask, work, row, after, "bulk", bulk_id=bulk_id)

    return Reply(_each(ask, body.asset_ids, bulk_id, change))


def _each(ask: Ask, asset_ids: list[UUID], bulk_id: str, change: Any) -> BulkEdited:
    edited: list[Edited] = []
    refused: list[NotEdited] = []
    with ask.call.change() as work:
        rows = query.lock_assets_to_edit(
            work.connection, asset_ids=sorted(set(asset_ids)), principals=ask.caller.principals
        )
        known = {row["id"]: row for row in rows}
        for asset_id in sorted(set(asset_ids)):
            try:
                row = known.get(asset_id)
                if row is None:
                    raise access.missing()
                access.require(
                    ask.caller, Action.EDIT, member=row["member"], owner=row["owner"] == ask.caller.user,
                    asset_id=str(asset_id), project_id=row["project_id"],
                )  # fmt: skip
                row, changed = change(work, row)
            except access.Denied as fault:
                audit.denied_within(work.connection, ask, fault)
                refused.append(NotEdited(asset_id=asset_id, code=fault.code, detail=fault.reason))
            except Problem as fault:
                refused.append(NotEdited(asset_id=asset_id, code=fault.code, detail=fault.reason))
            else:
                edited.append(Edited(asset_id=asset_id, version=row["version"], changed=changed))
    return BulkEdited(bulk_id=UUID(bulk_id), edited=edited, refused=refused)


@table.post("/assets/bulk-edit/{id}/undo", answers={200: BulkEdited}, problems=(404,))
def bulk_undo(ask: Ask) -> Reply:
    """Take a bulk edit of one's own back (archivists: anybody's); each asset for itself."""
    anybody = access.may(ask.caller.roles, Action.EDIT, member=False)
    with ask.database.transaction() as connection:
        found = query.bulk_edits(
            connection, bulk_id=ask.uuid(), who=None if anybody else ask.caller.user, limit=models.MAX_BULK
        )
        edits = {row["asset_id"]: row["id"] for row in found}
    if not edits:
        raise access.missing()
    bulk_id = str(uuid4())

    def change(work: Work, row: Row) -> tuple[Row, bool]:
        return _undo(ask, work, row, edits[row["id"]], bulk_id), True

    return Reply(_each(ask, list(edits), bulk_id, change))
