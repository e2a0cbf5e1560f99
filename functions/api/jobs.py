"""Jobs: how far they are, and how to stop them."""

from __future__ import annotations

from acervo import access, steps
from acervo.access import Action
from acervo.database import Connection, Row, query
from acervo.problems import Problem
from functions.api import audit, cursors
from functions.api.endpoint import Ask, Reply, Table
from functions.api.models.administration import JobsQuery, ListedJob
from functions.api.models.jobs import Job, job_of
from functions.api.models.strict import Page

table = Table("jobs")
OPEN = frozenset({"queued", "running"})


def find(ask: Ask, connection: Connection, action: Action) -> Row:
    """The job of the path, for who may `action` on its asset.

    Raises:
        Denied: 404 or 403.
    """
    row: Row | None = query.api_job(connection, job_id=ask.uuid(), principals=ask.caller.principals)
    if row is None:
        raise access.missing()
    access.require(
        ask.caller, action, member=row["member"], owner=row["owner"] == ask.caller.user,
        asset_id=str(row["asset_id"]), project_id=row["project_id"],
    )  # fmt: skip
    return row


@table.get("/jobs", query=JobsQuery, answers={200: Page[ListedJob]}, problems=(422,))
def list_jobs(ask: Ask, query: JobsQuery) -> Reply:
    """Jobs of the projects one may see, newest first."""
    rows = _page(ask, query)
    more = len(rows) > query.limit
    rows = rows[: query.limit]
    items = [ListedJob(**job_of(row).model_dump(), project_id=row["project_id"]) for row in rows]
    following = cursors.encode(rows[-1]["created_at"], rows[-1]["id"]) if more else None
    return Reply(Page[ListedJob](items=items, next_cursor=following))


def _page(ask: Ask, wanted: JobsQuery) -> list[Row]:
    after_at, after_id = cursors.decode_time_and_id(wanted.cursor) if wanted.cursor else (None, None)
    with ask.database.transaction() as connection:
        visible = access.visible_projects(ask.caller, connection)
        return list(
            query.api_jobs_page(
                connection, projects=None if visible is None else sorted(visible), project=wanted.project, asset_id=wanted.asset_id,
                state=wanted.state, kind=wanted.kind, after_at=after_at, after_id=after_id, limit=wanted.limit + 1,
            )
        )  # fmt: skip


@table.get("/jobs/{id}", answers={200: Job}, problems=(404,))
def show(ask: Ask) -> Reply:
    """One job with its progress."""
    with ask.database.transaction() as connection:
        return Reply(job_of(find(ask, connection, Action.VIEW)))


@table.delete("/jobs/{id}", answers={202: Job}, problems=(403, 404, 409))
def cancel(ask: Ask) -> Reply:
    """Cancel: whoever works on a part of it stops within seconds."""
    with ask.call.change() as work:
        row = find(ask, work.connection, Action.CANCEL)
        job_id, asset_id = str(row["id"]), str(row["asset_id"])
        # the job's row first, then the asset's: the order of a worker that finishes its last part
        if query.request_cancel(work.connection, job_id=job_id) is not None:
            query.set_job_state(
                work.connection, job_id=job_id, state="cancelled", reason_code="cancelled", reason=f"cancelled by {ask.caller.name}"
            )  # fmt: skip
            query.api_drop_idle_chunks(work.connection, job_id=job_id)
            audit.write(
                work.connection, ask, "cancel", asset_id=asset_id, project_id=row["project_id"], job_id=job_id, kind=row["kind"]
            )  # fmt: skip
            steps.settle(work, asset_id)
        elif row["state"] not in OPEN and row["state"] != "cancelled":
            raise Problem(409, "job-over", f"the job is `{row['state']}` already")
        now = find(ask, work.connection, Action.CANCEL)
    return Reply(job_of(now), 202)
