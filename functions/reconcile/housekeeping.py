"""The outbox's sweeper, and the tables that would grow for ever."""

from __future__ import annotations

from acervo.database import query
from acervo.function import Call

SEND_PAGE, MOST_PAGES = 200, 50
PRUNE_PAGE = 5000
OUTBOX_DAYS, INBOX_DAYS, NUDGE_DAYS, IDEMPOTENCY_DAYS = 7, 30, 7, 2


def send_unsent(call: Call) -> int:
    """Events that were committed, but that the broker has not taken yet."""
    sender = call.resources.sender
    if sender is None:
        return 0
    total = 0
    for _ in range(MOST_PAGES):
        sent = sender.sweep(call.database, SEND_PAGE)
        total += sent
        if sent < SEND_PAGE:
            break
    return total


def prune(call: Call) -> int:
    """Forget what nobody will ask for again, a page a tick: a tick stays short however much there is."""
    with call.database.transaction() as connection:
        return int(
            query.prune_outbox(connection, keep_days=OUTBOX_DAYS, limit=PRUNE_PAGE)
            + query.prune_inbox(connection, keep_days=INBOX_DAYS, limit=PRUNE_PAGE)
            + query.prune_nudges(connection, keep_days=NUDGE_DAYS, limit=PRUNE_PAGE)
            + query.prune_idempotency(connection, keep_days=IDEMPOTENCY_DAYS, limit=PRUNE_PAGE)
        )
