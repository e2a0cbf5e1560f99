"""Masters are read again on a schedule: their bytes must still have the SHA-256 they came with. SPEC 3.

A mismatch is an alarm: an event, a row in the audit log, a line in the log. Nothing is ever overwritten.
A tick verifies for `FIXITY_BUDGET_S`; a master too large for one tick is verified by `python -m functions.reconcile.fixity`.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import time
from typing import Any

from acervo.database import as_json, query
from acervo.function import Call, Resources
from acervo.objects import NotFound

log = logging.getLogger(__name__)
PAGE = 50
ASSUMED_BYTES_A_SECOND = 50_000_000


def verify(call: Call) -> int:
    """Verify the masters that have waited longest, while the tick's budget lasts; how many were read."""
    until = time.monotonic() + call.settings.fixity_budget_s
    largest = call.settings.fixity_budget_s * ASSUMED_BYTES_A_SECOND
    with call.database.transaction() as connection:
        rows = list(
            query.masters_to_verify(
                connection, older_days=call.settings.fixity_days, largest_bytes=largest, limit=PAGE
            )
        )
    count = 0
    for row in rows:
        if time.monotonic() + row["size_bytes"] / ASSUMED_BYTES_A_SECOND > until:
            break
        verify_one(call, row)
        count += 1
    return count


def verify_one(call: Call, row: dict[str, Any]) -> bool:
    """Whether this master's bytes are still its own; records the answer."""
    found = _sha256(call, row["master_key"])
    with call.change() as work:
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


def _sha256(call: Call, key: str) -> str | None:
    digest = hashlib.sha256()
    try:
        for part in call.objects.stream(call.objects.archive, key):
            digest.update(part)
    except NotFound:
        return None
    return digest.hexdigest()


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
