"""Passages: what was said, at which second, with what was said before and after it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from functions.search import answers, cursor
from functions.search.asking import Asking, Search, is_little, next_cursor, took_ms
from functions.search.cursor import WINDOW
from functions.search.engine import Ask, Engine, Offer, PassageId, Passages, Scope
from functions.search.fusion import Fused
from functions.search.highlights import Matcher
from functions.search.legs import FUSED
from functions.search.waiting import LeftOut


class PassageSearch:
    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def answer(self, scope: Scope, search: Search) -> dict[str, Any]:
        """
        Raises:
            cursor.InvalidCursor, rows.TooManyMembers
            Transient: PostgreSQL is away.
        """
        started = time.monotonic()
        place = cursor.decode(search.cursor, search.key) if search.cursor else None
        meant = self._asking.meant(scope, search)
        lead = self._asking.legs.lead() if meant is not None else None
        if meant is None or lead is None:
            return self._asking.nothing(started, search, facets=False)
        ask = Ask(meant, scope, place.typos if place else 0)
        needed = (place.offset if place else 0) + search.limit + 1
        found, left_out = self._passages(lead, ask, search, needed)
        if place is None and is_little(found.total, ask):
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
            "took_ms": took_ms(started),
            "next": next_cursor(ranked, position, ask.typos, search),
        }

    def _passages(
        self, lead: Engine, ask: Ask, search: Search, needed: int
    ) -> tuple[Passages, list[LeftOut]]:
        """The list is the same however many of it are `needed`."""
        if Offer.PASSAGES not in lead.offers:
            return Passages([], 0), [LeftOut(lead.name, "passages", "not-offered")]
        waiting = self._asking.waiting()
        among = [search.asset_id] if search.asset_id else None
        window = FUSED if needed <= FUSED else WINDOW
        call = waiting.start(lead.name, "passages", lambda: lead.passages(ask, window, among))
        return waiting.result(call, Passages([], 0)), waiting.left_out

    def _segment_hits(
        self, scope: Scope, wanted: Sequence[PassageId], matcher: Matcher, engine: str
    ) -> list[dict[str, Any]]:
        around = [p._replace(number=p.number + step) for p in wanted for step in (-1, 0, 1)]
        assets, texts = self._asking.rows.shown(scope, list({p.asset_id for p in wanted}), around)
        now = datetime.now(UTC)
        return [
            answers.segment_hit(
                assets[p.asset_id], texts[(p.asset_id, p.number)], texts.get((p.asset_id, p.number - 1)),
                texts.get((p.asset_id, p.number + 1)), p.score, matcher, engine, now,
            )
            for p in wanted if (p.asset_id, p.number) in texts
        ]  # fmt: skip


def _key(passage: PassageId) -> str:
    return f"{passage.asset_id}:{passage.number}"
