"""Takes due deliveries as slots are free, calls, and writes down what came of it.

A delivery is leased while its call runs; a heartbeat extends the lease. A runtime that dies leaves leases behind, and the next
one gives them back at its start: at least once, nothing lost.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import psycopg
from psycopg_pool import PoolTimeout

from knative.local.broker.broker import Broker, Expired
from knative.local.broker.calls import Calls, NoAnswer
from knative.local.broker.message import ARRIVAL, TTL, Message, as_dead_letter
from knative.local.broker.queue import LEASE, Claimed, Failure, Queue, QueueUnavailable, Write
from knative.local.broker.verdict import NO_RESPONSE, Verdict, delay_s, judge
from knative.local.metrics import Metrics
from knative.local.plan import Plan, Target, TriggerPlan
from knative.local.serving.serving import Serving

#: calls at once to one address that is not a service of ours
URL_SLOTS = 32
POLL_S = 1.0
_SETTLE_S = 60.0
log = logging.getLogger(__name__)


class Dispatcher:
    def __init__(
        self,
        plan: Plan,
        broker: Broker,
        queue: Queue,
        calls: Calls,
        serving: Serving,
        metrics: Metrics,
        broker_url: str,
    ) -> None:
        self._triggers = {trigger.name: trigger for trigger in plan.triggers}
        self._lanes = _lanes(plan)
        self._broker = broker
        self._queue = queue
        self._calls = calls
        self._serving = serving
        self._metrics = metrics
        self._broker_url = broker_url
        self._wake = asyncio.Event()
        self._backlog = False
        self._running: dict[int, asyncio.Task[None]] = {}
        self._busy: Counter[str] = Counter()
        broker.on_events = self._wake.set

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._heartbeat(), name="heartbeat")
            while True:
                self._wake.clear()
                try:
                    claimed = await self._claim()
                except (psycopg.Error, PoolTimeout) as fault:
                    log.warning("cannot claim deliveries: %s", fault)
                    claimed = []
                for delivery in claimed:
                    self._start(delivery)
                if not claimed:
                    await self._wait(POLL_S)

    async def drain(self, grace_s: float) -> None:
        """Let running calls end; what does not end in time stays leased and is delivered again."""
        tasks = list(self._running.values())
        if tasks:
            await asyncio.wait(tasks, timeout=grace_s)
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    # -- claiming -------------------------------------------------------------------------------------------------
    async def _claim(self) -> list[Claimed]:
        free = {lane: self._slots(lane) - self._busy[lane] for lane in self._lanes}
        wanted = [
            (at, free[lane], trigger, dead)
            for at, (lane, sources) in enumerate(self._lanes.items())
            if free[lane] > 0
            for trigger, dead in sources
        ]
        claimed = await self._queue.claim(wanted) if wanted else []
        taken = Counter(self._lane(delivery) for delivery in claimed)
        self._backlog = any(taken[lane] >= free[lane] for lane in self._lanes)
        # one whose lease ran out while its call runs (PostgreSQL was away) is not called twice at once
        return [delivery for delivery in claimed if delivery.id not in self._running]

    def _slots(self, lane: str) -> int:
        return self._serving.capacity(lane) if lane in self._serving else URL_SLOTS

    def _lane(self, delivery: Claimed) -> str:
        return _lane(self._target(delivery))

    def _target(self, delivery: Claimed) -> Target:
        trigger = self._triggers[delivery.trigger]
        sink = trigger.delivery.dead_letter if delivery.dead else trigger.subscriber
        return sink or trigger.subscriber

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    def _start(self, delivery: Claimed) -> None:
        lane = self._lane(delivery)
        self._busy[lane] += 1
        task = asyncio.create_task(self._deliver(delivery), name=f"delivery {delivery.id}")
        self._running[delivery.id] = task

        def ended(task: asyncio.Task[None]) -> None:
            del self._running[delivery.id]
            self._busy[lane] -= 1
            if self._backlog:
                self._wake.set()
            if not task.cancelled() and (fault := task.exception()) is not None:
                log.error("delivery %s failed in the broker itself", delivery.id, exc_info=fault)

        task.add_done_callback(ended)

    async def _heartbeat(self) -> None:
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            try:
                if self._running:
                    await self._queue.extend(list(self._running))
                await self._queue.hold()
                await self._queue.sweep()
            except (psycopg.Error, PoolTimeout) as fault:
                log.warning("cannot extend leases: %s", fault)

    # -- delivering -----------------------------------------------------------------------------------------------
    async def _deliver(self, delivery: Claimed) -> None:
        trigger = self._triggers[delivery.trigger]
        target = self._target(delivery)
        if (
            delivery.failure and trigger.delivery.dead_letter is None
        ):  # the sink was taken out of the manifests since
            await self._settle(keep=(delivery.id, delivery.failure, "no dead letter sink"))
            return
        if delivery.attempt == 1 and not delivery.dead:
            self._metrics.hop.labels(trigger.name).observe(max(0.0, _age_s(delivery.message)))
        try:
            answer = await self._calls.call(target, _outgoing(delivery), trigger.delivery.timeout_s)
            verdict = judge(answer)
            code = str(answer.status)
        except NoAnswer as fault:
            verdict = Verdict(ok=False, code=NO_RESPONSE, data=f"dispatch error: {fault}".encode())
            code = "none"
        self._metrics.attempts.labels(trigger.name, code).inc()
        if delivery.dead and 200 <= verdict.code < 300:
            verdict = Verdict(ok=True, code=verdict.code)  # what a dead letter sink replies is not looked at
        if verdict.ok:
            await self._succeeded(delivery, trigger, verdict)
        else:
            await self._failed(
                delivery, trigger, Failure(target.url, verdict.code, verdict.data), again=verdict.again
            )

    async def _succeeded(self, delivery: Claimed, trigger: TriggerPlan, verdict: Verdict) -> None:
        if verdict.reply is None:
            await self._settle(done=delivery.id)
            return
        ttl = delivery.message.headers.get(TTL)
        headers = {name: value for name, value in verdict.reply.headers.items() if name != TTL}
        reply = Message(
            headers | ({TTL: ttl} if ttl else {}), verdict.reply.body
        )  # a reply goes on with its cause's TTL
        try:
            await self._settled(
                lambda: self._broker.accept(trigger.broker, [reply], acknowledges=delivery.id)
            )
        except Expired as fault:  # Knative's ingress answers the reply with 400, which is not tried again
            ingress = f"{self._broker_url}/default/{trigger.broker}"
            await self._failed(delivery, trigger, Failure(ingress, 400, str(fault).encode()), again=False)

    async def _failed(
        self, delivery: Claimed, trigger: TriggerPlan, failure: Failure, *, again: bool
    ) -> None:
        policy = trigger.delivery
        if again and delivery.attempt <= policy.retry:
            wait_s = delay_s(policy, delivery.attempt - 1)
            await self._settle(retry=(delivery.id, wait_s))
            asyncio.get_running_loop().call_later(wait_s, self._wake.set)
            return
        if delivery.dead:
            log.error(
                "trigger %s: its dead letter sink took event %s not (%s): kept",
                trigger.name,
                _id(delivery),
                failure.code,
            )
            await self._settle(
                keep=(delivery.id, delivery.failure or failure, f"dead letter sink: {failure.code}")
            )
            return
        self._metrics.dead_letters.labels(trigger.name).inc()
        log.warning(
            "trigger %s: event %s given up after %s tries: %s",
            trigger.name,
            _id(delivery),
            delivery.attempt,
            failure.code,
        )
        if policy.dead_letter is None:
            await self._settle(keep=(delivery.id, failure, "no dead letter sink"))
            return
        await self._settle(dead=(delivery.id, failure))
        self._wake.set()

    async def _settle(
        self,
        done: int | None = None,
        retry: tuple[int, float] | None = None,
        dead: tuple[int, Failure] | None = None,
        keep: tuple[int, Failure, str] | None = None,
    ) -> None:
        await self._settled(lambda: self._queue.write(Write(done=done, retry=retry, dead=dead, keep=keep)))

    async def _settled(self, write: Callable[[], Awaitable[None]]) -> None:
        """Write an outcome; while PostgreSQL is away, try for a minute, then leave it to the lease."""
        deadline = time.monotonic() + _SETTLE_S
        while True:
            try:
                await write()
                return
            except QueueUnavailable as fault:
                if time.monotonic() > deadline:
                    log.error("an outcome could not be written, the event will be delivered again: %s", fault)
                    return
                await asyncio.sleep(0.5)


def _outgoing(delivery: Claimed) -> Message:
    headers = {name: value for name, value in delivery.message.headers.items() if name != TTL}
    message = Message(headers, delivery.message.body)  # Knative's filter takes the TTL off, too
    if delivery.failure is None:
        return message
    return as_dead_letter(message, delivery.failure.destination, delivery.failure.code, delivery.failure.data)


def _lanes(plan: Plan) -> dict[str, list[tuple[str, bool]]]:
    """What shares slots: a service of ours, or one address."""
    lanes: dict[str, list[tuple[str, bool]]] = {}
    for trigger in plan.triggers:
        sink = trigger.delivery.dead_letter or trigger.subscriber
        lanes.setdefault(_lane(trigger.subscriber), []).append((trigger.name, False))
        lanes.setdefault(_lane(sink), []).append((trigger.name, True))
    return lanes


def _lane(target: Target) -> str:
    return target.service or target.url


def _age_s(message: Message) -> float:
    arrived = message.headers.get(ARRIVAL)
    return (datetime.now(UTC) - datetime.fromisoformat(arrived)).total_seconds() if arrived else 0.0


def _id(delivery: Claimed) -> str:
    return delivery.message.headers.get("ce-id", "")
