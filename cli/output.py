"""What people see: tables, bars, plain problems. JSON for programs comes from `--json`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.text import Text

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
STATUS_STYLE = {
    "ready": "green",
    "processing": "yellow",
    "uploading": "yellow",
    "error": "red",
    "rejected": "red",
}
STATUS_STYLE |= {
    "done": "green",
    "running": "yellow",
    "queued": "yellow",
    "failed": "red",
    "cancelled": "red",
}


def json(value: Any) -> None:
    import json as encoder

    sys.stdout.write(encoder.dumps(value, ensure_ascii=False, indent=2) + "\n")


def status(name: str) -> Text:
    return Text(name, STATUS_STYLE.get(name, ""))


def table(*columns: str) -> Table:
    made = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def size(count: int | None) -> str:
    """1.5 GB: powers of ten, as file managers of today say it."""
    if count is None:
        return ""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def clock(seconds: float | None) -> str:
    """1:02:03."""
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def bytes_progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(), console=err
    )  # fmt: skip


def share_progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), console=err
    )


def assets(rows: Iterable[Mapping[str, Any]]) -> Table:
    made = table("id", "name", "project", "kind", "status", "size", "length")
    for row in rows:
        made.add_row(
            row["id"], row["name"], row["project_id"], row["kind"] or "", status(row["status"]), size(row["size_bytes"]),
            clock(row["duration_s"]),
        )  # fmt: skip
    return made


def asset(row: Mapping[str, Any]) -> None:
    """One asset, in full."""
    facts = table("", "")
    facts.show_header = False
    for name in (
        "id",
        "name",
        "project_id",
        "kind",
        "owner",
        "mime_type",
        "sha256",
        "language",
        "created_at",
    ):
        if row[name]:
            facts.add_row(name.replace("_", " "), str(row[name]))
    facts.add_row("status", status(row["status"]) + Text(f"  {row['reason'] or ''}"))
    facts.add_row("size", size(row["size_bytes"]))
    if row["duration_s"] is not None:
        facts.add_row("length", clock(row["duration_s"]))
    for name, value in row["metadata"].items():
        facts.add_row(name, ", ".join(value) if isinstance(value, list) else str(value))
    out.print(facts)
    if row["renditions"]:
        made = table("rendition", "status", "type", "size")
        for found in row["renditions"]:
            made.add_row(
                found["profile"], status(found["status"]), found["mime_type"] or "", size(found["size_bytes"])
            )
        out.print("", made)
    if row["jobs"]:
        out.print("", jobs(row["jobs"]))
    for segment in row["transcript"]["segments"][:20]:
        out.print(Text(f"{clock(segment['start_ms'] / 1000):>8}  {segment['text']}"))


def jobs(rows: Iterable[Mapping[str, Any]]) -> Table:
    made = table("job", "kind", "state", "progress", "reason")
    for row in rows:
        made.add_row(
            row["id"], row["kind"], status(row["state"]), f"{row['progress']:.0%}", row["reason"] or ""
        )
    return made


def marked(pieces: Iterable[Mapping[str, Any]]) -> Text:
    """A snippet, with what was found in bold."""
    text = Text()
    for piece in pieces:
        text.append(piece["text"], "bold" if piece["hit"] else "")
    return text
