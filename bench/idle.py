"""Memory of the whole one-machine platform at rest: proportional set size of every process, functions scaled to zero.

Shared pages count once (PSS), so the sum is what the machine really gives.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from bench.figures import show
from bench.hop import free_ports
from knative.local.programs import programs
from knative.local.stack import Stack
from knative.local.supervise import Platform


def tree(root: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended while we looked
            continue
        children[int(fields[1])].append(int(stat.parent.name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children[pid]
    return found


def pss_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rest", type=float, default=150, help="seconds to wait for functions to scale to zero"
    )
    rest = parser.parse_args().rest
    with tempfile.TemporaryDirectory(prefix="idle-") as folder:
        platform = Platform(Stack(Path(folder), port=free_ports(1)[0] // 50 * 50))
        try:
            started = time.monotonic()
            platform.up()
            up_s = time.monotonic() - started
            time.sleep(rest)
            parts = {
                name: sum(pss_mb(pid) for pid in tree(platform.pid(name) or 0))
                for name in (program.name for program in programs(platform.stack, {}))
            }
            instances = {name: len(pids) for name, pids in platform.instances().items() if pids}
        finally:
            platform.down()
    rows = [[name, f"{megabytes:.0f}"] for name, megabytes in parts.items()]
    rows += [
        ["all", f"{sum(parts.values()):.0f}"],
        ["instances that stay", ", ".join(f"{name} ×{count}" for name, count in instances.items())],
        ["cold start of the platform, s", f"{up_s:.0f}"],
    ]
    show(
        "memory at rest, MB (PSS)",
        ["part", "MB"],
        rows,
        {"pss_mb": parts, "instances": instances, "up_s": up_s},
    )


if __name__ == "__main__":
    main()
