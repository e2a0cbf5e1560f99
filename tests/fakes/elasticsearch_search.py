"""A search of the Elasticsearch that we play: hits, totals, order and terms aggregations (Guide 8.19, "Search API")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.fakes.elasticsearch_analysis import Source
from tests.fakes.elasticsearch_faults import Fault, only
from tests.fakes.elasticsearch_index import Document, Index
from tests.fakes.elasticsearch_knn import nearest
from tests.fakes.elasticsearch_query import Scoring

MAX_RESULT_WINDOW = 10_000


_SEARCH_KEYS = {
    "query", "size", "from", "_source", "sort", "track_total_hits", "track_scores", "aggs", "timeout", "search_after", "knn",
}  # fmt: skip


def search(index: Index, name: str, body: Source) -> dict[str, Any]:
    only(body, _SEARCH_KEYS, "search")
    size = body.get("size", 10)
    if body.get("from", 0) + size > MAX_RESULT_WINDOW:
        raise Fault(400, "illegal_argument_exception", "Result window is too large")
    scoring = Scoring(index)
    found = _found(scoring, body)
    for spec in reversed(body.get("sort", [{"_score": "desc"}])):
        ((by, way),) = spec.items()
        if by != "_score" and (by not in index.fields or index.fields[by]["type"] == "text"):
            raise Fault(400, "illegal_argument_exception", f"cannot sort by [{by}]")
        found.sort(key=lambda pair: _sort_key(index, by, pair), reverse=way == "desc")  # used at once
    hits = [{"_index": name, "_id": d.id, "_score": s} for s, d in found[:size]]
    answer: dict[str, Any] = {
        "took": 1, "timed_out": False, "_shards": {"total": 1, "successful": 1, "failed": 0},
        "hits": {"hits": hits, "max_score": max((s for s, _ in found), default=None)},
    }  # fmt: skip
    total = body.get("track_total_hits", MAX_RESULT_WINDOW)
    if total is not False:
        most = len(found) if total is True else min(len(found), int(total))
        answer["hits"]["total"] = {"value": most, "relation": "eq" if most == len(found) else "gte"}
    if "aggs" in body:
        answer["aggregations"] = {
            n: _terms_of(index, a, [d for _, d in found]) for n, a in body["aggs"].items()
        }
    return answer


def _found(scoring: Scoring, body: Source) -> list[tuple[float, Document]]:
    if "knn" in body:
        if "query" in body:  # the real ones add both up: nothing that we want
            raise Fault(400, "illegal_argument_exception", "this fake knows [knn] without [query]")
        return nearest(scoring, body["knn"])
    query = body.get("query", {"match_all": {}})
    if not scoring.documents:
        scoring.score(query, Document("", {}, 0))  # refused on an empty index too
    return [(s, d) for d in scoring.documents if (s := scoring.score(query, d)) is not None]


def _sort_key(index: Index, by: str, pair: tuple[float, Document]) -> Any:
    if by == "_score":
        return pair[0]
    values = pair[1].terms.get(by, [])
    return (
        (int(values[0]) if values else 0)
        if index.fields[by]["type"] != "keyword"
        else (values[0] if values else "")
    )


def _terms_of(index: Index, aggregation: Source, documents: Sequence[Document]) -> dict[str, Any]:
    only(aggregation, {"terms"}, "aggregation")
    only(aggregation["terms"], {"field", "size"}, "terms")
    name = aggregation["terms"]["field"]
    if name not in index.fields or index.fields[name]["type"] == "text":
        raise Fault(400, "illegal_argument_exception", f"Fielddata is disabled on [{name}]")
    counts: dict[str, int] = {}
    for document in documents:
        for value in set(document.terms.get(name, [])):
            counts[value] = counts.get(value, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    size = aggregation["terms"].get("size", 10)
    number = index.fields[name]["type"] != "keyword"
    return {
        "doc_count_error_upper_bound": 0, "sum_other_doc_count": sum(n for _, n in ordered[size:]),
        "buckets": [{"key": int(v) if number else v, "doc_count": n} for v, n in ordered[:size]],
    }  # fmt: skip
