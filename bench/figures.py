"""How figures are shown: quantiles of a sample, a table for people, JSON for programs. Not a benchmark by itself."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table


def quantile(sample: Sequence[float], share: float) -> float:
    """The value below which `share` of the sample lies (nearest rank)."""
    ordered = sorted(sample)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def quantiles(sample: Sequence[float]) -> dict[str, float]:
    """What to keep of a large sample."""
    return {
        name: round(quantile(sample, share), 3)
        for name, share in (("min", 0), ("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1))
    }


def spread(sample: Sequence[float]) -> str:
    """Median (least to most)."""
    return f"{statistics.median(sample):.3g} ({min(sample):.3g} to {max(sample):.3g})"


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], raw: Any) -> None:
    """Print the table, then one line of JSON with everything that was measured."""
    load = os.getloadavg()[0]
    table = Table(
        title=f"{title} · {os.cpu_count()} cores, load {load:.1f}, Python {platform.python_version()}",
        title_justify="left",
    )
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    Console(highlight=False).print(table)
    sys.stdout.write(json.dumps({"bench": title, "load": load, "figures": raw}) + "\n")
