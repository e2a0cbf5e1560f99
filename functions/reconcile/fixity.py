"""Masters are read again on a schedule: their bytes must still have the SHA-256 they came with. SPEC 3.

A mismatch is an alarm: an event, a row in the audit log, a line in the log. Nothing is ever overwritten.
A tick verifies for `FIXITY_BUDGET_S`; a master too large for what is left of it is gone on with by the ticks to come (`hash_progress`).
`python -m functions.reconcile.fixity ASSET` verifies one at once.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from typing import Any

from acervo import sha256
from acervo.database import as_json, query
from acervo.digest import OutOfTime, Reached, sha256_of
from acervo.errors import Transient
from acervo.function import Call, Resources
from acervo.objects import NotFound, Stored

log = logging.getLogger(__name__)
PAGE = 50
HOLDS_S, URL_S = 90.0, 24 * 3600


def verify(call: Call) -> int:
    """Verify the masters that have waited longest, while the tick's budget lasts; how many are done.

    Raises:
        Transient: one of them, or the database, cannot be read; the others are looked at all the same.
    """
    until = time.monotonic() + call.settings.fixity_budget_s
    with call.database.transaction() as connection:
        rows = list(query.masters_to_verify(connection, older_days=call.settings.fixity_days, limit=PAGE))
    count, faults = 0, []
    for number, row in enumerate(rows):
        if number and time.monotonic() >= until:
            break
        try:
            count += verify_one(call, row, until) is not None
        except Transient as fault:  # one that cannot be read now hides no other; raised below
            log.warning("master %s: %s", row["master_key"], fault.reason)
            faults.append(fault)
    if faults:
        raise faults[0]
    return count


def verify_one(call: Call, row: dict[str, Any], until: float | None = None) -> bool | None:
    """Whether this master's bytes are still its own, and records the answer; None: it goes on at the next tick, or elsewhere."""
    try:
        found = _sha256(call, row, until)
    except OutOfTime:
        return None
    except _HeldElsewhere:
        return None
    with call.change() as work:
        query.forget_hash(work.connection, asset_id=row["id"])
        query.verified(work.connection, asset_id=row["id"])
        if found == row["sha256"]:
            return True
        log.critical("master %s has SHA-256 %s instead of %s", row["master_key"], found, row["sha256"])
        detail = {"key": row["master_key"], "expected": row["sha256"], "found": found}
        query.put_audit(
            work.connection, who="system:fixity", what="verify", asset_id=row["id"], project_id=row["project_id"],
            from_where=None, result="corrupted", detail=as_json(detail),
        )  # fmt: skip
        data = {
            "asset_id": str(row["id"]),
            "project_id": row["project_id"],
            "expected": row["sha256"],
            "found": found,
        }
        work.say("acervo.asset.corrupted.v1", str(row["id"]), data)
        return False


class _HeldElsewhere(Exception):
    """Another tick is at it."""


def _sha256(call: Call, row: dict[str, Any], until: float | None) -> str | None:
    """None: there is no such object."""
    archive, key = call.objects.archive, row["master_key"]
    try:
        stored = call.objects.head(archive, key)
    except NotFound:
        return None
    url = call.objects.presign_internal_get(archive, key, URL_S)
    if until is None or call.event is None or not sha256.resumable():
        return sha256_of(url, stored.size, stored.etag)
    holder = f"{call.event.source} {call.event.id}"
    since = _hold(call, row, stored, holder)

    def remember(reached: Reached, holds_s: float = HOLDS_S) -> None:
        with call.database.transaction() as connection:
            kept = query.keep_hash(
                connection, asset_id=row["id"], holder=holder, offset_bytes=reached.offset, state=reached.state, holds_s=holds_s
            )  # fmt: skip
        if not kept:
            raise _HeldElsewhere

    try:
        return sha256_of(url, stored.size, stored.etag, since, until, remember)
    except OutOfTime as stopped:
        remember(stopped.reached, 0)
        raise


def _hold(call: Call, row: dict[str, Any], stored: Stored, holder: str) -> Reached | None:
    with call.database.transaction() as connection:
        held = query.hold_hash(
            connection, asset_id=row["id"], etag=stored.etag, size_bytes=stored.size, holder=holder, holds_s=HOLDS_S
        )  # fmt: skip
    if held is None:
        raise _HeldElsewhere
    return Reached(held["offset_bytes"], bytes(held["state"])) if held["state"] else None


def _one(asset_id: str) -> int:
    from functions.reconcile.main import Settings

    call = Call(None, "reconcile", Resources(Settings, os.environ))
    with call.database.transaction() as connection:
        row = query.get_asset(connection, asset_id=asset_id)
    if row is None or row["master_key"] is None:
        sys.stderr.write(f"{asset_id} has no master\n")
        return 2
    intact = verify_one(call, row)
    sys.stdout.write(f"{asset_id} {'is intact' if intact else 'IS CORRUPTED'}\n")
    return 0 if intact else 1


if __name__ == "__main__":
    raise SystemExit(_one(sys.argv[1]))
