"""What `bench search` asks, and how long each answer takes beside its peers. Not a benchmark by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bench._search_corpus import Words
from bench._search_peers import PostgresPeer, TantivyPeer
from bench.figures import quantile
from functions.search import grammar
from functions.search.asking import Search
from functions.search.engine import Order, Scope
from functions.search.searching import SearchService

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
    name: str
    clients: int
    ours: Timing
    own_p50_ms: float | None
    tantivy: Timing
    postgres: Timing | None


@dataclass(frozen=True)
class Case:
    name: str
    text: Callable[[], str]
    ours: Call
    tantivy: Call
    postgres: Call | None = None


def timed(call: Call, queries: Sequence[str], clients: int, before: Sequence[str]) -> Timing:
    """`before`: other questions, asked first, so that every client has its connection and the index its pages."""

    def once(text: str) -> tuple[float, int]:
        started = time.perf_counter()
        count = call(text)
        return time.perf_counter() - started, count

    with ThreadPoolExecutor(clients) as threads:
        list(threads.map(call, before))
        cpu = time.process_time()
        done = list(threads.map(once, queries))
    cpu_ms = (time.process_time() - cpu) / len(done) * 1000
    hits = sum(count for _, count in done) / len(done)
    seconds = [s for s, _ in done]
    p50, p95, p99 = (round(quantile(seconds, share) * 1000, 2) for share in (0.5, 0.95, 0.99))
    return Timing(p50, p95, p99, round(cpu_ms, 2), round(hits, 1))


class Measured:
    """The service and its peers over one archive."""

    def __init__(self, service: SearchService, tantivy: TantivyPeer, postgres: PostgresPeer | None, words: Words) -> None:  # fmt: skip
        self._service, self._tantivy, self._postgres, self._words = service, tantivy, postgres, words
        self._own: list[float] = []

    def figures(self, count: int, clients: int, only: Sequence[str] = ()) -> Iterator[Figure]:
        """`only`: cases whose name begins with one of these."""
        for case in self._cases():
            # made for all: each case asks the same, whoever else is asked
            queries = [case.text() for _ in range(count)]
            before = [case.text() for _ in range(max(3, count // 10, 2 * clients))]
            if only and not case.name.startswith(tuple(only)):
                continue
            self._own.clear()
            ours = timed(case.ours, queries, clients, before)
            own = round(quantile(self._own, 0.5), 2) if self._own else None
            fewer = queries[: max(10, count // 3)]  # the slow ones would take an hour
            by_sql = timed(case.postgres, fewer, clients, before[:clients]) if case.postgres else None
            yield Figure(case.name, clients, ours, own, timed(case.tantivy, queries, clients, before), by_sql)

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
            Case("segments: middling", words.middling, self._segments, tantivy.segments, by_segments),
            Case("segments: common", words.common, self._segments, tantivy.segments, by_segments),
            Case("suggest: 1 letter", lambda: words.middling()[:1], suggested, tantivy.suggest),
            Case("suggest: 3 letters", lambda: words.middling()[:3], suggested, tantivy.suggest),
            Case("suggest: 3 letters, 5 projects", lambda: words.middling()[:3], self._suggest(MINE), tantivy.suggest),
            Case("suggest: 2 words", lambda: f"{words.common()} {words.middling()[:4]}", suggested, tantivy.suggest),
            Case("suggest: mistyped", words.mistyped, suggested, tantivy.suggest),
        ]  # fmt: skip

    def _assets(self, scope: Scope, facets: bool = True) -> Call:
        def call(text: str) -> int:
            search = Search(grammar.parse(text + " "), Order.RELEVANCE, 20, text, facets=facets)
            answer = self._service.assets(scope, search)
            self._own.append(answer["took_ms"] - answer["engine_ms"])
            return int(answer["total"])

        return call

    def _segments(self, text: str) -> int:
        search = Search(grammar.parse(text + " "), Order.RELEVANCE, 20, text)
        return int(self._service.segments(None, search)["total"])

    def _suggest(self, scope: Scope) -> Call:
        return lambda text: len(self._service.suggest(scope, text, 8)["words"])
