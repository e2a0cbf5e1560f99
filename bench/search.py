"""Search against tantivy called directly, on the same index: what the service's own work costs (fusion, facets, access, PostgreSQL).

    python -m bench search [--assets 5000] [--segments 5] [--queries 60] [--clients 1] [--json FILE]

Data is made from a seed: titles, descriptions and speech of a made-up vocabulary with Zipf's frequencies. A peer is the least that
answers the same question: one parsed query over title, description and speech, top 20 with a count, no facets, no access, no second
index, no text. Times are of the calls inside one process, after a short warm-up; the database and the index are on this machine. The CPU column
is this process's alone and stays true on a busy machine, where the clock's times are mostly waiting for a core.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import psycopg

from acervo.database import Database
from acervo.migrate import migrate
from functions.search import grammar, rebuild
from functions.search.engine import Order
from functions.search.index_directory import IndexDirectory, Version
from functions.search.searching import Search, SearchService
from functions.search.tantivy_index import TantivyIndex
from functions.search.tantivy_reader import TantivyReader
from knative.local.postgres import Postgres

PROJECTS = 200
DIRECT_FIELDS = ["title_exact", "text_exact", "said_exact"]


@dataclass(frozen=True)
class Figure:
    name: str
    p50_ms: float
    p95_ms: float
    cpu_ms: float  # mean
    direct_p50_ms: float
    direct_p95_ms: float
    direct_cpu_ms: float
    hits: float


class Words:
    """A vocabulary of 20,000 made-up words; the n-th is asked for with a frequency of 1/n."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        starts, ends = (
            ["b", "c", "d", "f", "g", "l", "m", "n", "p", "r", "s", "t", "v", "tr", "br", "pl"],
            ["a", "e", "i", "o", "u", "an", "en", "ir", "os", "ción", "al"],
        )
        found: dict[str, None] = {}
        while len(found) < 20_000:
            found[
                "".join(
                    self.dice.choice(starts) + self.dice.choice(ends) for _ in range(self.dice.randint(2, 4))
                )
            ] = None
        self.all = list(found)
        self._sums = list(accumulate(1 / (n + 1) for n in range(len(self.all))))

    def text(self, least: int, most: int) -> str:
        return " ".join(self.dice.choices(self.all, cum_weights=self._sums, k=self.dice.randint(least, most)))

    def common(self) -> str:
        return self.dice.choice(self.all[:50])

    def middling(self) -> str:
        return self.dice.choice(self.all[500:5000])

    def rare(self) -> str:
        return self.dice.choice(self.all[15_000:])


@contextmanager
def database(directory: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    directory.mkdir()
    server = Postgres(directory, port, secrets.token_hex(8), durable=False)
    server.prepare()
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            server.command(), stdout=log, stderr=log, start_new_session=True, env={**os.environ, "LC_ALL": "C.UTF-8"}
        )  # fmt: skip
        try:
            server.wait_ready()
            migrate(server.url)
            yield server.url
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


def fill(url: str, words: Words, assets: int, segments: int) -> None:
    dice = words.dice
    with psycopg.connect(url) as connection:
        connection.cursor().executemany(
            "insert into projects (id, name) values (%s, %s)",
            [(f"project-{n}", "x") for n in range(PROJECTS)],
        )
        ids = [str(uuid.UUID(int=dice.getrandbits(128), version=4)) for _ in range(assets)]
        with connection.cursor().copy(
            "copy assets (id, project_id, name, kind, status, owner, metadata, language, created_at) from stdin"
        ) as copy:
            for n, id_ in enumerate(ids):
                metadata = {
                    "title": words.text(4, 8), "description": words.text(15, 45), "people": [words.text(2, 2)],
                    "keywords": [words.middling() for _ in range(dice.randint(2, 6))],
                }  # fmt: skip
                project = f"project-{min(int(dice.paretovariate(1.1)) - 1, PROJECTS - 1)}"
                created = (
                    f"{dice.randint(2021, 2025)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}T00:00:00Z"
                )
                kind = dice.choice(["video", "video", "audio", "image"])
                copy.write_row(
                    (
                        id_,
                        project,
                        f"clip{n}.mp4",
                        kind,
                        "ready",
                        "user:x",
                        json.dumps(metadata),
                        "es",
                        created,
                    )
                )
        with connection.cursor().copy(
            "copy transcript_segments (asset_id, number, start_ms, end_ms, language, text, model) from stdin"
        ) as copy:
            for id_ in ids:
                for number in range(segments):
                    copy.write_row(
                        (id_, number, number * 5000, number * 5000 + 5000, "es", words.text(6, 18), "bench")
                    )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("analyze")


def percentiles(times: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(times)
    return (
        round(ordered[len(ordered) // 2] * 1000, 2),
        round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))] * 1000, 2),
    )


@dataclass(frozen=True)
class Timing:
    p50_ms: float
    p95_ms: float
    cpu_ms: float
    hits: float


