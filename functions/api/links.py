"""Links between assets: derived from, part of, related to. Seen from both ends, and only to what one may see."""

from __future__ import annotations

from acervo import access, problems
from acervo.access import Action
from acervo.database import Connection, Row, query
from functions.api import audit
from functions.api.assets import find
from functions.api.endpoint import Ask, Reply, Table
from functions.api.models.editing import Link, LinkMake, Links

table = Table("assets")
MOST_LINKS = 1000


@table.get("/assets/{id}/links", answers={200: Links}, problems=(404,))
def list_links(ask: Ask) -> Reply:
    """What this asset is derived from or part of, and what is derived from or part of it; at most 1000."""
    with ask.database.transaction() as connection:
        row = find(ask, connection, Action.VIEW)
        return Reply(_links(ask, connection, row))


def _links(ask: Ask, connection: Connection, row: Row) -> Links:
    visible = access.visible_projects(ask.caller, connection)
    projects = None if visible is None else sorted(visible)
    found = query.asset_links_of(connection, asset_id=row["id"], projects=projects, limit=MOST_LINKS)
    names = ("kind", "outgoing", "name", "project_id", "asset_kind", "status", "created_by", "created_at")
    return Links(items=[Link(asset_id=one["id"], **{name: one[name] for name in names}) for one in found])


@table.post("/assets/{id}/links", body=LinkMake, answers={200: Links}, problems=(403, 404, 413, 415, 422))
def put_link(ask: Ask, body: LinkMake) -> Reply:
    """Link this asset to another one. A link that is there already is fine."""
    with ask.database.transaction() as connection:
        row = find(ask, connection, Action.EDIT)
        if row["id"] == body.asset_id:
            raise problems.invalid(
                [{"field": "asset_id", "detail": "is this very asset", "code": "same-asset"}]
            )
        other = query.api_asset(connection, asset_id=body.asset_id, principals=ask.caller.principals)
        if other is None or not access.may(ask.caller.roles, Action.VIEW, other["member"]):
            raise problems.invalid(
                [
                    {
                        "field": "asset_id",
                        "detail": "there is no such asset, or you may not see it",
                        "code": "no-such-asset",
                    }
                ]
            )
        query.put_asset_link(
            connection, asset_id=row["id"], other_id=body.asset_id, kind=body.kind, created_by=ask.caller.user
        )
        _note(ask, connection, row, "link", body.kind, str(body.asset_id))
        return Reply(_links(ask, connection, row))


@table.delete("/assets/{id}/links/{kind}/{other}", answers={204: None}, problems=(403, 404))
def delete_link(ask: Ask) -> Reply:
    """Unlink. No link is fine."""
    kind = str(ask.request.path_params["kind"]).replace("\x00", "")
    with ask.database.transaction() as connection:
        row = find(ask, connection, Action.EDIT)
        other = ask.uuid("other")
        if query.delete_asset_link(connection, asset_id=row["id"], other_id=other, kind=kind):
            _note(ask, connection, row, "unlink", kind, other)
    return Reply(status=204)


def _note(ask: Ask, connection: Connection, row: Row, what: str, kind: str, other: str) -> None:
    audit.write(
        connection, ask, what, asset_id=str(row["id"]), project_id=row["project_id"], kind=kind, other=other
    )
