"""What the embedded engine offers while somebody types: assets, tags, people, words, all of visible assets.

Dictionaries say which labels and words begin so, the most frequent first; values as they were written come from the assets that have them. Only
as many of those are looked at as are needed: a segment's most frequent values first, more of them when some are still missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tantivy import Occur
from tantivy import Query as TantivyQuery

from functions.search import analysis, tantivy_schema
from functions.search.aside import Aside
from functions.search.engine import Scope, Suggestions
from functions.search.query_tree import AllOf, Query, Word
from functions.search.tantivy_beginnings import Beginnings
from functions.search.tantivy_calls import run
from functions.search.tantivy_counts import count_roughly, value_of
from functions.search.tantivy_query import Builder
from functions.search.tantivy_reader import Snapshot

FEW, MORE, MANY = 4, 40, 5_000  # the first two times the limit; values of one segment of the index
SHORTEST_COMPLETED = 2  # letters
MOST_WORDS = 10
SIDE_BY_SIDE = 50_000  # assets of the index, from which on threads are worth their change
_NOTHING = Suggestions([], [], [], [])


class TantivySuggest:
    """Of one state of the index; `addresses` to ids is the index's own."""

    def __init__(
        self, snapshot: Snapshot, scope: Scope, ids: Callable[[Any, Sequence[Any]], list[str]],
        aside: Aside,
    ) -> None:  # fmt: skip
        self._searcher, self._projects = snapshot.assets, snapshot.projects
        self._scope, self._ids, self._aside = scope, ids, aside
        self._schema = tantivy_schema.asset_schema()
        self._builder = Builder(self._schema, ("title", "people", "names"), 0, self._projects)
        self._beginnings = Beginnings(snapshot.assets, scope, snapshot.projects)

    def of(self, text: str, limit: int) -> Suggestions:
        words = analysis.words(text)
        if not words:
            return _NOTHING
        *before, last = words
        label = analysis.label(text)
        completing = (
            self._start(lambda: self._completed(last, limit)) if len(last) >= SHORTEST_COMPLETED else list
        )
        tagging, naming = (
            self._start(lambda: self._tags(label, limit)),
            self._start(lambda: self._people(words, limit)),
        )
        assets = self._assets(words, limit)
        return Suggestions(assets, tagging(), naming(), [" ".join([*before, word]) for word in completing()])

    def _start(self, part: Callable[[], list[str]]) -> Callable[[], list[str]]:
        """Side by side where there is much to look at; the engine lets go of the interpreter meanwhile."""
        return self._aside.start(part) if self._searcher.num_docs >= SIDE_BY_SIDE else part

    def _assets(self, words: Sequence[str], limit: int) -> Sequence[str]:
        """By title, byline and people; with typos when nothing begins so."""
        tree = AllOf(tuple(Word(word, word is words[-1]) for word in words[:MOST_WORDS]))
        found: Any = None
        for typos in (0, 1, 2):
            query = replace(self._builder, typos=typos).query(Query(tree), self._scope)
            found = run(lambda query=query: self._searcher.search(query, limit, count=False))  # type: ignore[misc]  # a lambda with a default has no inferred type
            if found.hits:
                break
        return self._ids(self._searcher, [address for _, address in found.hits])

    def _completed(self, prefix: str, limit: int) -> list[str]:
        """Words of titles and of what is said, those of most assets first."""
        counts: Counter[str] = Counter()
        for field in ("title_exact", "said_exact"):
            counts.update(dict(self._beginnings.of(field, prefix, limit)))
        return sorted(counts, key=lambda word: (-counts[word], word))[:limit]

    def _tags(self, label: str, limit: int) -> list[str]:
        labels = {found for found, _ in self._beginnings.of("tag_label", label, limit)} if label else set()
        if not labels:
            return []
        having = TantivyQuery.term_set_query(self._schema, "tag_label", sorted(labels))

        return self._as_written(
            "tag", having, lambda tag: analysis.label(tag) in labels, limit,
            lambda tags: {*map(analysis.label, tags)} == labels,
        )  # fmt: skip

    def _people(self, words: Sequence[str], limit: int) -> list[str]:
        """Every word typed but the last is one of the name, and the last begins one."""
        *before, last = words[:MOST_WORDS]
        parts = [TantivyQuery.term_query(self._schema, "people_exact", word) for word in before]
        parts.append(TantivyQuery.fuzzy_term_query(self._schema, "people_exact", last, 0, True, True))
        having = TantivyQuery.boolean_query([(Occur.Must, part) for part in parts])

        return self._as_written(
            "person", having, lambda name: analysis.begins_name(name, words), limit,
            lambda names: len(names) >= limit,
        )  # fmt: skip

    def _as_written(
        self, field: str, having: Any, chosen: Callable[[str], bool], limit: int,
        enough: Callable[[Sequence[str]], bool],
    ) -> list[str]:  # fmt: skip
        """The most frequent values that are `chosen`, of visible assets; what is `enough` stays enough when there are more."""
        query = self._builder.inside(having, self._scope)
        found: list[str] = []
        for width in (FEW * limit, MORE * limit, MANY):
            counts = count_roughly(self._searcher, query, field, width)
            found = []
            for id_, _ in counts.exact:
                if chosen(value := value_of(self._searcher, id_)):
                    found.append(value)
                    if len(found) >= limit and enough(found):
                        return found[:limit]
            if enough(found) or not counts.rest:
                break
        return found[:limit]
