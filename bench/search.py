"""Searches through the service beside tantivy called directly and PostgreSQL's own full text, on the same rows: what each answer costs.

    python -m bench search [--assets 5000] [--segments 5] [--queries 60] [--clients 1 16] [--events 200] [--json FILE]

`--assets 1000000` is the size that the archive is built for (about an hour on two cores, 6 GB of disk). Data is made from a seed: titles,
descriptions and speech of a made-up vocabulary with Zipf's frequencies, put into PostgreSQL by COPY and indexed by the rebuild that people run.
A peer is the least that answers the same question: tantivy, one parsed query over title, description and speech, top 20 with a count; PostgreSQL,
`websearch_to_tsquery` over GIN-indexed vectors of the same text, top 20 by ts_rank. Neither has facets, access, passages or texts.

`own` is what the service itself adds, p50: its time less the time it waited for the engine (fusion, permission look-up, texts, highlights, answer).
`CPU` is this process's mean and stays true on a busy machine, where the clock's times are mostly waiting for a core. Lag: events at a steady
rate to the indexer, from the change's commit to being visible.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import secrets
import signal
import socket
import subprocess
import tempfile
import threading
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
from bench.figures import quantile, show
from functions.search import grammar, rebuild
from functions.search.engine import Order
from functions.search.index_directory import IndexDirectory, Version
from functions.search.indexing import Indexer
from functions.search.reading import Reading
from functions.search.searching import Search, SearchService
from functions.search.tantivy_index import TantivyIndex
from functions.search.tantivy_reader import TantivyReader
from functions.search.tantivy_store import TantivyStore
from knative.local.postgres import Postgres

PROJECTS = 200
DIRECT_FIELDS = ["title_exact", "text_exact", "said_exact"]


@dataclass(frozen=True)
class Timing:
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_ms: float  # mean, of this process
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
    seconds = [s for s, _ in done]
    p50, p95, p99 = (round(quantile(seconds, share) * 1000, 2) for share in (0.5, 0.95, 0.99))
    return Timing(p50, p95, p99, round(cpu_ms, 2), round(hits, 1))


@dataclass(frozen=True)
class Figure:
    name: str
    clients: int
    ours: Timing
    own_p50_ms: float | None
    tantivy: Timing
    postgres: Timing | None


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


class PostgresPeer:
    """PostgreSQL and nothing else; vectors and their GIN indexes are made here."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._threads = threading.local()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("create text search configuration folded (copy = spanish)")
            connection.execute("create extension if not exists unaccent")
            connection.execute(
                "alter text search configuration folded alter mapping for hword, hword_part, word with unaccent, spanish_stem"
            )
            connection.execute(
                "create table peer_assets as select id, to_tsvector('folded', concat_ws(' ', metadata->>'title', metadata->>'description', metadata->>'keywords',"
                " (select string_agg(text, ' ') from transcript_segments s where s.asset_id = a.id))) as words from assets a"
            )
            connection.execute(
                "create table peer_segments as select asset_id, number, to_tsvector('folded', text) as words from transcript_segments"
            )
            for table in ("peer_assets", "peer_segments"):
                connection.execute(f"create index on {table} using gin (words)")  # one of two names above
                connection.execute(f"vacuum analyze {table}")

    def assets(self, text: str) -> int:
        return self._count("peer_assets", text)

    def segments(self, text: str) -> int:
        return self._count("peer_segments", text)

    def _count(self, table: str, text: str) -> int:
        if not hasattr(self._threads, "connection"):
            self._threads.connection = psycopg.connect(self._url, autocommit=True)
        found = self._threads.connection.execute(
            f"select count(*) over () from {table}, websearch_to_tsquery('folded', %s) q where words @@ q order by ts_rank(words, q) desc limit 20",  # noqa: S608  # one of two names
            (text,),
        ).fetchone()
        return int(found[0]) if found else 0


