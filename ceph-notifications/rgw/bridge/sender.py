"""From the spool to the broker: some at a time, one of each object at a time, again until it is taken.

Three answers count. Taken (2xx): the row goes. Never (the request itself is wrong: 400, 413, 415, 422): set aside.
Anything else, no answer included, is tried again: that object after its own growing pause, everybody after a common one that
grows with consecutive failures, so that a broker that is down is asked a few times a minute, not once for each record.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from acervo.events import to_binary
from rgw.bridge.spool import Item, Spool
from rgw.record import Record, build_event

log = logging.getLogger("bridge")

NEVER = frozenset({400, 413, 415, 422})
FIRST_PAUSE_S = 0.1
POST_S = 15.0
LONGEST_WAIT_S = 1.0


def pause_s(failures: int, cap_s: float, jitter: float) -> float:
    """0.1 s, 0.2 s, 0.4 s … `cap_s`, less up to a fifth. Args: jitter: 0 to 1."""
    return min(cap_s, FIRST_PAUSE_S * 2.0 ** min(failures - 1, 30)) * (1 - jitter / 5)


@dataclass
class Counters:
    """Since this process started."""

    received: int = 0
    refused: int = 0
    sent: int = 0
    retried: int = 0


class Sender:
    """One a spool. `run` until cancelled; `wake` when something was added."""

    def __init__(
        self,
        spool: Spool,
        sink: str,
        fill_version: Callable[[Record], Record],
        counters: Counters,
        *,
        concurrency: int,
        backoff_cap_s: float,
        client: httpx.AsyncClient,
    ) -> None:
        self._spool, self._sink, self._fill_version, self._counters = spool, sink, fill_version, counters
        self._concurrency, self._cap_s, self._client = concurrency, backoff_cap_s, client
        self._awake = asyncio.Event()
        self._failures = 0
        self._closed_until = 0.0
        self._flying: set[int] = set()

    def wake(self) -> None:
        self._awake.set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                self._awake.clear()
                for item in await self._take():
                    self._flying.add(item.seq)
                    group.create_task(self._deliver(item))
                await self._sleep()

    async def _take(self) -> list[Item]:
        # after a failure one record is enough to see whether the broker is back
        allowed = 1 if self._failures else self._concurrency
        free = allowed - len(self._flying)
        now = time.time()
        if free <= 0 or now < self._closed_until:
            return []
        items = await asyncio.to_thread(self._spool.take, now, free + len(self._flying))
        return [item for item in items if item.seq not in self._flying][:free]

    async def _sleep(self) -> None:
        wait_s = LONGEST_WAIT_S
        now = time.time()
        if self._closed_until > now:
            wait_s = min(wait_s, self._closed_until - now)
        elif not self._flying:
            due = await asyncio.to_thread(self._spool.next_due)
            if due is not None:
                wait_s = min(wait_s, max(due - now, 0.01))
        try:
            async with asyncio.timeout(wait_s):
                await self._awake.wait()
        except TimeoutError:
            return

    async def _deliver(self, item: Item) -> None:
        try:
            await self._deliver_once(item)
        finally:
            self._flying.discard(item.seq)
            self._awake.set()

    async def _deliver_once(self, item: Item) -> None:
        if not item.resolved:
            resolved = await self._resolve(item)
            if resolved is None:
                return
            item = resolved
        event = build_event(item.record)
        if await asyncio.to_thread(self._spool.was_sent, event.id):  # told by another topic too
            await asyncio.to_thread(self._spool.sent, item, event.id)
            return
        headers, body = to_binary(event)
        try:
            response = await self._client.post(self._sink, headers=headers, content=body, timeout=POST_S)
        except httpx.TransportError as fault:
            await self._again(item, f"{type(fault).__name__}: {fault}")
            return
        if response.is_success:
            self._failures, self._closed_until = 0, 0.0
            self._counters.sent += 1
            await asyncio.to_thread(self._spool.sent, item, event.id)
        elif response.status_code in NEVER:
            self._failures, self._closed_until = 0, 0.0
            self._counters.refused += 1
            reason = f"the broker answered {response.status_code}: {response.text[:200]}"
            log.error("set aside: %s", reason, extra={"event": event.id})
            await asyncio.to_thread(self._spool.refuse, item, reason, time.time())
        else:
            await self._again(item, f"the broker answered {response.status_code}")

    async def _resolve(self, item: Item) -> Item | None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            record = await asyncio.to_thread(self._fill_version, item.record)
        except (BotoCoreError, ClientError) as fault:
            await self._again(item, f"the gateway does not tell the version: {type(fault).__name__}: {fault}")
            return None
        if record is item.record:
            return item  # nothing was looked up, or nothing found: asked again next time
        return await asyncio.to_thread(self._spool.resolve, item, record)

    async def _again(self, item: Item, why: str) -> None:
        self._failures += 1
        self._counters.retried += 1
        now = time.time()
        self._closed_until = now + pause_s(self._failures, self._cap_s, random.random())  # noqa: S311 - jitter, not a secret
        own = pause_s(item.attempts + 1, self._cap_s, random.random())  # noqa: S311 - jitter, not a secret
        if self._failures & (self._failures - 1) == 0:  # 1, 2, 4, 8 …: a long outage does not fill the log
            log.warning("will try again (%d in a row): %s", self._failures, why)
        await asyncio.to_thread(self._spool.retry, item, now + own)


def build_client(concurrency: int) -> Any:
    """No proxies from the environment: the broker is inside."""
    return httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_connections=concurrency))
