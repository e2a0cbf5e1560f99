"""Meilisearch as an engine: assets only, instant and forgiving. What is said in them, and trees of alternatives, it leaves to another.

Its totals are estimates up to `MAX_TOTAL`; it is asked for facets and totals only when no other engine answers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from functions.search import analysis
from functions.search.engine import (
    Ask,
    Assets,
    Bucket,
    EngineDown,
    Facets,
    NotExpressible,
    Offer,
    Order,
    Passages,
    Scope,
    Suggestions,
)
from functions.search.facet_fields import SIZES, questions
from functions.search.meilisearch_client import MeilisearchClient, MeilisearchError
from functions.search.meilisearch_query import filters_of, parts_of, scope_filter, text_of
from functions.search.query_tree import Query

T = TypeVar("T")
MAX_TOTAL = 1000
_SORTS = {Order.NEWEST: ["created_s:desc", "id:asc"], Order.OLDEST: ["created_s:asc", "id:asc"]}
_RECHECK_S = 5.0


def settings() -> dict[str, Any]:
    """Of the index of assets. Ids are compared only for equality, dates by order, and only names and tags can be looked up."""
    equality = {"facetSearch": False, "filter": {"equality": True, "comparison": False}}
    return {
        "searchableAttributes": ["title", "people", "names", "tag", "text"],
        "displayedAttributes": ["id", "version", "title", "type", "project", "status", "created_s", "tag", "person"],
        "filterableAttributes": [
            {"attributePatterns": ["id", "project", "type", "status", "language", "rights", "tag_label", "person_words"], "features": equality},
            {"attributePatterns": ["tag", "person"], "features": {**equality, "facetSearch": True}},
            {"attributePatterns": ["created_s", "month"], "features": {"facetSearch": False, "filter": {"equality": True, "comparison": True}}},
        ],
        "sortableAttributes": ["created_s", "id"],
        "typoTolerance": {"minWordSizeForTypos": {"oneTypo": 5, "twoTypos": 9}},
        "faceting": {"maxValuesPerFacet": 240, "sortFacetValuesBy": {"*": "count"}},
        "pagination": {"maxTotalHits": MAX_TOTAL},
        "searchCutoffMs": 120,
    }  # fmt: skip


class MeilisearchIndex:
    """See `engine.Engine`."""

    name = "meilisearch"
    offers = frozenset({Offer.FACETS})

    def __init__(self, client: MeilisearchClient, uid: str = "acervo_assets") -> None:
        self._client, self._uid = client, uid
        self._checked, self._ready = float("-inf"), False

    def ready(self) -> bool:
        """An engine that does not answer counts as ready, so that it is missed and said to be."""
        if not self._ready or time.monotonic() - self._checked > _RECHECK_S:
            try:
                self._ready = self._client.has(self._uid)
            except MeilisearchError:
                self._ready = True
            self._checked = time.monotonic()
        return self._ready

    def assets(self, ask: Ask, window: int) -> Assets:
        query = self._query(ask, ask.query)
        if query is None:
            return Assets([], 0)
        query |= {"limit": min(window, MAX_TOTAL), "attributesToRetrieve": ["id"]}
        if ask.order in _SORTS:
            query["sort"] = _SORTS[ask.order]
        (answer,) = _run(lambda: self._client.search([query]))
        return Assets([hit["id"] for hit in answer["hits"]], answer["estimatedTotalHits"])

    def among(self, ask: Ask, asset_ids: Sequence[str]) -> frozenset[str]:
        if not asset_ids or (query := self._query(ask, ask.query, asset_ids)) is None:
            return frozenset()
        query |= {"limit": len(asset_ids), "attributesToRetrieve": ["id"]}
        (answer,) = _run(lambda: self._client.search([query]))
        return frozenset(hit["id"] for hit in answer["hits"])

    def passages(
        self,
        ask: Ask,  # noqa: ARG002  # the Protocol's
        window: int,  # noqa: ARG002
        asset_ids: Sequence[str] | None = None,  # noqa: ARG002
        any_word: bool = False,  # noqa: ARG002
        counted: bool = True,  # noqa: ARG002
    ) -> Passages:
        raise NotExpressible("passages are not in Meilisearch")

    def facets(self, ask: Ask) -> Facets:
        queries = [(self._query(ask, query), names) for query, names in questions(ask.query)]
        known = [query | {"facets": list(names), "limit": 0} for query, names in queries if query is not None]
        answers = _run(lambda: self._client.search(known)) if known else []
        found = {name: values for a in answers for name, values in a.get("facetDistribution", {}).items()}
        return {name: _buckets(name, found.get(name, {})) for name in SIZES}

    def suggest(self, text: str, scope: Scope, limit: int) -> Suggestions:
        words = analysis.words(text)
        if not words:
            return Suggestions([], [], [], [])
        filters = scope_filter(scope)
        query = {
            "indexUid": self._uid, "q": " ".join(words[:10]), "filter": filters, "limit": limit, "attributesToRetrieve": ["id"],
            "attributesToSearchOn": ["title", "people", "names"], "matchingStrategy": "all",
        }  # fmt: skip
        tags, people = (
            {"facetName": name, "facetQuery": " ".join(words[:10]), "filter": filters, "q": ""}
            for name in ("tag", "person")
        )
        (answer,) = _run(lambda: self._client.search([query]))
        label = analysis.label(text)
        tagged = _run(lambda: self._client.facet_values(self._uid, tags))
        named = _run(lambda: self._client.facet_values(self._uid, people))
        return Suggestions(
            assets=[hit["id"] for hit in answer["hits"]],
            tags=[tag for tag in tagged if analysis.label(tag).startswith(label)][:limit],
            people=[name for name in named if analysis.begins_name(name, words)][:limit],
            words=[],
        )

    def _query(self, ask: Ask, asked: Query, ids: Sequence[str] | None = None) -> dict[str, Any] | None:
        """None when nothing can be found."""
        parts = parts_of(asked.tree)
        if parts is None or ask.scope == frozenset():
            return None
        filters = [*parts.filters, *filters_of(asked, ask.scope, ids)]
        return {"indexUid": self._uid, "q": text_of(parts), "filter": filters, "matchingStrategy": "all"}


def _run(call: Callable[[], T]) -> T:
    try:
        return call()
    except MeilisearchError as fault:
        raise EngineDown(str(fault)) from fault


def _buckets(name: str, values: dict[str, int]) -> list[Bucket]:
    pairs = [(key, count) for key, count in values.items() if key and count]
    if name == "month":
        return sorted((Bucket(f"{key[:4]}-{key[4:6]}", n) for key, n in pairs), key=lambda b: b.value)
    return [Bucket(key, n) for key, n in sorted(pairs, key=lambda pair: (-pair[1], pair[0]))]
