"""GET /api/v1/search/{assets,segments,suggest}, …/assets/{id}/like, POST …/token: who asks, what they may see, what they asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from anyio import from_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from acervo import access, identity
from acervo.database import query
from acervo.identity import Caller
from acervo.problems import Problem, invalid
from functions.search import house_routes, own_routes, parameters, state_routes
from functions.search.cursor import InvalidCursor
from functions.search.engine import Scope
from functions.search.meilisearch_token import LIFE_S, tenant_token
from functions.search.rows import TooManyMembers
from functions.search.searching import SearchService
from functions.search.serving import Serving
from functions.search.turns import Gone, Wanted

ServingOf = Callable[[Request], Serving]
PAST = 5
_HEADERS = {"cache-control": "no-store"}
_GONE = 499  # read by nobody but the log


def routes(serving_of: ServingOf) -> list[Route]:
    """Synchronous endpoints: each runs in a worker thread."""

    def service_of(request: Request) -> SearchService:
        return serving_of(request).service

    def assets(request: Request) -> Response:
        _, scope = _caller(request, serving_of)
        search = parameters.parse_search(request.query_params)
        return _answer(lambda: service_of(request).assets(scope, search, still_there(request)))

    def segments(request: Request) -> Response:
        _, scope = _caller(request, serving_of)
        search = parameters.parse_search(request.query_params, frozenset({"asset_id"}))
        return _answer(lambda: service_of(request).segments(scope, search, still_there(request)))

    def suggest(request: Request) -> Response:
        caller, scope = _caller(request, serving_of)
        text, limit = parameters.parse_suggest(request.query_params)
        past = _past(serving_of(request), caller, text)
        return _answer(lambda: service_of(request).suggest(scope, text, limit, past, still_there(request)))

    def like(request: Request) -> Response:
        _, scope = _caller(request, serving_of)
        faults: list[dict[str, str]] = []
        limit = parameters.parse_limit(
            request.query_params, faults, parameters.SUGGESTED, parameters.MAX_LIMIT
        )
        if faults:
            raise invalid(faults)
        found = service_of(request).like(scope, own_routes.path_uuid(request), limit)
        if found is None:
            raise access.missing()
        return JSONResponse(found, headers=_HEADERS)

    def token(request: Request) -> Response:
        """For a page that asks Meilisearch itself: ten minutes, inside the caller's projects."""
        _, scope = _caller(request, serving_of)
        direct = serving_of(request).direct
        if direct is None or scope == frozenset():
            raise Problem(404, "not-found", "there is nothing that you could ask directly")
        made = tenant_token(direct.key_uid, direct.key, direct.uid, scope, time.time())
        body = {"url": direct.url, "index": direct.uid, "token": made, "life_s": LIFE_S}
        return JSONResponse(body, headers=_HEADERS)

    return [
        Route("/api/v1/search/assets", assets),
        Route("/api/v1/search/assets/{id}/like", like),
        Route("/api/v1/search/segments", segments),
        Route("/api/v1/search/suggest", suggest),
        Route("/api/v1/search/token", token, methods=["POST"]),
        *own_routes.routes(),
        *house_routes.routes(lambda request: serving_of(request).vocabulary.forget()),
        *state_routes.routes(),
    ]


def _caller(request: Request, serving_of: ServingOf) -> tuple[Caller, Scope]:
    caller = identity.authenticate(request)
    return caller, serving_of(request).reading.read(
        lambda connection: access.visible_projects(caller, connection)
    )


def still_there(request: Request) -> Wanted:
    """Who types has given up most questions by the time that they could be answered; asked in the worker thread of the request."""

    async def is_gone() -> bool:
        try:
            await request.body()  # what was sent comes before the news that nothing more will
        except ClientDisconnect:
            return True
        return await request.is_disconnected()

    return lambda: not from_thread.run(is_gone)


def _past(serving: Serving, caller: Caller, text: str) -> list[str]:
    """One's own queries that begin so."""
    begins = own_routes.folded_query(text)
    if not begins:
        return []
    rows = serving.reading.read(
        lambda c: list(query.past_searches(c, principal=caller.user, begins=begins, limit=PAST))
    )
    return [row["query"] for row in rows]


def _answer(search: Callable[[], dict[str, Any]]) -> Response:
    try:
        return JSONResponse(search(), headers=_HEADERS)
    except Gone:
        return Response(status_code=_GONE)
    except InvalidCursor as fault:
        raise parameters.invalid_cursor() from fault
    except TooManyMembers as fault:
        raise invalid([{"field": "collection", "detail": str(fault)}]) from fault
