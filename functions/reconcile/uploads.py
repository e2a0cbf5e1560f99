"""Uploads that no event announced, and uploads that nobody will finish."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from itertools import islice

from acervo import outbox
from acervo.database import query
from acervo.function import Call
from functions.reconcile.steps import due
from rgw.sweep import sweep

PAGE = 200


def announce_unannounced(call: Call) -> int:
    """Objects under `uploads/` that are still there after a while: say what the gateway should have said."""
    objects = call.objects

    def settled(keys: list[str]) -> Collection[str]:
        with call.database.transaction() as connection:
            return {row["upload_key"] for row in query.settled_uploads(connection, keys=keys)}

    found = list(
        islice(
            sweep(
                objects.client,
                objects.archive,
                settled,
                datetime.now(UTC),
                grace=timedelta(seconds=call.settings.grace_s),
            ),
            PAGE,
        )
    )
    with call.change() as work:
        dead = {
            row["event_id"] for row in query.dead_events(work.connection, ids=[event.id for event in found])
        }
        count = 0
        for event in found:
            if event.id not in dead and due(call, work, f"upload:{event.subject}"):
                work.positions.append(outbox.say(work.connection, event))
                count += 1
        return count


def close_abandoned(call: Call) -> int:
    """Uploads that were begun and never finished: free their parts, close their rows."""
    with call.change() as work:
        rows = list(
            query.abandoned_uploads(work.connection, older_days=call.settings.abandoned_days, limit=PAGE)
        )
        for row in rows:
            if row["upload_id"]:
                call.objects.abort_multipart(call.objects.archive, row["upload_key"], row["upload_id"])
            reason = f"nothing was received for {call.settings.abandoned_days} days"
            query.set_status(
                work.connection, asset_id=row["id"], status="rejected", reason_code="abandoned", reason=reason
            )
            data = {
                "asset_id": str(row["id"]),
                "project_id": row["project_id"],
                "code": "abandoned",
                "reason": reason,
            }
            work.say("acervo.asset.rejected.v1", str(row["id"]), data)
        return len(rows)
