"""Searches take turns: as many at a time as there are processors, the others in the order in which they came.

An embedded engine works in this very process. Sixteen searches at once on two processors are all as slow as sixteen one after the other, and take
the interpreter from each other besides; in turn, the first ones are soon done and none is later than it would have been.
Engines behind a network work elsewhere: searches that only wait take no turns.
"""

from __future__ import annotations

import math
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from acervo.errors import Transient

WAIT_S = 10.0
Wanted = Callable[[], bool]  # whether somebody still waits for the answer
_QUOTA = Path("/sys/fs/cgroup/cpu.max")  # `200000 100000`, or `max 100000`: microseconds of so many


class Gone(Exception):
    """Nobody waits for the answer any more."""


def always() -> bool:
    return True


class Turns:
    """`at_once` of them, given in the order of asking; 0: no end of them."""

    def __init__(self, at_once: int, wait_s: float = WAIT_S) -> None:
        self._free, self._wait_s = at_once, wait_s
        self._unlimited = at_once <= 0
        self._lock = threading.Lock()
        self._queue: deque[threading.Event] = deque()

    @contextmanager
    def take(self, wanted: Wanted = always) -> Iterator[None]:
        """`wanted` is asked when the turn comes, of those who had to wait for it.

        Raises:
            Transient: nobody was done in time.
            Gone
        """
        if self._unlimited:
            yield
            return
        has_waited = self._wait()
        try:
            if has_waited and not wanted():
                raise Gone
            yield
        finally:
            self._pass_on()

    def _wait(self) -> bool:
        """Whether it had to."""
        with self._lock:
            if self._free and not self._queue:
                self._free -= 1
                return False
            mine = threading.Event()
            self._queue.append(mine)
        if not mine.wait(self._wait_s):
            with self._lock:
                if mine in self._queue:  # else it was given in the last moment
                    self._queue.remove(mine)
                    raise Transient("search-busy", "there are too many searches at the moment")
        return True

    def _pass_on(self) -> None:
        with self._lock:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._free += 1


def processors() -> int:
    """What this process may use: its affinity, and the quota of its container."""
    mine = len(os.sched_getaffinity(0))
    try:
        quota, _, period = _QUOTA.read_text().partition(" ")
        return max(1, min(mine, math.ceil(int(quota) / int(period))))
    except (OSError, ValueError, ZeroDivisionError):  # no such file, or no limit
        return mine
