"""What belongs to the house under /api/v1/search: its vocabulary (everybody reads, archivists edit) and what the indexes refused (platform)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from acervo import access, identity
from acervo.access import Action, Denied
from acervo.database import query
from acervo.identity import Caller
from acervo.problems import Problem, invalid
from functions.search import bodies
from functions.search.answers import stamp
from functions.search.listing import next_cursor, parse_page
from functions.search.own_routes import HEADERS, with_body
from functions.search.parameters import parse_limit

LIMIT, MAX_LIMIT = 200, 1000
_LAST_ENGINE = "~"


def routes(edited: Callable[[Request], None]) -> list[Route]:
    """`edited`: told after the vocabulary changed."""

    def add(request: Request, body: dict[str, Any]) -> Response:
        caller, term = _editor(request), bodies.term(body)
        with request.app.state.resources.database.transaction() as connection:
            row = query.add_vocabulary(connection, edited_by=caller.user, **_columns(term))
        if row is None:
            raise Problem(409, "exists", "this term is in the vocabulary", field="term")
        edited(request)
        return JSONResponse(_entry(row), 201, HEADERS)

    def change(request: Request, body: dict[str, Any]) -> Response:
        from psycopg.errors import UniqueViolation  # on first use: a third of a cold start

        caller, term = _editor(request), bodies.term(body)
        try:
            with request.app.state.resources.database.transaction() as connection:
                row = query.change_vocabulary(
                    connection, id=_number(request), edited_by=caller.user, **_columns(term)
                )
        except UniqueViolation as fault:
            raise Problem(409, "exists", "another entry has this term", field="term") from fault
        if row is None:
            raise access.missing()
        edited(request)
        return JSONResponse(_entry(row), headers=HEADERS)

    def drop(request: Request) -> Response:
        _editor(request)
        with request.app.state.resources.database.transaction() as connection:
            if not query.drop_vocabulary(connection, id=_number(request)):
                raise access.missing()
        edited(request)
        return Response(status_code=204, headers=HEADERS)

    return [
        Route("/api/v1/search/vocabulary", _vocabulary),
        Route("/api/v1/search/vocabulary", with_body(add), methods=["POST"]),
        Route("/api/v1/search/vocabulary/{id}", with_body(change), methods=["PUT"]),
        Route("/api/v1/search/vocabulary/{id}", drop, methods=["DELETE"]),
        Route("/api/v1/search/poison", _poison),
    ]


def _vocabulary(request: Request) -> Response:
    identity.authenticate(request)
    faults: list[dict[str, str]] = []
    limit = parse_limit(request.query_params, faults, LIMIT, MAX_LIMIT)
    after = request.query_params.get("cursor", "0")
    if not (after.isascii() and after.isdecimal() and len(after) < 18):
        faults.append({"field": "cursor", "detail": "is not a cursor of this list"})
    if faults:
        raise invalid(faults)
    with request.app.state.resources.database.transaction() as connection:
        rows = list(query.vocabulary_page(connection, after=int(after), limit=limit + 1))
    more = str(rows[limit - 1]["id"]) if len(rows) > limit else None
    return JSONResponse({"items": [_entry(row) for row in rows[:limit]], "next": more}, headers=HEADERS)


def _poison(request: Request) -> Response:
    """Assets that an index refused, with the reason."""
    access.require_platform(identity.authenticate(request))
    page = parse_page(request.query_params)
    with request.app.state.resources.database.transaction() as connection:
        rows = list(
            query.poisoned_assets(
                connection,
                after_at=page.after_at,
                after_engine=_LAST_ENGINE,
                after_id=page.after_id,
                limit=page.limit + 1,
            )
        )
    items = [
        {"engine": row["engine"], "asset_id": str(row["asset_id"]), "version": row["version"], "reason": row["reason"],
         "times": row["times"], "at": stamp(row["at"])}
        for row in rows[: page.limit]
    ]  # fmt: skip
    return JSONResponse({"items": items, "next": next_cursor(page, rows, "at", "asset_id")}, headers=HEADERS)


def _editor(request: Request) -> Caller:
    """Who may edit in every project keeps the house's words.

    Raises:
        Denied: 403.
    """
    caller = identity.authenticate(request)
    if not access.may(caller.roles, Action.EDIT, member=False):
        raise Denied(403, "forbidden", "archivists keep the vocabulary", Action.EDIT)
    return caller


def _number(request: Request) -> int:
    text = request.path_params["id"]
    if not (text.isascii() and text.isdecimal() and len(text) < 18):
        raise access.missing()
    return int(text)


def _columns(term: bodies.Term) -> dict[str, Any]:
    return {"term": term.term, "alternatives": term.alternatives, "two_way": term.both, "note": term.note}


def _entry(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": str(row["id"]), "term": row["term"], "alternatives": row["alternatives"], "both": row["two_way"],
        "note": row["note"], "edited_by": row["edited_by"], "updated_at": stamp(row["updated_at"]),
    }  # fmt: skip
