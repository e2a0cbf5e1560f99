"""Neighbours in the Elasticsearch that we play: exact where the real ones walk a graph, and refused for the same reasons.

Source: Elasticsearch Guide 8.19, "k-nearest neighbor (kNN) search", "Search API" (`knn`), "Dense vector field type". The filter is applied before the
k nearest are taken; `similarity` is a cosine, `_score` is (1 + cosine) / 2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from tests.fakes.elasticsearch_analysis import Source
from tests.fakes.elasticsearch_faults import Fault, only
from tests.fakes.elasticsearch_index import Document, is_zero
from tests.fakes.elasticsearch_query import Scoring

MAX_CANDIDATES = 10_000
_KEYS = {"field", "query_vector", "k", "num_candidates", "filter", "similarity", "boost"}


def nearest(scoring: Scoring, body: Source) -> list[tuple[float, Document]]:
    """(score, document) of the k nearest that the filter lets through."""
    only(body, _KEYS, "knn")
    for name in ("field", "query_vector"):
        if name not in body:
            raise Fault(400, "illegal_argument_exception", f"[knn] requires [{name}]")
    name, wanted = body["field"], body["query_vector"]
    k, candidates = body.get("k", 10), body.get("num_candidates", 15)
    if k < 1:
        raise Fault(400, "illegal_argument_exception", "[k] must be greater than 0")
    if candidates < k:
        raise Fault(400, "illegal_argument_exception", "[num_candidates] cannot be less than [k]")
    if candidates > MAX_CANDIDATES:
        raise Fault(400, "illegal_argument_exception", f"[num_candidates] cannot exceed [{MAX_CANDIDATES}]")
    _checked(scoring, name, wanted)
    filters = body.get("filter", [])
    filters = filters if isinstance(filters, list) else [filters]
    for query in filters:
        scoring.score(query, Document("", {}, 0))  # refused on an empty index too
    found = []
    for document in scoring.documents:
        if name in document.vectors and all(scoring.score(q, document) is not None for q in filters):
            cosine = _cosine(wanted, document.vectors[name])
            if cosine >= body.get("similarity", -1.0):
                found.append((body.get("boost", 1.0) * (1 + cosine) / 2, document))
    return sorted(found, key=lambda pair: -pair[0])[:k]


def _checked(scoring: Scoring, name: str, vector: Sequence[float]) -> None:
    mapped = scoring.index.fields.get(name)
    if mapped is None:
        raise Fault(400, "query_shard_exception", f"field [{name}] does not exist in the mapping")
    if mapped["type"] != "dense_vector":
        raise Fault(400, "query_shard_exception", "[knn] queries are only supported on [dense_vector] fields")
    if not mapped.get("index", True):
        raise Fault(400, "illegal_argument_exception", "to perform knn search the field must be indexed")
    if len(vector) != mapped["dims"]:
        raise Fault(
            400, "illegal_argument_exception",
            f"the query vector has a different dimension [{len(vector)}] than the index vectors [{mapped['dims']}]",
        )  # fmt: skip
    if is_zero(vector):
        raise Fault(
            400,
            "illegal_argument_exception",
            "the [cosine] similarity does not support vectors with zero magnitude",
        )


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    product = math.fsum(a * b for a, b in zip(one, other, strict=True))
    return product / math.hypot(*one) / math.hypot(*other)
