"""Steps, chunks and assemblies whose event never arrived, or whose worker never came back."""

from __future__ import annotations

from typing import Any

from acervo import orders, steps
from acervo.database import query
from acervo.function import Call, Work

PAGE = 200
ENRICHMENTS = ("speech", "frames", "objects", "ocr", "embed", "names", "speakers", "pictures")
REQUEST_OF = {
    "transcode": "acervo.chunk.requested.v1",
    "ondemand": "acervo.chunk.requested.v1",
    **dict.fromkeys(ENRICHMENTS, "acervo.enrichment.requested.v1"),
}


def restart_lost_steps(call: Call) -> int:
    """Assets that are `processing` while a required step has no job: say again that they are ingested."""
    with call.change() as work:
        count = 0
        for row in query.assets_without_step(work.connection, older_s=call.settings.grace_s, limit=PAGE):
            if not due(call, work, f"asset:{row['id']}:{row['step']}"):
                continue
            work.say("acervo.asset.ingested.v1", str(row["id"]), ingested(row), what=row["step"])
            count += 1
        return count


def ingested(row: dict[str, Any]) -> dict[str, Any]:
    """The data of `acervo.asset.ingested.v1` from an asset's row."""
    return {
        "asset_id": str(row["id"]),
        "project_id": row["project_id"],
        "kind": row["kind"],
        "sha256": row["sha256"],
        "master_key": row["master_key"],
        "mime_type": row["mime_type"],
        "size_bytes": row["size_bytes"],
        "has_audio": bool(row["technical"].get("audio")),
        "duration_s": row["technical"].get("duration_s"),
    }


def restart_lost_chunks(call: Call) -> int:
    """Chunks that nobody holds and that nothing has happened to: ask for them again."""
    with call.change() as work:
        count = 0
        for row in query.lost_chunks(work.connection, older_s=call.settings.grace_s, limit=PAGE):
            type_ = REQUEST_OF.get(row["kind"])
            if type_ is None or not due(call, work, f"chunk:{row['job_id']}:{row['number']}"):
                continue
            data = {"asset_id": str(row["asset_id"]), "job_id": str(row["job_id"]), "number": row["number"]}
            attributes = {}
            if row["kind"] == orders.KIND:  # triggers filter by the attribute
                attributes["lane"] = orders.LANE
            elif row["kind"] != "transcode":
                data["step"] = attributes["step"] = row["kind"]
            work.say(
                type_, str(row["asset_id"]), data,
                what=f"{row['job_id']}:{row['number']}", extensions=attributes,
            )  # fmt: skip
            count += 1
        return count


def assemble_what_is_encoded(call: Call) -> int:
    """Jobs whose chunks are all there, but nobody put them together."""
    with call.change() as work:
        count = 0
        for row in query.unassembled_jobs(work.connection, older_s=call.settings.grace_s, limit=PAGE):
            if not due(call, work, f"job:{row['id']}"):
                continue
            data = {"asset_id": str(row["asset_id"]), "job_id": str(row["id"])}
            work.say("acervo.job.encoded.v1", str(row["asset_id"]), data, what=str(row["id"]))
            count += 1
        return count


def end_cancelled(call: Call) -> int:
    """Jobs that were asked to stop and that nobody works on any more."""
    with call.change() as work:
        rows = list(query.cancelled_jobs(work.connection, limit=PAGE))
        for row in rows:
            query.set_job_state(
                work.connection,
                job_id=row["id"],
                state="cancelled",
                reason_code="cancelled",
                reason="cancelled by a person",
            )
            query.drop_chunks(work.connection, job_id=row["id"])
            steps.settle(work, str(row["asset_id"]))
        return len(rows)


def due(call: Call, work: Work, what: str) -> bool:
    """Whether to ask for this again now; each asking doubles the wait before the next."""
    return query.nudge(work.connection, what=what, grace_s=call.settings.grace_s) is not None
