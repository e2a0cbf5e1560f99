"""GET /api/v1/search/{assets,suggest,segments}: who asks, what they may see, what they asked; the rest is `searching`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from acervo import access, identity
from functions.search import parameters
from functions.search.cursor import InvalidCursor
from functions.search.engine import Scope
from functions.search.searching import SearchService

ServiceOf = Callable[[Request], SearchService]
_HEADERS = {"cache-control": "no-store"}


def routes(service_of: ServiceOf) -> list[Route]:
    """Synchronous endpoints: each runs in a worker thread."""

    def assets(request: Request) -> Response:
        scope = _scope(request)
        search = parameters.parse_search(request.query_params)
        return _answer(lambda: service_of(request).assets(scope, search))

    def segments(request: Request) -> Response:
        scope = _scope(request)
        search = parameters.parse_search(request.query_params, frozenset({"asset_id"}))
        return _answer(lambda: service_of(request).segments(scope, search))

    def suggest(request: Request) -> Response:
        scope = _scope(request)
        text, limit = parameters.parse_suggest(request.query_params)
        return _answer(lambda: service_of(request).suggest(scope, text, limit))

    return [
        Route("/api/v1/search/assets", assets),
        Route("/api/v1/search/segments", segments),
        Route("/api/v1/search/suggest", suggest),
    ]


def _scope(request: Request) -> Scope:
    caller = identity.authenticate(request)
    with request.app.state.resources.database.transaction() as connection:
        return access.visible_projects(caller, connection)


def _answer(search: Callable[[], dict[str, Any]]) -> Response:
    try:
        return JSONResponse(search(), headers=_HEADERS)
    except InvalidCursor as fault:
        raise parameters.invalid_cursor() from fault
