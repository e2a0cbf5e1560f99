"""More like this: what an asset is about, as a query of alternatives that the engine's own weights rank (rare words count most)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from functions.search import analysis
from functions.search.documents import AssetDocument
from functions.search.query_tree import AnyOf, Field, Filter, Node, Phrase, Query, Word

TITLE_WORDS, TEXT_WORDS, PEOPLE, TAGS = 8, 12, 5, 10
_SHORTEST = 4
_READ = 4000  # characters of the description


def like(asset: AssetDocument) -> Query:
    """Pure; a query without a tree when the asset says nothing about itself."""
    title = _words(asset.titles, TITLE_WORDS)
    text = [word for word in _words(asset.texts, TITLE_WORDS + TEXT_WORDS) if word not in title]
    nodes: list[Node] = [Word(word) for word in (*title, *text[:TEXT_WORDS])]
    nodes += [Phrase(name) for name in asset.people[:PEOPLE] if analysis.words(name)]
    nodes += [Filter(Field.TAG, frozenset({tag})) for tag in asset.tags[:TAGS]]
    return Query(AnyOf(tuple(nodes)) if nodes else None)


def _words(texts: Iterable[str], most: int) -> list[str]:
    """The most frequent telling words; the first one written first when they are equal."""
    counted = Counter(
        word
        for text in texts
        for word in analysis.words(text[:_READ])
        if len(word) >= _SHORTEST and not word.isdecimal() and not analysis.is_stop_word(word)
    )
    return [word for word, _ in counted.most_common(most)]
