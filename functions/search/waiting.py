"""Calls of engines, side by side under one deadline: what is late or down is left out, and known to be."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from typing import Any, TypeVar

from functions.search.engine import EngineDown

log = logging.getLogger(__name__)
T = TypeVar("T")


class Waiting:
    """One search's calls; `partial` when one of them was late or its engine down."""

    def __init__(self, threads: ThreadPoolExecutor, deadline_s: float) -> None:
        self._threads = threads
        self._until = time.monotonic() + deadline_s
        self.partial = False

    def start(self, call: Callable[[], T]) -> Future[T]:
        return self._threads.submit(call)

    def result(self, future: Future[T], otherwise: T | Any) -> T | Any:
        """What the call gave, or `otherwise` when there is nothing by the deadline."""
        try:
            return future.result(max(0.0, self._until - time.monotonic()))
        except TooSlow:
            future.cancel()
            log.warning("an engine is late")
        except EngineDown as fault:
            log.warning("an engine is down: %s", fault)
        self.partial = True
        return otherwise
