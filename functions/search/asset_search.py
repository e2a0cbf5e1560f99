"""Assets: every leg is asked and fused, every id looked up in PostgreSQL, and each hit says why it is one, and at which second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from functions.search import answers, cursor
from functions.search.asking import Asking, Search, is_little, next_cursor, took_ms
from functions.search.engine import Ask, Engine, Offer, Order, PassageId, Passages, Scope
from functions.search.fusion import Fused
from functions.search.highlights import Matcher
from functions.search.legs import Ranked, below, best_of
from functions.search.query_tree import Phrase, Word, words_of
from functions.search.rows import Row
from functions.search.waiting import LeftOut

PASSAGES_EACH = 3
OFFERED = 300  # passages to choose them from
ROUNDS = 4  # of looking up ids until a page is full


class AssetSearch:
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
            return self._asking.nothing(started, search, facets=True)
        ask = Ask(meant, scope, order=search.order)
        needed = (place.offset if place else 0) + search.limit + 1
        ranked = self._asking.legs.ask(lead, ask, needed, search.facets)
        typos = place.typos if place else (1 if ranked.total else 2) if is_little(ranked.total, ask) else 0
        if typos:
            forgiving = replace(ask, typos=typos)
            relaxed = self._asking.legs.ask(lead, forgiving, needed, search.facets)
            if place or relaxed.total > ranked.total:
                ask, ranked = forgiving, below(ranked, relaxed)
        position = place.position([fused.id for fused in ranked.hits]) if place else 0
        page = self._page(lead, ask, ranked, position, search.limit)
        matcher = Matcher.of(ask.query.tree, ask.typos)
        now = datetime.now(UTC)
        hits = [
            answers.hit(
                row,
                fused,
                matcher,
                page.passages.get(fused.id, ()),
                lead.name,
                now,
                ranked.seen.get(fused.id),
            )
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
            "took_ms": took_ms(started),
            "engine_ms": round((ranked.engine_s + page.engine_s) * 1000, 1),
            "next": next_cursor(ranked.hits, page.position, ask.typos, search),
        }

    def _page(self, lead: Engine, ask: Ask, ranked: Ranked, position: int, limit: int) -> _Page:
        """Rows and passages from `position` on until the page is full."""
        page = _Page(position)
        for _ in range(ROUNDS):
            wanted = ranked.hits[page.position : page.position + limit - len(page.found)]
            if not wanted:
                break
            ids = [fused.id for fused in wanted]
            best = self._passages_of(lead, ask, ranked, ids, page)
            rows, texts = self._asking.rows.shown(ask.scope, ids, _each(best.values()))
            page.found += [(fused, rows[fused.id]) for fused in wanted if fused.id in rows]
            page.dropped += len(ids) - len(rows)
            page.position += len(wanted)
            for id_, some in best.items():
                page.passages[id_] = [texts[key] for p in some if (key := (id_, p.number)) in texts]
        return page

    def _passages_of(
        self, lead: Engine, ask: Ask, ranked: Ranked, asset_ids: Sequence[str], page: _Page
    ) -> Mapping[str, list[PassageId]]:
        """Up to PASSAGES_EACH of each asset, best first: known when the leg of passages has them all, asked for otherwise."""
        if ask.query.tree is None or Offer.PASSAGES not in lead.offers:
            return {}
        spoken = ranked.spoken
        if (
            _is_finished(words_of(ask.query.tree))
            and ask.order is Order.RELEVANCE
            and spoken.total == len(spoken.ids)
        ):
            wanted = set(asset_ids)
            return {id_: some for id_, some in best_of(spoken, PASSAGES_EACH).items() if id_ in wanted}
        return self._asked_passages(lead, ask, asset_ids, page)

    def _asked_passages(
        self, lead: Engine, ask: Ask, asset_ids: Sequence[str], page: _Page
    ) -> Mapping[str, list[PassageId]]:
        """Asked once more where a long film has taken all the places."""
        waiting = self._asking.waiting()
        found: Passages = waiting.result(
            waiting.start(lead.name, "passages", _any_word(lead, ask, asset_ids)), Passages([], 0)
        )
        best = best_of(found, PASSAGES_EACH)
        missing = [id_ for id_ in asset_ids if id_ not in best]
        if missing and found.total > len(found.ids):
            call = waiting.start(lead.name, "passages", _any_word(lead, ask, missing))
            best |= best_of(waiting.result(call, Passages([], 0)), PASSAGES_EACH)
        page.left_out += waiting.left_out
        page.engine_s += waiting.waited_s
        return best


class _Page:
    """A page while it fills: `position` is the first one not looked at."""

    def __init__(self, position: int) -> None:
        self.position = position
        self.found: list[tuple[Fused, Row]] = []
        self.passages: dict[str, list[Row]] = {}
        self.dropped = 0
        self.left_out: list[LeftOut] = []
        self.engine_s = 0.0


def _is_finished(words: Sequence[Word | Phrase]) -> bool:
    """Whether the leg of passages asked for nothing but this one."""
    return len(words) == 1 and not (isinstance(words[0], Word) and words[0].prefix)


def _each(best: Iterable[Sequence[PassageId]]) -> list[PassageId]:
    return [passage for some in best for passage in some]


def _any_word(engine: Engine, ask: Ask, asset_ids: Sequence[str]) -> Callable[[], Passages]:
    return lambda: engine.passages(ask, OFFERED, asset_ids, any_word=True)
