"""Parts of an answer side by side with the rest of it, as long as there are threads to spare: who finds none does the parts one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Aside:
    """`most` parts at a time, of all answers together: more of them would only take the processors from each other."""

    def __init__(self, most: int, name: str) -> None:
        self._free = threading.Semaphore(most)
        self._threads = ThreadPoolExecutor(most, thread_name_prefix=name)

    def start(self, part: Callable[[], T]) -> Callable[[], T]:
        """What gives the part's result, or raises what it raised; called once."""
        if not self._free.acquire(blocking=False):
            return part
        future = self._threads.submit(part)
        future.add_done_callback(lambda _: self._free.release())
        return future.result
