"""How our query tree becomes an engine's query, whatever its queries look like: what is needed, what only ranks, what must not be there.

An engine brings the constructors (`Maker`); two engines that walk the same tree in the same way find the same assets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from functions.search import analysis
from functions.search.field_groups import ALTERNATIVE
from functions.search.loosening import is_light
from functions.search.query_tree import (
    AllOf,
    Alternatives,
    AnyOf,
    Dates,
    Filter,
    Node,
    Not,
    Phrase,
    Said,
    Word,
)

Q = TypeVar("Q")
FILTERED = 0.5  # what a filter among words adds to a score
SAID = ("said",)


class Maker(Protocol[Q]):
    """`groups`: of fields that are looked in."""

    def term(self, word: str, prefix: bool, groups: Sequence[str]) -> Q: ...

    def phrase(self, words: Sequence[str], groups: Sequence[str]) -> Q | None:
        """None of no words."""

    def filter(self, part: Filter | Dates) -> Q: ...

    def flat(self, query: Q, score: float) -> Q:
        """Whoever matches has this score."""

    def weighted(self, query: Q, weight: float) -> Q: ...

    def best(self, queries: Sequence[Q]) -> Q:
        """Any of them, scored by the best."""

    def either(self, queries: Sequence[Q]) -> Q:
        """Any of them, scored by all."""

    def all_of(self, must: Sequence[Q], should: Sequence[Q], must_not: Sequence[Q]) -> Q:
        """`should` only ranks; without `must`, everything."""


def walk(maker: Maker[Q], node: Node, groups: Sequence[str]) -> Q | None:
    """None when there is nothing to look for in it (punctuation)."""
    match node:
        case Word(text, prefix):
            return _word(maker, text, prefix, groups)
        case Phrase(text):
            return maker.phrase(analysis.words(text), groups)
        case Said(Word(text, prefix)):
            return _word(maker, text, prefix, SAID)
        case Said(Phrase(text)):
            return maker.phrase(analysis.words(text), SAID)
        case Filter() | Dates():
            return maker.flat(maker.filter(node), FILTERED)
        case Not(inner):
            query = walk(maker, inner, groups)
            return None if query is None else maker.all_of([], [], [query])
        case Alternatives(inner, others):
            typed = _each(maker, [inner], groups)
            every = [*typed, *(maker.weighted(q, ALTERNATIVE) for q in _each(maker, others, groups))]
            return maker.best(every) if every else None
        case AnyOf(nodes):
            parts = _each(maker, nodes, groups)
            return maker.either(parts) if parts else None
        case AllOf(nodes):
            return _all(maker, nodes, groups)
        case _:  # Said of a Said cannot be built by the grammar
            return None


def _each(maker: Maker[Q], nodes: Sequence[Node], groups: Sequence[str]) -> list[Q]:
    return [query for node in nodes if (query := walk(maker, node, groups)) is not None]


def _word(maker: Maker[Q], text: str, prefix: bool, groups: Sequence[str]) -> Q | None:
    words = analysis.words(text)
    if len(words) != 1:  # covid-19, a.b@c.d: its parts, together
        return maker.phrase(words, groups)
    return maker.term(words[0], prefix, groups)


def _all(maker: Maker[Q], nodes: Sequence[Node], groups: Sequence[str]) -> Q | None:
    """All of them; function words only help to rank when there is something else to look for."""
    excluded = _each(maker, [node.node for node in nodes if isinstance(node, Not)], groups)
    wanted = [node for node in nodes if not isinstance(node, Not)]
    parts = [(node, query) for node in wanted if (query := walk(maker, node, groups)) is not None]
    if not parts and not excluded:
        return None
    heavy = [query for node, query in parts if not is_light(node)]
    light = [query for node, query in parts if is_light(node)]
    return maker.all_of(heavy or light, light if heavy else [], excluded)
