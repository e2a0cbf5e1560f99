"""What engines count, and how: the fields, the questions that give their counts, and buckets as they are shown. Pure.

A field's own filter does not narrow it: what is not filtered by is counted by one question, each of the others by one without its filter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from functions.search.engine import Bucket
from functions.search.query_tree import Field, Filter, Members, Query

MONTH = "month"
SIZES = {
    "type": 10,
    "status": 10,
    "project": 100,
    "language": 30,
    "tag": 30,
    "person": 30,
    "rights": 20,
    MONTH: 240,
}  # buckets shown


def questions(asked: Query) -> Iterator[tuple[Query, Sequence[str]]]:
    """(query, the fields that it counts)."""
    filtered = {
        part.field.value if isinstance(part, Filter) else MONTH
        for part in asked.filters if not isinstance(part, Members)
    }  # fmt: skip
    if together := [name for name in SIZES if name not in filtered]:
        yield asked, together
    for name in sorted(filtered):
        yield asked.without(None if name == MONTH else Field(name)), [name]


def buckets(name: str, counted: Iterable[tuple[Any, int]]) -> list[Bucket]:
    """Most frequent first, then by value; months in their order, as `2026-11`."""
    found = [(str(value), count) for value, count in counted if value != "" and count]
    if name == MONTH:
        return sorted((Bucket(f"{v[:4]}-{v[4:6]}", n) for v, n in found), key=lambda bucket: bucket.value)
    ranked = sorted(found, key=lambda pair: (-pair[1], pair[0]))
    return [Bucket(value, count) for value, count in ranked[: SIZES[name]]]
