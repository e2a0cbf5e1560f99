"""PingSources: an event on a schedule, once for a minute whatever restarts. Minutes that passed while nothing ran are not made up for."""

from __future__ import annotations

import asyncio
import logging
import uuid
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
from cronsim import CronSim
from psycopg_pool import PoolTimeout

from knative.local.broker.broker import Broker
from knative.local.broker.message import Message
from knative.local.broker.queue import Queue
from knative.local.metrics import Metrics
from knative.local.plan import PingPlan

TYPE = "dev.knative.sources.ping"
_TRIES = 20
log = logging.getLogger(__name__)


def next_due(ping: PingPlan, after: datetime) -> datetime:
    """The first scheduled minute after an instant, in UTC."""
    zone = ZoneInfo(ping.timezone)
    return next(CronSim(ping.schedule, after.astimezone(zone))).astimezone(UTC)


def ping_message(ping: PingPlan, due: datetime) -> Message:
    source = f"/apis/v1/namespaces/default/pingsources/{ping.name}"
    headers = {"content-type": ping.content_type}
    message = Message(headers, ping.data.encode())
    return message.with_headers(
        specversion="1.0",
        id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{source}#{due.isoformat()}")),
        source=source,
        type=TYPE,
        time=due.isoformat().replace("+00:00", "Z"),
        **ping.extensions,
    )


async def run_ping(ping: PingPlan, broker: Broker, queue: Queue, metrics: Metrics) -> None:
    """Until cancelled. Begins with the minute that runs now: a restart within it still fires it, and only once."""
    now = datetime.now(UTC)
    due = next_due(ping, now.replace(second=0, microsecond=0) - timedelta(seconds=1))
    while True:
        while (wait_s := (due - datetime.now(UTC)).total_seconds()) > 0:
            await asyncio.sleep(min(wait_s, 20.0))  # short naps: the clock may be set, the machine may sleep
        await _fire(ping, due, broker, queue, metrics)
        due = next_due(ping, max(due, datetime.now(UTC) - timedelta(minutes=1)))


async def _fire(ping: PingPlan, due: datetime, broker: Broker, queue: Queue, metrics: Metrics) -> None:
    entries = broker.entries(ping.broker, [ping_message(ping, due)])
    for _ in range(_TRIES):
        try:
            if await queue.fire(ping.name, due, entries):
                metrics.pings.labels(ping.name).inc()
                broker.on_events()
            return
        except (psycopg.Error, PoolTimeout) as fault:
            log.warning("ping %s waits for PostgreSQL: %s", ping.name, fault)
            await asyncio.sleep(1.0)
