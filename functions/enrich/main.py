"""What is heard: `acervo.asset.ingested.v1` (plan a speech job), `acervo.enrichment.requested.v1` (do one part of it).
What is said: `acervo.enrichment.requested.v1` a part, then `acervo.enrichment.completed.v1` once, by whoever finishes the last part.

Twice is safe: an asset has one speech job until that failed, a part is done under a lease and its first result wins, and the last part
writes transcript, captions, job state and events in one transaction.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from acervo import events, function, leases, settings, steps
from acervo.assets import Status
from acervo.function import FrameSettings
from functions.enrich import completion, parts
from functions.enrich.parts import Part

if TYPE_CHECKING:
    from acervo.events import Event
    from acervo.function import Call
    from functions.enrich.speech import Recogniser

STEP = "speech"
REQUESTED = "acervo.enrichment.requested.v1"
URL_S = 3600


@dataclass(frozen=True, kw_only=True)
class Settings:
    frame: FrameSettings = settings.nested(FrameSettings)
    models_dir: Path = settings.variable("MODELS_DIR")
    model: str = settings.variable("ENRICH_SPEECH_MODEL", "whisper-base")
    device: str = settings.variable("ENRICH_DEVICE", "cpu")
    compute: str = settings.variable("ENRICH_COMPUTE", "int8")
    threads: int = settings.variable("ENRICH_THREADS", 2)
    beam: int = settings.variable("ENRICH_BEAM", 5)
    languages: tuple[str, ...] = settings.variable("ENRICH_LANGUAGES", ("es", "en", "pt"))


def handle(event: Event, call: Call) -> None:
    if event.type == REQUESTED:
        do_part(call, event.data)
    else:
        plan(event, call)


def plan(event: Event, call: Call) -> None:
    """A job and its parts, unless the asset has one that did not fail."""
    from acervo.database import as_json, query

    asset_id, duration_s = event.data["asset_id"], event.data["duration_s"]
    with call.commit() as work:
        asset = query.lock_asset(work.connection, asset_id=asset_id)
        if asset is None or asset["status"] not in (Status.PROCESSING, Status.ERROR, Status.READY):
            return
        before = query.latest_job(work.connection, asset_id=asset_id, kind=STEP)
        if not event.data["has_audio"] or (before and before["state"] not in ("failed", "cancelled")):
            return
        planned = parts.plan_parts(None if duration_s is None else round(duration_s * 1000))
        job_id = str(uuid.uuid5(events.NAMESPACE, f"{event.source}\n{event.id}\n{STEP}"))
        made = query.put_job(
            work.connection, id=job_id, asset_id=asset_id, kind=STEP, state="queued", required=True,
            spec=as_json({"master_key": event.data["master_key"], "sha256": event.data["sha256"]}),
            chunks_total=len(planned), cause=event.id,
        )  # fmt: skip
        if made is None:
            return
        for number, part in enumerate(planned):
            query.put_chunk(work.connection, job_id=job_id, number=number, spec=as_json(part.to_json()))
            data = {"asset_id": asset_id, "job_id": job_id, "step": STEP, "number": number}
            work.say(REQUESTED, asset_id, data, what=f"{job_id} {number}")
        if before:
            steps.settle(work, asset_id)  # `error` becomes `processing` again


def do_part(call: Call, data: dict[str, Any]) -> None:
    """Hear one part; whoever does the last one completes the job in the same transaction."""
    with leases.hold(call, data["job_id"], data["number"]) as lease:
        recogniser = _recogniser(call.settings)
        result = _hear(call, lease, recogniser)
        lease.check()
        with call.commit() as work:
            if lease.finish(work, result) == 0:
                completion.complete(call, work, lease.job_id, lease.asset_id, recogniser.label)


def _recogniser(chosen: Settings) -> Recogniser:
    """Before any decoding: a missing model is an error even for a silent recording."""
    from functions.enrich import whisper

    how = whisper.Chosen(chosen.device, chosen.compute, chosen.threads, chosen.beam, chosen.languages)
    return whisper.load(chosen.model, chosen.models_dir, how)


def _hear(call: Call, lease: leases.Lease, recogniser: Recogniser) -> dict[str, Any]:
    from functions.enrich import speech, whisper

    objects, key = call.objects, lease.job_spec["master_key"]
    stored = objects.head(objects.archive, key)
    master = speech.Master(
        objects.presign_internal_get(objects.archive, key, URL_S), stored.size, stored.etag
    )
    watch = speech.Watch(lease.report, lease.check, lease.cancelled)
    heard = speech.transcribe_part(master, Part.from_json(lease.spec), recogniser, whisper.Silero(), watch)
    return heard.to_json()


app = function.serve(handle, name="enrich", hears={"acervo.asset.ingested.v1", REQUESTED}, settings=Settings)
main = function.target(app)
