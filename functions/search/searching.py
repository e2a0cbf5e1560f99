"""The query service: ask the engines within the caller's scope, fuse, look every id up in PostgreSQL again, answer.

PostgreSQL has the last word: what an index still shows but the caller may not see (deleted, another project) is left out here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from functions.search import answers, cursor
from functions.search.cursor import WINDOW, Cursor
from functions.search.documents import asset_document
from functions.search.engine import (
    Ask,
    Embedder,
    Engine,
    Meaning,
    Offer,
    Order,
    PassageId,
    Passages,
    Scope,
    Suggestions,
)
from functions.search.fusion import Fused, fuse
from functions.search.highlights import Matcher
from functions.search.legs import FUSED, MEANING, Legs, Ranked, below, best_of
from functions.search.like import like
from functions.search.query_tree import Query, words_of
from functions.search.reading import Reading
from functions.search.rows import Row, Rows
from functions.search.vocabulary import Vocabulary
from functions.search.waiting import Lanes, LeftOut, Waiting

PASSAGES_EACH = 3
OFFERED = 300  # passages to choose them from
TYPOS_BELOW = 5  # hits: who finds enough did not mistype; one is forgiven then, two when there is nothing
ROUNDS = 4  # of looking up ids until a page is full
_NO_SUGGESTIONS = Suggestions([], [], [], [])


@dataclass(frozen=True)
class Search:
    """What was asked. `key` is the request as text: a cursor is good for that alone."""

    query: Query
    order: Order
    limit: int
    key: str
    cursor: str | None = None
    asset_id: str | None = None
    facets: bool = True


class SearchService:
    def __init__(
        self, engines: Sequence[Engine], reading: Reading, deadline_s: float,
        meaning: Meaning | None = None, embedder: Embedder | None = None, vocabulary: Vocabulary | None = None,
    ) -> None:  # fmt: skip
        self.engines, self.rows = engines, Rows(reading)
        self._vocabulary = vocabulary
        self._lanes = Lanes([*(engine.name for engine in engines), MEANING])
        self.legs = Legs(engines, self._lanes, deadline_s, meaning, embedder)

    def close(self) -> None:
        self._lanes.close()

    # -- assets ----------------------------------------------------------------------------------------------------
    def assets(self, scope: Scope, search: Search) -> dict[str, Any]:
        """
        Raises:
            cursor.InvalidCursor
            Transient: PostgreSQL is away.
        """
        started = time.monotonic()
        place = cursor.decode(search.cursor, search.key) if search.cursor else None
        lead = self._lead(scope)
        if lead is None:
            return self._nothing(started, search)
        ask = Ask(self._meant(search.query), scope, order=search.order)
        needed = (place.offset if place else 0) + search.limit + 1
        ranked = self.legs.ask(lead, ask, needed, search.facets)
        typos = place.typos if place else (1 if ranked.total else 2) if _is_little(ranked.total, ask) else 0
        if typos:
            forgiving = replace(ask, typos=typos)
            relaxed = self.legs.ask(lead, forgiving, needed, search.facets)
            if place or relaxed.total > ranked.total:
                ask, ranked = forgiving, below(ranked, relaxed)
        position = place.position([fused.id for fused in ranked.hits]) if place else 0
        page = self._page(lead, ask, ranked, position, search.limit)
        matcher = Matcher.of(ask.query.tree, ask.typos)
        now = datetime.now(UTC)
        hits = [
            answers.hit(row, fused, matcher, page.passages.get(fused.id, ()), lead.name, now)
            for fused, row in page.found
        ]
        left_out = [*ranked.left_out, *page.left_out]
        return {
            "hits": hits,
            "total": max(ranked.total - page.dropped, len(hits)),
            "facets": answers.facets(ranked.facets),
            "counted_by": ranked.counted_by,
            "partial": bool(left_out),
            "left_out": answers.left_out(left_out),
            "typos": ask.typos > 0,
            "ignored": list(search.query.ignored),
            "index": "ready",
            "took_ms": _took(started),
            "engine_ms": round((ranked.engine_s + page.engine_s) * 1000, 1),
            "next": _next(ranked.hits, page.position, ask.typos, search),
        }

    def _page(self, lead: Engine, ask: Ask, ranked: Ranked, position: int, limit: int) -> _Page:
        """Rows and passages from `position` on until the page is full."""
        page = _Page(position)
        for _ in range(ROUNDS):
            wanted = ranked.hits[page.position : page.position + limit - len(page.found)]
            if not wanted:
                break
            ids = [fused.id for fused in wanted]
            best = self._best_passages(lead, ask, ranked, ids, page)
            rows, texts = self.rows.shown(ask.scope, ids, [p for some in best.values() for p in some])
            page.found += [(fused, rows[fused.id]) for fused in wanted if fused.id in rows]
            page.dropped += len(ids) - len(rows)
            page.position += len(wanted)
            for id_, some in best.items():
                page.passages[id_] = [texts[key] for p in some if (key := (id_, p.number)) in texts]
        return page

    def _best_passages(
        self, lead: Engine, ask: Ask, ranked: Ranked, asset_ids: Sequence[str], page: _Page
    ) -> Mapping[str, list[PassageId]]:
        """Up to PASSAGES_EACH of each asset, best first; without asking again when the leg of passages has them all."""
        if ask.query.tree is None or Offer.PASSAGES not in lead.offers:
            return {}
        words = words_of(ask.query.tree)
        if len(words) == 1 and ask.order is Order.RELEVANCE and ranked.spoken.total == len(ranked.spoken.ids):
            wanted = set(asset_ids)
            return {id_: some for id_, some in best_of(ranked.spoken, PASSAGES_EACH).items() if id_ in wanted}
        best: dict[str, list[PassageId]] = {}
        missing = list(asset_ids)
        waiting = Waiting(self._lanes, self.legs.deadline_s)
        for _ in range(2):  # a long film may have taken all the places
            call = waiting.start(lead.name, "passages", _any_word(lead, ask, missing))
            found: Passages = waiting.result(call, Passages([], 0))
            best |= best_of(found, PASSAGES_EACH)
            missing = [id_ for id_ in missing if id_ not in best]
            if not missing or found.total <= len(found.ids):
                break
        page.left_out += waiting.left_out
        page.engine_s += waiting.waited_s
        return best

    # -- passages --------------------------------------------------------------------------------------------------
    def segments(self, scope: Scope, search: Search) -> dict[str, Any]:
        """
        Raises:
            cursor.InvalidCursor
            Transient: PostgreSQL is away.
        """
        started = time.monotonic()
        place = cursor.decode(search.cursor, search.key) if search.cursor else None
        lead = self._lead(scope)
        if lead is None:
            return self._nothing(started, search, facets=False)
        ask = Ask(self._meant(search.query), scope, place.typos if place else 0)
        needed = (place.offset if place else 0) + search.limit + 1
        found, left_out = self._passages(lead, ask, search, needed)
        if place is None and _is_little(found.total, ask):
            forgiving = replace(ask, typos=1 if found.total else 2)
            relaxed, late = self._passages(lead, forgiving, search, needed)
            if relaxed.total > found.total:
                ask, found, left_out = forgiving, relaxed, late
        ranked = [Fused(_key(passage), passage.score, ("said",)) for passage in found.ids]
        position = place.position([fused.id for fused in ranked]) if place else 0
        wanted = found.ids[position : position + search.limit]
        hits = self._segment_hits(scope, wanted, Matcher.of(ask.query.tree, ask.typos), lead.name)
        position += len(wanted)
        return {
            "hits": hits,
            "total": max(found.total - (len(wanted) - len(hits)), len(hits)),
            "counted_by": lead.name,
            "partial": bool(left_out),
            "left_out": answers.left_out(left_out),
            "typos": ask.typos > 0,
            "ignored": list(search.query.ignored),
            "index": "ready",
            "took_ms": _took(started),
            "next": _next(ranked, position, ask.typos, search),
        }

    def _passages(
        self, lead: Engine, ask: Ask, search: Search, needed: int
    ) -> tuple[Passages, list[LeftOut]]:
        """The list is the same however many of it are `needed`."""
        if Offer.PASSAGES not in lead.offers:
            return Passages([], 0), [LeftOut(lead.name, "passages", "not-offered")]
        waiting = Waiting(self._lanes, self.legs.deadline_s)
        among = [search.asset_id] if search.asset_id else None
        window = FUSED if needed <= FUSED else WINDOW
        call = waiting.start(lead.name, "passages", lambda: lead.passages(ask, window, among))
        return waiting.result(call, Passages([], 0)), waiting.left_out

    def _segment_hits(
        self, scope: Scope, wanted: Sequence[PassageId], matcher: Matcher, engine: str
    ) -> list[dict[str, Any]]:
        around = [replace(p, number=p.number + step) for p in wanted for step in (-1, 0, 1)]
        assets, texts = self.rows.shown(scope, list({p.asset_id for p in wanted}), around)
        now = datetime.now(UTC)
        return [
            answers.segment_hit(
                assets[p.asset_id], texts[(p.asset_id, p.number)], texts.get((p.asset_id, p.number - 1)),
                texts.get((p.asset_id, p.number + 1)), p.score, matcher, engine, now,
            )
            for p in wanted if (p.asset_id, p.number) in texts
        ]  # fmt: skip

    # -- while typing ----------------------------------------------------------------------------------------------
    def suggest(self, scope: Scope, text: str, limit: int, past: Sequence[str] = ()) -> dict[str, Any]:
        """The first engine that answers: instant engines are listed first (`SEARCH_ENGINES`). `past`: the caller's own queries.

        Raises:
            Transient: PostgreSQL is away.
        """
        started = time.monotonic()
        waiting = Waiting(self._lanes, self.legs.deadline_s)
        ready = [e for e in self.engines if e.ready()] if scope != frozenset() else []
        found, engine = None, ""
        for one in ready:
            call = waiting.start(one.name, "suggest", lambda e=one: e.suggest(text, scope, limit))  # type: ignore[misc]  # a default has no inferred type
            found, engine = waiting.result(call, None), one.name
            if found is not None:
                break
        empty = found is None and not waiting.left_out
        shown = found or _NO_SUGGESTIONS
        rows = self.rows.visible(scope, shown.assets)
        state = self._state() if empty else "ready"
        return {
            "assets": [answers.suggestion(rows[id_]) for id_ in shown.assets if id_ in rows],
            "tags": list(shown.tags), "people": list(shown.people), "words": list(shown.words), "past": list(past),
            "partial": bool(waiting.left_out) or state == "empty", "left_out": answers.left_out(waiting.left_out),
            "engine": engine, "index": state, "took_ms": _took(started),
        }  # fmt: skip

    # -- more like this --------------------------------------------------------------------------------------------
    def like(self, scope: Scope, asset_id: str, limit: int) -> dict[str, Any] | None:
        """Assets that are about the same, without itself; None when the caller may not see it.

        Raises:
            Transient: PostgreSQL is away.
        """
        started = time.monotonic()
        row = self.rows.itself(scope, asset_id) if scope != frozenset() else None
        if row is None:
            return None
        lead = next((e for e in self.engines if Offer.TREES in e.offers and e.ready()), None)
        about = like(asset_document(row))
        legs, left_out = self.legs.like(lead, Ask(about, scope), asset_id)
        ranked = [fused for fused in fuse(legs) if fused.id != asset_id][: limit * 2]
        rows = self.rows.visible(scope, [fused.id for fused in ranked])
        matcher = Matcher.of(about.tree)
        now = datetime.now(UTC)
        hits = [answers.hit(rows[f.id], f, matcher, (), "", now) for f in ranked if f.id in rows][:limit]
        return {
            "hits": hits, "partial": bool(left_out), "left_out": answers.left_out(left_out),
            "index": self._state(), "took_ms": _took(started),
        }  # fmt: skip

    # -- shared ----------------------------------------------------------------------------------------------------
    def _meant(self, query: Query) -> Query:
        return self._vocabulary.expand(query) if self._vocabulary else query

    def _lead(self, scope: Scope) -> Engine | None:
        """An empty scope asks no engine."""
        return None if scope == frozenset() else self.legs.lead()

    def _state(self) -> str:
        return "ready" if any(engine.ready() for engine in self.engines) else "empty"

    def _nothing(self, started: float, search: Search, facets: bool = True) -> dict[str, Any]:
        state = self._state()
        return {
            "hits": [], "total": 0, **({"facets": {}} if facets else {}), "counted_by": "", "partial": state == "empty",
            "left_out": [], "typos": False, "ignored": list(search.query.ignored), "index": state,
            "took_ms": _took(started), "next": None,
        }  # fmt: skip


class _Page:
    """A page while it fills: `position` is the first one not looked at."""

    def __init__(self, position: int) -> None:
        self.position = position
        self.found: list[tuple[Fused, Row]] = []
        self.passages: dict[str, list[Row]] = {}
        self.dropped = 0
        self.left_out: list[LeftOut] = []
        self.engine_s = 0.0


def _any_word(engine: Engine, ask: Ask, asset_ids: Sequence[str]) -> Callable[[], Passages]:
    return lambda: engine.passages(ask, OFFERED, asset_ids, any_word=True)


def _is_little(total: int, ask: Ask) -> bool:
    """So little that a word may have been mistyped."""
    return total < TYPOS_BELOW and ask.query.tree is not None


def _key(passage: PassageId) -> str:
    return f"{passage.asset_id}:{passage.number}"


def _next(ranked: Sequence[Fused], position: int, typos: int, search: Search) -> str | None:
    if position >= len(ranked) or position == 0:
        return None
    return cursor.encode(Cursor(position, ranked[position - 1].id, typos), search.key)


def _took(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 1)
