"""The live index as readers see it: follows commits and the switch to another version within `REFRESH_S`."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import Any

from tantivy import Index

from functions.search import tantivy_schema as schema
from functions.search.index_directory import IndexDirectory, Version
from functions.search.tantivy_forms import Frequencies
from functions.search.tantivy_scope import Projects

log = logging.getLogger(__name__)
REFRESH_S = 0.2


@dataclass(frozen=True)
class Snapshot:
    """Both indexes as of one moment; a search uses one snapshot from end to end."""

    version: Version
    assets: Any
    segments: Any
    serial: int  # another one for each state
    projects: Projects  # of the assets
    spoken: Projects  # of the segments
    asset_words: Frequencies
    spoken_words: Frequencies


@dataclass
class _Open:
    version: Version
    assets: Index
    segments: Index
    seen: tuple[int, ...]


class TantivyReader:
    def __init__(self, directory: IndexDirectory, refresh_s: float = REFRESH_S) -> None:
        self._directory, self._refresh_s = directory, refresh_s
        self._lock = threading.Lock()
        self._open: _Open | None = None
        self._snapshot: Snapshot | None = None
        self._looked = float("-inf")
        self._serial = 0

    def snapshot(self) -> Snapshot | None:
        """None while there is no index (never built, or built by another format of this code)."""
        if time.monotonic() - self._looked >= self._refresh_s and self._lock.acquire(
            blocking=self._snapshot is None
        ):
            try:
                if time.monotonic() - self._looked >= self._refresh_s:
                    self._refresh()
                    self._looked = time.monotonic()
            finally:
                self._lock.release()
        return self._snapshot

    def indexes(self) -> tuple[Index, Index]:
        """The open indexes themselves, to compare with.

        Raises:
            LookupError: there are none.
        """
        if self.snapshot() is None or self._open is None:
            raise LookupError("there is no index")
        return self._open.assets, self._open.segments

    def _refresh(self) -> None:
        version = self._directory.current()
        if version is None or version.format != schema.FORMAT or not version.exists():
            self._open, self._snapshot = None, None
            return
        try:
            seen = _marks(version)
            if self._open is None or self._open.version != version:
                self._open = _Open(version, _index(version.assets), _index(version.segments), ())
            if self._open.seen == seen and self._snapshot is not None:
                return
            self._open.assets.reload()
            self._open.segments.reload()
            self._serial += 1
            assets, segments = self._open.assets.searcher(), self._open.segments.searcher()
            self._snapshot = Snapshot(
                version, assets, segments, self._serial, Projects.of(assets), Projects.of(segments),
                Frequencies(assets), Frequencies(segments),
            )  # fmt: skip
            self._open.seen = seen
        except (
            OSError,
            ValueError,
        ) as fault:  # a file went away under a merge or a clean-up: the next look finds the new ones
            log.warning("index not reloaded: %s", fault)


def _index(path: Any) -> Index:
    index = schema.register(Index.open(str(path)))
    index.config_reader("manual")
    return index


def _marks(version: Version) -> tuple[int, ...]:
    """Changes with every commit of either index."""
    stats = [(path / "meta.json").stat() for path in (version.segments, version.assets)]
    return tuple(number for stat in stats for number in (stat.st_ino, stat.st_mtime_ns))
