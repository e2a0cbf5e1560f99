"""What the embedded engine offers while somebody types: assets, tags, people, words, all of visible assets.

Dictionaries say which labels and words begin so, the most frequent first; values as they were written come from the assets that have them. Only
as many of those are looked at as are needed: a segment's most frequent values first, more of them when some are still missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tantivy import Occur
from tantivy import Query as TantivyQuery

from functions.search import analysis, tantivy_schema
from functions.search.engine import Scope, Suggestions
from functions.search.query_tree import AllOf, Query, Word
from functions.search.tantivy_calls import run
from functions.search.tantivy_query import Builder

FEW, MANY = 4, 5_000  # times the limit; values of one segment of the index
SHORTEST_COMPLETED = 2  # letters
MOST_WORDS = 10
_NOTHING = Suggestions([], [], [], [])


class TantivySuggest:
    """Of one state of the index; `addresses` to ids is the index's own."""

    def __init__(self, searcher: Any, scope: Scope, ids: Callable[[Any, Sequence[Any]], list[str]]) -> None:
        self._searcher, self._scope, self._ids = searcher, scope, ids
        self._schema = tantivy_schema.asset_schema()
        self._visible = Builder(self._schema, ()).scope(scope) if scope is not None else None

    def of(self, text: str, limit: int) -> Suggestions:
        words = analysis.words(text)
        if not words:
            return _NOTHING
        *before, last = words
        completed = self._completed(last, limit) if len(last) >= SHORTEST_COMPLETED else []
        return Suggestions(
            assets=self._assets(words, limit),
            tags=self._tags(analysis.label(text), limit),
            people=self._people(words, limit),
            words=[" ".join([*before, word]) for word in completed],
        )

    def _assets(self, words: Sequence[str], limit: int) -> Sequence[str]:
        """By title, byline and people; with typos when nothing begins so."""
        tree = AllOf(tuple(Word(word, word is words[-1]) for word in words[:MOST_WORDS]))
        found: Any = None
        for typos in (0, 1, 2):
            builder = Builder(self._schema, ("title", "people", "names"), typos)
            query = builder.query(Query(tree), self._scope)
            found = run(lambda query=query: self._searcher.search(query, limit, count=False))  # type: ignore[misc]  # a lambda with a default has no inferred type
            if found.hits:
                break
        return self._ids(self._searcher, [address for _, address in found.hits])

    def _completed(self, prefix: str, limit: int) -> list[str]:
        """Words of titles and of what is said, those of most assets first."""
        counts: Counter[str] = Counter()
        for field in ("title_exact", "said_exact"):
            counts.update(dict(self._beginning(field, prefix, limit)))
        return sorted(counts, key=lambda word: (-counts[word], word))[:limit]

    def _tags(self, label: str, limit: int) -> list[str]:
        labels = {found for found, _ in self._beginning("tag_label", label, limit)} if label else set()
        if not labels:
            return []
        having = TantivyQuery.term_set_query(self._schema, "tag_label", sorted(labels))

        def chosen(values: Sequence[str]) -> list[str]:
            return [tag for tag in values if analysis.label(tag) in labels]

        return self._as_written(
            "tag", having, chosen, limit, lambda tags: {*map(analysis.label, tags)} == labels
        )

    def _people(self, words: Sequence[str], limit: int) -> list[str]:
        """Every word typed but the last is one of the name, and the last begins one."""
        *before, last = words[:MOST_WORDS]
        parts = [TantivyQuery.term_query(self._schema, "people_exact", word) for word in before]
        parts.append(TantivyQuery.fuzzy_term_query(self._schema, "people_exact", last, 0, True, True))
        having = TantivyQuery.boolean_query([(Occur.Must, part) for part in parts])

        def chosen(values: Sequence[str]) -> list[str]:
            return [name for name in values if analysis.begins_name(name, words)]

        return self._as_written("person", having, chosen, limit, lambda names: len(names) >= limit)

    def _beginning(self, field: str, prefix: str, limit: int) -> list[tuple[str, int]]:
        """(term, assets), those of most assets first."""
        found: list[tuple[str, int]] = run(
            lambda: self._searcher.terms_with_prefix(field, prefix, self._visible, limit)
        )
        return found

    def _as_written(
        self, field: str, having: Any, chosen: Callable[[Sequence[str]], list[str]], limit: int,
        enough: Callable[[Sequence[str]], bool],
    ) -> list[str]:  # fmt: skip
        """The most frequent values that are `chosen`, of visible assets."""
        query = having if self._visible is None else having.and_must_match(self._visible)
        found: list[str] = []
        for width in (FEW * limit, MANY):
            wanted = {"found": {"terms": {"field": field, "size": width, "segment_size": width}}}
            counted = run(lambda wanted=wanted: self._searcher.aggregate(query, wanted))["found"]  # type: ignore[misc]  # as above
            found = chosen([bucket["key"] for bucket in counted["buckets"]])
            if enough(found) or not counted["doc_count_error_upper_bound"]:
                break
        return found[:limit]
