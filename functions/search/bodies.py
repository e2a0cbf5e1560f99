"""What callers send as JSON, into values: every fault named, everything bounded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request

from acervo.problems import Problem, invalid
from functions.search import analysis, grammar
from functions.search.parameters import parse_search
from functions.search.vocabulary import MAX_ALTERNATIVES, MAX_TERM_WORDS

MAX_BYTES = 64 << 10
MAX_NAME, MAX_NOTE, MAX_TERM = 200, 500, 100
Pairs = list[list[str]]
_NOT_KEPT = {"cursor", "limit", "facets"}


@dataclass(frozen=True)
class SavedSearch:
    name: str
    parameters: Pairs
    notify: bool


@dataclass(frozen=True)
class Term:
    term: str
    alternatives: list[str]
    both: bool
    note: str | None


async def read(request: Request) -> dict[str, Any]:
    """
    Raises:
        Problem: 413, or 422 for what is no JSON object.
    """
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BYTES:
            raise Problem(413, "too-large", f"a request has at most {MAX_BYTES} bytes")
    try:
        value = json.loads(bytes(body))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Problem(422, "invalid-request", "send a JSON object")
    return value


def saved_search(body: Mapping[str, Any]) -> SavedSearch:
    """`parameters` are those of GET /api/v1/search/assets: {"q": "…", "type": ["video", "audio"]}.

    Raises:
        Problem: 422 with every fault.
    """
    faults = _unknown(body, {"name", "parameters", "notify"})
    name = _text(body.get("name"), "name", MAX_NAME, faults)
    notify = _boolean(body.get("notify", False), "notify", faults)
    parameters = body.get("parameters")
    pairs: Pairs = []
    if not isinstance(parameters, dict) or not parameters:
        faults.append(
            {"field": "parameters", "detail": "is an object with at least one parameter of a search"}
        )
    else:
        for key, value in parameters.items():
            values = value if isinstance(value, list) else [value]
            if key in _NOT_KEPT or not all(isinstance(v, str) and "\x00" not in v for v in values):
                faults.append({"field": f"parameters.{key[:50]}", "detail": "is not kept, or is not text"})
            else:
                pairs += [[key, v] for v in values]
    if not faults:
        parse_search(QueryParams([(key, value) for key, value in pairs]))
    _refuse(faults)
    return SavedSearch(name, pairs, notify)


def term(body: Mapping[str, Any]) -> Term:
    """
    Raises:
        Problem: 422 with every fault.
    """
    faults = _unknown(body, {"term", "alternatives", "both", "note"})
    word = _term(body.get("term"), "term", faults)
    given = body.get("alternatives")
    others: list[str] = []
    if not isinstance(given, list) or not 0 < len(given) <= MAX_ALTERNATIVES:
        faults.append({"field": "alternatives", "detail": f"is a list of 1 to {MAX_ALTERNATIVES} terms"})
    else:
        others = [_term(other, "alternatives", faults) for other in given]
    both = _boolean(body.get("both", True), "both", faults)
    note = _text(body["note"], "note", MAX_NOTE, faults) if body.get("note") else None
    _refuse(faults)
    return Term(word, list(dict.fromkeys(others)), both, note)


def past_query(body: Mapping[str, Any]) -> str:
    """
    Raises:
        Problem: 422.
    """
    faults = _unknown(body, {"q"})
    text = _text(body.get("q"), "q", grammar.MAX_CHARACTERS, faults)
    _refuse(faults)
    return text


def _term(value: Any, field: str, faults: list[dict[str, str]]) -> str:
    text = _text(value, field, MAX_TERM, faults)
    if text and not 0 < len(analysis.words(text)) <= MAX_TERM_WORDS:
        faults.append({"field": field, "detail": f"has 1 to {MAX_TERM_WORDS} words"})
    return text


def _text(value: Any, field: str, most: int, faults: list[dict[str, str]]) -> str:
    if isinstance(value, str) and (text := value.replace("\x00", "").strip()) and len(text) <= most:
        return text.encode(errors="replace").decode()
    faults.append({"field": field, "detail": f"is text of 1 to {most} characters"})
    return ""


def _boolean(value: Any, field: str, faults: list[dict[str, str]]) -> bool:
    if not isinstance(value, bool):
        faults.append({"field": field, "detail": "is true or false"})
    return value is True


def _unknown(body: Mapping[str, Any], known: set[str]) -> list[dict[str, str]]:
    return [{"field": name[:50], "detail": "is not known here"} for name in body if name not in known]


def _refuse(faults: list[dict[str, str]]) -> None:
    if faults:
        raise invalid(faults)
