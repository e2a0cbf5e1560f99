"""Rows of PostgreSQL into documents of an index: of the assets named, or of all that changed since the index's cursor.

A sweep reads the changes in the order (updated_at, id), a page at a time. The cursor is saved after the commit it speaks of, and never
beyond the last moment before which no change can still appear: a change that commits late is read by the next sweep.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from acervo.database import Connection, Database, query
from functions.search.documents import MAX_SEGMENTS, asset_document, is_searched, segment_document
from functions.search.index_directory import Position
from functions.search.tantivy_writer import TantivyWriter

log = logging.getLogger(__name__)
PAGE = 500
SLACK_S = 120
SEGMENTS_AT_ONCE = 20_000
Faults = Mapping[str, Exception]


@dataclass(frozen=True)
class Report:
    """What one pass over the changes did."""

    seen: int = 0
    written: int = 0
    removed: int = 0
    poisoned: int = 0


def write_assets(
    writer: TantivyWriter, connection: Connection, asset_ids: Sequence[str], again: Collection[str] = ()
) -> tuple[Report, Faults]:
    """Bring these assets' documents up to their rows, without committing; what cannot be written is set aside with its reason.

    `again`: those to write even if the index has their version, because something beside the row changed.
    """
    wanted = list(dict.fromkeys(asset_ids))
    rows = {str(row["id"]): row for row in query.assets_to_index(connection, asset_ids=wanted)}
    searched = {id_: row for id_, row in rows.items() if is_searched(row)}
    for asset_id in wanted:
        if asset_id not in searched:
            writer.remove(asset_id)
    known = writer.versions(list(searched))
    stale = [id_ for id_, row in searched.items() if known.get(id_, 0) < row["version"] or id_ in again]
    written = 0
    faults: dict[str, Exception] = {}
    for asset_id, segments in _transcripts(connection, stale):
        try:
            documents = [segment_document(segment) for segment in segments]
            written += writer.put(asset_document(searched[asset_id]), documents, asset_id in again)
        except (ValueError, TypeError, KeyError, AttributeError) as fault:
            log.exception("asset %s cannot be indexed", asset_id)
            faults[asset_id] = fault
    return Report(len(wanted), written, len(wanted) - len(searched), len(faults)), faults


def _transcripts(
    connection: Connection, asset_ids: Sequence[str]
) -> Iterator[tuple[str, Sequence[dict[str, Any]]]]:
    """Each asset with its segments, read after the assets' rows so that they are never older than the version they are filed under.

    Many assets a query, but no more than SEGMENTS_AT_ONCE segments (one asset's, at least).
    """
    counts = {
        str(row["asset_id"]): row["n"] for row in query.count_segments(connection, asset_ids=list(asset_ids))
    }
    together: list[str] = []
    waiting = 0
    for asset_id in asset_ids:
        if together and waiting + counts.get(asset_id, 0) > SEGMENTS_AT_ONCE:
            yield from _read(connection, together)
            together, waiting = [], 0
        together.append(asset_id)
        waiting += counts.get(asset_id, 0)
    yield from _read(connection, together)


def _read(connection: Connection, asset_ids: Sequence[str]) -> Iterator[tuple[str, Sequence[dict[str, Any]]]]:
    spoken: dict[str, list[dict[str, Any]]] = {asset_id: [] for asset_id in asset_ids}
    if asset_ids:
        for row in query.segments_to_index(connection, asset_ids=list(asset_ids), most=MAX_SEGMENTS):
            spoken[str(row["asset_id"])].append(row)
    yield from spoken.items()


class Sweep:
    """One reading of everything that changed since the version's cursor."""

    def __init__(
        self, writer: TantivyWriter, database: Database, page: int = PAGE, slack_s: float = SLACK_S
    ) -> None:
        self._writer, self._database, self._page, self._slack_s = writer, database, page, slack_s
        self._position = writer.version.position()

    def step(self) -> bool:
        """Index one page of changes and commit it; whether it was the last."""
        with self._database.transaction() as connection:
            whole_until: datetime = query.changes_are_whole_until(connection, slack_s=self._slack_s)
            changed = list(
                query.assets_changed_since(
                    connection,
                    updated_at=self._position.updated_at,
                    asset_id=self._position.asset_id,
                    limit=self._page,
                )
            )
            stale = self._stale(changed)
            if stale:
                report, _ = write_assets(self._writer, connection, stale)
                log.info("catching up: %s", report)
        if stale:
            self._writer.commit()
        if changed:
            self._position = Position(changed[-1]["updated_at"], str(changed[-1]["id"]))
            self._save(min(self._position, Position(whole_until)))
        return len(changed) < self._page

    def finish(self) -> None:
        """Every page; the number of steps is bounded by the number of assets."""
        while not self.step():
            pass

    def _stale(self, changed: Sequence[dict[str, Any]]) -> list[str]:
        """Ids whose documents are older than their row, or should not be there."""
        known = self._writer.versions([str(row["id"]) for row in changed])
        found = ((str(row["id"]), row) for row in changed)
        return [
            id_ for id_, row in found
            if (known.get(id_, 0) < row["version"] if is_searched(row) else id_ in known)
        ]  # fmt: skip

    def _save(self, position: Position) -> None:
        if position > self._writer.version.position():
            self._writer.version.save_position(position)
