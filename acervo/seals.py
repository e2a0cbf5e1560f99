"""The chain of the audit log: made by reconcile's tick, checked by `acervo audit verify` (migration 0006 has the tables).

A seal is SHA-256 over the seal before it and its rows, in the order of their numbers. Writing a row waits for no other; once a minute
the sealer waits for those who write at that moment (a row that commits late must not get behind a seal). What is younger than the last
seal is guarded by the trigger and by privileges only.
Whoever owns the database can make a whole new chain: the last seal has to be noted elsewhere to show that.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from acervo.database import Connection, query

if TYPE_CHECKING:
    from acervo.database import Database

ROWS_A_SEAL, MOST_SEALS, PAGE, BUDGET_S = 5000, 50, 100, 20.0


def seal(database: Database) -> int:
    """Seal what is not sealed yet, at most 250,000 rows; how many rows were.

    Raises:
        Transient: somebody held a row back for too long (tried again with the next tick).
    """
    with database.transaction() as connection:
        connection.execute("set local lock_timeout = '2s'")
        connection.execute("lock table audit_log in share mode")
        horizon = query.audit_horizon(connection)
    with database.transaction() as connection:
        query.lock_seals(connection)
        last = query.last_seal(connection)
        number, start, before = (last["number"], last["to_id"] + 1, last["hash"]) if last else (0, 1, b"")
        total = 0
        for _ in range(MOST_SEALS):
            end = query.seal_end(connection, from_id=start, horizon=horizon, limit=ROWS_A_SEAL)
            if end is None:
                break
            made = query.put_seal(connection, number=number + 1, from_id=start, to_id=end, before=before)
            number, start, before, total = made["number"], end + 1, made["hash"], total + made["row_count"]
        return total


@dataclass(frozen=True)
class Verdict:
    """`number` and `head` are of the last seal that was looked at; `more` says that the time was up before the end."""

    rows: int
    seals: int
    number: int
    head: str | None
    broken: int | None
    fault: str
    more: bool


def verify(database: Database, after: int = 0) -> Verdict:
    """Make every seal after number `after` again, for at most 20 seconds. The first one that differs ends it."""
    ends_at = time.monotonic() + BUDGET_S
    rows = count = 0
    with database.transaction() as connection:
        last = _seal(connection, after)
    before, end, number = (last["hash"], last["to_id"], after) if last else (b"", 0, 0)
    while time.monotonic() < ends_at:
        with database.transaction() as connection:
            page = list(query.seals_after(connection, number=number, limit=PAGE))
            for known in page:
                fault = _fault(connection, known, number, end, before)
                if fault:
                    return Verdict(rows, count, number, _hex(before), known["number"], fault, False)
                number, end, before = known["number"], known["to_id"], known["hash"]
                rows, count = rows + known["row_count"], count + 1
        if len(page) < PAGE:
            return Verdict(rows, count, number, _hex(before), None, "", False)
    return Verdict(rows, count, number, _hex(before), None, "", True)


def contains(database: Database, head: str) -> bool:
    """Whether a seal that was noted elsewhere is one of the chain."""
    with database.transaction() as connection:
        return bool(query.has_seal(connection, hash=bytes.fromhex(head)))


def _seal(connection: Connection, number: int) -> dict[str, Any] | None:
    return next(iter(query.seals_after(connection, number=number - 1, limit=1)), None) if number else None


def _fault(connection: Connection, known: dict[str, Any], number: int, end: int, before: bytes) -> str:
    if known["number"] != number + 1 or known["from_id"] != end + 1:
        return "a seal is missing"
    again = query.seal_again(connection, before=before, from_id=known["from_id"], to_id=known["to_id"])
    if again["row_count"] != known["row_count"]:
        return f"it sealed {known['row_count']} rows, now there are {again['row_count']}"
    return "" if bytes(again["hash"]) == bytes(known["hash"]) else "its rows are not what they were"


def _hex(before: bytes) -> str | None:
    return bytes(before).hex() or None
