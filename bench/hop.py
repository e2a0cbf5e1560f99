"""One event hop: from a handler that says an event (commit included) to the next handler's first line.

Real PostgreSQL with fsync, the one-machine runtime, two functions. The peer is a plain HTTP request to the second function: what
a hop would cost without a transaction, an outbox, a durable queue and a dispatcher.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import yaml

from acervo.events import Event, to_binary
from acervo.migrate import migrate
from bench.figures import quantile, quantiles, show
from knative.local.postgres import Postgres

ROOT = Path(__file__).parent.parent
GOAL_MS = 10.0


@contextlib.contextmanager
def running(folder: Path) -> Iterator[tuple[str, Path]]:
    """A durable PostgreSQL and a runtime with the two functions; the broker's URL and the file of notes."""
    ports = free_ports(3)
    server = Postgres(folder / "postgres", ports[0], secrets.token_hex(8))
    server.prepare()
    broker = f"http://127.0.0.1:{ports[1]}/default/default"
    values = {"database-url": server.url, "sink": broker, "hop-file": str(folder / "hops")}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "bench"}, "stringData": values}
    (folder / "secret.yaml").write_text(yaml.safe_dump(secret))
    with (folder / "log").open("wb") as log, contextlib.ExitStack() as stack:
        database = subprocess.Popen(server.command(), stdout=log, stderr=log, start_new_session=True)
        stack.callback(stop, database, signal.SIGINT)
        server.wait_ready()
        migrate(server.url)
        command = [
            sys.executable, "-m", "knative.local", "serve", "--manifests", str(ROOT / "bench/manifests/hop.yaml"), "--config", str(folder / "secret.yaml"),
            "--broker-port", str(ports[1]), "--gateway-port", str(ports[2]), "--data-dir", str(folder / "runtime"),
        ]  # fmt: skip
        runtime = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, "DATABASE_URL": server.url},
        )
        stack.callback(stop, runtime, signal.SIGTERM)
        wait_http(f"http://127.0.0.1:{ports[1]}/healthz")
        yield broker, folder / "hops"


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def stop(process: subprocess.Popen[bytes], number: int) -> None:
    process.send_signal(number)
    process.wait(timeout=60)


def wait_http(url: str, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(url, timeout=5).status_code == 200:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{url} did not answer within {seconds:.0f} s")


def hops_ms(broker: str, notes: Path, count: int) -> list[float]:
    """Events one after the other; each hop's milliseconds."""
    with httpx.Client() as client:
        for number in range(count):
            subject = str(uuid.uuid4())
            event = Event(
                id=str(uuid.uuid4()),
                source="/bench",
                type="acervo.job.encoded.v1",
                subject=subject,
                data={"asset_id": subject, "job_id": subject},
            )
            headers, body = to_binary(event)
            client.post(broker, content=body, headers=headers).raise_for_status()
            until = time.monotonic() + 30
            while not notes.exists() or len(notes.read_bytes().splitlines()) <= number:
                if time.monotonic() > until:
                    raise RuntimeError("an event did not arrive within 30 s")
                time.sleep(0.002)
    return [int(line) / 1e6 for line in notes.read_text().split()]


def plain_ms(count: int) -> list[float]:
    """The peer: a POST to an empty function over a kept connection."""
    port = free_ports(1)[0]
    command = [
        sys.executable,
        "-m",
        "functions_framework",
        "--asgi",
        "--source",
        str(ROOT / "bench/functions/empty.py"),
        "--target",
        "main",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        wait_http(f"http://127.0.0.1:{port}/")
        taken = []
        with httpx.Client() as client:
            for _ in range(count):
                started = time.perf_counter()
                client.post(f"http://127.0.0.1:{port}/", content=b"{}").raise_for_status()
                taken.append((time.perf_counter() - started) * 1e3)
        return taken
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=300)
    count = parser.parse_args().events
    with tempfile.TemporaryDirectory(prefix="hop-") as folder, running(Path(folder)) as (broker, notes):
        warm = 20
        hops = hops_ms(broker, notes, count + warm)[warm:]
        peer = plain_ms(count)
    rows = [
        [
            name,
            f"{statistics.median(sample):.1f}",
            f"{quantile(sample, 0.95):.1f}",
            f"{quantile(sample, 0.99):.1f}",
        ]
        for name, sample in (("hop, ms", hops), ("plain HTTP, ms", peer))
    ]
    rows.append(["hop ≤ 10 ms p50", "yes" if statistics.median(hops) <= GOAL_MS else "NO", "", ""])
    show(
        "event hop", ["", "p50", "p95", "p99"], rows, {"hop_ms": quantiles(hops), "plain_ms": quantiles(peer)}
    )


if __name__ == "__main__":
    main()
