"""About how many assets a tree of words finds, from how many have each word: to choose how to count, never to be shown."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from functions.search import analysis
from functions.search.field_groups import PREFIX_FROM, STEMMED
from functions.search.query_tree import (
    AllOf,
    Alternatives,
    AnyOf,
    Field,
    Filter,
    Members,
    Narrowing,
    Node,
    Phrase,
    Said,
    Word,
    words_of,
)

LONG = ("text", "said")  # groups that have most of the words
FREQUENT = 5  # words
BESIDE = 10  # how many have the words of a phrase for one that has them beside each other


def about(searcher: Any, tree: Node | None, groups: Sequence[str]) -> int:
    """As if words met by chance: too few rather than too many, when they belong together."""
    every = int(searcher.num_docs)
    match tree:
        case None:
            return every
        case Word(text, prefix):
            words = analysis.words(text)
            begun = _beginning(searcher, words[0], groups) if prefix and len(words) == 1 else 0
            return max(begun, _together(every, [_having(searcher, word, groups) for word in words]))
        case Phrase(text):
            words = analysis.words(text)
            beside = 1 if len(words) < 2 else BESIDE
            return _together(every, [_having(searcher, word, groups) for word in words]) // beside
        case Said(inner):
            return about(searcher, inner, ("said",))
        case Alternatives(inner, others):
            return max(about(searcher, one, groups) for one in (inner, *others))
        case AllOf(nodes):
            needed = [about(searcher, node, groups) for node in nodes if _finds(node)]
            return _together(every, needed) if needed else every
        case AnyOf(nodes):
            return max((about(searcher, node, groups) for node in nodes), default=0)
        case _:  # a filter, or what must not be there
            return every


def _together(every: int, having: Sequence[int]) -> int:
    """Nothing of no words."""
    return round(every * prod(one / max(1, every) for one in having)) if having else 0


def is_dear(tree: Node | None) -> bool:
    """Whether to find what matches costs more than to look at its values: places of words, or many lists that have to meet."""
    words = words_of(tree)
    return len(words) > 2 or any(isinstance(word, Phrase) for word in words)


def inside(searcher: Any, filters: Sequence[Narrowing], scope: frozenset[str] | None) -> int:
    """What filters and scope leave: as much as the narrowest of them."""
    left = [int(searcher.num_docs)]
    if scope is not None:
        left.append(sum(searcher.doc_freq("project", project) for project in scope))
    for part in filters:
        if isinstance(part, Members):
            left.append(len(part.ids))
        elif isinstance(part, Filter) and part.field is Field.TAG:
            left.append(sum(searcher.doc_freq("tag_label", analysis.label(value)) for value in part.values))
        elif isinstance(part, Filter) and part.field is not Field.PERSON:
            left.append(sum(searcher.doc_freq(part.field.value, value) for value in part.values))
    return min(left)


def _finds(node: Node) -> bool:
    """Function words and exclusions hardly narrow."""
    if isinstance(node, Word):
        return not analysis.is_stop_word(analysis.whole_word(node.text))
    return isinstance(node, Phrase | Said | Alternatives | AllOf | AnyOf)


def _beginning(searcher: Any, word: str, groups: Sequence[str]) -> int:
    """As if no asset had two of the most frequent words that begin so."""
    if len(word) < PREFIX_FROM:
        return 0
    fields = [f"{group}_exact" for group in LONG if group in groups]
    frequent = [searcher.terms_with_prefix(field, word, None, FREQUENT) for field in fields]
    return min(int(searcher.num_docs), max((sum(n for _, n in some) for some in frequent), default=0))


def _having(searcher: Any, word: str, groups: Sequence[str]) -> int:
    """Of the group that has it most."""
    found = [searcher.doc_freq(f"{group}_exact", word) for group in groups]
    for group in groups:
        if group in STEMMED:
            for language in analysis.LANGUAGES:
                found += [searcher.doc_freq(f"{group}_{language}", stem) for stem in analysis.stems(language, word)]  # fmt: skip
    return max(found, default=0)
