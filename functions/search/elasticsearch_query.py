"""Our query tree as Elasticsearch's query DSL: typed queries on named fields, no query string, nothing a caller wrote is syntax.

Ranks as `tantivy_query` does: as written best, stems, then prefixes and typos with a constant score. The scope comes last and is always there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from functions.search import analysis
from functions.search.engine import EngineDown
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
from functions.search.tree_walk import walk
from functions.search.typos import typos_in

Dsl = dict[str, Any]
NOTHING: Dsl = {"match_none": {}}
EVERYTHING: Dsl = {"match_all": {}}
MAX_TERMS = 65_536  # of one `terms` query (index.max_terms_count)
_COLUMNS = {
    Field.TYPE: "type", Field.STATUS: "status", Field.PROJECT: "project", Field.LANGUAGE: "language", Field.RIGHTS: "rights",
}  # fmt: skip


@dataclass(frozen=True)
class Builder:
    """`groups`: of text that the asked index has."""

    groups: Sequence[str]
    typos: int = 0

    def query(self, asked: Asked, scope: frozenset[str] | None, ids: Sequence[str] | None = None) -> Dsl:
        """Everything that was asked, inside `scope` (None: every project), and among `ids` when given."""
        ranked = EVERYTHING if asked.tree is None else self.tree(asked.tree) or NOTHING
        among = [] if ids is None else [self.among(ids)]
        return {"bool": {"must": [ranked], "filter": [*among, *self.narrowing(asked, scope)]}}

    def narrowing(self, asked: Asked, scope: frozenset[str] | None) -> list[Dsl]:
        """The filters and the scope alone."""
        filters = [self.filter(part) for part in asked.filters]
        return [*filters, self.scope(scope)] if scope is not None else filters

    def scope(self, projects: frozenset[str]) -> Dsl:
        """An empty scope finds nothing; it never means "no filter"."""
        if len(projects) > MAX_TERMS:
            raise EngineDown("more projects than one query can name")
        return {"terms": {"project": sorted(projects)}} if projects else NOTHING

    def among(self, ids: Collection[str]) -> Dsl:
        """None of them finds nothing."""
        if len(ids) > MAX_TERMS:
            raise EngineDown("more assets than one query can name")
        return {"terms": {"asset_id": sorted(ids)}} if ids else NOTHING

    def tree(self, node: Node) -> Dsl | None:
        """None when there is nothing to look for in it (punctuation)."""
        return walk(self, node, self.groups)

    def term(self, word: str, prefix: bool, groups: Sequence[str]) -> Dsl:
        fields = [f"{group}_exact^{BOOST[group] * AS_WRITTEN:g}" for group in groups]
        stemmed = [group for group in groups if group in STEMMED]
        fields += [
            f"{group}_{language}^{BOOST[group]:g}" for group in stemmed for language in analysis.LANGUAGES
        ]
        alternatives: list[Dsl] = [_match(word, fields)]
        for form in analysis.forms("pt", word) if stemmed else ():
            alternatives.append(_match(form, [f"{group}_pt^{BOOST[group]:g}" for group in stemmed]))
        typos = typos_in(word, self.typos)
        for group in groups:
            field, boost = f"{group}_exact", BOOST[group]
            if prefix and len(word) >= PREFIX_FROM:
                near: Dsl = {"prefix": {field: {"value": word}}}
                alternatives.append(self.flat(near, boost * PREFIX))
            if typos:
                near = {"fuzzy": {field: {"value": word, "fuzziness": str(typos), "transpositions": True}}}
                alternatives.append(self.flat(near, boost * TYPO))
        return self.best(alternatives)

    def phrase(self, words: Sequence[str], groups: Sequence[str]) -> Dsl | None:
        if not words:
            return None
        text = " ".join(words)
        return self.best(
            [
                {"match_phrase": {f"{g}_exact": {"query": text, "boost": BOOST[g] * PHRASE_BOOST}}}
                for g in groups
            ]
        )

    def filter(self, part: Narrowing) -> Dsl:
        if isinstance(part, Members):
            return self.among(part.ids)
        if isinstance(part, Dates):
            ends = {"gte": part.start_s, "lt": part.end_s}
            return {"range": {"created_s": {name: end for name, end in ends.items() if end is not None}}}
        if part.field is Field.TAG:
            labels = sorted({analysis.label(value) for value in part.values} - {""})
            return {"terms": {"tag_label": labels}} if labels else NOTHING
        if part.field is Field.PERSON:
            names = [
                q for value in sorted(part.values) if (q := self.phrase(analysis.words(value), ("people",)))
            ]
            return self.either(names) if names else NOTHING
        return {"terms": {_COLUMNS[part.field]: sorted(part.values)}}

    def flat(self, query: Dsl, score: float) -> Dsl:
        return {"constant_score": {"filter": query, "boost": score}}

    def weighted(self, query: Dsl, weight: float) -> Dsl:
        return {"bool": {"must": [query], "boost": weight}}

    def best(self, queries: Sequence[Dsl]) -> Dsl:
        return {"dis_max": {"queries": list(queries), "tie_breaker": TIE}}

    def either(self, queries: Sequence[Dsl]) -> Dsl:
        return {"bool": {"should": list(queries), "minimum_should_match": 1}}

    def all_of(self, must: Sequence[Dsl], should: Sequence[Dsl], must_not: Sequence[Dsl]) -> Dsl:
        clauses = {"must": list(must) or [EVERYTHING], "should": list(should), "must_not": list(must_not)}
        return {"bool": {name: queries for name, queries in clauses.items() if queries}}


def _match(text: str, fields: Sequence[str]) -> Dsl:
    return {"multi_match": {"query": text, "type": "best_fields", "fields": list(fields), "tie_breaker": TIE}}
