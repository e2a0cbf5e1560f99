"""Progress as server-sent events: `progress` when something changed, `end` when all is over, a comment as heartbeat.

The id of an event is a digest of its data: who comes back with `Last-Event-ID` is not told again what they know.

A stream ends after some minutes by itself (Knative bounds a request); EventSource and our clients come back. What a caller may see is
asked again with every look.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from acervo.access import Action
from acervo.database import query
from acervo.errors import AcervoError, Transient
from functions.api import assets, entity_tags, jobs, publications
from functions.api.endpoint import Ask, Table
from functions.api.models.jobs import Job, job_of
from functions.api.models.publications import Publication
from functions.api.models.strict import Said

table = Table("progress")
LOOK_S, HEARTBEAT_S, LONGEST_S, RETRY_MS = 0.5, 15.0, 240.0, 2000
SHOWN_JOBS = 50
EVENT_STREAM = "text/event-stream"


class AssetProgress(Said):
    """An asset on its way."""

    status: str
    reason: str | None
    reason_code: str | None
    version: int
    hashed: float | None  # 0 to 1: how far its file is read through, where that takes more than one call
    jobs: list[Job]


@table.get("/jobs/{id}/events", answers={200: EVENT_STREAM}, problems=(404,))
def follow_job(ask: Ask) -> Response:
    """A job's progress, until it is over."""

    def look() -> tuple[BaseModel, bool]:
        with ask.database.transaction() as connection:
            job = job_of(jobs.find(ask, connection, Action.VIEW))
        return job, job.state not in jobs.OPEN

    return _stream(ask, look)


@table.get("/assets/{id}/events", answers={200: EVENT_STREAM}, problems=(404,))
def follow_asset(ask: Ask) -> Response:
    """An asset's status and its jobs, until it is neither uploading nor processing."""

    def look() -> tuple[BaseModel, bool]:
        with ask.database.transaction() as connection:
            row = assets.find(ask, connection, Action.VIEW)
            rows = list(query.api_jobs(connection, asset_id=row["id"], limit=SHOWN_JOBS))
            hashed = query.hashed_share(connection, asset_id=row["id"])
        found = [job_of(job) for job in rows]
        over = row["status"] not in ("uploading", "processing")
        now = AssetProgress(
            status=row["status"], reason=row["reason"], reason_code=row["reason_code"], version=row["version"],
            hashed=hashed, jobs=found,
        )  # fmt: skip
        return now, over

    return _stream(ask, look)


@table.get("/publications/{id}/events", answers={200: EVENT_STREAM}, problems=(404,))
def follow_publication(ask: Ask) -> Response:
    """A publication's state and bytes, until it is where it is wanted, or has failed."""

    def look() -> tuple[BaseModel, bool]:
        with ask.database.transaction() as connection:
            row = publications.find_publication(ask, connection, Action.VIEW)
        now = publications.shown(row)
        return now, _is_settled(now)

    return _stream(ask, look)


def _is_settled(now: Publication) -> bool:
    """Whether nothing more happens to it by itself. One that waits (for a time, a rendition, a quota) is still on its way."""
    if now.state == "published":
        return now.wanted == "live" and now.live_revision >= now.revision
    return now.state in ("failed", "withdrawn")


def _stream(ask: Ask, look: Callable[[], tuple[BaseModel, bool]]) -> Response:
    first = look()  # a caller who may not look gets a problem, not a stream
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    if ask.request.method == "HEAD":
        return Response(media_type=EVENT_STREAM, headers=headers)
    known = ask.request.headers.get("last-event-id", "")
    return StreamingResponse(_events(first, look, known), media_type=EVENT_STREAM, headers=headers)


async def _events(
    first: tuple[BaseModel, bool], look: Callable[[], tuple[BaseModel, bool]], known: str
) -> AsyncIterator[str]:
    started = spoken = time.monotonic()
    yield f"retry: {RETRY_MS}\n\n"
    said = known
    (now, over) = first
    while True:
        text = now.model_dump_json()
        digest = entity_tags.content_tag(text.encode()).strip('"')
        if digest != said:
            said, spoken = digest, time.monotonic()
            yield f"id: {digest}\nevent: progress\ndata: {text}\n\n"
        if over:
            yield f"id: {digest}\nevent: end\ndata: {text}\n\n"
            return
        if time.monotonic() - started > LONGEST_S:
            return
        if time.monotonic() - spoken > HEARTBEAT_S:
            spoken = time.monotonic()
            yield ": still here\n\n"
        await asyncio.sleep(LOOK_S)
        try:
            now, over = await run_in_threadpool(look)
        except Transient:
            continue  # the database is away for a moment; the next look tells
        except AcervoError:
            yield "event: gone\ndata: {}\n\n"
            return
