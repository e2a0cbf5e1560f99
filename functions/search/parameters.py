"""The query string of a search as a `Search`: typed, bounded, every fault named.

Filters of the query string (`tag=…&tag=…`) are alternatives within a field, as the ticked boxes of a page are; they and the filters
written in `q` all have to hold. Projects that the caller cannot see simply find nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from starlette.datastructures import QueryParams

from acervo.problems import Problem, invalid
from functions.search import grammar
from functions.search.asking import Search
from functions.search.engine import Order
from functions.search.query_tree import Field, Filter, Narrowing, Query

LIMIT, MAX_LIMIT = 20, 100
SUGGESTED, MAX_SUGGESTED = 8, 20
MAX_VALUES, MAX_VALUE = 50, 200
_KNOWN = {"q", "limit", "cursor", "sort", "date", "collection", "facets", *(str(field) for field in Field)}


def parse_search(given: QueryParams, more: frozenset[str] = frozenset()) -> Search:
    """
    Raises:
        Problem: 422 with every fault.
    """
    faults: list[dict[str, str]] = [
        {"field": name[:50], "detail": "is not a parameter of this search"}
        for name in given
        if name not in _KNOWN | more
    ]
    query = _query(given.get("q", ""), faults)
    filters = [*query.filters, *_filters(given, faults)]
    order = _order(given.get("sort"), query, faults)
    limit = parse_limit(given, faults, LIMIT, MAX_LIMIT)
    asset_id = _uuid(given, "asset_id", faults) if "asset_id" in more else None
    collection = _uuid(given, "collection", faults)
    facets = _yes(given, "facets", faults)
    if faults:
        raise invalid(faults)
    return Search(
        Query(query.tree, tuple(filters), query.ignored),
        order,
        limit,
        _key(given),
        given.get("cursor") or None,
        asset_id,
        facets,
        collection,
    )


def parse_limit(given: Mapping[str, str], faults: list[dict[str, str]], usual: int, most: int) -> int:
    text = given.get("limit", str(usual))
    if text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= most:
        return int(text)
    faults.append({"field": "limit", "detail": f"is a whole number from 1 to {most}"})
    return usual


def parse_suggest(given: QueryParams) -> tuple[str, int]:
    """(text, limit).

    Raises:
        Problem: 422.
    """
    faults: list[dict[str, str]] = []
    text = given.get("q", "")
    if len(text) > grammar.MAX_CHARACTERS:
        faults.append(_too_long())
    limit = parse_limit(given, faults, SUGGESTED, MAX_SUGGESTED)
    if faults:
        raise invalid(faults)
    return text, limit


def _query(text: str, faults: list[dict[str, str]]) -> Query:
    try:
        return grammar.parse(text)
    except grammar.TooLong:
        faults.append(_too_long())
        return Query()


def _too_long() -> dict[str, str]:
    return {"field": "q", "detail": f"has at most {grammar.MAX_CHARACTERS} characters"}


def _filters(given: QueryParams, faults: list[dict[str, str]]) -> list[Narrowing]:
    found: list[Narrowing] = []
    for field in Field:
        values = [value for value in given.getlist(field) if value]
        if len(values) > MAX_VALUES or any(len(value) > MAX_VALUE for value in values):
            faults.append(
                {"field": field, "detail": f"at most {MAX_VALUES} values of {MAX_VALUE} characters"}
            )
        elif values:
            found.append(Filter(field, frozenset(values)))
    if text := given.get("date"):
        dates = grammar.dates(text[:MAX_VALUE])
        if dates is None:
            faults.append(
                {"field": "date", "detail": "is 2026, 2026-10, 2026-10-05, or two of them around `..`"}
            )
        else:
            found.append(dates)
    return found


def _order(text: str | None, query: Query, faults: list[dict[str, str]]) -> Order:
    """Without words there is nothing to be relevant to: newest first."""
    if text and text not in set(Order):
        faults.append({"field": "sort", "detail": f"is one of {', '.join(Order)}"})
        return Order.RELEVANCE
    order = Order(text or Order.RELEVANCE)
    return Order.NEWEST if order is Order.RELEVANCE and query.tree is None else order


def _yes(given: Mapping[str, str], name: str, faults: list[dict[str, str]]) -> bool:
    text = given.get(name, "true")
    if text not in ("true", "false"):
        faults.append({"field": name, "detail": "is true or false"})
    return text != "false"


def _uuid(given: Mapping[str, str], name: str, faults: list[dict[str, str]]) -> str | None:
    if not (text := given.get(name)):
        return None
    try:
        return str(uuid.UUID(text))
    except ValueError:
        faults.append({"field": name, "detail": "is not a UUID"})
        return None


def _key(given: QueryParams) -> str:
    return repr(
        sorted(
            (name, value) for name, value in given.multi_items() if name not in ("cursor", "limit", "facets")
        )
    )


def invalid_cursor() -> Problem:
    return invalid([{"field": "cursor", "detail": "is not a cursor of this search"}])
