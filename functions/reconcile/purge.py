"""The bytes of deleted assets, after a grace: upload, master, renditions, and what was heard and seen in them. What a channel still shows waits until it is taken down.

Of a bucket with versions every version goes. Twice is safe: what is gone is not there any more.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from acervo import seals
from acervo.database import as_json, query
from acervo.function import Call

if TYPE_CHECKING:
    from acervo.objects import Objects

log = logging.getLogger(__name__)
GRACE_DAYS, PAGE, BUDGET_S = 30, 50, 60.0
ANSWER_DAYS, PRUNE_PAGE = 2, 5000
DERIVED = ("proxies", "thumbs", "ondemand", "frames")  # folders of the bucket of proxies


def purge(call: Call) -> int:
    """Delete the bytes of assets that were deleted a while ago, for at most a minute."""
    ends_at, count = time.monotonic() + BUDGET_S, 0
    with call.database.transaction() as connection:
        rows = list(query.assets_to_purge(connection, older_days=GRACE_DAYS, limit=PAGE))
    for row in rows:
        if time.monotonic() > ends_at:
            break
        objects = _delete_each(call.objects, row)
        with call.change() as work:
            if query.mark_purged(work.connection, asset_id=row["id"]) is None:
                continue
            query.forget_renditions(work.connection, asset_id=row["id"])
            query.forget_enrichment(work.connection, asset_id=row["id"])
            query.put_audit(
                work.connection, who="reconcile", what="purge", asset_id=row["id"], project_id=row["project_id"], from_where=None,
                result="done", detail=as_json({"objects": objects}),
            )  # fmt: skip
        count += 1
    return count


def _delete_each(objects: Objects, row: dict[str, Any]) -> int:
    asset_id = row["id"]
    count = objects.purge(objects.archive, f"masters/{asset_id}/")
    if row["upload_key"]:
        count += objects.purge(objects.archive, row["upload_key"], exact=True)
    return count + sum(objects.purge(objects.proxies, f"{kind}/{asset_id}/") for kind in DERIVED)


def seal_audit_log(call: Call) -> int:
    """Put what was noted since the last tick under a seal (acervo/seals.py)."""
    return seals.seal(call.database)


def prune_answers(call: Call) -> int:
    """Forget answers that were kept for a repeated Idempotency-Key."""
    with call.database.transaction() as connection:
        return int(query.prune_answers(connection, keep_days=ANSWER_DAYS, limit=PRUNE_PAGE))
