"""A step of enrichment as a job: planned under a lock on the asset's row, done in chunks under leases, completed once.

Twice is safe: an asset has one run of a step for the same input (`Planned.of`) until that failed, a chunk's first result wins, and whoever
finishes the last chunk writes all results, the job's state and the events in one transaction. A run that a newer one has overtaken writes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from acervo import events, leases, steps
from acervo.assets import Status

if TYPE_CHECKING:
    from acervo.events import Event
    from acervo.function import Call, Work

REQUESTED = "acervo.enrichment.requested.v1"
COMPLETED = "acervo.enrichment.completed.v1"
URL_S = 3600
_ALIVE = (Status.PROCESSING, Status.ERROR, Status.READY)
Row = dict[str, Any]


@dataclass(frozen=True)
class Facts:
    """What planning needs to know of a master beside its row. `clock`: of a recording whose own jumps."""

    has_audio: bool
    duration_ms: int | None
    clock: dict[str, Any] | None = None

    @classmethod
    def of(
        cls, asset: Mapping[str, Any], data: Mapping[str, Any], clock: dict[str, Any] | None = None
    ) -> Facts:
        """From the event when it says so (`acervo.asset.ingested.v1`), else from the asset's row."""
        technical = asset["technical"] or {}
        duration_s = data.get("duration_s", technical.get("duration_s"))
        has_audio = data.get("has_audio", bool(technical.get("audio")))
        duration_ms = round(duration_s * 1000) if isinstance(duration_s, int | float) else None
        return cls(bool(has_audio), duration_ms, clock)


@dataclass(frozen=True)
class Planning:
    """`asset` is locked."""

    call: Call
    work: Work
    asset: Row
    facts: Facts
    model: str | None = None  # asked for by name


@dataclass(frozen=True)
class Planned:
    """`chunks`: what to do in each, at least one; `of`: what the results follow from."""

    chunks: Sequence[dict[str, Any]]
    of: str
    spec: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Completion:
    """`asset` is locked; `results`: rows of `job_chunks` in order; `model`: the label of what they come from."""

    call: Call
    work: Work
    asset: Row
    job_id: str
    results: Sequence[Row]
    model: str


@dataclass(frozen=True)
class Outcome:
    results: int
    language: str | None = None


class Step(Protocol):
    """`name` is the kind of its jobs."""

    @property
    def name(self) -> str: ...

    @property
    def required(self) -> bool:
        """Whether an asset is not `ready` before it is done (acervo/assets.py)."""

    def plan(self, on: Planning) -> Planned | None:
        """None: this asset needs nothing of it."""

    def do(self, call: Call, lease: leases.Lease) -> tuple[dict[str, Any], str]:
        """The result of a chunk and the label of the model that it comes from."""

    def complete(self, done: Completion) -> Outcome:
        """Put the results in the place of those that were there."""


def model_of(lease: leases.Lease, usual: str) -> str:
    """The model that a run was asked for by name, or the usual one."""
    return str(lease.job_spec.get("model") or usual)


def plan(chosen: Sequence[Step], event: Event, call: Call) -> None:
    """A job for each step that the asset needs."""
    from acervo.database import query

    with call.commit() as work:
        asset = query.lock_asset(work.connection, asset_id=event.data["asset_id"])
        if asset is None or asset["status"] not in _ALIVE:
            return
        for step in chosen:
            begin(step, call, work, asset, event.data, cause=event.id, key=f"{event.source}\n{event.id}")


def begin(
    step: Step, call: Call, work: Work, asset: Row, data: Mapping[str, Any], *, cause: str, key: str,
    model: str | None = None, again: bool = False,
) -> str | None:  # fmt: skip
    """The id of a new job, or None when there is nothing to do. The asset's row is locked.

    Args:
        key: the same gives the same job.
        model: to be used instead of the usual one.
        again: even if a run of the same input is done.
    """
    from acervo.database import as_json, query

    asset_id = str(asset["id"])
    clock = query.recording_clock(work.connection, asset_id=asset_id)
    planned = step.plan(Planning(call, work, asset, Facts.of(asset, {} if clock else data, clock), model))
    if planned is None:
        return None
    before = query.latest_job(work.connection, asset_id=asset_id, kind=step.name)
    if before and before["state"] not in ("failed", "cancelled") and not again:
        if before["spec"].get("of", planned.of) == planned.of:
            return None
        query.request_cancel(work.connection, job_id=before["id"])
    job_id = str(uuid.uuid5(events.NAMESPACE, f"{key}\n{step.name}"))
    spec = {**planned.spec, "of": planned.of, **({"model": model} if model else {})}
    made = query.put_job(
        work.connection, id=job_id, asset_id=asset_id, kind=step.name, state="queued", required=step.required,
        spec=as_json(spec), chunks_total=len(planned.chunks), cause=cause,
    )  # fmt: skip
    if made is None:
        return None
    for number, chunk in enumerate(planned.chunks):
        query.put_chunk(work.connection, job_id=job_id, number=number, spec=as_json(chunk))
        request = {"asset_id": asset_id, "job_id": job_id, "step": step.name, "number": number}
        work.say(REQUESTED, asset_id, request, what=f"{job_id} {number}", extensions={"step": step.name})
    if before and step.required:
        steps.settle(work, asset_id)  # `error` becomes `processing` again
    return job_id


def do_chunk(step: Step, call: Call, data: Mapping[str, Any]) -> None:
    """Do one chunk; whoever does the last one completes the job in the same transaction."""
    with leases.hold(call, data["job_id"], data["number"]) as lease:
        result, model = step.do(call, lease)
        lease.check()
        with call.commit() as work:
            if lease.finish(work, result) == 0:
                _complete(step, call, work, lease, model)


def _complete(step: Step, call: Call, work: Work, lease: leases.Lease, model: str) -> None:
    from acervo.database import query

    asset = query.lock_asset(work.connection, asset_id=lease.asset_id)
    latest = query.latest_job(work.connection, asset_id=lease.asset_id, kind=step.name)
    if str(latest["id"]) != lease.job_id:
        query.set_job_state(
            work.connection, job_id=lease.job_id, state="cancelled", reason_code="overtaken",
            reason="a newer run of this step took its place",
        )  # fmt: skip
        query.drop_chunks(work.connection, job_id=lease.job_id)
        return
    results = list(query.chunk_results(work.connection, job_id=lease.job_id))
    outcome = step.complete(Completion(call, work, asset, lease.job_id, results, model))
    query.set_job_model(work.connection, job_id=lease.job_id, model=model)
    query.set_job_state(work.connection, job_id=lease.job_id, state="done", reason_code=None, reason=None)
    query.drop_chunks(work.connection, job_id=lease.job_id)
    steps.settle(work, lease.asset_id)
    data = {
        "asset_id": lease.asset_id, "project_id": asset["project_id"], "step": step.name,
        "language": outcome.language, "results": outcome.results,
    }  # fmt: skip
    work.say(COMPLETED, lease.asset_id, data, what=step.name, extensions={"step": step.name})
