"""An asset's end, and its second chance: deleted, run again."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from acervo.access import Action
from acervo.assets import Status
from acervo.database import Row, query
from acervo.problems import Problem
from functions.api import audit
from functions.api.assets import find
from functions.api.editing import check_version, say_changed
from functions.api.endpoint import Ask, Reply, Table
from functions.api.models.platform import Accepted

table = Table("assets")
ARRIVED = "com.amazonaws.ObjectCreated:Put"


@table.delete(
    "/assets/{id}",
    answers={204: None},
    problems=(403, 404, 409, 412),
    headers={"If-Match": "Optional: delete only this version."},
)
def delete(ask: Ask) -> Reply:
    """Delete: the asset is gone from everywhere; its bytes are purged after a grace. What is on hold cannot be deleted."""
    reason = f"deleted by {ask.caller.name}"
    with ask.call.change() as work:
        # jobs first, then the asset's row: the order of a worker that finishes its last part
        query.api_cancel_jobs(
            work.connection, asset_id=find(ask, work.connection, Action.DELETE)["id"], reason=reason
        )
        row = find(ask, work.connection, Action.DELETE, lock=True)
        check_version(ask, row, required=False)
        if row["rights"].get("hold"):
            raise Problem(409, "rights-hold", "the asset is on hold: it must be kept")
        asset_id, project_id = str(row["id"]), row["project_id"]
        query.set_status(
            work.connection, asset_id=asset_id, status="deleted", reason_code="deleted", reason=reason,
        )  # fmt: skip
        audit.write(
            work.connection, ask, "delete", asset_id=asset_id, project_id=project_id, was=row["status"]
        )
        work.say("acervo.asset.deleted.v1", asset_id, {"asset_id": asset_id, "project_id": project_id})
    if row["upload_id"]:
        ask.objects.abort_multipart(ask.objects.archive, row["upload_key"], row["upload_id"])
    elif row["upload_key"] and row["status"] == "rejected":  # bytes that were kept in case we were wrong
        ask.objects.delete(ask.objects.archive, row["upload_key"])
    return Reply(status=204)


@table.post("/assets/{id}/retry", answers={202: Accepted}, problems=(403, 404, 409))
def retry(ask: Ask) -> Reply:
    """Run the failed steps of an asset in `error` again, or look again at a rejected upload whose bytes were kept."""
    with ask.call.change() as work:
        row = find(ask, work.connection, Action.RETRY, lock=True)
        asset_id = str(row["id"])
        if row["status"] == Status.ERROR and row["master_key"]:
            then = Status.PROCESSING
            query.set_status(work.connection, asset_id=asset_id, status=then, reason_code=None, reason=None)
            work.say("acervo.asset.ingested.v1", asset_id, _ingested(row))
        elif row["status"] == Status.REJECTED and row["upload_key"]:
            then = Status.UPLOADING
            query.reset_to_uploading(work.connection, asset_id=asset_id)
            work.say(ARRIVED, quote(row["upload_key"]), _arrived(ask.objects.archive, row), what=asset_id)
        else:
            detail = (
                "its bytes were not kept: upload it again"
                if row["status"] == Status.REJECTED
                else f"it is `{row['status']}`"
            )
            raise Problem(409, "nothing-to-retry", f"this asset cannot be run again: {detail}")
        audit.write(
            work.connection, ask, "retry", asset_id=asset_id, project_id=row["project_id"], was=row["status"]
        )
        say_changed(work, row, then)
    return Reply(Accepted(id=asset_id, status=then), 202)


def _arrived(bucket: str, row: Row) -> dict[str, Any]:
    """The record that the gateway wrote when the object came."""
    described = {"key": row["upload_key"], "size": row["size_bytes"] or 0}
    return {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": bucket}, "object": described}}


def _ingested(row: Row) -> dict[str, Any]:
    """The data that ingest said: the steps that are not failed find their jobs and do nothing."""
    technical = row["technical"]
    names = ("project_id", "kind", "sha256", "master_key", "mime_type", "size_bytes")
    return {
        "asset_id": str(row["id"]),
        **{name: row[name] for name in names},
        "has_audio": bool(technical.get("audio")),
        "duration_s": technical.get("duration_s"),
    }
