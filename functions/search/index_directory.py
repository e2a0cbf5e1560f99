"""Where the embedded index lives, and which of its versions is the live one.

SEARCH_INDEX_DIR/
  CURRENT         {"version": 3, "format": 1}, replaced by an atomic rename: the switch
  assets-v3/  segments-v3/   the two indexes
  cursor-v3.json  how far PostgreSQL has been read into version 3, and the format of its indexes
  rebuild.lock    held while a version is built beside the live one
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_VERSIONED = re.compile(r"(?:assets|segments|cursor)-v(\d+)(?:\.json)?")
ZERO = "00000000-0000-0000-0000-000000000000"


class Locked(RuntimeError):
    """Another process is rebuilding."""


@dataclass(frozen=True, order=True)
class Position:
    """A place in the order (updated_at, id) of the assets."""

    updated_at: datetime = datetime.min.replace(tzinfo=UTC)
    asset_id: str = ZERO


@dataclass(frozen=True)
class Version:
    """One generation of the index."""

    directory: Path
    number: int
    format: int

    @property
    def assets(self) -> Path:
        return self.directory / f"assets-v{self.number}"

    @property
    def segments(self) -> Path:
        return self.directory / f"segments-v{self.number}"

    @property
    def _cursor(self) -> Path:
        return self.directory / f"cursor-v{self.number}.json"

    def exists(self) -> bool:
        return (self.assets / "meta.json").exists() and (self.segments / "meta.json").exists()

    def position(self) -> Position:
        try:
            value = json.loads(self._cursor.read_bytes())
            return Position(datetime.fromisoformat(value["updated_at"]), value["asset_id"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):  # none yet, or torn: read all again
            return Position()

    def save_position(self, position: Position) -> None:
        value = {
            "updated_at": position.updated_at.isoformat(), "asset_id": position.asset_id, "format": self.format,
        }  # fmt: skip
        _replace(self._cursor, json.dumps(value))

    def remove(self) -> None:
        shutil.rmtree(self.assets, ignore_errors=True)
        shutil.rmtree(self.segments, ignore_errors=True)
        self._cursor.unlink(missing_ok=True)


class IndexDirectory:
    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def current(self) -> Version | None:
        """The live version, or None when nothing was ever built."""
        try:
            value = json.loads((self.path / "CURRENT").read_bytes())
            return Version(self.path, int(value["version"]), int(value["format"]))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def switch(self, version: Version) -> None:
        """Make `version` the live one; readers and the writer follow by themselves."""
        _replace(self.path / "CURRENT", json.dumps({"version": version.number, "format": version.format}))

    def numbers(self) -> list[int]:
        if not self.path.is_dir():
            return []
        found = (_VERSIONED.fullmatch(entry.name) for entry in self.path.iterdir())
        return sorted({int(match[1]) for match in found if match})

    def version(self, number: int) -> Version | None:
        """A version that was built, live or not."""
        try:
            format_ = json.loads((self.path / f"cursor-v{number}.json").read_bytes())["format"]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
        found = Version(self.path, number, int(format_))
        return found if found.exists() else None

    def next_version(self, format_: int) -> Version:
        """A new one, not live yet; nobody has read anything into it."""
        version = Version(self.path, max(self.numbers(), default=0) + 1, format_)
        version.save_position(Position())
        return version

    @contextmanager
    def rebuilding(self) -> Iterator[None]:
        """One rebuild (or roll-back, or clean-up) at a time; released by the death of the process too.

        Raises:
            Locked
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "rebuild.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as fault:
                raise Locked("another rebuild is under way") from fault
            yield


def _replace(path: Path, text: str) -> None:
    """Whole or not at all, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