def measure(
    service: SearchService, peer: Peer, postgres: PostgresPeer | None, words: Words, count: int, clients: int
) -> list[Figure]:
    mine = frozenset(f"project-{n}" for n in range(5))
    own: list[float] = []

    def search(text: str) -> Search:
        return Search(grammar.parse(text), Order.RELEVANCE, 20, text)

    def assets(scope: frozenset[str] | None) -> Callable[[str], int]:
        def call(text: str) -> int:
            answer = service.assets(scope, search(text + " "))
            own.append(answer["took_ms"] - answer["engine_ms"])
            return int(answer["total"])

        return call

    def segments(text: str) -> int:
        return int(service.segments(None, search(text + " "))["total"])

    def suggest(text: str) -> int:
        return len(service.suggest(None, text, 8)["words"])

    by_sql = postgres.assets if postgres else None
    cases: list[tuple[str, Callable[[], str], Callable[[str], int], Callable[[str], int], Callable[[str], int] | None]] = [
        ("assets: rare", words.rare, assets(None), peer.assets, by_sql),
        ("assets: middling", words.middling, assets(None), peer.assets, by_sql),
        ("assets: common", words.common, assets(None), peer.assets, by_sql),
        ("assets: common, 5 projects", words.common, assets(mine), peer.assets, None),
        ("assets: common + middling", lambda: f"{words.common()} {words.middling()}", assets(None), peer.assets, by_sql),
        ("assets: 5 terms", lambda: " ".join(words.common() for _ in range(5)), assets(None), peer.assets, by_sql),
        ("assets: phrase", lambda: f'"{words.common()} {words.common()}"', assets(None), peer.assets, by_sql),
        ("segments: middling", words.middling, segments, peer.segments, postgres.segments if postgres else None),
        ("segments: common", words.common, segments, peer.segments, postgres.segments if postgres else None),
        ("suggest: 3 letters", lambda: words.middling()[:3], suggest, peer.suggest, None),
    ]  # fmt: skip
    figures = []
    for name, make, ours, direct, sql in cases:
        queries = [make() for _ in range(count)]
        own.clear()
        our = timed(ours, queries, clients)
        added = round(quantile(own, 0.5), 2) if own else None
        fewer = queries[: max(10, count // 3)]  # the slow ones would take an hour
        figures.append(
            Figure(
                name,
                clients,
                our,
                added,
                timed(direct, queries, clients),
                timed(sql, fewer, clients) if sql else None,
            )
        )
    return figures


def lag(url: str, directory: IndexDirectory, rate: int, seconds: float = 10) -> dict[str, float]:
    """Changes at a steady rate, each told to the indexer as an event is; how long until it is in the index."""
    source = Database(url, 16)
    indexer = Indexer(TantivyStore(directory), source, every_s=3600)
    with psycopg.connect(url) as connection:
        ids = [
            str(row[0])
            for row in connection.execute("select id from assets order by id limit %s", (rate * 10,))
        ]
    waits: list[float] = []

    def change(number: int, due: float) -> None:
        time.sleep(max(0.0, due - time.perf_counter()))
        with source.transaction() as connection:
            connection.execute("update assets set language = 'es' where id = %s", (ids[number % len(ids)],))
        began = time.perf_counter()
        indexer.index([ids[number % len(ids)]])
        waits.append(time.perf_counter() - began)

    indexer.index(ids[:1])
    start = time.perf_counter()
    with ThreadPoolExecutor(2 * rate) as threads:
        list(threads.map(lambda n: change(n, start + n / rate), range(int(rate * seconds))))
    took = time.perf_counter() - start
    indexer.close()
    source.close()
    p50, p95 = (round(quantile(waits, share) * 1000) for share in (0.5, 0.95))
    return {"asked_per_s": rate, "done_per_s": round(len(waits) / took, 1), "p50_ms": p50, "p95_ms": p95}


def size_mb(version: Version) -> float:
    folders = (version.assets, version.segments)
    return round(sum(f.stat().st_size for folder in folders for f in folder.iterdir()) / 1e6, 1)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench search", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--assets", type=int, default=5000)
    parser.add_argument("--segments", type=int, default=5, help="of each asset")
    parser.add_argument("--queries", type=int, default=60, help="of each kind")
    parser.add_argument("--clients", type=int, nargs="+", default=[1])
    parser.add_argument("--events", type=int, default=0, help="a second, for ten seconds: the indexer's lag")
    parser.add_argument("--no-postgres", action="store_true", help="leave PostgreSQL's full text out")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    chosen = parser.parse_args()
    words = Words(42)
    with tempfile.TemporaryDirectory() as scratch, database(Path(scratch) / "postgres") as url:
        fill(url, words, chosen.assets, chosen.segments)
        source, reading = Database(url, 16), Reading(url, 16)
        directory = IndexDirectory(Path(scratch) / "index")
        started = time.perf_counter()
        rebuild.rebuild(TantivyStore(directory), source)
        index_s = time.perf_counter() - started
        version = directory.current()
        assert version is not None
        index_mb = size_mb(version)
        postgres = None if chosen.no_postgres else PostgresPeer(url)
        reader = TantivyReader(directory)
        service = SearchService([TantivyIndex(reader)], reading, deadline_s=30)
        figures = [
            figure for clients in chosen.clients
            for figure in measure(service, Peer(reader), postgres, words, chosen.queries, clients)
        ]  # fmt: skip
        raw: dict[str, Any] = {
            "assets": chosen.assets, "segments": chosen.assets * chosen.segments, "index_s": round(index_s, 1),
            "assets_per_s": round(chosen.assets / index_s), "index_mb": index_mb,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "figures": [asdict(figure) for figure in figures],
        }  # fmt: skip
        if chosen.events:
            raw["lag"] = lag(url, directory, chosen.events)
        service.close()
        reading.close()
        source.close()
    report(raw, figures)
    if chosen.json:
        chosen.json.write_text(json.dumps(raw, indent=2) + "\n")
    return 0


def report(raw: dict[str, Any], figures: Sequence[Figure]) -> None:
    title = (
        f"{raw['assets']} assets, {raw['segments']} segments; indexed in {raw['index_s']} s ({raw['assets_per_s']} assets/s), "
        f"{raw['index_mb']} MB on disk, {raw['peak_mb']} MB at the most in memory"
    )
    if "lag" in raw:
        at = raw["lag"]
        title += f"; {at['done_per_s']} events/s of {at['asked_per_s']}: visible after {at['p50_ms']} ms (p95 {at['p95_ms']})"
    columns = (
        "query",
        "clients",
        "p50 ms",
        "p95",
        "p99",
        "CPU",
        "own p50",
        "tantivy p50",
        "p95",
        "CPU",
        "PostgreSQL p50",
        "p95",
        "hits",
    )
    rows = [
        (f.name, f.clients, f.ours.p50_ms, f.ours.p95_ms, f.ours.p99_ms, f.ours.cpu_ms, "" if f.own_p50_ms is None else f.own_p50_ms,
         f.tantivy.p50_ms, f.tantivy.p95_ms, f.tantivy.cpu_ms, f.postgres.p50_ms if f.postgres else "", f.postgres.p95_ms if f.postgres else "",
         f.ours.hits)
        for f in figures
    ]  # fmt: skip
    show(title, columns, rows, raw)


if __name__ == "__main__":
    raise SystemExit(main())
