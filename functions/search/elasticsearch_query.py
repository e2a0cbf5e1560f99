"""Our query tree as Elasticsearch's query DSL: typed queries on named fields, no query string, nothing a caller wrote is syntax.

Ranks as `tantivy_query` does: as written best, stems, then prefixes and typos with a constant score. The scope comes last and is always there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from functions.search import analysis
from functions.search.engine import EngineDown
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
)
from functions.search.query_tree import Query as Asked
from functions.search.typos import typos_in

Dsl = dict[str, Any]
NOTHING: Dsl = {"match_none": {}}
EVERYTHING: Dsl = {"match_all": {}}
MAX_TERMS = 65_536  # of one `terms` query (index.max_terms_count)
_COLUMNS = {Field.TYPE: "type", Field.STATUS: "status", Field.PROJECT: "project", Field.LANGUAGE: "language"}


@dataclass(frozen=True)
class Builder:
    """`groups`: of text that the asked index has."""

    groups: Sequence[str]
    typos: int = 0

    def query(self, asked: Asked, scope: frozenset[str] | None, ids: Sequence[str] | None = None) -> Dsl:
        """Everything that was asked, inside `scope` (None: every project), and among `ids` when given."""
        ranked = EVERYTHING if asked.tree is None else self.tree(asked.tree) or NOTHING
        narrowing = [self.filter(part) for part in asked.filters]
        if ids is not None:
            narrowing.append({"terms": {"asset_id": list(ids)}} if ids else NOTHING)
        if scope is not None:
            narrowing.append(self.scope(scope))
        return {"bool": {"must": [ranked], "filter": narrowing}}

    def scope(self, projects: frozenset[str]) -> Dsl:
        """An empty scope finds nothing; it never means "no filter"."""
        if len(projects) > MAX_TERMS:
            raise EngineDown("more projects than one query can name")
        return {"terms": {"project": sorted(projects)}} if projects else NOTHING

    def tree(self, node: Node) -> Dsl | None:
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
                return {"constant_score": {"filter": self.filter(node), "boost": 0.5}}
            case Not(inner):
                query = self.tree(inner)
                return {"bool": {"must": [EVERYTHING], "must_not": [query]}} if query else None
            case Alternatives(inner, others):
                typed = self.tree(inner)
                found = [q for part in others if (q := self.tree(part)) is not None]
                every = [
                    *([typed] if typed else []),
                    *({"bool": {"must": [q], "boost": ALTERNATIVE}} for q in found),
                ]
                return _best(every) if every else None
            case AnyOf(nodes):
                parts = [query for part in nodes if (query := self.tree(part)) is not None]
                return {"bool": {"should": parts, "minimum_should_match": 1}} if parts else None
            case AllOf(nodes):
                return self._all(nodes)
            case _:  # Said of a Said cannot be built by the grammar
                return None

    def _all(self, nodes: Sequence[Node]) -> Dsl | None:
        """All of them; function words only help to rank when there is something else to look for."""
        excluded = [q for n in nodes if isinstance(n, Not) and (q := self.tree(n.node)) is not None]
        parts = [(n, q) for n in nodes if not isinstance(n, Not) and (q := self.tree(n)) is not None]
        if not parts and not excluded:
            return None
        light = [is_light(n) for n, _ in parts]
        needed = "must" if all(light) else "should"
        found: Dsl = {"must": [], "should": [], "must_not": excluded}
        for light_one, (_, query) in zip(light, parts, strict=True):
            found[needed if light_one else "must"].append(query)
        if not found["must"]:
            found["must"] = [EVERYTHING]
        return {"bool": {name: clauses for name, clauses in found.items() if clauses}}

    def word(self, text: str, prefix: bool, groups: Sequence[str]) -> Dsl | None:
        words = analysis.words(text)
        if len(words) != 1:  # covid-19, a.b@c.d: its parts, together
            return self.phrase(words, groups)
        word = words[0]
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
                alternatives.append({"constant_score": {"filter": near, "boost": boost * PREFIX}})
            if typos:
                near = {"fuzzy": {field: {"value": word, "fuzziness": str(typos), "transpositions": True}}}
                alternatives.append({"constant_score": {"filter": near, "boost": boost * TYPO}})
        return _best(alternatives)

    def phrase(self, words: Sequence[str], groups: Sequence[str]) -> Dsl | None:
        if not words:
            return None
        text = " ".join(words)
        return _best(
            [
                {"match_phrase": {f"{g}_exact": {"query": text, "boost": BOOST[g] * PHRASE_BOOST}}}
                for g in groups
            ]
        )

    def filter(self, part: Filter | Dates) -> Dsl:
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
            return {"bool": {"should": names, "minimum_should_match": 1}} if names else NOTHING
        return {"terms": {_COLUMNS[part.field]: sorted(part.values)}}


def _match(text: str, fields: Sequence[str]) -> Dsl:
    return {"multi_match": {"query": text, "type": "best_fields", "fields": list(fields), "tie_breaker": TIE}}


def _best(queries: Sequence[Dsl]) -> Dsl:
    return {"dis_max": {"queries": list(queries), "tie_breaker": TIE}}
