"""An ingested asset becomes a job with chunks. A film is looked at in a child process; what cannot be planned fails at once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from acervo import orders, sandbox, steps
from acervo.assets import Kind, Status
from acervo.database import as_json, query
from acervo.errors import AlreadyDone, Rejected
from acervo.events import Event
from acervo.function import Call, Work
from acervo.leases import Lease
from functions.transcode import limits, profiles
from functions.transcode.film import parse_film
from functions.transcode.plan import Plan, plan_film, plan_image, plan_recording, waits
from functions.transcode.recording import parse_recording

KIND = "transcode"
OVER = ("failed", "cancelled")
CHANGED = "acervo.asset.changed.v1"


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
    found: _Found | None = None
    job_id = str(uuid.uuid4())
    if wanted:
        try:
            found = _plan(call, asset, job_id)
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
        elif found is not None:
            if found.duration_s is not None:
                query.set_duration(work.connection, asset_id=asset_id, duration_s=found.duration_s)
            if found.straightened:
                _say_straightened(work, asset)
            stored = query.put_job(
                work.connection, id=job_id, asset_id=asset_id, kind=KIND, state="queued", required=True, spec=as_json(found.plan.spec),
                chunks_total=len(found.plan.chunks), cause=event.id,
            )  # fmt: skip
            if stored is not None:
                store_chunks(work, asset_id, job_id, found.plan, KIND)
                steps.settle(work, asset_id)


def _say_straightened(work: Work, asset: Mapping[str, Any]) -> None:
    """Whoever took times from the recording's own clock takes them again: what is heard and seen is shown beside the renditions."""
    asset_id = str(asset["id"])
    data = {"asset_id": asset_id, "project_id": asset["project_id"], "status": asset["status"]}
    work.say(CHANGED, asset_id, data, what="clock", extensions={"clock": "straightened"})


def _is_wanted(asset: dict[str, Any], latest: dict[str, Any] | None) -> bool:
    return asset["status"] in (Status.PROCESSING, Status.ERROR) and (
        latest is None or latest["state"] in OVER
    )


@dataclass(frozen=True)
class _Found:
    """The plan; and how long the master is, where what ingest believed was not so: its clock jumps, or it was only guessed."""

    plan: Plan
    duration_s: float | None = None
    straightened: bool = False


def _plan(call: Call, asset: dict[str, Any], job_id: str) -> _Found:
    if asset["kind"] == Kind.IMAGE:
        return _Found(plan_image(asset))
    entry = "index:index_film" if asset["kind"] == Kind.VIDEO else "recording_index:index_recording"
    found = sandbox.run(
        f"functions.transcode.{entry}",
        {"source": limits.source(call, asset["master_key"])},
        **limits.sandbox_limits(call.settings),
    )
    if asset["kind"] == Kind.AUDIO:
        recording = parse_recording(found["recording"])
        read_s = round(recording.duration_s, 3) if recording.bare else None
        return _Found(plan_recording(asset, recording, job_id), read_s)
    film = parse_film(found["film"])
    plan = plan_film(asset, film, found["chunks"], found["clock"])
    straightened = found["clock"] is not None
    return _Found(plan, round(film.timeline.duration_s, 3) if straightened else None, straightened)


def lane(kind: str) -> Mapping[str, str]:
    """The attribute that sends an event of a job of this kind to the function for people who wait."""
    return {"lane": orders.LANE} if kind == orders.KIND else {}


def store_chunks(work: Work, asset_id: str, job_id: str, plan: Plan, kind: str) -> None:
    """The chunks of a job, and the events that ask for them, but for those that wait."""
    for number, (spec, weight) in enumerate(zip(plan.chunks, plan.weights, strict=True)):
        waiting = waits(spec)
        query.put_weighed_chunk(
            work.connection, job_id=job_id, number=number, spec=as_json(spec), weight=weight, state="waiting" if waiting else "queued"
        )  # fmt: skip
        if not waiting:
            ask_for_chunk(work, asset_id, job_id, number, kind)


def ask_for_chunk(work: Work, asset_id: str, job_id: str, number: int, kind: str) -> None:
    data = {"asset_id": asset_id, "job_id": job_id, "number": number}
    work.say("acervo.chunk.requested.v1", asset_id, data, f"{job_id}:{number}", lane(kind))


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
    say_failed(work, asset, profiles.OF_KIND[asset["kind"]], fault.code, fault.reason)
    steps.settle(work, str(asset["id"]))


def say_job_failed(work: Work, lease: Lease, code: str, reason: str) -> None:
    """For `leases.hold`: the renditions that the job would have made."""
    spec = lease.job_spec
    asset = {"id": lease.asset_id, "project_id": spec["project_id"]}
    made = profiles.OF_KIND[spec["kind"]]
    if "order" in spec:
        made = (orders.profile_of(orders.parse_order(spec["order"]), lease.job_id),)
    say_failed(work, asset, made, code, reason)


def say_failed(work: Work, asset: Mapping[str, Any], made: tuple[str, ...], code: str, reason: str) -> None:
    """`acervo.rendition.failed.v1` for each of these profiles."""
    for profile in made:
        work.say(
            "acervo.rendition.failed.v1", str(asset["id"]),
            {"asset_id": str(asset["id"]), "project_id": asset["project_id"], "profile": profile, "code": code, "reason": reason},
            what=profile,
        )  # fmt: skip
