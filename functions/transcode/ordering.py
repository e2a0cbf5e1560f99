"""An ordered rendition becomes a job with chunks of its own, which nothing waits for but the person (or the channel) who asked.

An order comes with a job that the API made (the caller follows it), or without one (`publish`, for a rendition that is missing).
Twice is safe: a job is planned once, a rendition that is there is only announced again, and one that is being made is not made twice.
"""

from __future__ import annotations

import uuid
from typing import Any

from acervo import orders, sandbox
from acervo.assets import Status
from acervo.database import as_json, query
from acervo.errors import AlreadyDone, Rejected
from acervo.events import Event
from acervo.function import Call, Work
from acervo.objects import NotFound
from acervo.orders import KIND, Order
from functions.transcode import limits, planning
from functions.transcode.film import parse_film
from functions.transcode.plan import Plan, plan_film, plan_order, plan_recording
from functions.transcode.profiles import ORIGINAL, POSTER, PRORES
from functions.transcode.recording import parse_recording

Row = dict[str, Any]


def take_order(event: Event, call: Call) -> None:
    """The job of `acervo.rendition.requested.v1`.

    Raises:
        Transient: the store or the database is away.
    """
    if call.was_done():
        raise AlreadyDone
    order = orders.parse_order(event.data)
    asset_id, job_id = event.data["asset_id"], event.data.get("job_id")
    with call.database.transaction() as connection:
        asset = query.get_asset(connection, asset_id=asset_id)
        rendition = query.rendition_of(connection, asset_id=asset_id, profile=order.profile)
        wanted = asset is not None and _is_wanted(connection, asset, order, job_id)
    chosen_id = job_id or str(uuid.uuid4())
    plan: Plan | None = None
    failure: Rejected | None = None
    there = wanted and order.is_plain and _is_there(call, rendition)
    if wanted and not there:
        try:
            plan = _plan(call, asset, order, chosen_id)
        except Rejected as fault:
            failure = fault
    with call.commit() as work:
        asset = query.lock_asset(work.connection, asset_id=asset_id)
        if asset is None or not wanted or not _is_wanted(work.connection, asset, order, job_id):
            return
        if there:
            _announce(work, asset, order, job_id)
        elif failure is not None:
            _fail(work, event, asset, order, chosen_id, failure)
        elif plan is not None:
            _store(work, event, asset, chosen_id, plan)


def _is_wanted(connection: Any, asset: Row, order: Order, job_id: str | None) -> bool:
    if asset["status"] == Status.DELETED or not asset["master_key"] or not asset["kind"]:
        return False
    if job_id is None:
        return query.open_order(connection, asset_id=asset["id"], profile=order.profile) is None
    job = query.get_job(connection, job_id=job_id)
    return (
        job is not None
        and job["state"] == "queued"
        and not job["cancel_requested"]
        and not job["chunks_total"]
    )


def _is_there(call: Call, rendition: Row | None) -> bool:
    """The row says so, and so does the store: its lifecycle tells nobody what it deletes."""
    if rendition is None or rendition["status"] != "ready":
        return False
    try:
        call.objects.head(rendition["bucket"], rendition["key"])
    except NotFound:
        return False
    return True


def _plan(call: Call, asset: Row, order: Order, job_id: str) -> Plan:
    orders.check(order, asset["kind"], asset["technical"].get("duration_s"))
    film_wanted = asset["kind"] == "video" and order.profile not in (ORIGINAL, *orders.SOUND_FILES)
    clock = _clock(call, asset) if asset["kind"] == "video" else None
    if order.profile in orders.SOUND_FILES or asset["kind"] == "audio":
        return _plan_sound(call, asset, order, job_id, clock)
    if not film_wanted:
        return plan_order(asset, order, job_id, clock=clock)
    ladder = orders.wants_ladder(order)
    whole = ladder or (order.clip is None and order.profile != POSTER.profile)
    arguments = {
        "source": limits.source(call, asset["master_key"], None if whole else clock), "clip": list(order.clip) if order.clip else None,
        "intra": order.profile in PRORES,
    }  # fmt: skip
    entry = "functions.transcode.index:" + ("index_film" if whole else "index_clip")
    found = sandbox.run(entry, arguments, **limits.sandbox_limits(call.settings))
    film = parse_film(found["film"])
    if not ladder:
        clock = found["clock"] if whole else clock
        return plan_order(asset, order, job_id, film, found["chunks"], found.get("beginning"), clock)
    plan = plan_film(asset, film, found["chunks"], found["clock"])
    chosen = [pair for pair in zip(plan.chunks, plan.weights, strict=True) if pair[0]["do"] != "poster"]
    return Plan(
        {**plan.spec, "order": order.to_json()},
        [chunk for chunk, _ in chosen],
        [weight for _, weight in chosen],
    )


def _plan_sound(call: Call, asset: Row, order: Order, job_id: str, clock: Any) -> Plan:
    arguments = {
        "source": limits.source(call, asset["master_key"], clock), "clip": list(order.clip) if order.clip else None,
        "bare": _bare(call, asset),
    }  # fmt: skip
    found = sandbox.run(
        "functions.transcode.recording_index:index_recording",
        arguments,
        **limits.sandbox_limits(call.settings),
    )
    return plan_recording(asset, parse_recording(found["recording"]), job_id, order, clock)


def _clock(call: Call, asset: Row) -> Any:
    """The straight clock that was found when the film was read through."""
    return _found(call, asset).get("clock")


def _bare(call: Call, asset: Row) -> Any:
    """Where the frames of a bare recording are, as it was found when it was read through."""
    return (_found(call, asset).get("recording") or {}).get("bare")


def _found(call: Call, asset: Row) -> Row:
    """What the job of its usual renditions knows of a master."""
    with call.database.transaction() as connection:
        job = query.latest_job(connection, asset_id=asset["id"], kind=planning.KIND)
    return {} if job is None else dict(job["spec"])


def _store(work: Work, event: Event, asset: Row, job_id: str, plan: Plan) -> None:
    asset_id = str(asset["id"])
    planned = {"spec": as_json(plan.spec), "chunks_total": len(plan.chunks)}
    if event.data.get("job_id") is None:
        query.put_job(
            work.connection, id=job_id, asset_id=asset_id, kind=KIND, state="queued", required=False, cause=event.id, **planned
        )  # fmt: skip
    else:
        query.set_job_plan(work.connection, job_id=job_id, **planned)
    planning.store_chunks(work, asset_id, job_id, plan, KIND)


def _announce(work: Work, asset: Row, order: Order, job_id: str | None) -> None:
    asset_id = str(asset["id"])
    data = {"asset_id": asset_id, "project_id": asset["project_id"], "profile": order.profile}
    work.say("acervo.rendition.ready.v1", asset_id, data, what=order.profile)
    if job_id is not None:
        query.set_job_state(work.connection, job_id=job_id, state="done", reason_code=None, reason=None)


def _fail(work: Work, event: Event, asset: Row, order: Order, job_id: str, fault: Rejected) -> None:
    if event.data.get("job_id") is None:
        query.put_job(
            work.connection, id=job_id, asset_id=asset["id"], kind=KIND, state="failed", required=False,
            spec=as_json({"order": order.to_json()}), chunks_total=0, cause=event.id,
        )  # fmt: skip
    query.set_job_state(
        work.connection, job_id=job_id, state="failed", reason_code=fault.code, reason=fault.reason
    )
    made = (orders.profile_of(order, job_id),)
    planning.say_failed(work, asset, made, fault.code, fault.reason)
