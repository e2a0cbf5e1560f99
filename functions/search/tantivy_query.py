"""Our query tree as tantivy queries, built by constructors only: no text is ever parsed by the engine.

A word is looked for in every group of fields, as written (best), by its stem in each language, and as alternatives that rank lower
as a prefix (while it is being typed) and with typos (one from 5 letters, two from 9). The scope comes last and is always there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tantivy import FieldType, Occur, Query, Schema

from functions.search import analysis
from functions.search.field_groups import (
    ALTERNATIVE,
    AS_WRITTEN,
    BOOST,
    PHRASE_BOOST,
    PREFIX,
    PREFIX_FROM,
    STEMMED,
    TIE,
    TYPO,
)
from functions.search.loosening import is_light
from functions.search.query_tree import (
    AllOf,
    Alternatives,
    AnyOf,
    Dates,
    Field,
    Filter,
    Node,
    Not,
    Phrase,
    Said,
    Word,
)  # fmt: skip
from functions.search.query_tree import Query as Asked
from functions.search.typos import typos_in

_COLUMNS = {Field.TYPE: "type", Field.STATUS: "status", Field.PROJECT: "project", Field.LANGUAGE: "language"}


@dataclass(frozen=True)
class Builder:
    """For one index: its schema and the groups of text it has."""

    schema: Schema
    groups: Sequence[str]
    typos: int = 0  # the most that are forgiven in a word

    def query(self, asked: Asked, scope: frozenset[str] | None, ids: Sequence[str] | None = None) -> Any:
        """Everything that was asked, inside `scope` (None: every project), and among `ids` when given."""
        ranked = Query.all_query() if asked.tree is None else self.tree(asked.tree) or Query.empty_query()
        narrowing = [self.filter(part) for part in asked.filters]
        if ids is not None:
            narrowing.append(
                Query.term_set_query(self.schema, "asset_id", list(ids)) if ids else Query.empty_query()
            )
        if scope is not None:
            narrowing.append(self.scope(scope))
        if not narrowing:
            return ranked
        must = [(Occur.Must, Query.const_score_query(part, 0.0)) for part in narrowing]
        return Query.boolean_query([(Occur.Must, ranked), *must])

    def scope(self, projects: frozenset[str]) -> Any:
        """An empty scope finds nothing; it never means "no filter"."""
        if not projects:
            return Query.empty_query()
        return Query.term_set_query(self.schema, "project", sorted(projects))

    def tree(self, node: Node) -> Any | None:
        """None when there is nothing to look for in it (punctuation)."""
        match node:
            case Word(text, prefix):
                return self.word(text, prefix, self.groups)
            case Phrase(text):
                return self.phrase(analysis.words(text), self.groups)
            case Said(Word(text, prefix)):
                return self.word(text, prefix, ("said",))
            case Said(Phrase(text)):
                return self.phrase(analysis.words(text), ("said",))
            case Filter() | Dates():
                return Query.const_score_query(self.filter(node), 0.5)
            case Not(inner):
                query = self.tree(inner)
                return query and _excluding([query])
            case Alternatives(inner, others):
                other = [query for part in others if (query := self.tree(part)) is not None]
                typed = self.tree(inner)
                every = [
                    *([typed] if typed is not None else []),
                    *(Query.boost_query(q, ALTERNATIVE) for q in other),
                ]
                return Query.disjunction_max_query(every, TIE) if every else None
            case AnyOf(nodes):
                parts = [query for part in nodes if (query := self.tree(part)) is not None]
                return Query.boolean_query([(Occur.Should, part) for part in parts]) if parts else None
            case AllOf(nodes):
                return self._all(nodes)
            case _:  # Said of a Said cannot be built by the grammar
                return None

    def _all(self, nodes: Sequence[Node]) -> Any | None:
        """All of them; function words only help to rank when there is something else to look for."""
        excluded = [q for n in nodes if isinstance(n, Not) and (q := self.tree(n.node)) is not None]
        parts = [(n, q) for n in nodes if not isinstance(n, Not) and (q := self.tree(n)) is not None]
        light = [is_light(n) for n, _ in parts]
        needed = Occur.Must if all(light) else Occur.Should
        clauses = [
            (needed if light_one else Occur.Must, query)
            for light_one, (_, query) in zip(light, parts, strict=True)
        ]
        if not clauses:
            return _excluding(excluded) if excluded else None
        return Query.boolean_query([*clauses, *((Occur.MustNot, query) for query in excluded)])

    def word(self, text: str, prefix: bool, groups: Sequence[str]) -> Any | None:
        words = analysis.words(text)
        if len(words) != 1:  # covid-19, a.b@c.d: its parts, together
            return self.phrase(words, groups)
        word = words[0]
        alternatives = []
        for group in groups:
            exact, boost = f"{group}_exact", BOOST[group]
            term = Query.term_query(self.schema, exact, word)
            alternatives.append(Query.boost_query(term, boost * AS_WRITTEN))
            if group in STEMMED:
                for language in analysis.LANGUAGES:
                    for stem in analysis.stems(language, word):
                        term = Query.term_query(self.schema, f"{group}_{language}", stem)
                        alternatives.append(Query.boost_query(term, boost))
            typos = typos_in(word, self.typos)
            if typos or (prefix and len(word) >= PREFIX_FROM):
                near = Query.fuzzy_term_query(self.schema, exact, word, typos, True, prefix)
                alternatives.append(Query.const_score_query(near, boost * (TYPO if typos else PREFIX)))
        return Query.disjunction_max_query(alternatives, TIE)

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
            parts.append(Query.boost_query(found, BOOST[group] * PHRASE_BOOST))
        return Query.disjunction_max_query(parts, TIE)

    def filter(self, part: Filter | Dates) -> Any:
        if isinstance(part, Dates):
            return Query.range_query(
                self.schema, "created_s", FieldType.Integer, part.start_s, part.end_s, True, False
            )
        if part.field is Field.TAG:
            labels = sorted({analysis.label(value) for value in part.values} - {""})
            return Query.term_set_query(self.schema, "tag_label", labels) if labels else Query.empty_query()
        if part.field is Field.PERSON:
            names = [self.phrase(analysis.words(value), ("people",)) for value in sorted(part.values)]
            found = [(Occur.Should, name) for name in names if name is not None]
            return Query.boolean_query(found) if found else Query.empty_query()
        return Query.term_set_query(self.schema, _COLUMNS[part.field], sorted(part.values))


def _excluding(queries: Sequence[Any]) -> Any:
    return Query.boolean_query(
        [(Occur.Must, Query.all_query()), *((Occur.MustNot, query) for query in queries)]
    )
