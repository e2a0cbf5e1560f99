"""A query made weaker, to show why a hit is one: any of its words is enough."""

from __future__ import annotations

from functions.search import analysis
from functions.search.query_tree import AnyOf, Node, Phrase, words_of


def any_word_of(tree: Node | None) -> Node | None:
    """Function words are in every passage: they do not make one worth showing."""
    words = words_of(tree)
    telling = [
        w for w in words if isinstance(w, Phrase) or not analysis.is_stop_word(analysis.whole_word(w.text))
    ]
    return AnyOf(tuple(telling or words)) if words else None
