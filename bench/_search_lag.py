"""How long a change waits until it is in the index, when changes come at a steady rate. Not a benchmark by itself."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg

from acervo.database import Database
from bench.figures import quantile
from functions.search.index_directory import IndexDirectory
from functions.search.indexing import Indexer
from functions.search.tantivy_store import TantivyStore


def lag(url: str, directory: IndexDirectory, rate: int, seconds: float = 10) -> dict[str, float]:
    """Each change is told to the indexer as an event is, from its commit to being visible."""
    source = Database(url, 16)
    indexer = Indexer(TantivyStore(directory), source, every_s=3600)
    with psycopg.connect(url) as connection:
        rows = connection.execute("select id from assets order by id limit %s", (rate * 10,))
        ids = [str(row[0]) for row in rows]
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
