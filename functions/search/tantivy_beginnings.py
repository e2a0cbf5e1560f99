"""Terms of a dictionary that begin so, with how many visible assets have each, those of most first.

A dictionary knows how many assets have a term, visible or not: as many visible ones as that at the most. So where most assets are visible, terms are taken
from the most frequent on and counted by project, until no other can be among the first. To count all of them at once inside a scope means to gather the
scope first, which is dear where it is wide and cheap where it is narrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tantivy import Query

from functions.search import tantivy_schema
from functions.search.tantivy_calls import run
from functions.search.tantivy_query import Builder
from functions.search.tantivy_scope import Projects

TRIED = 4  # times as many terms as are wanted
MOST_PROJECTS = 1_000
Terms = list[tuple[str, int]]


class Beginnings:
    """Of one state of the index, inside one scope (None: everything)."""

    def __init__(self, searcher: Any, scope: frozenset[str] | None, projects: Projects) -> None:
        self._searcher, self._scope, self._projects = searcher, scope, projects
        self._schema = tantivy_schema.asset_schema()

    def of(self, field: str, prefix: str, limit: int) -> Terms:
        """(term, visible assets); equal ones by their spelling."""
        if self._scope is None:
            return self._terms(field, prefix, None, limit)
        if self._is_wide() and (found := self._counted(field, prefix, limit)) is not None:
            return found
        return self._terms(field, prefix, Builder(self._schema, ()).scope(self._scope), limit)

    def _is_wide(self) -> bool:
        having = self._projects.having
        visible = sum(having.get(project, 0) for project in self._scope or ())
        return len(having) <= MOST_PROJECTS and 2 * visible > sum(having.values())

    def _counted(self, field: str, prefix: str, limit: int) -> Terms | None:
        """None when more terms would have to be tried."""
        tried = self._terms(field, prefix, None, TRIED * limit)
        found: Terms = []
        for term, most in tried:
            if len(found) >= limit and _first(found, limit)[-1][1] > most:
                return _first(found, limit)
            if visible := self._visible(field, term):
                found.append((term, visible))
        return _first(found, limit) if len(tried) < TRIED * limit else None

    def _visible(self, field: str, term: str) -> int:
        having = Query.term_query(self._schema, field, term, "basic")
        every = {"terms": {"field": "project", "size": max(1, len(self._projects.having))}}
        counted = run(lambda: self._searcher.aggregate(having, {"project": every}))
        scope = self._scope or frozenset()
        return sum(
            int(bucket["doc_count"]) for bucket in counted["project"]["buckets"] if bucket["key"] in scope
        )

    def _terms(self, field: str, prefix: str, visible: Any, limit: int) -> Terms:
        found: Terms = run(lambda: self._searcher.terms_with_prefix(field, prefix, visible, limit))
        return found


def _first(found: Sequence[tuple[str, int]], limit: int) -> Terms:
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:limit]
