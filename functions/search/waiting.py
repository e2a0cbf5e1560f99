"""Calls of engines, side by side under one deadline: what is late or down is left out, and known to be.

Each engine has threads of its own, so that one that hangs takes none from the others. One that failed several times in a row is not
waited for during a moment, when there is another to answer.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from dataclasses import dataclass
from typing import Any, TypeVar

from functions.search.engine import EngineDown, NotExpressible

log = logging.getLogger(__name__)
T = TypeVar("T")
THREADS = 8  # of one engine
FAILURES, REST_S = 3, 2.0


class Lane:
    """One engine's threads, and whether it is worth asking."""

    def __init__(self, name: str, may_rest: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix=f"leg-{name}")
        self._may_rest, self._clock = may_rest, clock
        self._failures, self._rests_until = 0, float("-inf")
        self._lock = threading.Lock()

    def rests(self) -> bool:
        return self._clock() < self._rests_until

    def came(self, well: bool) -> None:
        with self._lock:
            self._failures = 0 if well else self._failures + 1
            if self._may_rest and self._failures >= FAILURES:
                self._rests_until = self._clock() + REST_S


class Lanes:
    def __init__(self, names: Iterable[str]) -> None:
        known = list(dict.fromkeys(names))
        self._lanes = {name: Lane(name, len(known) > 1) for name in known}

    def __getitem__(self, name: str) -> Lane:
        return self._lanes[name]

    def close(self) -> None:
        for lane in self._lanes.values():
            lane.threads.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True)
class LeftOut:
    """One call that gave nothing: `why` is `late`, `down` or `resting`."""

    engine: str
    leg: str
    why: str


@dataclass(frozen=True)
class Call:
    lane: Lane
    leg: str
    future: Future[Any] | None


class Waiting:
    """One search's calls. `waited_s` is how long its thread stood still for them: the engines' share of the answer's time."""

    def __init__(self, lanes: Lanes, deadline_s: float) -> None:
        self._lanes = lanes
        self._until = time.monotonic() + deadline_s
        self.left_out: list[LeftOut] = []
        self.waited_s = 0.0

    def start(self, engine: str, leg: str, call: Callable[[], Any]) -> Call:
        lane = self._lanes[engine]
        return Call(lane, leg, None if lane.rests() else lane.threads.submit(call))

    def result(self, call: Call, otherwise: Any, at_most_s: float = float("inf")) -> Any:
        """What the call gave, or `otherwise` when there is nothing by the deadline, or within `at_most_s`."""
        if call.future is None:
            return self._miss(call, "resting", otherwise)
        began = time.monotonic()
        try:
            found = call.future.result(max(0.0, min(self._until - began, at_most_s)))
            call.lane.came(well=True)
            return found
        except NotExpressible:
            call.lane.came(well=True)
            return otherwise
        except TooSlow:
            call.future.cancel()
            why = "late"
        except EngineDown as fault:
            log.warning("%s is down for %s: %s", call.lane.name, call.leg, fault)
            why = "down"
        finally:
            self.waited_s += time.monotonic() - began
        call.lane.came(well=False)
        return self._miss(call, why, otherwise)

    def _miss(self, call: Call, why: str, otherwise: Any) -> Any:
        log.warning("left out: %s of %s is %s", call.leg, call.lane.name, why)
        self.left_out.append(LeftOut(call.lane.name, call.leg, why))
        return otherwise
