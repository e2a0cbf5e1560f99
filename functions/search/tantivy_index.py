"""The embedded engine: tantivy indexes in a local directory, written by the indexer, read here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import tantivy

from functions.search import analysis, tantivy_schema
from functions.search.aside import Aside
from functions.search.cursor import FIRST
from functions.search.engine import (
    Ask,
    Assets,
    EngineDown,
    Facets,
    Offer,
    Order,
    PassageId,
    Passages,
    Scope,
    Suggestions,
)  # fmt: skip
from functions.search.field_groups import ASSET_GROUPS, SEGMENT_GROUPS
from functions.search.loosening import any_word_of
from functions.search.once import Interned, Once
from functions.search.query_tree import Members, Query, Word
from functions.search.tantivy_calls import run
from functions.search.tantivy_facets import TantivyFacets
from functions.search.tantivy_query import Builder
from functions.search.tantivy_reader import Snapshot, TantivyReader
from functions.search.tantivy_suggest import TantivySuggest

_REMEMBERED, _ASIDE = 1000, 4  # suggestions; parts of them
_SCOPES, _MEMBERS = 64, 1000  # in what is remembered: scopes of people, members of a collection
_LISTS = 256  # of ids: the page that follows, its counts and the same word from somebody else ask for the same list


class TantivyIndex:
    """See `engine.Engine`. What one state of the index answers, inside one scope, is worked out once, however many ask at the same moment.

    `remembers`: or each time anew, to measure that.
    """

    name = "tantivy"
    offers = frozenset({Offer.PASSAGES, Offer.FACETS, Offer.TREES})

    def __init__(self, reader: TantivyReader, remembers: bool = True) -> None:
        self._reader = reader
        self._facets = TantivyFacets(remembers)
        self._suggested: Once[Suggestions] = Once(_REMEMBERED * remembers)
        self._found: Once[Assets] = Once(_LISTS * remembers)
        self._spoken: Once[Passages] = Once(_LISTS * remembers)
        self._scopes: Interned[Scope] = Interned(_SCOPES)
        self._aside = Aside(_ASIDE, "suggest")

    def ready(self) -> bool:
        return self._reader.snapshot() is not None

    def _snapshot(self) -> Snapshot:
        snapshot = self._reader.snapshot()
        if snapshot is None:
            raise EngineDown("there is no index yet")
        return snapshot

    def assets(self, ask: Ask, window: int) -> Assets:
        snapshot, ask = self._snapshot(), self._to_keep(ask)
        key = (snapshot.serial, ask, window)
        return self._found.of(key, lambda: self._assets(snapshot, ask, window), _is_small(ask))

    def _assets(self, snapshot: Snapshot, ask: Ask, window: int) -> Assets:
        searcher = snapshot.assets
        query = _assets(ask, snapshot).query(ask.query, ask.scope)
        by: dict[str, Any] = {}
        if ask.order is not Order.RELEVANCE:
            newest = ask.order is Order.NEWEST
            by = {"order_by_field": "created_s", "order": tantivy.Order.Desc if newest else tantivy.Order.Asc}
        found = run(lambda: searcher.search(query, window, **by))
        scores = [-s if ask.order is Order.OLDEST else s for s, _ in found.hits]
        ranked = _ranked(scores, _halves(searcher, [address for _, address in found.hits]))
        return Assets([tantivy_schema.asset_id_of(high, low) for _, high, low in ranked], found.count)

    def among(self, ask: Ask, asset_ids: Sequence[str]) -> frozenset[str]:
        if not asset_ids:
            return frozenset()
        snapshot = self._snapshot()
        searcher = snapshot.assets
        query = _assets(ask, snapshot).query(ask.query, ask.scope, asset_ids)
        found = run(lambda: searcher.search(query, len(asset_ids), count=False))
        return frozenset(_ids(searcher, [address for _, address in found.hits]))

    def passages(
        self, ask: Ask, window: int, asset_ids: Sequence[str] | None = None, any_word: bool = False, counted: bool = True
    ) -> Passages:  # fmt: skip
        snapshot, ask = self._snapshot(), replace(self._to_keep(ask), order=Order.RELEVANCE)
        among = None if asset_ids is None else tuple(sorted(asset_ids))
        asked = Query(any_word_of(ask.query.tree)) if any_word else ask.query
        if asked.tree is None:
            return Passages([], 0)
        builder = Builder(
            tantivy_schema.segment_schema(), SEGMENT_GROUPS, ask.typos, snapshot.spoken, snapshot.spoken_words,
            weighed=counted or not isinstance(asked.tree, Word),
            beginning=None if asset_ids is None else snapshot.segments.terms_with_prefix,
        )  # fmt: skip
        return self._spoken.of(
            (snapshot.serial, ask, window, among, any_word, counted),
            lambda: self._passages(snapshot, builder.query(asked, ask.scope, among), window, counted),
            _is_small(ask),
        )

    def _passages(self, snapshot: Snapshot, query: Any, window: int, counted: bool) -> Passages:
        searcher = snapshot.segments
        found = run(lambda: searcher.search(query, window, count=counted))
        addresses = [address for _, address in found.hits]
        numbers = searcher.fast_field_values("number", addresses) if addresses else []
        halves = _halves(searcher, addresses)
        ranked = _ranked(
            [s for s, _ in found.hits], [(*id_, n) for id_, n in zip(halves, numbers, strict=True)]
        )
        id_of = tantivy_schema.asset_id_of
        hits = [PassageId(id_of(high, low), n, -score) for score, high, low, n in ranked]
        more = int(len(hits) == window)
        return Passages(hits, found.count if counted else len(hits) + more)

    def facets(self, ask: Ask) -> Facets:
        snapshot, ask = self._snapshot(), self._to_keep(ask)
        counting = replace(_assets(ask, snapshot), ranked=False)
        return self._facets.of(snapshot.assets, snapshot.serial, ask, counting, _is_small(ask))

    def suggest(self, text: str, scope: Scope, limit: int) -> Suggestions:
        """The same for everybody who types the same in one state of the index, inside the same projects."""
        snapshot, scope = self._snapshot(), self._scopes.one(scope)
        key = (snapshot.serial, analysis.words(text), analysis.label(text), scope, limit)
        return self._suggested.of(
            key, lambda: TantivySuggest(snapshot, scope, _ids, self._aside).of(text, limit)
        )

    def _to_keep(self, ask: Ask) -> Ask:
        return replace(ask, scope=self._scopes.one(ask.scope))


def _is_small(ask: Ask) -> bool:
    return sum(len(part.ids) for part in ask.query.filters if isinstance(part, Members)) <= _MEMBERS


def _assets(ask: Ask, snapshot: Snapshot) -> Builder:
    return Builder(
        tantivy_schema.asset_schema(), ASSET_GROUPS, ask.typos, snapshot.projects, snapshot.asset_words
    )  # fmt: skip


def _ranked(scores: Sequence[float], rest: Sequence[tuple[int, ...]]) -> list[tuple[Any, ...]]:
    """(-score, …), best first; equal ones in the order of their ids.

    Lists are asked for in two lengths. Which of many equal ones are in the short one is the engine's choice, the same whatever the length, so the
    long list begins with them: its two parts are put in order each by itself.
    """
    found = [(-score, *values) for score, values in zip(scores, rest, strict=True)]
    return sorted(found[:FIRST]) + sorted(found[FIRST:])


def _halves(searcher: Any, addresses: Sequence[Any]) -> list[tuple[int, int]]:
    """Of ids, in an order of their own: text is made of those alone that are wanted."""
    if not addresses:
        return []
    high, low = (searcher.fast_field_values(name, addresses) for name in ("id_high", "id_low"))
    return list(zip(high, low, strict=True))


def _ids(searcher: Any, addresses: Sequence[Any]) -> list[str]:
    return [tantivy_schema.asset_id_of(*halves) for halves in _halves(searcher, addresses)]
