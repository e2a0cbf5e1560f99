"""Counts of values by the embedded engine, exact, and what is known of the values that are not among them.

Fields with many values are counted as numbers (`tantivy_schema.value_id`): of text, every value that a segment of the index hands up would be looked
up in the segment's dictionary. Every segment hands up its most frequent values, and the engine says how much a value may have lost by that (its
error bound); a second pass over the assets that have one of the values found then counts those exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tantivy import Occur
from tantivy import Query as TantivyQuery

from functions.search import tantivy_schema
from functions.search.facet_fields import SIZES
from functions.search.tantivy_calls import run

NUMBERED = ("tag", "person")
ALL = 2_000_000  # values that a segment of the index hands up, where none may be missed
BESIDE = 5_000  # values that are looked at, of the assets that have the wanted ones
CANDIDATES = 120  # values that may be among those shown, of a field that has no end of them
REMEMBERED = 50_000  # values by their ids
_values: dict[int, str] = {}


@dataclass(frozen=True)
class Counts:
    """Of one field: `exact`, most frequent first (ids, of NUMBERED ones); a value that is not among them has at most `rest`."""

    exact: Sequence[tuple[Any, int]]
    rest: int = 0

    def decide(self, shown: int) -> bool:
        """Whether the first `shown` are the most frequent of all."""
        return self.rest == 0 or (len(self.exact) >= shown and self.exact[shown - 1][1] >= self.rest)

    def less(self, other: Counts) -> Counts:
        """Without the assets that `other` counts, all of them."""
        taken = dict(other.exact)
        return ranked({value: number - taken.get(value, 0) for value, number in self.exact}, self.rest)


def ranked(exact: Mapping[Any, int], rest: int) -> Counts:
    return Counts(sorted(exact.items(), key=lambda pair: (-pair[1], pair[0])), rest)


def count(searcher: Any, query: Any, names: Sequence[str], width: int, size: int) -> dict[str, Counts]:
    """By field, the `size` most frequent values. `width`: how many each segment of the index hands up."""
    counted = _aggregate(searcher, query, {name: _terms(name, size, width) for name in names})
    return {name: _known(searcher, query, name, counted[name], size) for name in names}


def count_all(searcher: Any, query: Any, names: Sequence[str], width: int) -> dict[str, Counts] | None:
    """As `count`, in one pass, the values shown: None when a segment has more than `width` values."""
    counted = _aggregate(searcher, query, {name: _terms(name, SIZES[name] + 1, width) for name in names})
    if any(counted[name]["doc_count_error_upper_bound"] for name in names):
        return None
    found = {name: _pairs(counted[name]) for name in names}
    return {
        name: Counts(pairs, pairs[-1][1] if len(pairs) > SIZES[name] else 0) for name, pairs in found.items()
    }


def count_these(searcher: Any, query: Any, name: str, ids: Sequence[int], rest: int) -> Counts:
    """Of these values of a NUMBERED field; assets without any of them are not looked at. `rest`: what any other has at most."""
    values = [value for id_ in ids if (value := value_of(searcher, id_))]
    having = TantivyQuery.term_set_query(tantivy_schema.asset_schema(), name, values)
    narrowed = TantivyQuery.boolean_query(
        [(Occur.Must, query), (Occur.Must, TantivyQuery.const_score_query(having, 0.0))]
    )
    found = _pairs(_aggregate(searcher, narrowed, {name: _terms(name, BESIDE, ALL)})[name])
    wanted = frozenset(ids)
    exact = {id_: number for id_, number in found if id_ in wanted}
    return ranked(exact, max(rest, found[-1][1]) if len(found) == BESIDE else rest)


def count_roughly(searcher: Any, query: Any, name: str, width: int) -> Counts:
    """The values that seem to be the most frequent, in one pass: for an order, not to be shown. With a `rest` when there are more of them."""
    counted = _aggregate(searcher, query, {name: _terms(name, width, width)})[name]
    return Counts(
        _pairs(counted), int(counted["doc_count_error_upper_bound"]) + int(counted["sum_other_doc_count"])
    )


def shown(searcher: Any, name: str, counts: Counts) -> list[tuple[Any, int]]:
    """The values themselves, as many as are shown."""
    if name not in NUMBERED:
        return list(counts.exact)
    return [(value_of(searcher, id_), number) for id_, number in counts.exact[: SIZES[name]]]


def value_of(searcher: Any, id_: int) -> str:
    """The same in every state of every index, so it may be remembered; empty when no asset has it any more."""
    known = _values.get(id_)
    if known is None:
        found = run(lambda: searcher.terms_with_prefix("named", tantivy_schema.named(id_), None, 1))
        if not found:
            return ""
        known = tantivy_schema.named_value(found[0][0])
        if len(_values) >= REMEMBERED:
            _values.clear()
        _values[id_] = known
    return known


def _known(searcher: Any, query: Any, name: str, counted: dict[str, Any], size: int) -> Counts:
    found, lost = _pairs(counted), int(counted["doc_count_error_upper_bound"])
    if not lost:
        return Counts(found, found[-1][1] if len(found) >= size else 0)
    if name not in NUMBERED:
        return Counts((), lost)  # nothing is known for sure
    tried = found[:CANDIDATES]
    left_out = tried[-1][1] if len(found) >= size or len(found) > len(tried) else 0
    return count_these(searcher, query, name, [id_ for id_, _ in tried], lost + left_out)


def _aggregate(searcher: Any, query: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    counted: dict[str, Any] = run(lambda: searcher.aggregate(query, wanted))
    return counted


def _terms(name: str, size: int, width: int) -> dict[str, Any]:
    field = tantivy_schema.id_field(name) if name in NUMBERED else name
    return {"terms": {"field": field, "size": size, "segment_size": max(size, width)}}


def _pairs(counted: dict[str, Any]) -> list[tuple[Any, int]]:
    return [(bucket["key"], int(bucket["doc_count"])) for bucket in counted["buckets"]]
