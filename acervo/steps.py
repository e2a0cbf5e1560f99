"""From the last finished step to `ready`: one place, under a lock on the asset's row.

Whoever finishes or fails a job calls `settle` in the same transaction. Two jobs that end at the same moment queue up for the
row, so exactly one of them sees that everything is done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from acervo.assets import Kind, Status, required_steps

if TYPE_CHECKING:
    from acervo.function import Work


def settle(work: Work, asset_id: str) -> Status:
    """Make a `processing` asset `ready` (or `error`) when its required jobs say so; its status afterwards."""
    from acervo.database import query

    asset = query.lock_asset(work.connection, asset_id=asset_id)
    status = Status(asset["status"])
    if status not in (Status.PROCESSING, Status.ERROR):
        return status
    jobs = {job["kind"]: job for job in query.latest_jobs(work.connection, asset_id=asset_id)}
    steps = required_steps(Kind(asset["kind"]), has_audio=bool(asset["technical"].get("audio")))
    failed = [jobs[step] for step in steps if step in jobs and jobs[step]["state"] in ("failed", "cancelled")]
    if failed:
        reason = f"{failed[0]['kind']}: {failed[0]['reason'] or failed[0]['state']}"
        if status is not Status.ERROR:
            query.set_status(
                work.connection,
                asset_id=asset_id,
                status=Status.ERROR,
                reason_code=failed[0]["reason_code"] or "cancelled",
                reason=reason,
            )
            work.say(
                "acervo.asset.changed.v1",
                asset_id,
                {"asset_id": asset_id, "project_id": asset["project_id"], "status": "error"},
            )
        return Status.ERROR
    if all(step in jobs and jobs[step]["state"] == "done" for step in steps):
        query.set_status(
            work.connection, asset_id=asset_id, status=Status.READY, reason_code=None, reason=None
        )
        work.say(
            "acervo.asset.ready.v1",
            asset_id,
            {"asset_id": asset_id, "project_id": asset["project_id"], "kind": asset["kind"]},
        )
        return Status.READY
    if status is Status.ERROR:  # the failed step runs again
        query.set_status(
            work.connection, asset_id=asset_id, status=Status.PROCESSING, reason_code=None, reason=None
        )
    return Status.PROCESSING
