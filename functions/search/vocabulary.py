"""Words that mean the same in this house, put into a query when it is asked: an edit counts at once, nothing is indexed again.

A row of `search_vocabulary` is a term and what else it is called. `both` ways: each of them finds the others; otherwise only
the term finds the alternatives (an abbreviation that is also a word). Terms may have several words.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from acervo.database import query as sql
from acervo.errors import Transient
from functions.search import analysis
from functions.search.query_tree import AllOf, Alternatives, AnyOf, Node, Phrase, Query, Word
from functions.search.reading import Reading

log = logging.getLogger(__name__)
REFRESH_S = 2.0
MAX_TERM_WORDS = 5
MAX_ALTERNATIVES = 10
Table = Mapping[tuple[str, ...], tuple[str, ...]]  # folded words of a term → texts


def table_of(rows: Iterable[Mapping[str, Any]]) -> Table:
    found: dict[tuple[str, ...], list[str]] = {}

    def add(term: str, others: Iterable[str]) -> None:
        words = analysis.words(term)
        if 0 < len(words) <= MAX_TERM_WORDS:
            have = found.setdefault(words, [])
            have += [other for other in others if analysis.words(other) != words and other not in have]

    for row in rows:
        every = [row["term"], *row["alternatives"]]
        for term in every if row["two_way"] else every[:1]:
            add(term, (other for other in every if other is not term))
    return {words: tuple(others[:MAX_ALTERNATIVES]) for words, others in found.items() if others}


def expand(query: Query, table: Table) -> Query:
    """The query with alternatives beside the words that have some: pure. Phrases, `said:` and what is excluded stay as typed."""
    if query.tree is None or not table:
        return query
    return Query(_expand(query.tree, table), query.filters, query.ignored)


def _expand(node: Node, table: Table) -> Node:
    match node:
        case Word():
            return _together([node], table) or node
        case AnyOf(nodes):
            return AnyOf(tuple(_expand(part, table) for part in nodes))
        case AllOf(nodes):
            parts = _runs(nodes, table)
            return parts[0] if len(parts) == 1 else AllOf(tuple(parts))
        case _:
            return node


def _runs(nodes: Sequence[Node], table: Table) -> list[Node]:
    """Words beside each other may be one term; the longest counts."""
    parts: list[Node] = []
    at = 0
    while at < len(nodes):
        for end in range(min(len(nodes), at + MAX_TERM_WORDS), at, -1):
            run = nodes[at:end]
            if all(isinstance(part, Word) for part in run) and (found := _together(run, table)):
                parts.append(found)
                at = end
                break
        else:
            parts.append(_expand(nodes[at], table))
            at += 1
    return parts


def _together(run: Sequence[Node], table: Table) -> Node | None:
    words = [part for part in run if isinstance(part, Word)]
    others = table.get(tuple(w for word in words for w in analysis.words(word.text)))
    if not others:
        return None
    typed: Node = words[0] if len(words) == 1 else AllOf(tuple(words))
    return Alternatives(typed, tuple(_as_node(other) for other in others))


def _as_node(text: str) -> Word | Phrase:
    return Word(text) if len(analysis.words(text)) == 1 else Phrase(text)


class Vocabulary:
    """The table as of at most REFRESH_S ago."""

    def __init__(self, reading: Reading, refresh_s: float = REFRESH_S) -> None:
        self._reading, self._refresh_s = reading, refresh_s
        self._lock = threading.Lock()
        self._looked = float("-inf")
        self._table: Table = {}
        self._mark: tuple[Any, ...] = ()

    def expand(self, query: Query) -> Query:
        return expand(query, self._now()) if query.tree is not None else query

    def forget(self) -> None:
        """Look again at the next query: somebody edited."""
        self._looked = float("-inf")

    def _now(self) -> Table:
        if time.monotonic() - self._looked >= self._refresh_s and self._lock.acquire(blocking=False):
            try:
                self._looked = time.monotonic()
                self._look()
            except Transient:
                log.warning("the vocabulary stays as it was: the database is away")
            finally:
                self._lock.release()
        return self._table

    def _look(self) -> None:
        """Read and analysed again only when somebody edited."""
        row = self._reading.read(sql.vocabulary_mark)
        mark = (row["entries"], row["edited_at"])
        if mark != self._mark:
            self._table = self._reading.read(lambda c: table_of(sql.whole_vocabulary(c)))
            self._mark = mark
