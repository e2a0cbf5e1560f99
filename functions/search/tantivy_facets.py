"""Facets of the embedded index: true counts by field, over everything that matches.

What costs is to look at the tags and people of every asset that matches, so each question is counted over as few as will do:

* few match, or finding them costs more than counting: one pass over them counts every field;
* many match: costly fields are counted side by side (the engine lets go of the interpreter meanwhile), names by a narrow pass that gives
  candidates and a second one that counts those exactly; when one that was not handed up could still be among the most frequent, widely;
* most match: the others are counted, and taken from what the whole (the scope and the filters without the words) has. That is counted
  in the background, once for a state of the index, when it is first missed; until then as if there were no whole.

The same question is counted once for a state of the index, whoever asks it, also when they ask at the same moment.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

from tantivy import Occur
from tantivy import Query as TantivyQuery

from functions.search.aside import Aside
from functions.search.engine import Ask, Bucket, Facets, Order
from functions.search.facet_fields import SIZES, buckets, questions
from functions.search.once import Once
from functions.search.query_tree import Query
from functions.search.tantivy_counts import (
    ALL,
    CANDIDATES,
    NUMBERED,
    Counts,
    count,
    count_all,
    count_these,
    shown,
)
from functions.search.tantivy_estimate import about, inside, is_dear
from functions.search.tantivy_query import Builder

NARROW, WIDE = 300, 5_000  # values that a segment of the index hands up
MOST = 2 * max(SIZES.values())  # values of a field that are looked at
MANY = 20_000  # assets, from which on threads are worth their change, and a narrow pass is cheaper than a wide one
DEAR = 100_000  # the same, where to find them is most of the work
NAMES = frozenset({"person"})  # there is no end of them
ASIDE = 4  # fields
_REMEMBERED, _WHOLES = 256, 32  # of the latest states of the index
Whole = Mapping[str, Counts]  # everything inside the scope and the filters


class TantivyFacets:
    def __init__(self, remembers: bool = True) -> None:
        """`remembers`: what was asked; the wholes are remembered in any case."""
        self._counted: Once[Facets] = Once(_REMEMBERED * remembers)
        self._wholes: Once[dict[str, Counts]] = Once(_WHOLES)
        self._aside = Aside(ASIDE, "facets")
        self._behind = ThreadPoolExecutor(1, thread_name_prefix="facets-whole")
        self._busy = threading.Lock()

    def of(self, searcher: Any, serial: int, ask: Ask, builder: Builder, kept: bool = True) -> Facets:
        """`serial`: another one for each state of the index, which is what `builder` is for. `kept`: see `Once`."""
        key = (serial, replace(ask, order=Order.RELEVANCE))
        return self._counted.of(key, lambda: self._count(searcher, serial, ask, builder), kept)

    def _count(self, searcher: Any, serial: int, ask: Ask, builder: Builder) -> Facets:
        counts: dict[str, Sequence[Bucket]] = {}
        for asked, names in questions(ask.query):
            counted = self._question(searcher, serial, replace(ask, query=asked), builder, names)
            counts |= {name: buckets(name, shown(searcher, name, counted[name])) for name in names}
        return {name: counts[name] for name in SIZES}

    def _question(
        self, searcher: Any, serial: int, ask: Ask, builder: Builder, names: Sequence[str]
    ) -> dict[str, Counts]:
        query = builder.query(ask.query, ask.scope)
        around = inside(searcher, ask.query.filters, ask.scope)
        expected = about(searcher, ask.query.tree, builder.groups) * around // max(1, searcher.num_docs)
        if expected < MANY and (found := count_all(searcher, query, names, MANY)) is not None:
            return found  # else there are more than it seemed
        if expected < DEAR and is_dear(ask.query.tree) and (found := count_all(searcher, query, names, ALL)):
            return found
        if ask.query.tree is None:
            return self._whole(searcher, serial, ask, query)
        whole = self._whole_so_far(searcher, serial, ask, builder) if 5 * expected > 3 * around else None
        counting = (
            partial(_directly, searcher, query)
            if whole is None
            else partial(_by_the_others, searcher, query, _others(builder, ask), whole)
        )
        return self._side_by_side(counting, names)

    def _side_by_side(
        self, counting: Callable[[Sequence[str]], dict[str, Counts]], names: Sequence[str]
    ) -> dict[str, Counts]:
        aside = [self._aside.start(partial(counting, [name])) for name in names if name in NUMBERED]
        counted = counting([name for name in names if name not in NUMBERED])
        for result in aside:
            counted |= result()
        return counted

    def _whole(self, searcher: Any, serial: int, ask: Ask, query: Any) -> dict[str, Counts]:
        """`ask` has no words, and `query` asks it."""
        counting = partial(_widely, searcher, query)
        return self._wholes.of(
            (serial, ask.query.filters, ask.scope), lambda: self._side_by_side(counting, list(SIZES))
        )

    def _whole_so_far(self, searcher: Any, serial: int, ask: Ask, builder: Builder) -> Whole | None:
        """None when it is not counted yet: it will be, unless another one is being counted."""
        found = self._wholes.known((serial, ask.query.filters, ask.scope))
        if found is None and self._busy.acquire(blocking=False):
            wordless = replace(ask, query=Query(None, ask.query.filters))
            self._behind.submit(self._count_behind, searcher, serial, wordless, builder)
        return found

    def _count_behind(self, searcher: Any, serial: int, ask: Ask, builder: Builder) -> None:
        try:
            self._whole(searcher, serial, ask, builder.query(ask.query, ask.scope))
        finally:
            self._busy.release()


def _widely(searcher: Any, query: Any, names: Sequence[str]) -> dict[str, Counts]:
    found = count(searcher, query, names, WIDE, WIDE)
    for name in names:
        if not found[name].decide(SIZES[name]):
            found |= count_all(searcher, query, [name], ALL) or {}
    return found


def _directly(searcher: Any, query: Any, names: Sequence[str]) -> dict[str, Counts]:
    found: dict[str, Counts] = {}
    for some, width in (
        ([n for n in names if n in NAMES], NARROW),
        ([n for n in names if n not in NAMES], WIDE),
    ):
        if some:
            found |= count(searcher, query, some, width, MOST)
    for name in names:
        if not found[name].decide(SIZES[name]):
            found |= count_all(searcher, query, [name], ALL) or {}
    return found


def _by_the_others(
    searcher: Any, query: Any, others: Any, whole: Whole, names: Sequence[str]
) -> dict[str, Counts]:
    """What the whole has, less what the others have: exact, as both are; directly where that does not decide."""
    found: dict[str, Counts] = {}
    if ended := [name for name in names if name not in NAMES and not whole[name].rest]:
        counted = count(searcher, others, ended, WIDE, WIDE)
        found = {name: whole[name].less(counted[name]) for name in ended if not counted[name].rest}
    for name in names:
        if name in found:
            continue
        if name in NUMBERED:
            known = whole[name].exact[:CANDIDATES]
            rest = known[-1][1] if len(whole[name].exact) > len(known) else whole[name].rest
            found[name] = count_these(searcher, query, name, [id_ for id_, _ in known], rest)
        if name not in found or not found[name].decide(SIZES[name]):
            found |= _directly(searcher, query, [name])
    return found


def _others(builder: Builder, ask: Ask) -> Any:
    """Inside the scope and the filters, without the words."""
    inside = builder.query(Query(None, ask.query.filters), ask.scope)
    words = builder.query(Query(ask.query.tree), None)
    return TantivyQuery.boolean_query([(Occur.Must, inside), (Occur.MustNot, words)])
