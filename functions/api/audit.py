"""Who did what to which asset, from where, with what result: written in the transaction of what was done, or before a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from acervo.access import Denied
from acervo.database import Connection, as_json, query
from acervo.identity import Caller

if TYPE_CHECKING:
    from acervo.database import Database
    from functions.api.endpoint import Ask


def write(
    connection: Connection,
    ask: Ask,
    what: str,
    *,
    asset_id: str | None = None,
    project_id: str | None = None,
    **detail: Any,
) -> None:
    """One row for what was done, committed with it."""
    _put(connection, ask.request, ask.caller, what, "done", asset_id, project_id, detail)


def denied(database: Database, request: Request, caller: Caller, fault: Denied) -> None:
    """One row for what was refused, in a transaction of its own."""
    detail = {"status": fault.status, "method": request.method, "path": request.url.path[:500], **fault.extra}
    with database.transaction() as connection:
        _put(
            connection, request, caller, str(fault.action), "denied", fault.asset_id, fault.project_id, detail
        )


def denied_within(connection: Connection, ask: Ask, fault: Denied) -> None:
    """One row for one refusal among many answers, in their transaction."""
    detail = {"status": fault.status, "method": ask.request.method, "path": ask.request.url.path[:500]}
    _put(
        connection, ask.request, ask.caller, str(fault.action), "denied", fault.asset_id, fault.project_id, detail
    )  # fmt: skip


def _put(
    connection: Connection,
    request: Request,
    caller: Caller,
    what: str,
    result: str,
    asset_id: str | None,
    project_id: str | None,
    detail: dict[str, Any],
) -> None:
    if caller.client:
        detail = {**detail, "client": caller.client}
    query.put_audit(
        connection, who=caller.user, what=what, asset_id=asset_id, project_id=project_id,
        from_where=where(request), result=result, detail=as_json(detail),
    )  # fmt: skip


def where(request: Request) -> str:
    """The address that the gateway saw (the last one it noted), else the one that connected."""
    noted = request.headers.get("x-forwarded-for", "").rsplit(",", 1)[-1].strip()
    seen = noted or (request.client.host if request.client else "")
    return seen[:100].replace("\x00", "")
