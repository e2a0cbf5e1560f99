"""Elasticsearch 8 or 9 as an engine: the aliases `<prefix>-assets`, `-segments` and `-vectors`, a whole answer in one `_msearch`.

Neighbours are found by the search's own `knn` (Elasticsearch Guide, "k-nearest neighbor (kNN) search"): the filters and the scope are inside it,
so that they narrow what is looked at instead of emptying what was found, and a neighbour in another project is never an answer.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from elasticsearch import ApiError, Elasticsearch, TransportError

from functions.search import analysis
from functions.search.elasticsearch_mapping import parse_part_id, vector_field
from functions.search.elasticsearch_query import Builder, Dsl
from functions.search.engine import (
    Ask,
    Assets,
    EngineDown,
    Facets,
    Found,
    Offer,
    Order,
    PassageId,
    Passages,
    Scope,
    Suggestions,
    Wanted,
)
from functions.search.facet_fields import SIZES, buckets, questions
from functions.search.field_groups import ASSET_GROUPS, SEGMENT_GROUPS
from functions.search.fusion import grouped
from functions.search.loosening import any_word_of
from functions.search.query_tree import AllOf, Query, Word
from functions.search.vectors import CANDIDATES, FARTHEST, PASSAGES, is_direction

_SUGGESTED_FROM = 200
_RECHECK_S = 5.0
Search = tuple[str, Dsl]  # the index's kind, the body


class ElasticsearchIndex:
    """See `engine.Engine` and `engine.OneTrip`. `timeout_s` bounds each request, retries included (there are none)."""

    name = "elasticsearch"

    def __init__(
        self, client: Elasticsearch, prefix: str = "acervo", timeout_s: float = 2.0, model: str = ""
    ) -> None:
        """`model`: whose vectors are compared; without one there are no neighbours."""
        self.offers = frozenset(Offer) if model else frozenset(Offer) - {Offer.NEAREST}
        self._model = model
        self._client = client.options(
            request_timeout=timeout_s, max_retries=0, retry_on_timeout=False, retry_on_status=()
        )
        self._prefix, self._timeout = prefix, f"{round(timeout_s * 1000)}ms"
        self._checked, self._ready = float("-inf"), False

    def ready(self) -> bool:
        """Whether the alias is there; an engine that does not answer counts as ready, so that it is missed and said to be."""
        if not self._ready or time.monotonic() - self._checked > _RECHECK_S:
            try:
                self._ready = bool(self._client.indices.exists_alias(name=f"{self._prefix}-assets"))
            except (ApiError, TransportError):
                self._ready = True
            self._checked = time.monotonic()
        return self._ready

    def assets(self, ask: Ask, window: int) -> Assets:
        return _assets(self._one(self._assets_search(ask, window)))

    def among(self, ask: Ask, asset_ids: Sequence[str]) -> frozenset[str]:
        if not asset_ids:
            return frozenset()
        query = Builder(ASSET_GROUPS, ask.typos).query(ask.query, ask.scope, asset_ids)
        found = self._one(("assets", {"query": query, "size": len(asset_ids), "_source": False}))
        return frozenset(_assets(found).ids)

    def passages(
        self,
        ask: Ask,
        window: int,
        asset_ids: Sequence[str] | None = None,
        any_word: bool = False,
        counted: bool = True,  # noqa: ARG002  # it counts anyway
    ) -> Passages:
        search = self._passages_search(ask, window, asset_ids, any_word)
        return _passages(self._one(search)) if search else Passages([], 0)

    def facets(self, ask: Ask) -> Facets:
        searches = self._facet_searches(ask)
        answers = self._many(list(searches.values()))
        counted = [_need(answer) for answer in answers]
        return _facets(dict(zip(searches, counted, strict=True)))

    def find(self, ask: Ask, wanted: Wanted) -> Found:
        parts: dict[str, Search] = {"assets": self._assets_search(ask, wanted.window)}
        if wanted.passages and (passages := self._passages_search(ask, wanted.passages)):
            parts["passages"] = passages
        if wanted.nearest and (near := self._nearest_search(ask, wanted.vector, wanted.nearest)):
            parts["nearest"] = near
        facets = self._facet_searches(ask) if wanted.facets else {}
        answers = dict(zip([*parts, *facets], self._many([*parts.values(), *facets.values()]), strict=True))
        if all("error" in answer for answer in answers.values()):
            raise EngineDown(_reason(answers["assets"]))
        well = {name: answer for name, answer in answers.items() if "error" not in answer}
        counted = {name: well[name] for name in facets if name in well}
        return Found(
            _assets(well["assets"]) if "assets" in well else None,
            (_passages(well["passages"]) if "passages" in well else None)
            if "passages" in parts
            else Passages([], 0),
            _facets(counted) if wanted.facets and len(counted) == len(facets) else None,
            (_near(well["nearest"], wanted.nearest) if "nearest" in well else None)
            if "nearest" in parts
            else (),
        )

    def nearest(self, vector: Sequence[float], ask: Ask, window: int) -> Sequence[str]:
        """Ids of assets inside the scope and the filters of `ask`, nearest first, each once."""
        search = self._nearest_search(ask, vector, window)
        return _near(self._one(search), window) if search else ()

    def suggest(self, text: str, scope: Scope, limit: int) -> Suggestions:
        words = analysis.words(text)
        if not words:
            return Suggestions([], [], [], [])
        label = analysis.label(text)
        builder = Builder(())
        visible = [] if scope is None else [builder.scope(scope)]
        tree = AllOf(tuple(Word(word, word is words[-1]) for word in words[:10]))
        titles = {
            "query": Builder(("title", "people", "names"), 1).query(Query(tree), scope), "size": limit, "_source": False,
        }  # fmt: skip
        tags = _labels("tag", {"prefix": {"tag_label": {"value": label}}}, visible)
        people = _labels("person", {"prefix": {"people_exact": {"value": words[-1]}}}, visible)
        assets, tagged, named = (
            _need(a) for a in self._many([("assets", titles), ("assets", tags), ("assets", people)])
        )
        values = [[b["key"] for b in found["aggregations"]["found"]["buckets"]] for found in (tagged, named)]
        return Suggestions(
            assets=_assets(assets).ids,
            tags=[tag for tag in values[0] if analysis.label(tag).startswith(label)][:limit],
            people=[name for name in values[1] if analysis.begins_name(name, words)][:limit],
            words=[],
        )

    # -- searches --------------------------------------------------------------------------------------------------
    def _assets_search(self, ask: Ask, window: int) -> Search:
        by = {
            Order.RELEVANCE: {"_score": "desc"},
            Order.NEWEST: {"created_s": "desc"},
            Order.OLDEST: {"created_s": "asc"},
        }
        query = Builder(ASSET_GROUPS, ask.typos).query(ask.query, ask.scope)
        return "assets", {
            "query": query, "size": window, "_source": False, "track_total_hits": True,
            "sort": [by[ask.order], {"asset_id": "asc"}], "track_scores": True,
        }  # fmt: skip

    def _passages_search(
        self, ask: Ask, window: int, asset_ids: Sequence[str] | None = None, any_word: bool = False
    ) -> Search | None:
        asked = Query(any_word_of(ask.query.tree)) if any_word else ask.query
        if asked.tree is None:
            return None
        query = Builder(SEGMENT_GROUPS, ask.typos).query(asked, ask.scope, asset_ids)
        sort = [{"_score": "desc"}, {"asset_id": "asc"}, {"number": "asc"}]
        return "segments", {
            "query": query, "size": window, "_source": False, "track_total_hits": True, "sort": sort, "track_scores": True,
        }  # fmt: skip

    def _nearest_search(self, ask: Ask, vector: Sequence[float], window: int) -> Search | None:
        if ask.scope == frozenset() or not self._model or not is_direction(vector):
            return None
        looked_at = window * PASSAGES
        narrowing = [{"term": {"model": self._model}}, *Builder(()).narrowing(ask.query, ask.scope)]
        return "vectors", {
            "knn": {
                "field": vector_field(len(vector)), "query_vector": list(vector), "k": looked_at,
                "num_candidates": max(CANDIDATES, looked_at), "similarity": 1 - FARTHEST, "filter": narrowing,
            },
            "size": looked_at, "_source": False, "track_total_hits": False,
        }  # fmt: skip

    def _facet_searches(self, ask: Ask) -> dict[str, Search]:
        """By the fields that each counts, joined by `+`."""
        return {"+".join(names): self._count(ask, asked, names) for asked, names in questions(ask.query)}

    def _count(self, ask: Ask, asked: Query, names: Sequence[str]) -> Search:
        query = Builder(ASSET_GROUPS, ask.typos).query(asked, ask.scope)
        return "assets", {
            "query": query, "size": 0, "track_total_hits": False,
            "aggs": {name: {"terms": {"field": name, "size": SIZES[name]}} for name in names},
        }  # fmt: skip

    # -- the wire --------------------------------------------------------------------------------------------------
    def _one(self, search: Search) -> dict[str, Any]:
        return _need(self._many([search])[0])

    def _many(self, searches: Sequence[Search]) -> list[dict[str, Any]]:
        """One answer a search, an `error` in place of what failed, timed out or came from some shards only."""
        lines: list[dict[str, Any]] = []
        for kind, body in searches:
            lines += [
                {"index": f"{self._prefix}-{kind}", "allow_partial_search_results": False},
                {**body, "timeout": self._timeout},
            ]
        try:
            answers: list[dict[str, Any]] = self._client.msearch(searches=lines)["responses"]
        except (ApiError, TransportError) as fault:
            raise EngineDown(f"{type(fault).__name__}: {fault}"[:500]) from fault
        return [
            {"error": {"reason": "timed out"}} if answer.get("timed_out") else answer for answer in answers
        ]


def _need(answer: dict[str, Any]) -> dict[str, Any]:
    if "error" in answer:
        raise EngineDown(_reason(answer))
    return answer


def _reason(answer: dict[str, Any]) -> str:
    return str(answer["error"])[:500]


def _assets(answer: dict[str, Any]) -> Assets:
    hits = answer["hits"]
    return Assets([hit["_id"] for hit in hits["hits"]], hits["total"]["value"])


def _passages(answer: dict[str, Any]) -> Passages:
    hits = answer["hits"]
    ids = [PassageId(*parse_part_id(hit["_id"]), hit["_score"] or 0.0) for hit in hits["hits"]]
    return Passages(ids, hits["total"]["value"])


def _near(answer: dict[str, Any], window: int) -> Sequence[str]:
    """Assets by their nearest vector; equally near ones by their id."""
    ranked = sorted(answer["hits"]["hits"], key=lambda hit: (-hit["_score"], hit["_id"]))
    return grouped(parse_part_id(hit["_id"])[0] for hit in ranked)[:window]


def _facets(counted: dict[str, dict[str, Any]]) -> Facets:
    found = {
        name: buckets(name, ((b["key"], int(b["doc_count"])) for b in answer["aggregations"][name]["buckets"]))
        for names, answer in counted.items() for name in names.split("+")
    }  # fmt: skip
    return {name: found[name] for name in SIZES}


def _labels(field: str, begins: Dsl, visible: Sequence[Dsl]) -> Dsl:
    """Values as written, most frequent first, of the visible assets that have one that begins so."""
    return {
        "query": {"bool": {"filter": [begins, *visible]}}, "size": 0,
        "aggs": {"found": {"terms": {"field": field, "size": _SUGGESTED_FROM}}},
    }  # fmt: skip
