"""Our query tree as tantivy queries, built by constructors only: no text is ever parsed by the engine.

A word is looked for in every group of fields, as written (best), by its stem in each language, and as alternatives that rank lower
as a prefix (while it is being typed) and with typos (one from 5 letters, two from 9). The scope comes last and is always there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from tantivy import FieldType, Occur, Query, Schema

from functions.search import analysis
from functions.search.field_groups import (
    AS_WRITTEN,
    BOOST,
    PHRASE_BOOST,
    PREFIX,
    PREFIX_FROM,
    STEMMED,
    TIE,
    TYPO,
)
from functions.search.query_tree import Dates, Field, Members, Narrowing, Node
from functions.search.query_tree import Query as Asked
from functions.search.tantivy_scope import Projects
from functions.search.tree_walk import walk
from functions.search.typos import typos_in

FEW = 32
_COLUMNS = {
    Field.TYPE: "type", Field.STATUS: "status", Field.PROJECT: "project", Field.LANGUAGE: "language", Field.RIGHTS: "rights",
}  # fmt: skip


@dataclass(frozen=True)
class Builder:
    """For one index: its schema and the groups of text it has."""

    schema: Schema
    groups: Sequence[str]
    typos: int = 0  # the most that are forgiven in a word
    projects: Projects | None = None  # of the state of the index that will be asked, when they are known

    def query(self, asked: Asked, scope: frozenset[str] | None, ids: Sequence[str] | None = None) -> Any:
        """Everything that was asked, inside `scope` (None: every project), and among `ids` when given."""
        ranked = Query.all_query() if asked.tree is None else self.tree(asked.tree) or Query.empty_query()
        narrowing = [self.filter(part) for part in asked.filters]
        if ids is not None:
            narrowing.append(self.among(ids))
        return self.inside(ranked, scope, narrowing)

    def inside(self, ranked: Any, scope: frozenset[str] | None, narrowing: Sequence[Any] = ()) -> Any:
        """What matches `ranked` inside `scope`, all of `narrowing` holding: only `ranked` scores."""
        narrowing, outside = list(narrowing), None
        if scope is not None:
            outside = self.projects.outside(scope) if self.projects else None
            if outside is None:
                narrowing.append(self.scope(scope))
        if not narrowing and not outside:
            return ranked
        clauses = [
            (Occur.Must, ranked),
            *((Occur.Must, Query.const_score_query(part, 0.0)) for part in narrowing),
        ]
        if outside:
            clauses.append((Occur.MustNot, self.scope(outside)))
        return Query.boolean_query(clauses)

    def scope(self, projects: frozenset[str]) -> Any:
        """An empty scope finds nothing; it never means "no filter"."""
        if not projects:
            return Query.empty_query()
        return self._any_of("project", projects)

    def among(self, ids: Collection[str]) -> Any:
        """None of them finds nothing."""
        return self._any_of("asset_id", ids) if ids else Query.empty_query()

    def _any_of(self, field: str, values: Collection[str]) -> Any:
        """A set is put together before anything is looked at: few values are alternatives, which are only looked at where the rest matches."""
        if len(values) > FEW:
            return Query.term_set_query(self.schema, field, sorted(values))
        terms = [Query.term_query(self.schema, field, value, "basic") for value in sorted(values)]
        return self.either(terms)

    def tree(self, node: Node) -> Any | None:
        """None when there is nothing to look for in it (punctuation)."""
        return walk(self, node, self.groups)

    def term(self, word: str, prefix: bool, groups: Sequence[str]) -> Any:
        alternatives = []
        for group in groups:
            exact, boost = f"{group}_exact", BOOST[group]
            term = Query.term_query(self.schema, exact, word)
            alternatives.append(self.weighted(term, boost * AS_WRITTEN))
            if group in STEMMED:
                for language in analysis.LANGUAGES:
                    for stem in analysis.stems(language, word):
                        term = Query.term_query(self.schema, f"{group}_{language}", stem)
                        alternatives.append(self.weighted(term, boost))
            typos = typos_in(word, self.typos)
            if typos or (prefix and len(word) >= PREFIX_FROM):
                near = Query.fuzzy_term_query(self.schema, exact, word, typos, True, prefix)
                alternatives.append(self.flat(near, boost * (TYPO if typos else PREFIX)))
        return self.best(alternatives)

    def phrase(self, words: Sequence[str], groups: Sequence[str]) -> Any | None:
        if not words:
            return None
        parts = []
        for group in groups:
            field = f"{group}_exact"
            found = (
                Query.phrase_query(self.schema, field, list(words))
                if len(words) > 1
                else Query.term_query(self.schema, field, words[0])
            )
            parts.append(self.weighted(found, BOOST[group] * PHRASE_BOOST))
        return self.best(parts)

    def filter(self, part: Narrowing) -> Any:
        if isinstance(part, Members):
            return self.among(part.ids)
        if isinstance(part, Dates):
            return Query.range_query(
                self.schema, "created_s", FieldType.Integer, part.start_s, part.end_s, True, False
            )
        if part.field is Field.TAG:
            labels = sorted({analysis.label(value) for value in part.values} - {""})
            return Query.term_set_query(self.schema, "tag_label", labels) if labels else Query.empty_query()
        if part.field is Field.PERSON:
            names = [self.phrase(analysis.words(value), ("people",)) for value in sorted(part.values)]
            found = [name for name in names if name is not None]
            return self.either(found) if found else Query.empty_query()
        return Query.term_set_query(self.schema, _COLUMNS[part.field], sorted(part.values))

    def flat(self, query: Any, score: float) -> Any:
        return Query.const_score_query(query, score)

    def weighted(self, query: Any, weight: float) -> Any:
        return Query.boost_query(query, weight)

    def best(self, queries: Sequence[Any]) -> Any:
        return Query.disjunction_max_query(list(queries), TIE)

    def either(self, queries: Sequence[Any]) -> Any:
        return Query.boolean_query([(Occur.Should, query) for query in queries])

    def all_of(self, must: Sequence[Any], should: Sequence[Any], must_not: Sequence[Any]) -> Any:
        clauses = [(Occur.Must, query) for query in must or [Query.all_query()]]
        clauses += [(Occur.Should, query) for query in should]
        return Query.boolean_query([*clauses, *((Occur.MustNot, query) for query in must_not)])