def timed(call: Callable[[str], int], queries: Sequence[str], clients: int) -> Timing:
    """`call` gives the number of hits."""

    def once(text: str) -> tuple[float, int]:
        started = time.perf_counter()
        count = call(text)
        return time.perf_counter() - started, count

    for text in queries[: max(3, len(queries) // 10)]:
        call(text)
    cpu = time.process_time()
    with ThreadPoolExecutor(clients) as threads:
        done = list(threads.map(once, queries))
    cpu_ms = (time.process_time() - cpu) / len(done) * 1000
    hits = sum(count for _, count in done) / len(done)
    return Timing(*percentiles([seconds for seconds, _ in done]), round(cpu_ms, 2), round(hits, 1))


class Peer:
    """tantivy and nothing else."""

    def __init__(self, reader: TantivyReader) -> None:
        snapshot = reader.snapshot()
        assert snapshot is not None
        self._assets, self._segments = snapshot.assets, snapshot.segments
        self._asset_index, self._segment_index = reader.indexes()

    def assets(self, text: str) -> int:
        query = self._asset_index.parse_query(text, DIRECT_FIELDS, conjunction_by_default=True)
        return int(self._assets.search(query, 20).count)

    def segments(self, text: str) -> int:
        query = self._segment_index.parse_query(text, ["said_exact"], conjunction_by_default=True)
        return int(self._segments.search(query, 20).count)

    def suggest(self, text: str) -> int:
        return len(self._assets.terms_with_prefix("title_exact", text, None, 8))


def measure(service: SearchService, peer: Peer, words: Words, count: int, clients: int) -> list[Figure]:
    mine = frozenset(f"project-{n}" for n in range(5))

    def search(text: str) -> Search:
        return Search(grammar.parse(text), Order.RELEVANCE, 20, text)

    cases: list[tuple[str, Callable[[], str], Callable[[str], int], Callable[[str], int]]] = [
        (name, make, lambda t, scope=scope: int(service.assets(scope, search(t + " "))["total"]), peer.assets)  # type: ignore[misc]  # a default argument has no inferred type
        for name, make, scope in (
            ("assets: rare", words.rare, None),
            ("assets: middling", words.middling, None),
            ("assets: common", words.common, None),
            ("assets: common, 5 projects", words.common, mine),
            ("assets: common + middling", lambda: f"{words.common()} {words.middling()}", None),
            ("assets: 5 terms", lambda: " ".join(words.common() for _ in range(5)), None),
            ("assets: phrase", lambda: f'"{words.common()} {words.common()}"', None),
        )
    ]
    for name, make in (("segments: middling", words.middling), ("segments: common", words.common)):
        cases.append(
            (name, make, lambda t: int(service.segments(None, search(t + " "))["total"]), peer.segments)
        )
    cases.append(
        (
            "suggest: 3 letters",
            lambda: words.middling()[:3],
            lambda t: len(service.suggest(None, t, 8)["words"]),
            peer.suggest,
        )
    )
    figures = []
    for name, make, ours, direct in cases:
        queries = [make() for _ in range(count)]
        our, peer_ = timed(ours, queries, clients), timed(direct, queries, clients)
        figures.append(
            Figure(
                name, our.p50_ms, our.p95_ms, our.cpu_ms, peer_.p50_ms, peer_.p95_ms, peer_.cpu_ms, our.hits
            )
        )
    return figures


def size_mb(version: Version) -> float:
    folders = (version.assets, version.segments)
    return round(sum(f.stat().st_size for folder in folders for f in folder.iterdir()) / 1e6, 1)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench search", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--assets", type=int, default=5000)
    parser.add_argument("--segments", type=int, default=5, help="of each asset")
    parser.add_argument("--queries", type=int, default=60, help="of each kind")
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    chosen = parser.parse_args()
    words = Words(42)
    with tempfile.TemporaryDirectory() as scratch, database(Path(scratch) / "postgres") as url:
        fill(url, words, chosen.assets, chosen.segments)
        source = Database(url, 16)
        directory = IndexDirectory(Path(scratch) / "index")
        started = time.perf_counter()
        version = rebuild.rebuild(directory, source)
        index_s = time.perf_counter() - started
        reader = TantivyReader(directory)
        service = SearchService(TantivyIndex(reader), source, deadline_s=30)
        figures = measure(service, Peer(reader), words, chosen.queries, chosen.clients)
        result: dict[str, Any] = {
            "assets": chosen.assets, "segments": chosen.assets * chosen.segments, "clients": chosen.clients,
            "index_s": round(index_s, 1), "assets_per_s": round(chosen.assets / index_s), "index_mb": size_mb(version),
            "figures": [asdict(figure) for figure in figures],
        }  # fmt: skip
        service.close()
        source.close()
    show(result, figures)
    if chosen.json:
        chosen.json.write_text(json.dumps(result, indent=2) + "\n")
    return 0


def show(result: dict[str, Any], figures: Sequence[Figure]) -> None:
    write = sys.stdout.write
    write(
        f"{result['assets']} assets, {result['segments']} segments, {result['clients']} client(s); indexed in {result['index_s']} s "
        f"({result['assets_per_s']} assets/s), {result['index_mb']} MB\n"
    )
    write(
        f"{'query':28}{'p50 ms':>9}{'p95 ms':>9}{'CPU ms':>9}{'tantivy p50':>13}{'p95':>8}{'CPU':>8}{'hits':>10}\n"
    )
    for f in figures:
        write(
            f"{f.name:28}{f.p50_ms:>9}{f.p95_ms:>9}{f.cpu_ms:>9}"
            f"{f.direct_p50_ms:>13}{f.direct_p95_ms:>8}{f.direct_cpu_ms:>8}{f.hits:>10}\n"
        )


if __name__ == "__main__":
    raise SystemExit(main())
