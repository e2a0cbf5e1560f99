"""The bridge as a process: listener, sender and watchdog live and die together; a supervisor starts them again."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

import uvicorn

from rgw.bridge import watchdog
from rgw.bridge.listener import build_app
from rgw.bridge.sender import Counters, Sender, build_client
from rgw.bridge.settings import Settings
from rgw.bridge.spool import Spool
from rgw.store import Access, connect, fill_version

log = logging.getLogger("bridge")


def run(settings: Settings) -> None:
    """Until SIGTERM or SIGINT. What is not delivered then is delivered after the next start."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    spool = Spool(settings.spool, settings.max_bytes)
    access = Access(
        settings.store.endpoint, settings.store.access_key, settings.store.secret_key, settings.store.region
    )
    s3 = connect(access, connections=settings.concurrency)
    counters = Counters()
    try:
        async with build_client(settings.concurrency) as client:
            sender = Sender(
                spool,
                settings.sink,
                partial(fill_version, s3),
                counters,
                concurrency=settings.concurrency,
                backoff_cap_s=settings.backoff_cap_s,
                client=client,
            )
            app = build_app(spool, counters, sender.wake, settings.full_wait_s)
            server = uvicorn.Server(
                uvicorn.Config(
                    app,
                    host=settings.host,
                    port=settings.port,
                    access_log=False,
                    lifespan="off",
                    timeout_graceful_shutdown=5,
                    timeout_keep_alive=75,
                )
            )
            log.info("%d pending; sending to %s", spool.depth().pending, settings.sink)
            async with asyncio.TaskGroup() as group:
                others = [group.create_task(sender.run())]
                if settings.gateway_socket:
                    others.append(group.create_task(watchdog.watch(settings.gateway_socket)))
                await server.serve()
                for task in others:
                    task.cancel()
    finally:
        spool.close()
