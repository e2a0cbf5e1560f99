"""What RGW talks to. The answer is 2xx once the record is on disk, and for everything that no repetition can mend.

RGW 16 repeats a refused notification several hundred times a second, without pause or end: what is wrong is therefore taken,
set aside with its reason and logged. Only a full spool is not taken: the answer waits, then says 503, and RGW keeps the record.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from rgw.bridge.metrics import render
from rgw.bridge.sender import Counters
from rgw.bridge.spool import Spool
from rgw.record import InvalidRecord, Record, check, parse

log = logging.getLogger("bridge")

LONGEST_BODY = 4 << 20
FULL_POLL_S = 0.2


def build_app(spool: Spool, counters: Counters, wake: Callable[[], None], full_wait_s: float) -> Starlette:
    """Args: wake: called after something was written down."""

    async def receive(request: Request) -> Response:
        try:
            body, reason = await _read(request)
        except ClientDisconnect:
            return Response(status_code=499)  # nobody hears it; RGW says it again
        if not await _room(spool, full_wait_s):
            return PlainTextResponse("the spool is full\n", status_code=503, headers={"Retry-After": "5"})
        records, refused = sort(body, reason)
        try:
            new = await asyncio.to_thread(spool.add, records, refused, time.time())
        except sqlite3.OperationalError as fault:  # the disk is full or gone
            log.error("the spool cannot be written: %s", fault)
            await asyncio.sleep(full_wait_s)
            return PlainTextResponse(
                "the spool cannot be written\n", status_code=503, headers={"Retry-After": "5"}
            )
        counters.received += new
        counters.refused += len(refused)
        for _, why in refused:
            log.error("set aside: %s", why)
        wake()
        return Response(status_code=200)

    async def healthz(_: Request) -> Response:
        depth = await asyncio.to_thread(spool.depth)
        return PlainTextResponse(f"ok, {depth.pending} pending\n")

    async def metrics(_: Request) -> Response:
        depth = await asyncio.to_thread(spool.depth)
        text, content_type = render(depth, counters, time.time())
        return Response(text, media_type=content_type)

    return Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/metrics", metrics),
            Route("/{path:path}", receive, methods=["POST"]),
        ]
    )


async def _read(request: Request) -> tuple[bytes, str]:
    """The body, cut at the limit, and what is wrong with it already."""
    body = bytearray()
    too_long = False
    async for chunk in request.stream():
        room = LONGEST_BODY - len(body)
        body += chunk[:room]
        too_long = too_long or len(chunk) > room
    return bytes(body), f"the body is longer than {LONGEST_BODY} bytes" if too_long else ""


async def _room(spool: Spool, wait_s: float) -> bool:
    end = time.monotonic() + wait_s
    while await asyncio.to_thread(spool.full):
        if time.monotonic() >= end:
            return False
        await asyncio.sleep(FULL_POLL_S)
    return True


def sort(body: bytes, fault: str = "") -> tuple[list[Record], list[tuple[str, str]]]:
    """The good records, and (text, reason) of everything else."""
    shown = body.decode("utf-8", "replace")
    if fault:
        return [], [(shown, fault)]
    try:
        found = parse(body)
    except InvalidRecord as reason:
        return [], [(shown, str(reason))]
    records, refused = [], []
    for candidate in found:
        try:
            records.append(check(candidate))
        except InvalidRecord as reason:
            refused.append(
                (json.dumps(candidate), str(reason))
            )  # ASCII: a database takes it, whatever is in it
    return records, refused
