"""Puts the parts together, and takes them apart in the order that loses nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
from aiohttp import web
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from psycopg_pool import PoolTimeout

from knative.local.broker.broker import Broker
from knative.local.broker.calls import Calls
from knative.local.broker.dispatcher import Dispatcher
from knative.local.broker.ingress import Ingress
from knative.local.broker.pings import run_ping
from knative.local.broker.queue import Queue
from knative.local.gateway import Gateway
from knative.local.metrics import Metrics
from knative.local.page import Page
from knative.local.plan import Plan
from knative.local.serving.revision import Machine
from knative.local.serving.serving import Serving
from knative.local.serving.spawner import ExecSpawner, ForkSpawner

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Options:
    database_url: str
    gateway_port: int
    broker_port: int
    data_dir: Path
    root: Path
    page: Page | None = None
    host: str = "127.0.0.1"
    fork_server: bool = True
    max_instances: int = 2
    grace_s: float = 10.0

    @property
    def broker_url(self) -> str:
        return f"http://127.0.0.1:{self.broker_port}"


async def run(plan: Plan, options: Options, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then stop: no new work, running work ends, instances go, the queue last."""
    metrics = Metrics()
    queue = Queue(options.database_url)
    options.data_dir.mkdir(parents=True, exist_ok=True)
    log_dir = options.data_dir / "log"
    log_dir.mkdir(exist_ok=True)
    spawner = (
        ForkSpawner(options.root, log_dir / "fork-server.log")
        if options.fork_server
        else ExecSpawner(options.root)
    )
    machine = Machine(spawner, metrics, log_dir, options.max_instances, options.grace_s)
    async with AsyncExitStack() as stack:
        await queue.open()
        stack.push_async_callback(queue.close)
        session = await stack.enter_async_context(_session())
        serving = Serving(plan, machine, session)
        broker = Broker(plan, queue, metrics)
        dispatcher = Dispatcher(
            plan, broker, queue, Calls(serving, session), serving, metrics, options.broker_url
        )
        # the ingress outlives the instances: what they say while they stop still enters
        up = asyncio.Event()
        inside = _broker_app(plan, Ingress(broker, metrics), serving, queue, metrics, up)
        await _listen(stack, inside, "127.0.0.1", options.broker_port, options.grace_s)
        stack.push_async_callback(serving.close)  # before `open`: what it has started by then ends too
        await serving.open()
        stack.push_async_callback(dispatcher.drain, options.grace_s)
        outside = web.Application(client_max_size=1 << 40)  # the gateway streams, and counts by itself
        outside.router.add_route(
            "*", "/{path:.*}", Gateway(plan.routes, serving, session, metrics, options.page).handle
        )
        await _listen(stack, outside, options.host, options.gateway_port, options.grace_s)
        pings = [run_ping(ping, broker, queue, metrics) for ping in plan.pings]
        await stack.enter_async_context(_background(stop, serving.run(), dispatcher.run(), *pings))
        log.info("gateway on port %s, broker on port %s", options.gateway_port, options.broker_port)
        up.set()
        await stop.wait()
        log.info("stopping")


@asynccontextmanager
async def _session() -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(
        limit=0, keepalive_timeout=3
    )  # less than any server keeps an idle connection
    skip = (
        "User-Agent",
        "Accept",
        "Accept-Encoding",
        "Content-Type",
    )  # what is passed on is the caller's, nothing of ours
    timeout = aiohttp.ClientTimeout(total=None, connect=5)
    cookies = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(
        connector=connector,
        timeout=timeout,
        auto_decompress=False,
        skip_auto_headers=skip,
        cookie_jar=cookies,
    ) as session:
        yield session


async def _listen(stack: AsyncExitStack, app: web.Application, host: str, port: int, grace_s: float) -> None:
    runner = web.AppRunner(
        app,
        handler_cancellation=True,
        access_log=None,
        auto_decompress=False,
        shutdown_timeout=min(grace_s, 5.0),
    )
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, host, port, backlog=1024, reuse_address=True).start()


@asynccontextmanager
async def _background(stop: asyncio.Event, *work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Tasks for as long as the block runs. One that ends by itself is a defect: it stops the runtime, and is raised at the end."""
    tasks = [asyncio.create_task(item) for item in work]
    for task in tasks:
        task.add_done_callback(lambda task: None if task.cancelled() else stop.set())
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for fault in ended:
        if not isinstance(fault, asyncio.CancelledError):
            raise RuntimeError("a part of the runtime ended") from fault


def _broker_app(
    plan: Plan, ingress: Ingress, serving: Serving, queue: Queue, metrics: Metrics, up: asyncio.Event
) -> web.Application:
    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok") if up.is_set() else web.Response(status=503, text="starting")

    async def metrics_page(_: web.Request) -> web.Response:
        serving.measure()
        for trigger, (waiting, oldest_s, _dead) in (await _depth(plan, queue)).items():
            metrics.depth.labels(trigger).set(waiting)
            metrics.oldest.labels(trigger).set(oldest_s)
        metrics.kept.set(await queue.kept())
        return web.Response(
            body=generate_latest(metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    async def status(_: web.Request) -> web.Response:
        try:
            depth, kept = await _depth(plan, queue), await queue.kept()
        except (psycopg.Error, PoolTimeout) as fault:
            return web.json_response(
                {"services": serving.status(), "queue": f"not reached: {fault}"}, status=503
            )
        triggers = [
            {"trigger": name, "waiting": waiting, "oldest_s": round(oldest_s, 3), "dead": dead}
            for name, (waiting, oldest_s, dead) in depth.items()
        ]
        return web.json_response({"services": serving.status(), "triggers": triggers, "undeliverable": kept})

    app = web.Application(client_max_size=1 << 40)  # the ingress counts by itself
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/metrics", metrics_page)
    app.router.add_get("/status", status)
    app.router.add_post("/{namespace}/{broker}", ingress.receive)
    return app


async def _depth(plan: Plan, queue: Queue) -> dict[str, tuple[int, float, int]]:
    return {trigger.name: (0, 0.0, 0) for trigger in plan.triggers} | await queue.depth()
