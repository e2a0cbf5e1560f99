"""The query DSL of the Elasticsearch that we play: a score for a document, or None (Guide 8.19, "Query DSL")."""

from __future__ import annotations

import math
from collections.abc import Callable

from tests.fakes.elasticsearch_analysis import Source
from tests.fakes.elasticsearch_faults import Fault, only
from tests.fakes.elasticsearch_index import Document, Index

MAX_TERMS = 65_536


class Scoring:
    def __init__(self, index: Index) -> None:
        self.index = index
        self.documents = list(index.seen.values())

    def score(self, query: Source, document: Document) -> float | None:
        if not isinstance(query, dict) or len(query) != 1:
            raise Fault(400, "parsing_exception", "a query has one name")
        ((name, body),) = query.items()
        method = getattr(self, f"_{name}", None)
        if method is None:
            raise Fault(400, "parsing_exception", f"unknown query [{name}]")
        found: float | None = method(body, document)
        return found

    def _match_all(self, body: Source, _: Document) -> float:
        only(body, set(), "match_all")
        return 1.0

    def _match_none(self, body: Source, _: Document) -> float | None:
        only(body, set(), "match_none")
        return None

    def _bool(self, body: Source, document: Document) -> float | None:
        only(body, {"must", "should", "filter", "must_not", "minimum_should_match", "boost"}, "bool")
        must = [self.score(q, document) for q in body.get("must", [])]
        narrowed = [self.score(q, document) for q in body.get("filter", [])]
        excluded = [self.score(q, document) for q in body.get("must_not", [])]
        should = [s for q in body.get("should", []) if (s := self.score(q, document)) is not None]
        least = body.get(
            "minimum_should_match",
            0 if body.get("must") or body.get("filter") else min(1, len(body.get("should", []))),
        )
        if None in must or None in narrowed or any(s is not None for s in excluded) or len(should) < least:
            return None
        return float(body.get("boost", 1.0)) * (sum(s for s in must if s is not None) + sum(should))

    def _dis_max(self, body: Source, document: Document) -> float | None:
        only(body, {"queries", "tie_breaker"}, "dis_max")
        if not body["queries"]:
            raise Fault(
                400, "parsing_exception", "[dis_max] requires 'queries' field with at least one clause"
            )
        found = [s for q in body["queries"] if (s := self.score(q, document)) is not None]
        return max(found) + body.get("tie_breaker", 0) * (sum(found) - max(found)) if found else None

    def _constant_score(self, body: Source, document: Document) -> float | None:
        only(body, {"filter", "boost"}, "constant_score")
        return None if self.score(body["filter"], document) is None else float(body.get("boost", 1.0))

    def _multi_match(self, body: Source, document: Document) -> float | None:
        only(body, {"query", "type", "fields", "tie_breaker"}, "multi_match")
        if body["type"] != "best_fields":
            raise Fault(400, "parsing_exception", "this fake knows best_fields")
        found = []
        for spelled in body["fields"]:
            name, _, boost = spelled.partition("^")
            self._field(name, "text")
            terms = self.index.analyzed(name, body["query"])
            scores = [
                self._bm25(name, term, document) for term in terms if term in document.terms.get(name, [])
            ]
            if scores:
                found.append(sum(scores) * float(boost or 1))
        return max(found) + body.get("tie_breaker", 0) * (sum(found) - max(found)) if found else None

    def _match_phrase(self, body: Source, document: Document) -> float | None:
        ((name, value),) = body.items()
        only(value, {"query", "boost"}, "match_phrase")
        self._field(name, "text")
        if self.index.fields[name].get("index_options") == "freqs":
            raise Fault(
                400, "illegal_argument_exception", f"field:[{name}] was indexed without position data"
            )
        wanted, have = self.index.analyzed(name, value["query"]), document.terms.get(name, [])
        times = (
            sum(have[i : i + len(wanted)] == wanted for i in range(len(have) - len(wanted) + 1))
            if wanted
            else 0
        )
        return (
            None
            if not times
            else float(value.get("boost", 1)) * sum(self._bm25(name, t, document) for t in wanted)
        )

    def _term(self, body: Source, document: Document) -> float | None:
        ((name, value),) = body.items()
        return self._terms({name: [value["value"] if isinstance(value, dict) else value]}, document)

    def _terms(self, body: Source, document: Document) -> float | None:
        if len(body) != 1:
            raise Fault(400, "parsing_exception", "[terms] query requires one field")
        ((name, values),) = body.items()
        self._field(name, "keyword", "long", "integer")
        if not isinstance(values, list) or len(values) > MAX_TERMS:
            raise Fault(400, "illegal_argument_exception", f"more than {MAX_TERMS} terms, or no list")
        return 1.0 if {str(v) for v in values} & set(document.terms.get(name, [])) else None

    def _range(self, body: Source, document: Document) -> float | None:
        ((name, ends),) = body.items()
        only(ends, {"gte", "gt", "lte", "lt"}, "range")
        self._field(name, "long", "integer")
        checks: dict[str, Callable[[int, int], bool]] = {
            "gte": int.__ge__, "gt": int.__gt__, "lte": int.__le__, "lt": int.__lt__,
        }  # fmt: skip
        values = [int(v) for v in document.terms.get(name, [])]
        return 1.0 if any(all(checks[op](v, int(end)) for op, end in ends.items()) for v in values) else None

    def _prefix(self, body: Source, document: Document) -> float | None:
        ((name, value),) = body.items()
        only(value, {"value", "case_insensitive"}, "prefix")
        self._field(name, "keyword", "text")
        return 1.0 if any(t and t.startswith(value["value"]) for t in document.terms.get(name, [])) else None

    def _fuzzy(self, body: Source, document: Document) -> float | None:
        ((name, value),) = body.items()
        only(value, {"value", "fuzziness", "transpositions", "max_expansions", "prefix_length"}, "fuzzy")
        self._field(name, "keyword", "text")
        most = int(value["fuzziness"])
        if not 0 <= most <= 2:
            raise Fault(400, "illegal_argument_exception", "fuzziness is 0, 1 or 2")
        return (
            1.0
            if any(_distance(value["value"], t) <= most for t in set(document.terms.get(name, [])) if t)
            else None
        )

    def _field(self, name: str, *kinds: str) -> None:
        """An unmapped field matches nothing in Elasticsearch; here it is a mistake of ours."""
        if name not in self.index.fields:
            raise Fault(400, "query_shard_exception", f"no mapping found for [{name}]")
        if self.index.fields[name]["type"] not in kinds:
            raise Fault(
                400, "query_shard_exception", f"field [{name}] is of type [{self.index.fields[name]['type']}]"
            )

    def _bm25(self, name: str, term: str, document: Document) -> float:
        have = document.terms[name]
        within = sum(term in d.terms.get(name, []) for d in self.documents)
        idf = math.log(1 + (len(self.documents) - within + 0.5) / (within + 0.5))
        average = max(
            1.0, sum(len(d.terms.get(name, [])) for d in self.documents) / max(1, len(self.documents))
        )
        times = have.count(term)
        return idf * times / (times + 1.2 * (1 - 0.75 + 0.75 * len(have) / average))


def _distance(one: str, other: str) -> int:
    """Optimal string alignment."""
    if abs(len(one) - len(other)) > 2:
        return 9
    rows = [list(range(len(other) + 1))]
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            best = min(rows[-1][j] + 1, row[j - 1] + 1, rows[-1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]
