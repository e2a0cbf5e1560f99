"""What `bench search` asks, and how long each answer takes beside its peers. Not a benchmark by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol, TypeVar
from unittest.mock import patch

from acervo.database import Connection
from bench._search_corpus import Words
from bench._search_peers import PostgresPeer, TantivyPeer
from bench.figures import quantile
from functions.search import fusion, grammar, legs
from functions.search.asking import Search
from functions.search.engine import Order, Scope
from functions.search.reading import Reading
from functions.search.searching import SearchService
from functions.search.tantivy_index import TantivyIndex
from functions.search.tantivy_reader import TantivyReader
from functions.search.turns import processors

T = TypeVar("T")
Call = Callable[[str], int]  # a text to the number of hits
MINE = frozenset(f"project-{n}" for n in range(5))


@dataclass(frozen=True)
class Timing:
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_ms: float  # mean, of this process
    hits: float


@dataclass(frozen=True)
class Figure:
    """`own`: all of our time that is not waiting for the engine; `checked`: of that, the fusion and the look-up in PostgreSQL (permission and texts)."""

    name: str
    clients: int
    instances: int
    ours: Timing
    own_p50_ms: float | None
    checked_p50_ms: float | None
    tantivy: Timing | None = None
    postgres: Timing | None = None


@dataclass
class Asked:
    """What one process was asked: seconds and hits of each question, seconds of CPU, and our own parts of the answers in ms."""

    done: list[tuple[float, int]] = field(default_factory=list)
    cpu_s: float = 0.0
    own: list[float] = field(default_factory=list)
    checked: list[float] = field(default_factory=list)

    def and_also(self, other: Asked) -> Asked:
        return Asked(
            self.done + other.done,
            self.cpu_s + other.cpu_s,
            self.own + other.own,
            self.checked + other.checked,
        )

    def timing(self) -> Timing:
        seconds = [s for s, _ in self.done]
        p50, p95, p99 = (round(quantile(seconds, share) * 1000, 2) for share in (0.5, 0.95, 0.99))
        hits = sum(count for _, count in self.done) / len(self.done)
        return Timing(p50, p95, p99, round(self.cpu_s / len(self.done) * 1000, 2), round(hits, 1))


@dataclass(frozen=True)
class Case:
    name: str
    text: Callable[[], str]
    ours: Call
    tantivy: Call
    postgres: Call | None = None


def timed(
    call: Call,
    queries: Sequence[str],
    clients: int,
    before: Sequence[str],
    ready: Callable[[], object] = lambda: None,
) -> Asked:
    """`before`: other questions, asked first, so that every client has its connection and the index its pages; then it is `ready`."""

    def once(text: str) -> tuple[float, int]:
        started = time.perf_counter()
        count = call(text)
        return time.perf_counter() - started, count

    with ThreadPoolExecutor(clients) as threads:
        list(threads.map(call, before))
        ready()
        cpu = time.process_time()
        done = list(threads.map(once, queries))
        return Asked(done, time.process_time() - cpu)


class Instances(Protocol):
    """Several processes that are asked together."""

    count: int

    def ours(self, case: str, queries: Sequence[str], clients: int, before: Sequence[str]) -> Asked: ...


def _middle(asked: Asked) -> tuple[float | None, float | None]:
    own, checked = (round(quantile(s, 0.5), 2) if s else None for s in (asked.own, asked.checked))
    return own, checked


class Watched(Reading):
    """The service's reader, and how long each thread has fused and read for its answer."""

    def __init__(self, url: str, size: int) -> None:
        super().__init__(url, size)
        self._spent = threading.local()

    def read(self, work: Callable[[Connection], T]) -> T:
        return self.watch(lambda: super(Watched, self).read(work))

    def watch(self, work: Callable[[], T]) -> T:
        began = time.perf_counter()
        try:
            return work()
        finally:
            self._spent.s = getattr(self._spent, "s", 0.0) + time.perf_counter() - began

    def taken_ms(self) -> float:
        """By this thread since it was taken last."""
        spent, self._spent.s = getattr(self._spent, "s", 0.0), 0.0
        return spent * 1000


def service_over(reader: TantivyReader, reading: Reading, forgetful: bool = False) -> SearchService:
    """As an instance has it; `forgetful`: everything is asked as if nobody had asked it before."""
    return SearchService([TantivyIndex(reader, not forgetful)], reading, deadline_s=30, at_once=processors())


