"""Our query tree as tantivy queries, built by constructors only: no text is ever parsed by the engine.

A word is looked for in every group of fields, as written (best), by its stem in each language, and as alternatives that rank lower
as a prefix (while it is being typed) and with typos (one from 5 letters, two from 9). The scope comes last and is always there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from tantivy import FieldType, Occur, Query, Schema

from functions.search import analysis
from functions.search.field_groups import BOOST, PHRASE_BOOST, PREFIX, PREFIX_FROM, TIE, TYPO
from functions.search.query_tree import Dates, Field, Members, Narrowing, Node
from functions.search.query_tree import Query as Asked
from functions.search.tantivy_forms import Form, Forms, Frequency, every_form
from functions.search.tantivy_scope import Projects
from functions.search.tree_walk import walk
from functions.search.typos import typos_in

FEW = 32
NAMED_FROM = 4  # letters: what begins with fewer has too many endings
Beginning = Callable[
    [str, str, None, int], Sequence[tuple[str, int]]
]  # terms of a field, the most frequent ones
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
    frequency: Frequency | None = None  # the same
    ranked: bool = True  # or only what matches, to be counted
    weighed: bool = True  # or by its score alone, where a word has but one list: the engine then looks at the best of it only
    beginning: Beginning | None = None  # to look for few words by name, where not much else is looked at

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
            alternatives += self._forms(word, group, alone=len(groups) == 1)
            typos = typos_in(word, self.typos)
            if typos or (prefix and len(word) >= PREFIX_FROM):
                near = self._near(f"{group}_exact", word, typos, prefix)
                alternatives.append(self.flat(near, BOOST[group] * (TYPO if typos else PREFIX)))
        return self.best(alternatives)

    def _forms(self, word: str, group: str, alone: bool) -> list[Any]:
        """`alone`: no other group is looked in, so a list that has everything leads, and the other is looked at for the score alone."""
        if self.frequency is None:
            return [self._list(form) for form in every_form(word, group)]
        forms = Forms(word, group, self.frequency)
        if not self.ranked:
            return [self._list(form) for form in forms.matching()]
        if alone and (cover := forms.cover()):
            whole, inside = cover
            return [self.all_of([self._list(whole)], [self._list(inside)], [])]
        ranked = forms.ranked()
        if alone and not self.weighed and len(ranked) == 1:
            return [Query.term_query(self.schema, ranked[0].field, ranked[0].term)]
        return [self._list(form) for form in ranked]

    def _near(self, field: str, word: str, typos: int, prefix: bool) -> Any:
        """What is like a word is put together before anything is looked at; a few words by name only where the rest matches, as in `_any_of`."""
        if self.beginning and not typos and len(word) >= NAMED_FROM:
            begun = [term for term, _ in self.beginning(field, word, None, FEW + 1)]
            if not begun:
                return Query.empty_query()
            if len(begun) <= FEW:
                return self.either([Query.term_query(self.schema, field, term, "basic") for term in begun])
        return Query.fuzzy_term_query(self.schema, field, word, typos, True, prefix)

    def _list(self, form: Form) -> Any:
        return self.weighted(Query.term_query(self.schema, form.field, form.term), form.weight)

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
        """Nothing is the best of none."""
        if len(queries) == 1:
            return queries[0]
        return Query.disjunction_max_query(list(queries), TIE) if queries else Query.empty_query()

    def either(self, queries: Sequence[Any]) -> Any:
        return Query.boolean_query([(Occur.Should, query) for query in queries])

    def all_of(self, must: Sequence[Any], should: Sequence[Any], must_not: Sequence[Any]) -> Any:
        clauses = [(Occur.Must, query) for query in must or [Query.all_query()]]
        clauses += [(Occur.Should, query) for query in should]
        return Query.boolean_query([*clauses, *((Occur.MustNot, query) for query in must_not)])
