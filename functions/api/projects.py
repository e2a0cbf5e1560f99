"""Who one is, projects one may see, and how administrators make and change them. People and groups live with the identity provider."""

from __future__ import annotations

from acervo import access, problems
from acervo.access import Action
from acervo.database import Connection, Row, query
from acervo.problems import Problem
from functions.api import audit, cursors
from functions.api.endpoint import Ask, Reply, Table
from functions.api.models.administration import Member, MembersQuery, ProjectDetail, ProjectEdit, ProjectMake
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


# -- administration ---------------------------------------------------------------------------------------------------
def find_project(ask: Ask, connection: Connection, project_id: str, action: Action) -> Row:
    """The project, for who may `action` in it.

    Raises:
        Denied: 404 or 403.
    """
    row: Row | None = query.api_project(
        connection, project_id=project_id.replace("\x00", ""), principals=ask.caller.principals
    )
    if row is None:
        raise access.missing()
    access.require(ask.caller, action, member=row["member"], project_id=row["id"])
    return row


def _detail(ask: Ask, row: Row) -> ProjectDetail:
    names = ("id", "name", "quota_bytes", "created_at", "usage_bytes")
    return ProjectDetail(
        **{name: row[name] for name in names}, actions=access.actions(ask.caller.roles, member=row["member"])
    )


def _path(ask: Ask) -> str:
    return str(ask.request.path_params["project"])


@table.get("/projects/{project}", answers={200: ProjectDetail}, problems=(404,))
def show_project(ask: Ask) -> Reply:
    """One project with what it uses of its quota."""
    with ask.database.transaction() as connection:
        return Reply(_detail(ask, find_project(ask, connection, _path(ask), Action.VIEW)))


@table.post("/projects", body=ProjectMake, answers={201: ProjectDetail}, problems=(403, 409, 413, 415, 422))
def make_project(ask: Ask, body: ProjectMake) -> Reply:
    """Make a project; nobody is a member yet."""
    access.require_platform(ask.caller, Action.ADMINISTER)
    with ask.database.transaction() as connection:
        made = query.create_project(
            connection, project_id=body.id, name=body.name, quota_bytes=body.quota_bytes
        )
        if made is None:
            raise Problem(409, "project-exists", "there is a project of this id", field="id")
        audit.write(connection, ask, "project.make", project_id=body.id, quota_bytes=body.quota_bytes)
        return Reply(_detail(ask, find_project(ask, connection, body.id, Action.VIEW)), 201)


@table.patch(
    "/projects/{project}", body=ProjectEdit, answers={200: ProjectDetail}, problems=(403, 404, 413, 415, 422)
)
def edit_project(ask: Ask, body: ProjectEdit) -> Reply:
    """Change a project's name or quota. A quota below what is used stops uploads, nothing else."""
    with ask.database.transaction() as connection:
        row = find_project(ask, connection, _path(ask), Action.ADMINISTER)
        query.lock_project(connection, project_id=row["id"])
        name, quota = body.name or row["name"], body.quota_bytes or row["quota_bytes"]
        query.change_project(connection, project_id=row["id"], name=name, quota_bytes=quota)
        audit.write(
            connection, ask, "project.change", project_id=row["id"],
            changed=body.model_dump(exclude_none=True), was={"name": row["name"], "quota_bytes": row["quota_bytes"]},
        )  # fmt: skip
        return Reply(_detail(ask, find_project(ask, connection, row["id"], Action.VIEW)))


@table.get(
    "/projects/{project}/members", query=MembersQuery, answers={200: Page[Member]}, problems=(403, 404, 422)
)
def list_members(ask: Ask, query: MembersQuery) -> Reply:
    """Who is a member: `user:<subject>` or `group:<name>`, as tokens say them."""
    rows = _members(ask, query)
    more = len(rows) > query.limit
    items = [Member(principal=row["principal"]) for row in rows[: query.limit]]
    return Reply(Page[Member](items=items, next_cursor=cursors.encode(items[-1].principal) if more else None))


def _members(ask: Ask, wanted: MembersQuery) -> list[Row]:
    after = cursors.decode_text(wanted.cursor) if wanted.cursor else ""
    with ask.database.transaction() as connection:
        row = find_project(ask, connection, _path(ask), Action.ADMINISTER)
        return list(query.list_members(connection, project_id=row["id"], after=after, limit=wanted.limit + 1))


def _principal(ask: Ask) -> str:
    principal = str(ask.request.path_params["principal"])
    kind, _, name = principal.partition(":")
    if kind not in ("user", "group") or not name.strip() or len(principal) > 300 or "\x00" in principal:
        raise problems.invalid(
            [{"field": "principal", "detail": "is `user:<subject>` or `group:<name>`", "code": "principal"}]
        )
    return principal


@table.put("/projects/{project}/members/{principal:path}", answers={200: Member}, problems=(403, 404, 422))
def put_member(ask: Ask) -> Reply:
    """Make somebody a member. A member already is fine."""
    with ask.database.transaction() as connection:
        row = find_project(ask, connection, _path(ask), Action.ADMINISTER)
        principal = _principal(ask)
        if query.put_member(connection, project_id=row["id"], principal=principal):
            audit.write(connection, ask, "member.add", project_id=row["id"], principal=principal)
    return Reply(Member(principal=principal))


@table.delete("/projects/{project}/members/{principal:path}", answers={204: None}, problems=(403, 404, 422))
def delete_member(ask: Ask) -> Reply:
    """End a membership. None already is fine."""
    with ask.database.transaction() as connection:
        row = find_project(ask, connection, _path(ask), Action.ADMINISTER)
        principal = _principal(ask)
        if query.delete_member(connection, project_id=row["id"], principal=principal):
            audit.write(connection, ask, "member.remove", project_id=row["id"], principal=principal)
    return Reply(status=204)
