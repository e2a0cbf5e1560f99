"""Rows that wait to be sent: taken under a lease, sent without a transaction, settled in another."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from acervo import signatures
from acervo.database import as_json, query
from acervo.function import Call
from functions.webhook.sending import GONE, Answer, Sending

log = logging.getLogger(__name__)
LEASE_S, PAGE, EACH, BUDGET_S = 60, 100, 10, 45.0
THREADS, RATE_WAIT_S = 8, 15.0
FIRST_S, MOST_S, ATTEMPTS = 5.0, 6 * 3600.0, 16  # together a little more than two days
DISABLE_AFTER, DISABLE_S = 20, 24 * 3600.0  # failures in a row, for so long
KEPT_DAYS, PRUNE_PAGE, ASK_PAGE = 14, 5000, 20


def again_s(attempts: int) -> float:
    """How long to wait after so many attempts: 5 s, then three times as long each time, six hours at most."""
    return min(MOST_S, FIRST_S * 3.0 ** (attempts - 1))


def send(call: Call, sending: Sending, ids: list[int]) -> int:
    """Send these rows now; how many were taken."""
    return _send(call, sending, ids, each=len(ids))


def send_due(call: Call, sending: Sending) -> int:
    """Send what is due, some of every address at a time, until the time of a tick is used up."""
    ends_at, total = time.monotonic() + BUDGET_S, 0
    while time.monotonic() < ends_at:
        sent = _send(call, sending, None, each=EACH)
        total += sent
        if not sent:
            break
    return total


def _send(call: Call, sending: Sending, ids: list[int] | None, each: int) -> int:
    with call.database.transaction() as connection:
        rows = list(query.take_deliveries(connection, ids=ids, lease_s=LEASE_S, each=each, limit=PAGE))
    by_webhook: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["id"]):
        by_webhook[row["webhook_id"]].append(row)
    if len(by_webhook) == 1:
        _send_all(call, sending, rows)
    elif by_webhook:
        with ThreadPoolExecutor(min(THREADS, len(by_webhook))) as threads:
            list(threads.map(lambda some: _send_all(call, sending, some), by_webhook.values()))
    return len(rows)


def _send_all(call: Call, sending: Sending, rows: list[dict[str, Any]]) -> None:
    """One address's rows, in their order. After a failure the others wait as long as the one that failed."""
    ends_at, failed_s = time.monotonic() + LEASE_S / 2, None
    for row in rows:
        wait_s = failed_s
        if wait_s is None and time.monotonic() > ends_at:
            wait_s = 0.0
        if wait_s is None and row["rate_a_minute"] is not None and _is_full(call, row):
            wait_s = RATE_WAIT_S
        if wait_s is not None:
            with call.database.transaction() as connection:
                query.give_back_delivery(connection, delivery_id=row["id"], again_s=wait_s)
            continue
        key = signatures.webhook_key(call.settings.stream_secret, str(row["webhook_id"]), row["key_number"])
        answer = sending.send(row["url"], key, str(row["webhook_id"]), row["event"])
        _settle(call, row, answer)
        if not answer.ok and not answer.never:
            failed_s = max(answer.retry_after_s or 0, again_s(row["attempts"]))


def _is_full(call: Call, row: dict[str, Any]) -> bool:
    """Whether the address has had as many requests in this minute as it allows."""
    with call.database.transaction() as connection:
        return bool(query.sent_last_minute(connection, webhook_id=row["webhook_id"]) >= row["rate_a_minute"])


def _settle(call: Call, row: dict[str, Any], answer: Answer) -> None:
    done = answer.ok
    dead = not done and (answer.never or row["attempts"] >= ATTEMPTS)
    with call.database.transaction() as connection:
        query.end_delivery(
            connection, delivery_id=row["id"], state="done" if done else "dead" if dead else "waiting", status=answer.status,
            reason=answer.reason, again_s=max(answer.retry_after_s or 0, 0.0 if done else again_s(row["attempts"])),
        )  # fmt: skip
        if done:
            query.webhook_answered(connection, webhook_id=row["webhook_id"])
            return
        state = query.webhook_failed(connection, webhook_id=row["webhook_id"])
        worn_out = (
            state is not None and state["failures"] >= DISABLE_AFTER and state["failing_s"] >= DISABLE_S
        )
        if state is not None and (worn_out or answer.status == GONE):
            notice = "it says that it is gone (410)" if answer.status == GONE else f"it failed {state['failures']} times in a row, for a day: {answer.reason}"  # fmt: skip
            if query.disable_webhook(connection, webhook_id=row["webhook_id"], notice=notice) is not None:
                log.warning("webhook %s (%s) is switched off: %s", row["webhook_id"], state["name"], notice)
                query.put_audit(
                    connection, who="webhook", what="webhook.disabled", asset_id=None, project_id=state["project_id"], from_where=None,
                    result="done", detail=as_json({"webhook_id": str(row["webhook_id"]), "notice": notice}),
                )  # fmt: skip


def ask_pending(call: Call, sending: Sending) -> int:
    """Ask addresses that have not agreed yet."""
    with call.database.transaction() as connection:
        rows = list(query.webhooks_to_ask(connection, limit=ASK_PAGE))
        for row in rows:  # noted before it is asked: two ticks do not ask at once
            query.asked_webhook(
                connection, webhook_id=row["id"], state="pending", notice=row["notice"], rate_a_minute=None
            )
    for row in rows:
        answer = sending.ask(row["url"])
        state = {None: "pending", True: "active", False: "refused"}[answer.agreed]
        with call.database.transaction() as connection:
            query.settle_asked(
                connection, webhook_id=row["id"], url=row["url"], state=state, notice=answer.notice, rate_a_minute=answer.rate_a_minute
            )  # fmt: skip
    return len(rows)


def prune(call: Call) -> int:
    with call.database.transaction() as connection:
        return int(query.prune_deliveries(connection, keep_days=KEPT_DAYS, limit=PRUNE_PAGE))
