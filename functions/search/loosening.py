"""What of a query is not insisted on: function words, a last word of one letter, and all words but one when a passage is to show why."""

from __future__ import annotations

from functions.search import analysis
from functions.search.field_groups import PREFIX_FROM
from functions.search.query_tree import AnyOf, Node, Phrase, Word, words_of


def is_light(node: Node) -> bool:
    """Whether it only helps to rank when there is something else to look for."""
    if not isinstance(node, Word):
        return False
    word = analysis.whole_word(node.text)
    return len(word) < PREFIX_FROM if node.prefix else analysis.is_stop_word(word)


def any_word_of(tree: Node | None) -> Node | None:
    """Function words are in every passage: they do not make one worth showing."""
    words = words_of(tree)
    telling = [
        w for w in words if isinstance(w, Phrase) or not analysis.is_stop_word(analysis.whole_word(w.text))
    ]
    return AnyOf(tuple(telling or words)) if words else None
