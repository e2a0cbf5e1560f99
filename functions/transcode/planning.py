"""An ingested asset becomes a job with chunks. A film is looked at in a child process; what cannot be planned fails at once."""

from __future__ import annotations

import uuid
from typing import Any

from acervo import sandbox, steps
from acervo.assets import Status
from acervo.database import as_json, query
from acervo.errors import AlreadyDone, Rejected
from acervo.events import Event
from acervo.function import Call, Work
from functions.transcode import limits, profiles
from functions.transcode.film import parse_film
from functions.transcode.plan import Plan, plan_film, plan_simple

KIND = "transcode"
OVER = ("failed", "cancelled")


def plan_job(event: Event, call: Call) -> None:
    """The job of `acervo.asset.ingested.v1`, unless there is one already.

    Raises:
        Transient: the store or the database is away.
    """
    if call.was_done():
        raise AlreadyDone
    asset_id = event.data["asset_id"]
    with call.database.transaction() as connection:
        asset = query.get_asset(connection, asset_id=asset_id)
        wanted = asset is not None and _is_wanted(
            asset, query.latest_job(connection, asset_id=asset_id, kind=KIND)
        )
    failure: Rejected | None = None
    plan: Plan | None = None
    if wanted:
        try:
            plan = _plan(call, asset)
        except Rejected as fault:
            failure = fault
    with call.commit() as work:
        asset = query.lock_asset(work.connection, asset_id=asset_id)
        if asset is None or not _is_wanted(
            asset, query.latest_job(work.connection, asset_id=asset_id, kind=KIND)
        ):
            return
        if failure is not None:
            _store_failure(work, event, asset, failure)
        elif plan is not None:
            _store(work, event, asset_id, plan)


def _is_wanted(asset: dict[str, Any], latest: dict[str, Any] | None) -> bool:
    return asset["status"] in (Status.PROCESSING, Status.ERROR) and (
        latest is None or latest["state"] in OVER
    )


def _plan(call: Call, asset: dict[str, Any]) -> Plan:
    if asset["kind"] != "video":
        return plan_simple(asset)
    found = sandbox.run(
        "functions.transcode.index:index_film",
        {"source": limits.source(call, asset["master_key"])},
        **limits.sandbox_limits(call.settings),
    )
    return plan_film(asset, parse_film(found["film"]), found["chunks"])


def _store(work: Work, event: Event, asset_id: str, plan: Plan) -> None:
    job_id = query.put_job(
        work.connection, id=uuid.uuid4(), asset_id=asset_id, kind=KIND, state="queued", required=True, spec=as_json(plan.spec),
        chunks_total=len(plan.chunks), cause=event.id,
    )  # fmt: skip
    if job_id is None:
        return
    for number, spec in enumerate(plan.chunks):
        query.put_chunk(work.connection, job_id=job_id, number=number, spec=as_json(spec))
        data = {"asset_id": asset_id, "job_id": str(job_id), "number": number}
        work.say("acervo.chunk.requested.v1", asset_id, data, what=str(number))
    steps.settle(work, asset_id)


def _store_failure(work: Work, event: Event, asset: dict[str, Any], fault: Rejected) -> None:
    """A job that failed before it had chunks, so that the asset says why."""
    job_id = query.put_job(
        work.connection, id=uuid.uuid4(), asset_id=asset["id"], kind=KIND, state="failed", required=True, spec=as_json({}),
        chunks_total=0, cause=event.id,
    )  # fmt: skip
    if job_id is None:
        return
    query.set_job_state(
        work.connection, job_id=job_id, state="failed", reason_code=fault.code, reason=fault.reason
    )
    say_failed(work, asset, fault.code, fault.reason)
    steps.settle(work, str(asset["id"]))


def say_failed(work: Work, asset: dict[str, Any], code: str, reason: str) -> None:
    """`acervo.rendition.failed.v1` for every rendition that the asset would have had."""
    for profile in profiles.OF_KIND[asset["kind"]]:
        work.say(
            "acervo.rendition.failed.v1", str(asset["id"]),
            {"asset_id": str(asset["id"]), "project_id": asset["project_id"], "profile": profile, "code": code, "reason": reason},
            what=profile,
        )  # fmt: skip
