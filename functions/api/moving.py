"""Assets go to another project. What is an asset's own goes with it, what is the project's stays.

The asset keeps its id, its versions, its keys in the store, its history and its publications; its vectors and its place in the index follow.
It leaves the collections of the project that it leaves. It must be at rest, so that nothing that is under way speaks of the wrong project:

| refused because            | code           |
| --- | --- |
| it is on hold              | `rights-hold`    |
| the same bytes are there   | `duplicate`      |
| it is on a channel that the other project may not publish on | `published-here` |
| there is no room           | `quota-exceeded` |
| it is uploaded, processed or worked on | `not-at-rest`    |

To take something out of a project is to take it from its members: `move` reaches as far as `delete` does. To bring it into one is an upload.
"""

from __future__ import annotations

from uuid import UUID

from acervo import access
from acervo.access import Action
from acervo.assets import Status
from acervo.database import Row, as_json, query
from acervo.function import Work
from acervo.problems import Problem
from functions.api import audit
from functions.api.editing import say_changed
from functions.api.endpoint import Ask, Reply, Table
from functions.api.models.editing import Edited, NotEdited
from functions.api.models.moving import Move, Moved
from functions.api.once import HEADER

table = Table("assets")
AT_REST = frozenset({Status.READY, Status.ERROR})
WHAT, FIELD = "move", "project_id"


@table.post(
    "/assets/move",
    body=Move,
    answers={200: Moved},
    problems=(403, 404, 413, 415, 422),
    headers=HEADER,
    once=True,
)
def move(ask: Ask, body: Move) -> Reply:
    """Move up to 500 assets to another project; each for itself, with a reason for each that stays."""
    moved: list[Edited] = []
    refused: list[NotEdited] = []
    wanted = sorted(set(body.asset_ids))
    with ask.call.change() as work:
        left = _room(ask, work, body.project_id)
        rows = query.lock_assets_to_edit(work.connection, asset_ids=wanted, principals=ask.caller.principals)
        known = {row["id"]: row for row in rows}
        found = query.standing_of_assets(work.connection, asset_ids=wanted, project_id=body.project_id)
        standing = {row["id"]: row for row in found}
        for asset_id in wanted:
            try:
                row = _movable(ask, known.get(asset_id), asset_id)
                if row["project_id"] != body.project_id:
                    _check(row, standing[asset_id], left)
                    row = _move(ask, work, row, body.project_id)
                    left -= row["size_bytes"] or 0
            except access.Denied as fault:
                audit.denied_within(work.connection, ask, fault)
                refused.append(NotEdited(asset_id=asset_id, code=fault.code, detail=fault.reason))
            except Problem as fault:
                refused.append(NotEdited(asset_id=asset_id, code=fault.code, detail=fault.reason))
            else:
                changed = row["version"] != known[asset_id]["version"]
                moved.append(Edited(asset_id=asset_id, version=row["version"], changed=changed))
    return Reply(Moved(moved=moved, refused=refused))


def _room(ask: Ask, work: Work, project_id: str) -> int:
    """Bytes that the project still takes; uploads and moves into it queue up behind this one.

    Raises:
        Denied: 404 or 403.
    """
    project = query.get_project(work.connection, project_id=project_id, principals=ask.caller.principals)
    if project is None:
        raise access.missing()
    access.require(ask.caller, Action.UPLOAD, member=project["member"], project_id=project_id)
    quota: int = query.lock_project(work.connection, project_id=project_id)["quota_bytes"]
    query.fold_usage(work.connection, project_id=project_id)
    used: int = query.used_bytes(work.connection, project_id=project_id)
    return quota - used


def _movable(ask: Ask, row: Row | None, asset_id: UUID) -> Row:
    if row is None:
        raise access.missing()
    access.require(
        ask.caller, Action.MOVE, member=row["member"], owner=row["owner"] == ask.caller.user,
        asset_id=str(asset_id), project_id=row["project_id"],
    )  # fmt: skip
    return row


def _check(row: Row, standing: Row, left: int) -> None:
    """Raises Problem, with the first thing that stands against it; what passes by itself comes last."""
    if row["rights"].get("hold"):
        raise Problem(409, "rights-hold", "the asset is on hold: it stays where it is")
    if standing["same_bytes"] is not None:
        raise _duplicate(standing["same_bytes"])
    if standing["shown_on"]:
        channels = ", ".join(standing["shown_on"])
        raise Problem(
            409, "published-here", f"the other project may not publish on {channels}: withdraw it first"
        )
    if (row["size_bytes"] or 0) > left:
        raise Problem(413, "quota-exceeded", f"the other project has {max(0, left)} bytes left", field=FIELD)
    if row["status"] not in AT_REST or standing["worked_on"]:
        raise Problem(409, "not-at-rest", "it is still being worked on: move it when that is done")


def _duplicate(other: UUID | None) -> Problem:
    known = f" as {other}" if other else ""
    return Problem(409, "duplicate", f"the other project has the same file{known}")


def _move(ask: Ask, work: Work, row: Row, project_id: str) -> Row:
    from psycopg.errors import UniqueViolation  # on first use, as everywhere

    connection, asset_id, before = work.connection, str(row["id"]), row["project_id"]
    try:
        with connection.transaction():  # a savepoint: the same bytes may have arrived there meanwhile
            after: Row = {**row, **query.move_asset(connection, asset_id=asset_id, project_id=project_id)}
    except UniqueViolation as fault:
        raise _duplicate(None) from fault
    query.move_embeddings(connection, asset_id=asset_id, project_id=project_id)
    left = query.leave_collections(connection, asset_id=asset_id, project_id=project_id)
    query.put_asset_edit(
        connection, asset_id=asset_id, version=after["version"], who=ask.caller.user, what=WHAT,
        changed=as_json({FIELD: {"from": before, "to": project_id}}), bulk_id=None, undoes=None,
    )  # fmt: skip
    told = {"asset_id": asset_id, "version": after["version"], "from": before, "to": project_id}
    audit.write(connection, ask, WHAT, project_id=before, collections_left=left, **told)
    audit.write(connection, ask, WHAT, project_id=project_id, **told)
    say_changed(work, after, after["status"], moved_from=before)
    return after
