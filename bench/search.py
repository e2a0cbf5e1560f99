"""Searches through the service beside tantivy called directly and PostgreSQL's own full text, on the same rows: what each answer costs.

    python -m bench search [--assets 5000] [--segments 5] [--queries 60] [--clients 1 16] [--only suggest] [--events 200]
                           [--instances 2] [--forget] [--keep DIR [--build-only | --measure-only]] [--no-postgres] [--json FILE]

`--assets 1000000` is the size that the archive is built for: about an hour and a half on two quiet cores (rows 3 minutes, index 20, PostgreSQL's own
vectors 20, its slow answers the rest; `--no-postgres` saves those) and 15 GB of disk, `--segments 10` twice that. Rows are made one at a time and
indexed a page at a time, so memory does not grow with the archive, but for the pages of the index that the kernel keeps. How long each part took is
said at the end, and `--keep` leaves the archive where it can be searched again: `--build-only` asks it nothing yet (any hour will do), `--measure-only`
never builds (on a quiet machine). Data is made from a seed (`_search_corpus`), put into PostgreSQL by COPY and indexed by the rebuild that people run; the
peers are described in `_search_peers`.

`own` is what the service itself adds, p50: its time less the time it waited for the engine (fusion, permission look-up, texts, highlights, answer);
`checked` is the fusion and the look-up alone. With `--instances N` the rows of that many processes over the same index follow, the clients shared out.
The service remembers what it found in one state of the index, and there are but fifty common words: with `--forget` it remembers nothing, so that every
question costs what the first one does while nothing is indexed meanwhile. Searches take turns, as many at a time as there are processors.
Everything is read once before anything is asked: a row that only the disk has costs 0.7 ms on the machine that the figures are of.
`CPU` is this process's mean and stays true on a busy machine, where the clock's times are mostly waiting for a core. Lag: events at a steady
rate to the indexer, from the change's commit to being visible. With several clients the bench is a client too, in the same interpreter.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from acervo.database import Database
from bench._postgres import database
from bench._search_cases import Figure, Measured, Timing, Watched, service_over
from bench._search_corpus import Words, fill
from bench._search_instances import Processes
from bench._search_lag import lag
from bench._search_peers import PostgresPeer, TantivyPeer
from bench.figures import show
from functions.search import rebuild
from functions.search.index_directory import IndexDirectory, Version
from functions.search.tantivy_reader import TantivyReader
from functions.search.tantivy_schema import FORMAT
from functions.search.tantivy_store import TantivyStore

SEED = 42
COLUMNS = (
    "query", "clients", "instances", "p50 ms", "p95", "p99", "CPU", "own p50", "checked p50", "tantivy p50", "p95", "CPU", "PostgreSQL p50", "p95", "hits",
)  # fmt: skip


class Clock:
    """How long each part took, and the most memory that this process had after it."""

    def __init__(self) -> None:
        self.parts: dict[str, dict[str, float]] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        self.parts[name] = {"s": round(time.perf_counter() - started, 1), "peak_mb": peak}


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench search", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--assets", type=int, default=5000)
    parser.add_argument("--segments", type=int, default=5, help="of each asset")
    parser.add_argument("--queries", type=int, default=60, help="of each kind")
    parser.add_argument("--clients", type=int, nargs="+", default=[1])
    parser.add_argument(
        "--only",
        nargs="+",
        default=[],
        help="kinds that begin so: assets, segments, suggest, 'assets: common'",
    )
    parser.add_argument("--events", type=int, default=0, help="a second, for ten seconds: the indexer's lag")
    parser.add_argument("--instances", type=int, default=1, help="also so many processes over the index")
    parser.add_argument(
        "--forget", action="store_true", help="ask everything as if nobody had asked it before"
    )
    parser.add_argument("--no-postgres", action="store_true", help="leave PostgreSQL's full text out")
    parser.add_argument("--keep", type=Path, help="make the archive here, or use the one that is here")
    halves = parser.add_mutually_exclusive_group()
    halves.add_argument("--build-only", action="store_true", help="make the archive in --keep, ask nothing")
    halves.add_argument("--measure-only", action="store_true", help="ask the archive in --keep, make nothing")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    chosen = parser.parse_args()  # fmt: skip
    if (chosen.build_only or chosen.measure_only) and chosen.keep is None:
        parser.error("--build-only and --measure-only are about the archive in --keep")
    if chosen.measure_only and not _is_indexed(IndexDirectory(chosen.keep / "index")):
        parser.error(f"there is no index of this format in {chosen.keep}: make it with --build-only")
    with tempfile.TemporaryDirectory() as scratch:
        folder: Path = chosen.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        if not _is_same(folder / "made.json", chosen.assets, chosen.segments):
            parser.error(
                f"{folder} holds another archive: name its --assets and --segments, or another folder"
            )
        raw, figures = run(chosen, folder)
    report(raw, figures)
    if chosen.json:
        chosen.json.write_text(json.dumps(raw, indent=2) + "\n")
    return 0


def run(chosen: argparse.Namespace, folder: Path) -> tuple[dict[str, Any], list[Figure]]:
    clock, made = Clock(), folder / "made.json"
    with (
        database(folder / "postgres") as url,
        closing(Database(url, 16)) as source,
        closing(Watched(url, 16)) as reading,
    ):
        directory = IndexDirectory(folder / "index")
        if not made.exists():
            with clock.part("rows"):
                fill(url, Words(SEED), chosen.assets, chosen.segments)
            made.write_text(json.dumps({"assets": chosen.assets, "segments": chosen.segments}))
        if not _is_indexed(directory):  # the rows of an earlier run are good for another format
            with clock.part("index"):
                rebuild.rebuild(TantivyStore(directory), source)
        version = directory.current()
        assert version is not None
        raw: dict[str, Any] = {
            "assets": chosen.assets, "segments": chosen.assets * chosen.segments, "index_mb": size_mb(version), "parts": clock.parts, "figures": [],
        }  # fmt: skip
        if chosen.build_only:
            return raw, []
        postgres = None
        if not chosen.no_postgres:
            with clock.part("peer"):
                postgres = PostgresPeer(url)
        with clock.part("reading it once"):
            read_once(folder)
        reader = TantivyReader(directory)
        with (
            clock.part("questions"),
            closing(service_over(reader, reading, chosen.forget)) as service,
        ):
            asked = Measured(service, reading, TantivyPeer(reader), postgres, Words(SEED))
            figures = [f for n in chosen.clients for f in asked.figures(chosen.queries, n, chosen.only)]
            if chosen.instances > 1:
                with closing(Processes(chosen.instances, url, folder / "index", 16, chosen.forget)) as others:
                    for n in chosen.clients:
                        figures += asked.figures(chosen.queries, n, chosen.only, others)
        raw["figures"] = [asdict(figure) for figure in figures]
        if chosen.events:
            raw["lag"] = lag(url, directory, chosen.events)
    return raw, figures


def read_once(folder: Path) -> None:
    """Every byte of the archive, so that the kernel has its pages: of one in use it has them, and a row that a disk has to be asked for is a disk's figure."""
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb", buffering=0) as bytes_:
                while bytes_.read(1 << 20):
                    pass


