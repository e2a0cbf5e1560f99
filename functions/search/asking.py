"""A search as values, and what every kind of search asks: the engines within the caller's scope, then PostgreSQL about every id.

PostgreSQL has the last word: what an index still shows but the caller may not see (deleted, another project) is left out of every answer.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from functions.search import cursor
from functions.search.cursor import Cursor
from functions.search.engine import Ask, Embedder, Engine, Meaning, Order, Pictures, Scope
from functions.search.fusion import Fused
from functions.search.legs import MEANING, PICTURE, Legs
from functions.search.query_tree import Members, Query
from functions.search.reading import Reading
from functions.search.rows import Rows
from functions.search.vocabulary import Vocabulary
from functions.search.waiting import Lanes, Waiting

TYPOS_BELOW = 5  # hits: who finds enough did not mistype; one is forgiven then, two when there is nothing


@dataclass(frozen=True)
class Search:
    """What was asked. `key` is the request as text: a cursor is good for that alone."""

    query: Query
    order: Order
    limit: int
    key: str
    cursor: str | None = None
    asset_id: str | None = None
    facets: bool = True
    collection: str | None = None


class Asking:
    """One process's engines, readers and vocabulary."""

    def __init__(
        self, engines: Sequence[Engine], reading: Reading, deadline_s: float,
        meaning: Meaning | None, embedder: Embedder | None, vocabulary: Vocabulary | None, pictures: Pictures | None,
    ) -> None:  # fmt: skip
        self.engines, self.rows, self._vocabulary = engines, Rows(reading), vocabulary
        self._lanes = Lanes([*(engine.name for engine in engines), MEANING, PICTURE])
        self.legs = Legs(engines, self._lanes, deadline_s, meaning, embedder, pictures)

    def close(self) -> None:
        self._lanes.close()

    def waiting(self) -> Waiting:
        return Waiting(self._lanes, self.legs.deadline_s)

    def meant(self, scope: Scope, search: Search) -> Query | None:
        """With the house's vocabulary, among the members of its collection; None when nothing can be found.

        Raises:
            rows.TooManyMembers
        """
        if scope == frozenset():
            return None
        asked = self._vocabulary.expand(search.query) if self._vocabulary else search.query
        if search.collection is None:
            return asked
        members = self.rows.members(scope, search.collection)
        return asked.among(Members(members)) if members else None

    def state(self) -> str:
        return "ready" if any(engine.ready() for engine in self.engines) else "empty"

    def nothing(self, started: float, search: Search, facets: bool) -> dict[str, Any]:
        """The answer when no engine was asked."""
        state = self.state()
        return {
            "hits": [], "total": 0, **({"facets": {}} if facets else {}), "counted_by": "", "partial": state == "empty",
            "left_out": [], "typos": False, "ignored": list(search.query.ignored), "index": state,
            "took_ms": took_ms(started), "next": None,
        }  # fmt: skip


def is_little(total: int, ask: Ask) -> bool:
    """So little that a word may have been mistyped."""
    return total < TYPOS_BELOW and ask.query.tree is not None


def next_cursor(ranked: Sequence[Fused], position: int, typos: int, search: Search) -> str | None:
    if position >= len(ranked) or position == 0:
        return None
    return cursor.encode(Cursor(position, ranked[position - 1].id, typos), search.key)


def took_ms(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 1)
