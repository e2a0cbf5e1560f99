"""The service in several processes over one index, as Knative scales it: the same questions, shared out among them. Not a benchmark by itself."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import reduce
from pathlib import Path
from threading import BrokenBarrierError
from typing import Any

from bench._search_cases import Asked, Measured, Watched, service_over
from bench._search_corpus import Words
from bench._search_peers import TantivyPeer
from functions.search.index_directory import IndexDirectory
from functions.search.tantivy_reader import TantivyReader

READY_S = 300.0
_here: dict[str, Any] = {}  # of a process of the pool


class Processes:
    """See `_search_cases.Instances`."""

    def __init__(self, count: int, url: str, index: Path, connections: int, forgetful: bool) -> None:
        self.count = count
        context = multiprocessing.get_context("spawn")
        start = context.Barrier(count)
        self._pool = ProcessPoolExecutor(count, context, _open, (url, index, connections, forgetful, start))

    def ours(self, case: str, queries: Sequence[str], clients: int, before: Sequence[str]) -> Asked:
        """Each has its share of the clients, one at the least, and of the questions; they begin together."""
        each = max(1, clients // self.count)
        asked = [
            self._pool.submit(_ask, case, queries[n :: self.count], each, before) for n in range(self.count)
        ]
        return reduce(Asked.and_also, (one.result() for one in asked))

    def close(self) -> None:
        self._pool.shutdown()


def _open(url: str, index: Path, connections: int, forgetful: bool, start: Any) -> None:
    reading, reader = Watched(url, connections), TantivyReader(IndexDirectory(index))
    service = service_over(reader, reading, forgetful)
    _here["measured"] = Measured(service, reading, TantivyPeer(reader), None, Words(0))
    _here["start"] = start


def _ask(case: str, queries: Sequence[str], clients: int, before: Sequence[str]) -> Asked:
    """Waits for the others, so no process of the pool is asked twice."""
    try:
        asked: Asked = _here["measured"].ours(
            case, queries, clients, before, lambda: _here["start"].wait(READY_S)
        )
    except BrokenBarrierError as fault:
        raise RuntimeError("another process did not become ready") from fault
    return asked
