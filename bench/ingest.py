"""How fast ingest reads an object, held against `sha256sum` over the same bytes, side by side on one real Ceph.

    .venv/bin/python -m bench.ingest --sizes 10,100,1000 [--json figures.json]

The objects are real recordings (WAV, noise). Each round takes, one after the other: our streamed hash from the gateway (a process
of its own, so that its memory can be told), `curl URL | sha256sum`, `sha256sum` of a local copy, and the probe in its sandbox.
Medians of the rounds; the goal is a hash in at most 1.2 times the time of `curl | sha256sum`, with memory that does not grow.
Starts a Ceph of its own in a temporary directory unless --endpoint names a gateway.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from acervo import sandbox
from acervo.function import ObjectSettings
from acervo.objects import Objects

GOAL = 1.2
CHILD = """
import json, re, sys, time, urllib3
from acervo.digest import sha256_of
url, size, etag = sys.argv[1:]
start = time.monotonic()
digest = sha256_of(url, int(size), etag)
taken, cpu_s = time.monotonic() - start, time.process_time()
peak_kib = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])  # of this program; ru_maxrss begins with its parent's
print(json.dumps({"sha256": digest, "s": taken, "rss_mib": peak_kib / 1024, "cpu_s": cpu_s}))
"""


class Recording:
    """A WAV file of a given size, never whole in memory: a header, then one block of noise again and again, numbered."""

    def __init__(self, size: int) -> None:
        data = size - 44
        head = (
            b"RIFF"
            + struct.pack("<I", size - 8)
            + b"WAVEfmt "
            + struct.pack("<IHHIIHH", 16, 1, 2, 48000, 192000, 4, 16)
        )
        self._rest, self._buffer = size, head + b"data" + struct.pack("<I", data)
        self._noise, self._number = os.urandom(1 << 20), 0

    def read(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._buffer += self._number.to_bytes(4, "big") + self._noise[4:]
            self._number += 1
        count = min(count, self._rest)
        part, self._buffer = self._buffer[:count], self._buffer[count:]
        self._rest -= count
        return part


def main() -> None:
    """Print the table; exit 1 when the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sizes", default="10,100,1000", help="MB, split at commas (4000 takes minutes)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--endpoint", help="a gateway that runs; keys from S3_ACCESS_KEY and S3_SECRET_KEY")
    parser.add_argument("--base-port", type=int, default=18500, help="first port of the Ceph that is started")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder, gateway(options, Path(folder)) as objects:
        for size_mb in (int(part) for part in options.sizes.split(",")):
            rows.append(measure(objects, size_mb, options.rounds, Path(folder)))
            print_row(rows[-1], first=len(rows) == 1)
    growth = max(row["rss_mib"] for row in rows) - min(row["rss_mib"] for row in rows)
    ratio = max(row["ratio_to_curl"] for row in rows)
    print(
        f"\nhash / (curl | sha256sum): at most {ratio:.2f} (goal {GOAL});  memory differs by {growth:.0f} MiB over all sizes"
    )
    if options.json:
        options.json.write_text(json.dumps({"goal": GOAL, "cores": os.cpu_count(), "rows": rows}, indent=1))
    sys.exit(0 if ratio <= GOAL else 1)


@contextmanager
def gateway(options: argparse.Namespace, folder: Path) -> Iterator[Objects]:
    """The named gateway, or a cluster of our own that goes with the measurement."""
    if options.endpoint:
        yield connect(options.endpoint, os.environ["S3_ACCESS_KEY"], os.environ["S3_SECRET_KEY"])
        return
    from rgw import cluster
    from rgw.config import Config

    base: int = options.base_port
    config = Config(folder / "ceph", base + 1, base, secrets.token_hex(8), secrets.token_hex(16))
    try:
        cluster.up(config, dies_with_parent=True)
        yield connect(config.endpoint, config.access_key, config.secret_key)
    finally:
        cluster.down(config)


def connect(endpoint: str, access_key: str, secret_key: str) -> Objects:
    objects = Objects(
        ObjectSettings(
            endpoint=endpoint, public_endpoint=endpoint, region="default", access_key=access_key, secret_key=secret_key,
            archive="bench-ingest", proxies="bench-ingest", delivery="bench-ingest",
        )
    )  # fmt: skip
    objects.client.create_bucket(Bucket=objects.archive)
    return objects


def measure(objects: Objects, size_mb: int, rounds: int, folder: Path) -> dict[str, Any]:
    size, key, local = size_mb * 1_000_000, f"{secrets.token_hex(8)}.wav", folder / "local.wav"
    source = Recording(size)
    with local.open("wb") as target:
        while part := source.read(8 << 20):
            target.write(part)
    try:
        with local.open("rb") as copy:
            objects.put_stream(objects.archive, key, cast(BinaryIO, copy), "audio/vnd.wave", immutable=False)
        stored = objects.head(objects.archive, key)
        url = objects.presign_internal_get(objects.archive, key, 6 * 3600)
        arguments = {
            "url": url,
            "size": size,
            "etag": stored.etag,
            "name": "x.wav",
            "max_side": 30_000,
            "max_pixels": 400_000_000,
        }
        ours, curl, plain, probe = [], [], [], []
        for _ in range(rounds):
            ours.append(json.loads(run([sys.executable, "-c", CHILD, url, str(size), stored.etag])))
            curl.append(timed(lambda: run(["bash", "-c", 'set -o pipefail; curl -sf "$0" | sha256sum', url])))
            plain.append(timed(lambda: run(["sha256sum", str(local)])))
            probe.append(
                timed(
                    lambda: sandbox.run(
                        "functions.ingest.probe:probe", arguments, memory_bytes=2 << 30, cpu_s=60, wall_s=60
                    )
                )
            )
        assert ours[0]["sha256"] == run(["sha256sum", str(local)]).split()[0]
        hash_s, curl_s = statistics.median(each["s"] for each in ours), statistics.median(curl)
        return {
            "size_mb": size_mb, "hash_s": hash_s, "curl_s": curl_s, "local_s": statistics.median(plain), "probe_s": statistics.median(probe),
            "ratio_to_curl": hash_s / curl_s, "rss_mib": max(each["rss_mib"] for each in ours),
            "cpu_s": statistics.median(each["cpu_s"] for each in ours), "rounds": rounds,
        }  # fmt: skip
    finally:
        local.unlink()
        objects.delete(objects.archive, key)


def run(words: list[str]) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=1800).stdout


def timed(work: Callable[[], Any]) -> float:
    start = time.monotonic()
    work()
    return time.monotonic() - start


def print_row(row: dict[str, Any], first: bool) -> None:
    if first:
        print(
            f"{'MB':>6} {'our hash':>9} {'curl|sha256sum':>15} {'ratio':>6} {'local sha256sum':>16} {'probe':>7} {'MiB':>5} {'our CPU':>8}"
        )
    print(
        f"{row['size_mb']:>6} {row['hash_s']:>8.2f}s {row['curl_s']:>14.2f}s {row['ratio_to_curl']:>6.2f} {row['local_s']:>15.2f}s "
        f"{row['probe_s']:>6.2f}s {row['rss_mib']:>5.0f} {row['cpu_s']:>7.2f}s",
        flush=True,
    )


if __name__ == "__main__":
    main()
