"""What belongs to the caller under /api/v1/search: saved searches, their matches, past queries. Nobody sees another's."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from acervo import access, identity
from acervo.access import Action
from acervo.database import as_json, query
from acervo.identity import Caller
from acervo.problems import Problem
from functions.search import analysis, bodies
from functions.search.answers import stamp
from functions.search.listing import next_cursor, parse_page

MOST_SAVED, MOST_PAST = 100, 200
HEADERS = {"cache-control": "no-store"}
Endpoint = Callable[[Request], Any]


def routes() -> list[Route]:
    return [
        Route("/api/v1/search/saved", _list_saved),
        Route("/api/v1/search/saved", with_body(_save), methods=["POST"]),
        Route("/api/v1/search/saved/{id}", _one_saved),
        Route("/api/v1/search/saved/{id}", with_body(_change_saved), methods=["PUT"]),
        Route("/api/v1/search/saved/{id}", _drop_saved, methods=["DELETE"]),
        Route("/api/v1/search/matches", _matches),
        Route("/api/v1/search/history", with_body(_remember), methods=["POST"]),
        Route("/api/v1/search/history", _forget, methods=["DELETE"]),
    ]


def with_body(work: Callable[[Request, dict[str, Any]], Response]) -> Callable[[Request], Any]:
    """An endpoint that reads its JSON body, and then works in a thread."""

    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(work, request, await bodies.read(request))

    return endpoint


def path_uuid(request: Request) -> str:
    """
    Raises:
        Problem: 404.
    """
    try:
        return str(uuid.UUID(request.path_params["id"]))
    except ValueError as fault:
        raise access.missing() from fault


def _list_saved(request: Request) -> Response:
    caller, page = identity.authenticate(request), parse_page(request.query_params)
    with request.app.state.resources.database.transaction() as connection:
        _see(connection, caller)
        rows = list(
            query.saved_searches_of(
                connection,
                owner=caller.user,
                after_at=page.after_at,
                after_id=page.after_id,
                limit=page.limit + 1,
            )
        )
    items = [_saved(row) for row in rows[: page.limit]]
    return JSONResponse(
        {"items": items, "next": next_cursor(page, rows, "created_at", "id")}, headers=HEADERS
    )


def _save(request: Request, body: dict[str, Any]) -> Response:
    caller, wanted = identity.authenticate(request), bodies.saved_search(body)
    with request.app.state.resources.database.transaction() as connection:
        row = query.add_saved_search(
            connection, id=str(uuid.uuid4()), owner=caller.user, name=wanted.name,
            parameters=as_json(wanted.parameters), notify=wanted.notify, principals=caller.principals,
            everywhere=_everywhere(caller), most=MOST_SAVED,
        )  # fmt: skip
    if row is None:
        raise Problem(409, "too-many", f"one keeps at most {MOST_SAVED} searches: delete one first")
    return JSONResponse(_saved(row), 201, HEADERS)


def _one_saved(request: Request) -> Response:
    caller, id_ = identity.authenticate(request), path_uuid(request)
    with request.app.state.resources.database.transaction() as connection:
        row = query.saved_search(connection, id=id_, owner=caller.user)
    return _found(row)


def _change_saved(request: Request, body: dict[str, Any]) -> Response:
    """The whole of it; with `If-Match: "<version>"` only if nobody changed it meanwhile."""
    caller, id_ = identity.authenticate(request), path_uuid(request)
    wanted, version = bodies.saved_search(body), _if_match(request)
    with request.app.state.resources.database.transaction() as connection:
        _see(connection, caller)
        known = query.saved_search(connection, id=id_, owner=caller.user)
        row = query.change_saved_search(
            connection, id=id_, owner=caller.user, version=version, name=wanted.name,
            parameters=as_json(wanted.parameters), notify=wanted.notify,
        )  # fmt: skip
    if known and row is None:
        raise Problem(412, "changed", "this search was changed meanwhile: read it again")
    return _found(row)


def _drop_saved(request: Request) -> Response:
    caller, id_ = identity.authenticate(request), path_uuid(request)
    with request.app.state.resources.database.transaction() as connection:
        if not query.drop_saved_search(connection, id=id_, owner=caller.user):
            raise access.missing()
    return Response(status_code=204, headers=HEADERS)


def _matches(request: Request) -> Response:
    """New assets that one's saved searches matched, newest first, of the projects that one may see now."""
    caller, page = identity.authenticate(request), parse_page(request.query_params)
    with request.app.state.resources.database.transaction() as connection:
        _see(connection, caller)
        scope = access.visible_projects(caller, connection)
        rows = list(
            query.matches_of(
                connection, owner=caller.user, projects=None if scope is None else sorted(scope),
                after_at=page.after_at, after_id=page.after_id, limit=page.limit + 1,
            )
        )  # fmt: skip
    items = [
        {"search_id": str(row["search_id"]), "name": row["name"], "asset_id": str(row["asset_id"]),
         "project_id": row["project_id"], "at": stamp(row["at"])}
        for row in rows[: page.limit]
    ]  # fmt: skip
    return JSONResponse({"items": items, "next": next_cursor(page, rows, "at", "asset_id")}, headers=HEADERS)


def _remember(request: Request, body: dict[str, Any]) -> Response:
    """A query that led somewhere: pages send it when a hit is opened, not while somebody types."""
    caller, text = identity.authenticate(request), bodies.past_query(body)
    folded = folded_query(text)
    if folded:
        with request.app.state.resources.database.transaction() as connection:
            query.remember_search(connection, principal=caller.user, query=text, folded=folded)
            query.trim_history_of(connection, principal=caller.user, most=MOST_PAST)
    return Response(status_code=204, headers=HEADERS)


def _forget(request: Request) -> Response:
    caller = identity.authenticate(request)
    with request.app.state.resources.database.transaction() as connection:
        query.forget_searches(connection, principal=caller.user)
    return Response(status_code=204, headers=HEADERS)


def folded_query(text: str) -> str:
    return " ".join(analysis.words(text))


def _see(connection: Any, caller: Caller) -> None:
    """Notifications follow what the owner may see."""
    query.see_saved_searches(
        connection, owner=caller.user, principals=caller.principals, everywhere=_everywhere(caller)
    )


def _everywhere(caller: Caller) -> bool:
    return access.may(caller.roles, Action.VIEW, member=False)


def _if_match(request: Request) -> int | None:
    text = request.headers.get("if-match", "").strip('"')
    if not text or text == "*":
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 18):
        raise Problem(412, "changed", "If-Match is the version of the search")
    return int(text)


def _found(row: Mapping[str, Any] | None) -> Response:
    if row is None:
        raise access.missing()
    return JSONResponse(_saved(row), headers={**HEADERS, "etag": f'"{row["version"]}"'})


def _saved(row: Mapping[str, Any]) -> dict[str, Any]:
    parameters: dict[str, list[str]] = {}
    for name, value in row["parameters"]:
        parameters.setdefault(name, []).append(value)
    return {
        "id": str(row["id"]), "name": row["name"], "parameters": parameters, "notify": row["notify"],
        "version": row["version"], "created_at": stamp(row["created_at"]), "updated_at": stamp(row["updated_at"]),
    }  # fmt: skip
