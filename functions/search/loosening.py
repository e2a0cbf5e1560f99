"""What of a query is not insisted on: function words, a last word of one letter, all words but one when a passage is to show why; and that a last word
may be unfinished, where passages only rank."""

from __future__ import annotations

from dataclasses import replace

from functions.search import analysis
from functions.search.field_groups import PREFIX_FROM
from functions.search.query_tree import AllOf, Alternatives, AnyOf, Node, Phrase, Query, Said, Word, words_of


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


def as_typed(asked: Query) -> Query:
    """Every word finished: passages in which a word only begins so all weigh the same, so which of a million of them come first says nothing."""
    return asked if asked.tree is None else Query(_finished(asked.tree), asked.filters, asked.ignored)


def _finished(node: Node) -> Node:
    match node:
        case Word(text, True):
            return Word(text)
        case Said(Word(text, True)):
            return Said(Word(text))
        case Alternatives(inner, _):
            return replace(node, node=_finished(inner))
        case AllOf(nodes) | AnyOf(nodes):
            return replace(node, nodes=tuple(_finished(part) for part in nodes))
        case _:
            return node
