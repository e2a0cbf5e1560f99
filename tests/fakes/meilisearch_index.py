"""An index of the Meilisearch that we play: settings that allow filters, sorting and facets, and searches within them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.search import analysis
from tests.fakes.meilisearch_faults import Fault, only
from tests.fakes.meilisearch_filter import Check, Document, FilterParser, values_of
from tests.fakes.meilisearch_words import Words

SETTINGS = {
    "searchableAttributes", "displayedAttributes", "filterableAttributes", "sortableAttributes", "typoTolerance", "faceting",
    "pagination", "searchCutoffMs", "rankingRules", "stopWords", "synonyms",
}  # fmt: skip
_SEARCH = {
    "indexUid", "q", "filter", "facets", "limit", "offset", "sort", "attributesToRetrieve", "attributesToSearchOn", "matchingStrategy",
    "showRankingScore",
}  # fmt: skip


@dataclass
class Index:
    documents: dict[str, Document] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    def allowed(self, name: str, comparison: bool) -> None:
        for rule in self.settings.get("filterableAttributes", []):
            if name in rule["attributePatterns"]:
                if comparison and not rule["features"]["filter"]["comparison"]:
                    raise Fault(
                        400, "invalid_search_filter", f"operator not allowed for the attribute `{name}`"
                    )
                return
        raise Fault(400, "invalid_search_filter", f"Attribute `{name}` is not filterable")

    def looked_up(self, name: str) -> bool:
        rules = self.settings.get("filterableAttributes", [])
        return any(name in rule["attributePatterns"] and rule["features"]["facetSearch"] for rule in rules)

    def check(self, filters: Any) -> Check:
        if filters is None:
            return lambda _: True
        if isinstance(filters, str):
            return FilterParser(filters, self.allowed).parse()
        checks: list[Check] = []
        for item in filters:
            if isinstance(item, list):
                either = [FilterParser(text, self.allowed).parse() for text in item]
                checks.append(lambda d, either=either: any(check(d) for check in either))  # type: ignore[misc]  # a default has no inferred type
            else:
                checks.append(FilterParser(item, self.allowed).parse())
        return lambda d: all(check(d) for check in checks)

    def search(self, body: Mapping[str, Any]) -> dict[str, Any]:
        only(body, _SEARCH)
        if body.get("matchingStrategy", "last") != "all":
            raise Fault(400, "invalid_search_matching_strategy", "this fake knows `all`")
        check = self.check(body.get("filter"))
        attributes = body.get("attributesToSearchOn") or self.settings["searchableAttributes"]
        for name in attributes:
            if name not in self.settings["searchableAttributes"]:
                raise Fault(
                    400, "invalid_search_attributes_to_search_on", f"Attribute `{name}` is not searchable"
                )
        query = Words(body.get("q") or "")
        found = [
            (r, d)
            for d in self.documents.values()
            if check(d) and (r := query.rank(d, attributes)) is not None
        ]
        found.sort(key=lambda pair: pair[0])
        for spec in reversed(body.get("sort", [])):
            name, _, way = spec.partition(":")
            if name not in self.settings.get("sortableAttributes", []) or way not in ("asc", "desc"):
                raise Fault(400, "invalid_search_sort", f"Attribute `{name}` is not sortable")
            found.sort(key=lambda pair: pair[1][name], reverse=way == "desc")  # used at once
        most = self.settings["pagination"]["maxTotalHits"]
        displayed = set(self.settings["displayedAttributes"])
        shown = displayed & set(body.get("attributesToRetrieve", displayed))
        hits = [
            {n: v for n, v in d.items() if n in shown} for _, d in found[: min(body.get("limit", 20), most)]
        ]
        answer: dict[str, Any] = {
            "hits": hits,
            "query": body.get("q", ""),
            "estimatedTotalHits": min(len(found), most),
        }
        if "facets" in body:
            answer["facetDistribution"] = {n: self._counts(n, [d for _, d in found]) for n in body["facets"]}
        return answer

    def facet_search(self, body: Mapping[str, Any]) -> dict[str, Any]:
        only(body, {"facetName", "facetQuery", "filter", "q", "matchingStrategy", "attributesToSearchOn"})
        name = body["facetName"]
        if not self.looked_up(name):
            raise Fault(400, "invalid_facet_search_facet_name", f"Attribute `{name}` is not facet-searchable")
        check, wanted = self.check(body.get("filter")), analysis.words(body.get("facetQuery") or "")
        counts = self._counts(name, [d for d in self.documents.values() if check(d)])
        hits = [
            {"value": value, "count": n} for value, n in counts.items()
            if all(any(part.startswith(word) for part in analysis.words(value)) for word in wanted)
        ]  # fmt: skip
        return {"facetHits": hits[:100], "facetQuery": body.get("facetQuery")}

    def _counts(self, name: str, documents: list[Document]) -> dict[str, int]:
        self.allowed(name, False)
        counts: dict[str, int] = {}
        for document in documents:
            for value in set(values_of(document, name)):
                counts[value] = counts.get(value, 0) + 1
        most = self.settings["faceting"]["maxValuesPerFacet"]
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most])
