"""More like this: by telling words of an asset (`like`), and by what its vectors are near to."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from functions.search import answers
from functions.search.asking import Asking, took_ms
from functions.search.documents import asset_document
from functions.search.engine import Ask, Offer, Scope
from functions.search.fusion import fuse
from functions.search.highlights import Matcher
from functions.search.like import like


class Likeness:
    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def answer(self, scope: Scope, asset_id: str, limit: int) -> dict[str, Any] | None:
        """Assets that are about the same, without itself; None when the caller may not see it.

        Raises:
            Transient: PostgreSQL is away.
        """
        started = time.monotonic()
        row = self._asking.rows.itself(scope, asset_id) if scope != frozenset() else None
        if row is None:
            return None
        lead = next((e for e in self._asking.engines if Offer.TREES in e.offers and e.ready()), None)
        about = like(asset_document(row))
        legs, left_out = self._asking.legs.like(lead, Ask(about, scope), asset_id)
        ranked = [fused for fused in fuse(legs) if fused.id != asset_id][: limit * 2]
        rows = self._asking.rows.visible(scope, [fused.id for fused in ranked])
        matcher = Matcher.of(about.tree)
        now = datetime.now(UTC)
        hits = [answers.hit(rows[f.id], f, matcher, (), "", now) for f in ranked if f.id in rows][:limit]
        return {
            "hits": hits, "partial": bool(left_out), "left_out": answers.left_out(left_out),
            "index": self._asking.state(), "took_ms": took_ms(started),
        }  # fmt: skip
