"""The query service: each kind of search over the same engines, rows and vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from functions.search.asking import Asking, Search
from functions.search.asset_search import AssetSearch
from functions.search.engine import Embedder, Engine, Meaning, Pictures, Scope
from functions.search.likeness import Likeness
from functions.search.passage_search import PassageSearch
from functions.search.reading import Reading
from functions.search.suggesting import Suggesting
from functions.search.turns import Turns, Wanted, always
from functions.search.vocabulary import Vocabulary


class SearchService:
    """Every method may be called from any thread.

    Raises:
        cursor.InvalidCursor: of `assets` and `segments`.
        rows.TooManyMembers: of `assets` and `segments`.
        Transient: PostgreSQL is away, or there are too many searches.
        turns.Gone: it had to wait, and is not `wanted` any more.
    """

    def __init__(
        self, engines: Sequence[Engine], reading: Reading, deadline_s: float,
        meaning: Meaning | None = None, embedder: Embedder | None = None, vocabulary: Vocabulary | None = None,
        pictures: Pictures | None = None, at_once: int = 0,
    ) -> None:  # fmt: skip
        """`at_once`: searches of a kind that work at the same moment, 0: all of them. Who types does not wait for those who count."""
        self.engines = engines
        self._finding, self._counting, self._hinting = (Turns(at_once) for _ in range(3))
        self._asking = Asking(engines, reading, deadline_s, meaning, embedder, vocabulary, pictures)
        self._assets, self._passages = AssetSearch(self._asking), PassageSearch(self._asking)
        self._suggesting, self._likeness = Suggesting(self._asking), Likeness(self._asking)

    def close(self) -> None:
        self._asking.close()

    def assets(self, scope: Scope, search: Search, wanted: Wanted = always) -> dict[str, Any]:
        with (self._counting if search.facets else self._finding).take(wanted):
            return self._assets.answer(scope, search)

    def segments(self, scope: Scope, search: Search, wanted: Wanted = always) -> dict[str, Any]:
        with self._finding.take(wanted):
            return self._passages.answer(scope, search)

    def suggest(
        self, scope: Scope, text: str, limit: int, past: Sequence[str] = (), wanted: Wanted = always
    ) -> dict[str, Any]:
        with self._hinting.take(wanted):
            return self._suggesting.answer(scope, text, limit, past)

    def like(self, scope: Scope, asset_id: str, limit: int) -> dict[str, Any] | None:
        with self._finding.take():
            return self._likeness.answer(scope, asset_id, limit)
