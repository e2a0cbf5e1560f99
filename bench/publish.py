"""How fast a rendition goes from the object store to a channel, against `curl` sending the same object to the same server.

    .venv/bin/python -m bench.publish --sizes 10,100,1000 [--json figures.json]
    .venv/bin/python -m bench.publish --generated --sizes 10,100,1000,5000,20000 --rounds 1

Each round takes, one after the other: our PUT to a CMS (a process of its own: range reader → HTTP), `curl store | curl --upload-file -`
to the same server, and `curl --upload-file` of a local copy. Medians of the rounds; the goal is 0.9 of the piped curl's throughput, and
memory that does not grow with the object. The store is a real Ceph; with `--generated` it makes its objects up, so that 20 GB need no
disk: for memory, whatever the size. Such a store outruns every real one, so the ratio is no goal then, and there is no local copy.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from acervo.function import ObjectSettings
from acervo.objects import Objects
from bench.figures import show, spread
from bench.ingest import Recording, gateway

GOAL, GROWTH_MIB = 0.9, 64
CHILD = """
import json, os, re, sys, time
from acervo.function import ObjectSettings
from acervo.objects import Objects
from functions.publish.channel_http import ChannelHttp
from acervo.channels.material import Rendition
from functions.publish.transfer import Control, Transfer
endpoint, access, secret, bucket, key, target = sys.argv[1:]
objects = Objects(ObjectSettings(endpoint=endpoint, public_endpoint=endpoint, access_key=access, secret_key=secret))
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
stored = objects.head(bucket, key)
http = ChannelHttp(timeout_s=60)
before = peak()
rendition = Rendition(profile="x", status="ready", bucket=bucket, key=key, mime_type="video/mp4", size_bytes=stored.size)
transfer = Transfer(objects, rendition, stored, Control(1e9), {}, lambda session: None)
start = time.monotonic()
http.ask("upload", "PUT", target, headers={"Content-Length": str(stored.size)}, content=transfer.chunks())
print(json.dumps({"s": time.monotonic() - start, "growth_mib": peak() - before, "cpu_s": time.process_time()}))
"""


def main() -> int:
    """Print the table; 1 when the goal is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", default="10,100,1000", help="MB, split at commas")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--generated", action="store_true", help="a store that makes its objects up")
    parser.add_argument("--endpoint", help="a gateway that runs; keys from S3_ACCESS_KEY and S3_SECRET_KEY")
    parser.add_argument("--base-port", type=int, default=18600, help="first port of the Ceph that is started")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        target = f"http://127.0.0.1:{stack.enter_context(peer('sink'))}/"
        if options.generated:
            objects = made_up(stack.enter_context(peer("store")))
        else:
            objects = stack.enter_context(gateway(options, folder))
        rows = [
            measure(objects, int(size), options.rounds, None if options.generated else folder, target)
            for size in options.sizes.split(",")
        ]
    show(
        "publish against curl", ["MB", "ours MB/s", "curl | curl MB/s", "curl file MB/s", "ours / piped", "RSS growth MiB"],
        [[row["mb"], spread(row["ours"]), spread(row["piped"]), spread(row["file"]) if row["file"] else "", f"{row['ratio']:.2f}", f"{row['growth_mib']:.0f}"] for row in rows],
        rows,
    )  # fmt: skip
    if options.json:
        options.json.write_text(json.dumps({"goal": GOAL, "rows": rows}, indent=1))
    goal = 0 if options.generated else GOAL
    return 0 if all(row["ratio"] >= goal and row["growth_mib"] <= GROWTH_MIB for row in rows) else 1


def made_up(port: int) -> Objects:
    endpoint = f"http://127.0.0.1:{port}"
    return Objects(
        ObjectSettings(endpoint=endpoint, public_endpoint=endpoint, access_key="bench", secret_key="bench")  # noqa: S106  # nobody checks it
    )


def measure(objects: Objects, size_mb: int, rounds: int, folder: Path | None, target: str) -> dict[str, Any]:
    """MB a second of each way, every round; without a folder the store has the object already and there is no local copy."""
    size = size_mb * 1_000_000
    key = f"bench-{size}"
    url = objects.presign_internal_get(objects.archive, key, 86_400)
    local = None if folder is None else folder / "copy"
    if local is not None:
        objects.put_stream(objects.archive, key, Recording(size), "video/mp4")  # type: ignore[arg-type]  # only read() is used
        subprocess.run(["curl", "-sf", "-o", str(local), url], check=True)
    found: dict[str, list[float]] = {"ours": [], "piped": [], "file": []}
    growth: list[float] = []
    of = objects.settings
    words = [
        sys.executable,
        "-c",
        CHILD,
        of.endpoint,
        of.access_key,
        of.secret_key,
        objects.archive,
        key,
        target,
    ]
    # the pipe has no length of its own: curl is told, so that both send Content-Length
    piped = f"curl -sf '{url}' | curl -sf -X PUT -H 'Content-Length: {size}' -H 'Transfer-Encoding:' -H 'Expect:' -T - '{target}'"
    for _ in range(rounds):
        answer = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
        found["ours"].append(size_mb / answer["s"])
        growth.append(answer["growth_mib"])
        found["piped"].append(size_mb / _seconds(["sh", "-c", piped]))
        if local is not None:
            found["file"].append(
                size_mb / _seconds(["curl", "-sf", "-H", "Expect:", "-T", str(local), target])
            )
    if local is not None:
        local.unlink()
        objects.delete(objects.archive, key)
    ratio = statistics.median(found["ours"]) / statistics.median(found["piped"])
    return {"mb": size_mb, **found, "ratio": ratio, "growth_mib": max(growth)}


@contextlib.contextmanager
def peer(role: str) -> Iterator[int]:
    """A process of `bench.publish_peers` that is ready; its port."""
    port = _free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.publish_peers", role, str(port)])
    try:
        _wait_for(port)
        yield port
    finally:
        process.kill()
        process.wait()


def _seconds(words: list[str]) -> float:
    start = time.monotonic()
    subprocess.run(words, check=True, env={**os.environ, "no_proxy": "*"})
    return time.monotonic() - start


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("the server does not start")


if __name__ == "__main__":
    sys.exit(main())
