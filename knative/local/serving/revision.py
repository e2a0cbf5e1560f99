"""One revision: its instances, the requests that wait for them, and when there are more or fewer of them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from knative.local.metrics import Metrics
from knative.local.plan import RevisionPlan
from knative.local.serving.demand import Window, ceiling, needed, per_instance
from knative.local.serving.instance import Instance, StartFailed
from knative.local.serving.spawner import Spawner

#: requests that may wait for an instance; Knative's activator holds 10000 over all nodes
MAX_WAITING = 1000
#: Knative's progress-deadline is 600 s; a function that imports for longer than this is broken
START_DEADLINE_S = 120.0
#: failed starts in a row after which waiting requests are refused, and the status says crash loop
CRASH_LOOP = 3
_BACKOFF_S = 0.2
_MAX_BACKOFF_S = 30.0
_SETTLED_S = 10.0
log = logging.getLogger(__name__)


class Unserved(RuntimeError):
    """No instance answered: 502 broken, 503 overloaded or crashing, 504 too late."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        super().__init__(text)


@dataclass(frozen=True)
class Machine:
    """What all revisions share."""

    spawner: Spawner
    metrics: Metrics
    log_dir: Path
    max_instances: int
    max_grace_s: float


class Revision:
    def __init__(self, plan: RevisionPlan, machine: Machine) -> None:
        self.plan = plan
        self.instances: list[Instance] = []
        self.failures = 0
        self.last_error = ""
        self._machine = machine
        self._waiting: deque[asyncio.Future[Instance]] = deque()
        self._window = Window(plan)
        self._not_before = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    @property
    def log_path(self) -> Path:
        return self._machine.log_dir / f"{self.plan.name}.log"

    @property
    def grace_s(self) -> float:
        return min(self.plan.timeout_s, self._machine.max_grace_s)

    @property
    def crash_looping(self) -> bool:
        return self.failures >= CRASH_LOOP

    def capacity(self) -> int:
        """Requests at once that this machine can serve."""
        return max(1, round(ceiling(self.plan, self._machine.max_instances) * per_instance(self.plan)))

    def requests(self) -> int:
        return sum(instance.in_flight for instance in self.instances) + len(self._waiting)

    # -- routing --------------------------------------------------------------------------------------------------
    @asynccontextmanager
    async def slot(self) -> AsyncIterator[Instance]:
        """An instance with room for one more request; waits for one.

        Raises:
            Unserved: too many wait already, or the revision cannot start.
        """
        asked = time.monotonic()
        instance = await self._acquire()
        self._machine.metrics.waited.labels(self.plan.name).observe(time.monotonic() - asked)
        try:
            yield instance
        finally:
            instance.in_flight -= 1
            self._assign()

    async def _acquire(self) -> Instance:
        if self._closing:
            raise Unserved(503, f"{self.plan.name} is stopping")
        if not self._waiting and (free := self._free()) is not None:
            free.in_flight += 1
            self._follow_demand()
            return free
        if len(self._waiting) >= MAX_WAITING:
            raise Unserved(503, f"{MAX_WAITING} requests wait for {self.plan.name} already")
        if self.crash_looping and not self.instances and time.monotonic() < self._not_before:
            raise self._crashed()
        waiting: asyncio.Future[Instance] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        self._follow_demand()
        try:
            return await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled() and waiting.exception() is None:
                waiting.result().in_flight -= 1  # given in the same moment as the caller left
                self._assign()
            elif waiting in self._waiting:
                self._waiting.remove(waiting)
            raise

    def _free(self) -> Instance | None:
        limit = self.plan.concurrency or float("inf")
        ready = [
            instance
            for instance in self.instances
            if instance.state == "ready" and instance.in_flight < limit
        ]
        return min(ready, key=lambda instance: instance.in_flight, default=None)

    def _assign(self) -> None:
        while self._waiting and (free := self._free()) is not None:
            waiting = self._waiting.popleft()
            if not waiting.done():
                free.in_flight += 1
                waiting.set_result(free)

    # -- scaling --------------------------------------------------------------------------------------------------
    def _follow_demand(self) -> None:
        """Up at once."""
        now = time.monotonic()
        wanted = needed(self.plan, self.requests(), self._machine.max_instances)
        self._window.note(now, wanted)
        if now < self._not_before or self._closing:
            return
        for _ in range(wanted - self._alive()):
            self._launch()

    def _alive(self) -> int:
        return sum(instance.state in ("starting", "ready") for instance in self.instances)

    def _launch(self) -> None:
        instance = Instance(self.plan.name)
        self.instances.append(instance)
        self._spawn_task(self._start(instance))

    def start_initial(self) -> None:
        count = max(self.plan.scaling.initial_scale, self.plan.scaling.min_scale)
        self._window.note(time.monotonic(), count)
        for _ in range(min(count, ceiling(self.plan, self._machine.max_instances))):
            self._launch()

    def tick(self) -> None:
        """Once a second: replace what crashed, take away what the window no longer needs."""
        self._follow_demand()
        floor = max(self._window.floor(time.monotonic()), self.plan.scaling.min_scale)
        surplus = self._alive() - floor
        idle = [
            instance for instance in self.instances if instance.state == "ready" and not instance.in_flight
        ]
        for instance in idle[:surplus] if surplus > 0 else ():
            instance.state = "stopping"
            self._spawn_task(self._stop(instance))

    async def _start(self, instance: Instance) -> None:
        name = self.plan.name
        env = self.plan.env | {
            "K_SERVICE": name, "K_CONFIGURATION": name, "K_REVISION": f"{name}-00001",
            "K_GRACE_SECONDS": str(max(1, int(self.grace_s))),
        }  # fmt: skip
        began = time.monotonic()
        try:
            await instance.start(
                self._machine.spawner,
                env,
                self.log_path,
                START_DEADLINE_S,
                lambda status: self._exited(instance, began, status),
            )
        except StartFailed as fault:
            self._failed(instance, str(fault))
            return
        if instance.state == "starting":  # it may have been told to stop, or have ended, meanwhile
            instance.state = "ready"
            self._machine.metrics.cold_start.labels(name).observe(time.monotonic() - began)
            self._assign()

    def _exited(self, instance: Instance, began: float, status: int) -> None:
        if instance.state == "ready":
            if time.monotonic() - began > _SETTLED_S:
                self.failures = 0
            self._failed(instance, f"an instance ended with status {status}")
        elif instance.state == "stopping" and instance in self.instances:
            self.instances.remove(instance)

    def _failed(self, instance: Instance, text: str) -> None:
        if self._closing or instance not in self.instances:
            return
        self.instances.remove(instance)
        instance.state = "gone"
        self._machine.metrics.crashes.labels(self.plan.name).inc()
        self.failures += 1
        self.last_error = f"{text}: see {self.log_path}"
        wait_s = min(_BACKOFF_S * 2 ** (self.failures - 1), _MAX_BACKOFF_S)
        self._not_before = time.monotonic() + wait_s
        log.warning("%s: %s (%s in a row, next try in %.1f s)", self.plan.name, text, self.failures, wait_s)
        if self.crash_looping and not self._alive():
            self._refuse_waiting()
        asyncio.get_running_loop().call_later(wait_s, self._follow_demand)

    def _refuse_waiting(self) -> None:
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_exception(self._crashed())

    def _crashed(self) -> Unserved:
        return Unserved(503, f"{self.plan.name} does not start: {self.last_error}")

    def answered(self) -> None:
        """An instance gave an answer: it is no crash loop (any more)."""
        self.failures = 0

    async def _stop(self, instance: Instance) -> None:
        await instance.stop(self.grace_s)
        if instance in self.instances:
            self.instances.remove(instance)

    async def close(self) -> None:
        self._closing = True
        while self._waiting:
            if not (waiting := self._waiting.popleft()).done():
                waiting.set_exception(Unserved(503, f"{self.plan.name} is stopping"))
        await asyncio.gather(*(self._stop(instance) for instance in list(self.instances)))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn_task(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._task_ended)

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.error("%s: the runtime itself failed", self.plan.name, exc_info=fault)
