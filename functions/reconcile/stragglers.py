"""Films that one slow node holds up, and renditions that the store's lifecycle has deleted."""

from __future__ import annotations

from acervo import orders
from acervo.database import query
from acervo.function import Call

SLOW_S, SLOW_TIMES = (
    60.0,
    2.0,
)  # a chunk is slow after this long, and after so many times the longest of the others
PAGE = 100


def give_to_a_second(call: Call) -> int:
    """A job's last chunk that takes much longer than the others did: another instance may begin it too, the first result wins."""
    with call.change() as work:
        rows = list(query.want_rivals(work.connection, slow_s=SLOW_S, slow_times=SLOW_TIMES, limit=PAGE))
        for row in rows:
            lane = {"lane": orders.LANE} if row["kind"] == orders.KIND else {}
            data = {"asset_id": str(row["asset_id"]), "job_id": str(row["job_id"]), "number": row["number"]}
            work.say(
                "acervo.chunk.requested.v1", str(row["asset_id"]), data, f"rival:{row['job_id']}:{row['number']}", lane
            )  # fmt: skip
        return len(rows)


def expire_renditions(call: Call) -> int:
    """The lifecycle of buckets tells nobody what it deletes: the rows say so by their age, and an order makes them again."""
    with call.database.transaction() as connection:
        rows = list(query.expire_renditions(connection, limit=PAGE))
        query.drop_old_orders(connection, limit=PAGE)
        return len(rows)
