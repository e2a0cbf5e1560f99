"""Cold start of each function against an empty functions-framework function, and by the fork server.

From exec (or from the request that finds nothing running) to the first answer. Fresh interpreters are started in turn, ours and
the empty one, so that a drift of the machine hits both. Both have their bytecode, as the image has (knative/image/Dockerfile).
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from bench.figures import show, spread

ROOT = Path(__file__).parent.parent
FUNCTIONS = ("api", "ingest", "transcode", "enrich", "search", "publish", "reconcile")
GOAL = 1.5


def first_answer_s(source: Path, path: str, env: dict[str, str]) -> float:
    """Seconds from exec to the first 200."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "functions_framework",
        "--asgi",
        "--source",
        str(source),
        "--target",
        "main",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while time.perf_counter() - started < 60:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                    answer.read()
                    return time.perf_counter() - started
            except OSError:
                if process.poll() is not None:
                    raise RuntimeError(f"{source} ended with {process.returncode}") from None
                time.sleep(0.005)
        raise RuntimeError(f"{source} did not answer within a minute")
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    empty = ROOT / "bench" / "functions" / "empty.py"
    rows: list[list[str]] = []
    raw: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="bench-bytecode-") as bytecode:
        env = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}
        first_answer_s(empty, "/", env)  # writes the bytecode, warms the page cache
        for name in FUNCTIONS:
            source = ROOT / "functions" / name / "main.py"
            first_answer_s(source, "/healthz", env)
            pairs = [
                (first_answer_s(source, "/healthz", env), first_answer_s(empty, "/", env))
                for _ in range(runs)
            ]
            ours, peers = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
            ratio = statistics.median(our / peer for our, peer in pairs)
            rows.append([name, spread(ours), spread(peers), f"{ratio:.2f}", "yes" if ratio <= GOAL else "NO"])
            raw[name] = {"ours_s": ours, "empty_s": peers, "ratio": ratio}
    show("cold start", ["function", "ours, s", "empty, s", "ratio (median of pairs)", f"≤ {GOAL}"], rows, raw)


if __name__ == "__main__":
    main()
