"""Facets of the embedded index: true counts by field, over everything that matches.

Every segment of the index hands up its most frequent values, and the engine says how much a value may have lost by that (its error bound).
Fields with a vocabulary are counted in one wide pass, which loses nothing. Names have no end: a narrow pass over many assets gives candidates, a
second one, over the assets that have a candidate, counts those exactly; when a name that was not handed up could still belong to the most frequent,
the first pass is made again, wide. Where much matches, costly fields are counted side by side: the engine lets go of the interpreter meanwhile.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from tantivy import Occur
from tantivy import Query as TantivyQuery

from functions.search import tantivy_schema
from functions.search.engine import Ask, Bucket, Facets, Order
from functions.search.facet_fields import SIZES, buckets, questions
from functions.search.tantivy_calls import run
from functions.search.tantivy_query import Builder

NARROW, WIDE, ALL = 100, 5_000, 50_000  # values that a segment of the index hands up
MANY = 20_000  # assets, from which on two narrow passes are cheaper than a wide one, and threads worth their change
NAMES = frozenset({"person"})
COSTLY = ("tag", "person")  # several values an asset, and many of them
THREADS = 8
_REMEMBERED = 256  # facets of one state of the index


class TantivyFacets:
    """Counted once for each state of the index: who pages, or looks at everything, asks for the same again."""

    def __init__(self) -> None:
        self._counted: OrderedDict[tuple[int, Ask], Facets] = OrderedDict()
        self._counting = threading.Lock()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="facets")

    def of(self, searcher: Any, serial: int, ask: Ask, groups: Sequence[str]) -> Facets:
        """`serial`: another one for each state of the index."""
        key = (serial, replace(ask, order=Order.RELEVANCE))
        with self._counting:
            if (known := self._counted.get(key)) is not None:
                self._counted.move_to_end(key)
                return known
        found = self._count(searcher, ask, groups)
        with self._counting:
            self._counted[key] = found
            while len(self._counted) > _REMEMBERED:
                self._counted.popitem(last=False)
        return found

    def _count(self, searcher: Any, ask: Ask, groups: Sequence[str]) -> Facets:
        builder = Builder(tantivy_schema.asset_schema(), groups, ask.typos)
        counts: dict[str, Sequence[Bucket]] = {}
        aside: dict[str, Future[list[tuple[Any, int]]]] = {}
        for asked, names in questions(ask.query):
            query = builder.query(asked, ask.scope)
            cheap = [name for name in names if name not in COSTLY]
            costly = [name for name in names if name in COSTLY]
            counted = _terms(searcher, query, dict.fromkeys(cheap, WIDE))
            matching = int(counted["matching"]["value"])
            if costly and matching >= MANY:
                aside |= {name: self._threads.submit(_many, searcher, query, name) for name in costly}
            elif costly:
                counted |= _terms(searcher, query, dict.fromkeys(costly, WIDE))
            counts |= {
                name: buckets(name, _exact(searcher, query, name, counted[name]))
                for name in names
                if name not in aside
            }
        counts |= {name: buckets(name, future.result()) for name, future in aside.items()}
        return {name: counts[name] for name in SIZES}


def _many(searcher: Any, query: Any, name: str) -> list[tuple[Any, int]]:
    """Of one field, with a narrow pass first where there is no end of values."""
    if name in NAMES:
        counted = _terms(searcher, query, {name: NARROW})[name]
        found, shown = _exact(searcher, query, name, counted), SIZES[name]
        lost = counted["doc_count_error_upper_bound"]
        if not lost or (len(found) >= shown and found[shown - 1][1] >= lost):
            return found
    return _exact(searcher, query, name, _terms(searcher, query, {name: WIDE})[name])


def _exact(searcher: Any, query: Any, name: str, counted: dict[str, Any]) -> list[tuple[Any, int]]:
    """Exact counts of the values that were found, most frequent first."""
    found = _pairs(counted)
    if not counted["doc_count_error_upper_bound"]:
        return found
    return _exactly(searcher, query, name, [value for value, _ in found])


def _exactly(searcher: Any, query: Any, name: str, values: Sequence[str]) -> list[tuple[Any, int]]:
    """Counts of these values, over the assets that have one of them; most frequent first."""
    having = TantivyQuery.term_set_query(tantivy_schema.asset_schema(), name, list(values))
    narrowed = TantivyQuery.boolean_query(
        [(Occur.Must, query), (Occur.Must, TantivyQuery.const_score_query(having, 0.0))]
    )
    wanted = frozenset(values)
    every = _pairs(_terms(searcher, narrowed, {name: ALL}, size=ALL)[name])
    return [pair for pair in every if pair[0] in wanted]


def _terms(searcher: Any, query: Any, widths: dict[str, int], size: int = 0) -> dict[str, Any]:
    wanted: dict[str, Any] = {
        name: {"terms": {"field": name, "size": size or 2 * SIZES[name], "segment_size": width}}
        for name, width in widths.items()
    }
    wanted["matching"] = {"value_count": {"field": "created_s"}}  # every asset has one
    counted: dict[str, Any] = run(lambda: searcher.aggregate(query, wanted))
    return counted


def _pairs(counted: dict[str, Any]) -> list[tuple[Any, int]]:
    return [(bucket["key"], int(bucket["doc_count"])) for bucket in counted["buckets"]]
