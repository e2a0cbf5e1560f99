"""The embedded engine: tantivy indexes in a local directory, written by the indexer, read here."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import tantivy
from tantivy import Query as TantivyQuery

from functions.search import analysis, tantivy_schema
from functions.search.engine import (
    Ask,
    Assets,
    Bucket,
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
from functions.search.query_tree import AllOf, Field, Filter, Query, Word
from functions.search.tantivy_query import Builder
from functions.search.tantivy_reader import Snapshot, TantivyReader

T = TypeVar("T")
_SIZES = {"type": 10, "status": 10, "project": 100, "language": 30, "tag": 30, "person": 30, "month": 240}
_EVERY_TERM = 5_000  # values that each segment of the index hands up: counts are exact unless it has more, and one of the most frequent is rare in it
_REMEMBERED = 256  # facets of one state of the index
_SUGGESTED_FROM = 200


class TantivyIndex:
    """See `engine.Engine`."""

    name = "tantivy"
    offers = frozenset({Offer.PASSAGES, Offer.FACETS, Offer.TREES})

    def __init__(self, reader: TantivyReader) -> None:
        self._reader = reader
        self._counted: OrderedDict[tuple[int, Ask], Facets] = OrderedDict()
        self._counting = threading.Lock()

    def ready(self) -> bool:
        return self._reader.snapshot() is not None

    def _snapshot(self) -> Snapshot:
        snapshot = self._reader.snapshot()
        if snapshot is None:
            raise EngineDown("there is no index yet")
        return snapshot

    def assets(self, ask: Ask, window: int) -> Assets:
        searcher = self._snapshot().assets
        query = _assets(ask).query(ask.query, ask.scope)
        if ask.order is Order.RELEVANCE:
            found = _run(lambda: searcher.search(query, window))
            scores = [score for score, _ in found.hits]
        else:
            order = tantivy.Order.Desc if ask.order is Order.NEWEST else tantivy.Order.Asc
            found = _run(lambda: searcher.search(query, window, order_by_field="created_s", order=order))
            scores = [-s if ask.order is Order.OLDEST else s for s, _ in found.hits]
        ids = _ids(searcher, [address for _, address in found.hits])
        ranked = sorted(zip(scores, ids, strict=True), key=lambda hit: (-hit[0], hit[1]))
        return Assets([id_ for _, id_ in ranked], found.count)

    def among(self, ask: Ask, asset_ids: Sequence[str]) -> frozenset[str]:
        if not asset_ids:
            return frozenset()
        searcher = self._snapshot().assets
        query = _assets(ask).query(ask.query, ask.scope, asset_ids)
        found = _run(lambda: searcher.search(query, len(asset_ids), count=False))
        return frozenset(_ids(searcher, [address for _, address in found.hits]))

    def passages(
        self, ask: Ask, window: int, asset_ids: Sequence[str] | None = None, any_word: bool = False
    ) -> Passages:
        searcher = self._snapshot().segments
        asked = Query(any_word_of(ask.query.tree)) if any_word else ask.query
        if asked.tree is None:
            return Passages([], 0)
        builder = Builder(tantivy_schema.segment_schema(), SEGMENT_GROUPS, ask.typos)
        query = builder.query(asked, ask.scope, asset_ids)
        found = _run(lambda: searcher.search(query, window))
        addresses = [address for _, address in found.hits]
        numbers = searcher.fast_field_values("number", addresses)
        hits = [
            PassageId(id_, number, score)
            for id_, number, (score, _) in zip(_ids(searcher, addresses), numbers, found.hits, strict=True)
        ]
        return Passages(sorted(hits, key=lambda hit: (-hit.score, hit.asset_id, hit.number)), found.count)

    def facets(self, ask: Ask) -> Facets:
        """Counted once for each state of the index: who pages, or looks at everything, asks for the same again."""
        snapshot = self._snapshot()
        key = (snapshot.serial, ask)
        with self._counting:
            if (known := self._counted.get(key)) is not None:
                self._counted.move_to_end(key)
                return known
        found = self._facets(snapshot.assets, ask)
        with self._counting:
            self._counted[key] = found
            while len(self._counted) > _REMEMBERED:
                self._counted.popitem(last=False)
        return found

    def _facets(self, searcher: Any, ask: Ask) -> Facets:
        filtered = {part.field if isinstance(part, Filter) else "month" for part in ask.query.filters}
        together = [name for name in _SIZES if name not in filtered]
        counts = self._count(searcher, ask, ask.query, together)
        for name in sorted(filtered):
            others = ask.query.without(None if name == "month" else Field(name))
            counts |= self._count(searcher, ask, others, [str(name)])
        return {name: counts[name] for name in _SIZES}

    def _count(
        self, searcher: Any, ask: Ask, asked: Query, names: Sequence[str]
    ) -> dict[str, Sequence[Bucket]]:
        if not names:
            return {}
        query = _assets(ask).query(asked, ask.scope)
        wanted = {
            name: {"terms": {"field": name, "size": _SIZES[name], "segment_size": _EVERY_TERM}}
            for name in names
        }
        counted = _run(lambda: searcher.aggregate(query, wanted))
        return {name: _buckets(name, counted[name]["buckets"]) for name in names}

    def suggest(self, text: str, scope: Scope, limit: int) -> Suggestions:
        searcher = self._snapshot().assets
        words = analysis.words(text)
        if not words:
            return Suggestions([], [], [], [])
        schema = tantivy_schema.asset_schema()
        visible = Builder(schema, ()).scope(scope) if scope is not None else None
        *before, last = words
        assets = self._suggested_assets(searcher, words, scope, limit)
        tags = _labels(searcher, "tag", _begins(schema, "tag_label", analysis.label(text)), visible)
        people = _labels(searcher, "person", _begins(schema, "people_exact", last), visible)
        completed = self._completed(searcher, last, visible, limit) if len(last) > 1 else []
        label = analysis.label(text)
        return Suggestions(
            assets=assets,
            tags=[tag for tag in tags if analysis.label(tag).startswith(label)][:limit],
            people=[person for person in people if analysis.begins_name(person, words)][:limit],
            words=[" ".join([*before, word]) for word in completed],
        )

    def _completed(self, searcher: Any, prefix: str, visible: Any | None, limit: int) -> list[str]:
        """Words of visible titles and of what is said, those of most assets first."""
        counts: Counter[str] = Counter()
        for field in ("title_exact", "said_exact"):
            for word, count in _run(partial(searcher.terms_with_prefix, field, prefix, visible, limit)):
                counts[word] += count
        return sorted(counts, key=lambda word: (-counts[word], word))[:limit]

    def _suggested_assets(
        self, searcher: Any, words: Sequence[str], scope: Scope, limit: int
    ) -> Sequence[str]:
        """By title, byline and people; with typos when nothing begins so."""
        tree = AllOf(tuple(Word(word, word is words[-1]) for word in words[:10]))
        for typos in (0, 1, 2):
            builder = Builder(tantivy_schema.asset_schema(), ("title", "people", "names"), typos)
            query = builder.query(Query(tree), scope)
            found = _run(lambda query=query: searcher.search(query, limit, count=False))  # type: ignore[misc]  # a lambda with a default has no inferred type
            if found.hits:
                break
        return _ids(searcher, [address for _, address in found.hits])


def _assets(ask: Ask) -> Builder:
    return Builder(tantivy_schema.asset_schema(), ASSET_GROUPS, ask.typos)


def _ids(searcher: Any, addresses: Sequence[Any]) -> list[str]:
    if not addresses:
        return []
    high, low = (searcher.fast_field_values(name, addresses) for name in ("id_high", "id_low"))
    return [tantivy_schema.asset_id_of(*id_halves) for id_halves in zip(high, low, strict=True)]


def _run(search: Callable[[], T]) -> T:
    try:
        return search()
    except (ValueError, OSError) as fault:
        raise EngineDown(str(fault)) from fault
    except BaseException as fault:
        if type(fault).__name__ != "PanicException":  # of pyo3, which does not export it
            raise
        raise EngineDown("the engine panicked") from fault


def _buckets(name: str, buckets: Sequence[dict[str, Any]]) -> list[Bucket]:
    found = [(str(b["key"]), int(b["doc_count"])) for b in buckets if b["key"] != "" and b["doc_count"]]
    if name == "month":
        return sorted((Bucket(f"{key[:4]}-{key[4:6]}", n) for key, n in found), key=lambda b: b.value)
    return [Bucket(key, n) for key, n in sorted(found, key=lambda item: (-item[1], item[0]))]


def _begins(schema: Any, field: str, prefix: str) -> Any:
    return TantivyQuery.fuzzy_term_query(schema, field, prefix, 0, True, True)


def _labels(searcher: Any, field: str, begins: Any, visible: Any | None) -> list[str]:
    """Values as written, most frequent first, of the visible assets that have one that begins so."""
    query = begins if visible is None else begins.and_must_match(visible)
    wanted = {"found": {"terms": {"field": field, "size": _SUGGESTED_FROM, "segment_size": _EVERY_TERM}}}
    counted = _run(lambda: searcher.aggregate(query, wanted))
    return [bucket["key"] for bucket in counted["found"]["buckets"]]
