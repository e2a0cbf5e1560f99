"""While somebody types: assets, tags, people and words of the first engine that answers, and one's own past queries."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from functions.search import answers
from functions.search.asking import Asking, took_ms
from functions.search.engine import Scope, Suggestions

_NO_SUGGESTIONS = Suggestions([], [], [], [])


class Suggesting:
    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def answer(self, scope: Scope, text: str, limit: int, past: Sequence[str] = ()) -> dict[str, Any]:
        """The first engine that answers: instant engines are listed first (`SEARCH_ENGINES`). `past`: the caller's own queries.

        Raises:
            Transient: PostgreSQL is away.
        """
        started = time.monotonic()
        waiting = self._asking.waiting()
        ready = [e for e in self._asking.engines if e.ready()] if scope != frozenset() else []
        found, engine = None, ""
        for one in ready:
            call = waiting.start(one.name, "suggest", lambda e=one: e.suggest(text, scope, limit))  # type: ignore[misc]  # a default has no inferred type
            found, engine = waiting.result(call, None), one.name
            if found is not None:
                break
        empty = found is None and not waiting.left_out
        shown = found or _NO_SUGGESTIONS
        rows = self._asking.rows.visible(scope, shown.assets)
        state = self._asking.state() if empty else "ready"
        return {
            "assets": [answers.suggestion(rows[id_]) for id_ in shown.assets if id_ in rows],
            "tags": list(shown.tags), "people": list(shown.people), "words": list(shown.words), "past": list(past),
            "partial": bool(waiting.left_out) or state == "empty", "left_out": answers.left_out(waiting.left_out),
            "engine": engine, "index": state, "took_ms": took_ms(started),
        }  # fmt: skip
