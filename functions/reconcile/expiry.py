"""Rights that begin or end by themselves: at the moment an embargo or a term is over, the asset changed, and everybody hears it.

Search, pages and publications then look at the rights again as they do after an edit. Each moment is said once: it is taken in the
transaction that says it. Deleted assets are silent.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from acervo import rights
from acervo.database import as_json, query
from acervo.function import Call

PAGE, MOST_PAGES = 200, 10
BEFORE = timedelta(microseconds=1)


def say_changed_rights(call: Call) -> int:
    """What is due now, some pages of it: the tick comes again."""
    total = 0
    for _ in range(MOST_PAGES):
        count = _page(call)
        total += count
        if count < PAGE:
            break
    return total


def _page(call: Call) -> int:
    now = datetime.now(UTC)
    with call.change() as work:
        rows = list(query.take_due_rights(work.connection, limit=PAGE))
        for row in rows:
            if row["status"] == "deleted":
                continue
            asset_id = str(row["id"])
            detail = {
                "due_at": row["at"].isoformat(),
                "was": rights.flags(row["rights"], row["at"] - BEFORE),
                "is": rights.flags(row["rights"], max(now, row["at"])),
            }
            query.put_audit(
                work.connection, who="system:rights", what="rights.change", asset_id=asset_id, project_id=row["project_id"],
                from_where=None, result="done", detail=as_json(detail),
            )  # fmt: skip
            data = {"asset_id": asset_id, "project_id": row["project_id"], "status": row["status"]}
            work.say("acervo.asset.changed.v1", asset_id, data, what=f"rights {row['version']}")
    return len(rows)
