"""The query service: ask the engine within the caller's scope, fuse, look every id up in PostgreSQL again, answer.

PostgreSQL has the last word: what the index still shows but the caller may not see (deleted, another project) is left out here.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from acervo.database import Database
from functions.search import answers, cursor
from functions.search.cursor import WINDOW, Cursor
from functions.search.engine import Ask, Assets, Engine, Facets, Order, PassageId, Passages, Scope
from functions.search.fusion import Fused, Leg, fuse, grouped
from functions.search.highlights import Matcher
from functions.search.query_tree import Query
from functions.search.rows import Rows
from functions.search.waiting import Waiting

PASSAGES_EACH = 3
TYPOS_BELOW = 5  # hits: who finds enough did not mistype; one is forgiven then, two when there is nothing
FUSED = 200  # of each leg; below that the assets follow in their own order
ROUNDS = 4  # of looking up ids until a page is full
_ASSET_LEG, _PASSAGE_LEG = 1.0, 0.7


@dataclass(frozen=True)
class Search:
    """What was asked. `key` is the request as text: a cursor is good for that alone."""

    query: Query
    order: Order
    limit: int
    key: str
    cursor: str | None = None
    asset_id: str | None = None


class SearchService:
    def __init__(self, engine: Engine, database: Database, deadline_s: float) -> None:
        self._engine, self._rows, self._deadline_s = engine, Rows(database), deadline_s
        self._threads = ThreadPoolExecutor(max_workers=16, thread_name_prefix="leg")

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)

    # -- assets ----------------------------------------------------------------------------------------------------
    def assets(self, scope: Scope, search: Search) -> dict[str, Any]:
        """
        Raises:
            cursor.InvalidCursor
            Transient: PostgreSQL is away.
        """
        started = time.monotonic()
        place = cursor.decode(search.cursor, search.key) if search.cursor else None
        if not self._may_ask(scope):
            return self._nothing(started, search)
        ask = Ask(search.query, scope, place.typos if place else 0, search.order)
        needed = (place.offset if place else 0) + search.limit + 1
        legs = self._legs(ask, needed)
        if place is None and legs.total < TYPOS_BELOW and search.query.tree is not None:
            forgiving = replace(ask, typos=1 if legs.total else 2)
            relaxed = self._legs(forgiving, needed)
            if relaxed.total > legs.total:
                ask, legs = forgiving, relaxed
        position = place.position([fused.id for fused in legs.ranked]) if place else 0
        page, position, dropped = self._page(scope, legs.ranked, position, search.limit)
        passages, late = self._best_passages(ask, [str(row["id"]) for _, row in page])
        matcher = Matcher.of(search.query.tree, ask.typos)
        hits = [
            answers.hit(row, fused, matcher, passages.get(fused.id, ()), self._engine.name)
            for fused, row in page
        ]
        return {
            "hits": hits,
            "total": max(legs.total - dropped, len(hits)),
            "facets": answers.facets(legs.facets),
            "partial": legs.partial or late,
            "typos": ask.typos > 0,
            "ignored": list(search.query.ignored),
            "index": "ready",
            "took_ms": _took(started),
            "next": _next(legs.ranked, position, ask.typos, search),
        }

    def _legs(self, ask: Ask, needed: int) -> _Legs:
        """The asset leg, the passage leg and the facets, side by side; what is late or down is left out.

        The list is the same however many of it are `needed`: deep pages only make it longer.
        """
        speaks = ask.query.tree is not None and ask.order is Order.RELEVANCE
        window = FUSED if needed <= FUSED else WINDOW
        waiting = Waiting(self._threads, self._deadline_s)
        assets = waiting.start(lambda: self._engine.assets(ask, window))
        facets = waiting.start(lambda: self._engine.facets(ask))
        passages = waiting.start(lambda: self._engine.passages(ask, FUSED)) if speaks else None
        found = waiting.result(assets, Assets([], 0))
        spoken = waiting.result(passages, Passages([], 0)) if passages else Passages([], 0)
        said = grouped(passage.asset_id for passage in spoken.ids)
        if said and found.total:
            said = self._matching(ask, said, found, waiting)
        ranked = fuse([Leg("assets", found.ids[:FUSED], _ASSET_LEG), Leg("said", said, _PASSAGE_LEG)])
        known = {fused.id for fused in ranked}
        ranked += [Fused(id_, 0.0, ("assets",)) for id_ in found.ids[FUSED:] if id_ not in known]
        counted = waiting.result(facets, {})
        return _Legs(ranked[:WINDOW], max(found.total, len(said)), counted, waiting.partial)

    def _matching(self, ask: Ask, said: Sequence[str], found: Assets, waiting: Waiting) -> list[str]:
        """A passage may have every word while its asset is excluded by another (`-word`): only assets that match count."""
        if found.total <= len(found.ids):
            known = frozenset(found.ids)
        else:
            known = waiting.result(waiting.start(lambda: self._engine.among(ask, said)), frozenset())
        return [asset_id for asset_id in said if asset_id in known]

    def _page(
        self, scope: Scope, ranked: Sequence[Fused], position: int, limit: int
    ) -> tuple[list[tuple[Fused, dict[str, Any]]], int, int]:
        """Rows from `position` on until the page is full: (page, first position not looked at, how many were dropped)."""
        page: list[tuple[Fused, dict[str, Any]]] = []
        dropped = 0
        for _ in range(ROUNDS):
            wanted = ranked[position : position + limit - len(page)]
            if not wanted:
                break
            rows = self._rows.visible(scope, [fused.id for fused in wanted])
            page += [(fused, rows[fused.id]) for fused in wanted if fused.id in rows]
            dropped += sum(fused.id not in rows for fused in wanted)
            position += len(wanted)
        return page, position, dropped

    def _best_passages(
        self, ask: Ask, asset_ids: Sequence[str]
    ) -> tuple[Mapping[str, Sequence[dict[str, Any]]], bool]:
        """Up to PASSAGES_EACH rows for each asset, best first, and whether some are missing."""
        if not asset_ids or ask.query.tree is None:
            return {}, False
        waiting = Waiting(self._threads, self._deadline_s)
        asked = waiting.start(lambda: self._engine.passages(ask, WINDOW, asset_ids, any_word=True))
        found = waiting.result(asked, Passages([], 0))
        best: dict[str, list[PassageId]] = {}
        for passage in found.ids:
            if len(best.setdefault(passage.asset_id, [])) < PASSAGES_EACH:
                best[passage.asset_id].append(passage)
        rows = self._rows.segments([passage for some in best.values() for passage in some])
        return {
            asset_id: [rows[key] for passage in some if (key := (asset_id, passage.number)) in rows]
            for asset_id, some in best.items()
        }, waiting.partial

    # -- passages --------------------------------------------------------------------------------------------------
    def segments(self, scope: Scope, search: Search) -> dict[str, Any]:
        """
        Raises:
            cursor.InvalidCursor
            Transient: PostgreSQL is away.
        """
        started = time.monotonic()
        place = cursor.decode(search.cursor, search.key) if search.cursor else None
        if not self._may_ask(scope):
            return self._nothing(started, search, facets=False)
        ask = Ask(search.query, scope, place.typos if place else 0)
        found, partial = self._passages(ask, search)
        if place is None and found.total < TYPOS_BELOW and search.query.tree is not None:
            forgiving = replace(ask, typos=1 if found.total else 2)
            relaxed, late = self._passages(forgiving, search)
            if relaxed.total > found.total:
                ask, found, partial = forgiving, relaxed, late
        ranked = [Fused(_key(passage), passage.score, ("said",)) for passage in found.ids]
        position = place.position([fused.id for fused in ranked]) if place else 0
        wanted = found.ids[position : position + search.limit]
        hits = self._segment_hits(scope, wanted, Matcher.of(search.query.tree, ask.typos))
        position += len(wanted)
        return {
            "hits": hits,
            "total": max(found.total - (len(wanted) - len(hits)), len(hits)),
            "partial": partial,
            "typos": ask.typos > 0,
            "ignored": list(search.query.ignored),
            "index": "ready",
            "took_ms": _took(started),
            "next": _next(ranked, position, ask.typos, search),
        }

    def _passages(self, ask: Ask, search: Search) -> tuple[Passages, bool]:
        waiting = Waiting(self._threads, self._deadline_s)
        among = [search.asset_id] if search.asset_id else None
        asked = waiting.start(lambda: self._engine.passages(ask, WINDOW, among))
        return waiting.result(asked, Passages([], 0)), waiting.partial

    def _segment_hits(
        self, scope: Scope, wanted: Sequence[PassageId], matcher: Matcher
    ) -> list[dict[str, Any]]:
        assets = self._rows.visible(scope, list({passage.asset_id for passage in wanted}))
        around = [
            PassageId(passage.asset_id, passage.number + step, 0.0)
            for passage in wanted if passage.asset_id in assets for step in (-1, 0, 1)
        ]  # fmt: skip
        rows = self._rows.segments(around)
        return [
            answers.segment_hit(
                assets[p.asset_id], rows[(p.asset_id, p.number)], rows.get((p.asset_id, p.number - 1)),
                rows.get((p.asset_id, p.number + 1)), p.score, matcher, self._engine.name,
            )
            for p in wanted if (p.asset_id, p.number) in rows
        ]  # fmt: skip

    # -- while typing ----------------------------------------------------------------------------------------------
    def suggest(self, scope: Scope, text: str, limit: int) -> dict[str, Any]:
        """
        Raises:
            Transient: PostgreSQL is away.
        """
        started = time.monotonic()
        empty: dict[str, Any] = {"assets": [], "tags": [], "people": [], "words": []}
        if not self._may_ask(scope):
            state = self._state()
            return {**empty, "partial": state == "empty", "index": state, "took_ms": _took(started)}
        waiting = Waiting(self._threads, self._deadline_s)
        asked = waiting.start(lambda: self._engine.suggest(text, scope, limit))
        found = waiting.result(asked, None)
        if found is None:
            return {**empty, "partial": True, "index": "ready", "took_ms": _took(started)}
        rows = self._rows.visible(scope, found.assets)
        return {
            "assets": [
                {
                    "asset_id": id_,
                    "title": answers.title(rows[id_]),
                    "name": rows[id_]["name"],
                    "kind": rows[id_]["kind"],
                    "project_id": rows[id_]["project_id"],
                    "thumb": rows[id_]["thumb"],
                }
                for id_ in found.assets
                if id_ in rows
            ],
            "tags": list(found.tags),
            "people": list(found.people),
            "words": list(found.words),
            "partial": False,
            "index": "ready",
            "took_ms": _took(started),
        }

    # -- shared ----------------------------------------------------------------------------------------------------
    def _may_ask(self, scope: Scope) -> bool:
        """An empty scope asks no engine."""
        return scope != frozenset() and self._engine.ready()

    def _state(self) -> str:
        return "ready" if self._engine.ready() else "empty"

    def _nothing(self, started: float, search: Search, facets: bool = True) -> dict[str, Any]:
        state = self._state()
        return {
            "hits": [], "total": 0, **({"facets": {}} if facets else {}), "partial": state == "empty", "typos": False,
            "ignored": list(search.query.ignored), "index": state, "took_ms": _took(started), "next": None,
        }  # fmt: skip


@dataclass(frozen=True)
class _Legs:
    ranked: Sequence[Fused]
    total: int
    facets: Facets
    partial: bool


def _key(passage: PassageId) -> str:
    return f"{passage.asset_id}:{passage.number}"


def _next(ranked: Sequence[Fused], position: int, typos: int, search: Search) -> str | None:
    if position >= len(ranked) or position == 0:
        return None
    return cursor.encode(Cursor(position, ranked[position - 1].id, typos), search.key)


def _took(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 1)
