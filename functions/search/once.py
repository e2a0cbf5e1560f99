"""What is worked out once for a key, by the first who asks, and remembered for a while."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """The latest `most` keys; whoever asks for a key that is being worked out waits for that. A failure is of all who wait, and not kept."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._futures: OrderedDict[Hashable, Future[T]] = OrderedDict()
        self._lock = threading.Lock()

    def known(self, key: Hashable) -> T | None:
        with self._lock:
            future = self._futures.get(key)
        return future.result() if future is not None and future.done() else None

    def of(self, key: Hashable, work: Callable[[], T], kept: bool = True) -> T:
        """`kept`: or each time anew, where the key itself is too large to keep."""
        if not kept:
            return work()
        with self._lock:
            future = self._futures.get(key)
            if future is not None:
                self._futures.move_to_end(key)
            else:
                mine: Future[T] = Future()
                self._futures[key] = mine
                while len(self._futures) > self._most:
                    self._futures.popitem(last=False)
        if future is not None:
            return future.result()
        try:
            mine.set_result(work())
        except BaseException as fault:  # noqa: BLE001  # it is of all who wait
            with self._lock:
                self._futures.pop(key, None)
            mine.set_exception(fault)
        return mine.result()


class Interned(Generic[T]):
    """Equal values as one object, of the latest `most`: what many keys have in them is kept once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[T, T] = OrderedDict()
        self._lock = threading.Lock()

    def one(self, value: T) -> T:
        with self._lock:
            found = self._values.setdefault(value, value)
            self._values.move_to_end(found)
            if len(self._values) > self._most:
                self._values.popitem(last=False)
            return found