class Measured:
    """The service and its peers over one archive."""

    def __init__(
        self, service: SearchService, reading: Watched, tantivy: TantivyPeer, postgres: PostgresPeer | None, words: Words
    ) -> None:  # fmt: skip
        self._service, self._reading, self._tantivy, self._postgres, self._words = (
            service, reading, tantivy, postgres, words,
        )  # fmt: skip
        self._own: list[float] = []
        self._checked: list[float] = []

    def ours(
        self, case: str, queries: Sequence[str], clients: int, before: Sequence[str], ready: Callable[[], object] = lambda: None
    ) -> Asked:  # fmt: skip
        """The service alone."""
        (call,) = (known.ours for known in self._cases() if known.name == case)

        def start() -> None:
            ready()
            self._own.clear()
            self._checked.clear()

        def fused(ranked: Iterable[fusion.Leg]) -> list[fusion.Fused]:
            return self._reading.watch(lambda: fusion.fuse(ranked))

        with patch.object(legs, "fuse", fused):
            asked = timed(call, queries, clients, before, start)
        asked.own, asked.checked = list(self._own), list(self._checked)
        return asked

    def figures(
        self, count: int, clients: int, only: Sequence[str] = (), instances: Instances | None = None
    ) -> Iterator[Figure]:
        """`only`: cases whose name begins with one of these. `instances`: who is asked instead of this process, without peers."""
        for case in self._cases():
            # made for all: each case asks the same, whoever else is asked
            queries = [case.text() for _ in range(count)]
            before = [case.text() for _ in range(max(3, count // 10, 2 * clients))]
            if only and not case.name.startswith(tuple(only)):
                continue
            if instances:
                asked = instances.ours(case.name, queries, clients, before)
                yield Figure(case.name, clients, instances.count, asked.timing(), *_middle(asked))
                continue
            asked = self.ours(case.name, queries, clients, before)
            fewer = queries[: max(10, count // 3)]  # the slow ones would take an hour
            by_sql = (
                timed(case.postgres, fewer, clients, before[:clients]).timing() if case.postgres else None
            )
            alone = timed(case.tantivy, queries, clients, before).timing()
            yield Figure(case.name, clients, 1, asked.timing(), *_middle(asked), alone, by_sql)

    def _cases(self) -> list[Case]:
        words, tantivy, postgres = self._words, self._tantivy, self._postgres
        everything = self._assets(None)
        by_assets, by_segments = (postgres.assets, postgres.segments) if postgres else (None, None)
        suggested = self._suggest(None)
        return [
            Case("assets: rare", words.rare, everything, tantivy.assets, by_assets),
            Case("assets: middling", words.middling, everything, tantivy.assets, by_assets),
            Case("assets: common", words.common, everything, tantivy.assets, by_assets),
            Case("assets: common, no facets", words.common, self._assets(None, facets=False), tantivy.assets, by_assets),
            Case("assets: common, 5 projects", words.common, self._assets(MINE), tantivy.assets),
            Case("assets: common + middling", lambda: f"{words.common()} {words.middling()}", everything, tantivy.assets, by_assets),
            Case("assets: 5 terms", lambda: " ".join(words.common() for _ in range(5)), everything, tantivy.assets, by_assets),
            Case("assets: phrase", lambda: f'"{words.common()} {words.common()}"', everything, tantivy.assets, by_assets),
            Case("assets: while typing", words.begun, self._assets(None, facets=False, typed=True), tantivy.begun),
            Case("segments: middling", words.middling, self._segments, tantivy.segments, by_segments),
            Case("segments: common", words.common, self._segments, tantivy.segments, by_segments),
            Case("suggest: 1 letter", lambda: words.middling()[:1], suggested, tantivy.suggest),
            Case("suggest: 3 letters", lambda: words.middling()[:3], suggested, tantivy.suggest),
            Case("suggest: 3 letters, 5 projects", lambda: words.middling()[:3], self._suggest(MINE), tantivy.suggest),
            Case("suggest: 2 words", lambda: f"{words.common()} {words.middling()[:4]}", suggested, tantivy.suggest),
            Case("suggest: mistyped", words.mistyped, suggested, tantivy.suggest),
        ]  # fmt: skip

    def _assets(self, scope: Scope, facets: bool = True, typed: bool = False) -> Call:
        """`typed`: as the page asks with every key, the last word unfinished."""

        def call(text: str) -> int:
            query, limit = grammar.parse(text if typed else text + " "), 30 if typed else 20
            search = Search(query, Order.RELEVANCE, limit, text, facets=facets)
            self._reading.taken_ms()
            answer = self._service.assets(scope, search)
            self._own.append(answer["took_ms"] - answer["engine_ms"])
            self._checked.append(self._reading.taken_ms())
            return int(answer["total"])

        return call

    def _segments(self, text: str) -> int:
        search = Search(grammar.parse(text + " "), Order.RELEVANCE, 20, text)
        return int(self._service.segments(None, search)["total"])

    def _suggest(self, scope: Scope) -> Call:
        return lambda text: len(self._service.suggest(scope, text, 8)["words"])
