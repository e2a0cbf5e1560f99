"""Projects one may see, and who one is."""

from __future__ import annotations

from acervo import access
from acervo.database import Row, query
from functions.api import cursors
from functions.api.endpoint import Ask, Reply, Table
from functions.api.models.platform import Me, Project, ProjectsQuery
from functions.api.models.strict import Page

table = Table("projects")


@table.get("/me", answers={200: Me})
def me(ask: Ask) -> Reply:
    """Who the token speaks of, and what its roles allow."""
    caller = ask.caller
    return Reply(
        Me(
            subject=caller.subject,
            name=caller.name,
            client=caller.client,
            roles=sorted(caller.roles),
            groups=sorted(caller.groups),
            principals=caller.principals,
            actions=access.actions(caller.roles, member=True, owner=True),
        )
    )


@table.get("/projects", query=ProjectsQuery, answers={200: Page[Project]}, problems=(422,))
def list_projects(ask: Ask, query: ProjectsQuery) -> Reply:
    """Projects one may see, by id."""
    rows = _page(ask, query)
    more = len(rows) > query.limit
    items = [
        Project(
            id=row["id"],
            name=row["name"],
            quota_bytes=row["quota_bytes"],
            created_at=row["created_at"],
            actions=access.actions(ask.caller.roles, member=row["member"]),
        )
        for row in rows[: query.limit]
    ]
    return Reply(Page[Project](items=items, next_cursor=cursors.encode(items[-1].id) if more else None))


def _page(ask: Ask, wanted: ProjectsQuery) -> list[Row]:
    after = cursors.decode_text(wanted.cursor) if wanted.cursor else ""
    with ask.database.transaction() as connection:
        visible = access.visible_projects(ask.caller, connection)
        return list(
            query.list_projects(
                connection, ids=None if visible is None else sorted(visible), after=after, limit=wanted.limit + 1,
                principals=ask.caller.principals,
            )
        )  # fmt: skip