def _is_same(file: Path, assets: int, segments: int) -> bool:
    return not file.exists() or json.loads(file.read_text()) == {"assets": assets, "segments": segments}


def _is_indexed(directory: IndexDirectory) -> bool:
    live = directory.current()
    return live is not None and live.format == FORMAT


def size_mb(version: Version) -> float:
    folders = (version.assets, version.segments)
    return round(sum(f.stat().st_size for folder in folders for f in folder.iterdir()) / 1e6, 1)


def report(raw: dict[str, Any], figures: Sequence[Figure]) -> None:
    title = (
        f"{raw['assets']} assets, {raw['segments']} segments, an index of {raw['index_mb']} MB; "
        + ", ".join(
            f"{name} {took['s']:g} s (peak {took['peak_mb']} MB)" for name, took in raw["parts"].items()
        )
    )
    if "lag" in raw:
        at = raw["lag"]
        title += f"; {at['done_per_s']} events/s of {at['asked_per_s']}: visible after {at['p50_ms']} ms (p95 {at['p95_ms']})"
    rows = [
        (f.name, f.clients, f.instances, *_cells(f.ours, 4), _cell(f.own_p50_ms), _cell(f.checked_p50_ms), *_cells(f.tantivy, 4)[:2],
         f.tantivy.cpu_ms if f.tantivy else "", *_cells(f.postgres, 2), f.ours.hits)
        for f in figures
    ]  # fmt: skip
    show(title, COLUMNS, rows, raw)


def _cell(value: float | None) -> float | str:
    return "" if value is None else value


def _cells(timing: Timing | None, count: int) -> Sequence[float | str]:
    """p50, p95, p99, CPU."""
    if timing is None:
        return [""] * count
    return [timing.p50_ms, timing.p95_ms, timing.p99_ms, timing.cpu_ms][:count]


if __name__ == "__main__":
    raise SystemExit(main())
