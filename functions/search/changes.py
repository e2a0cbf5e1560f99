"""Rows of PostgreSQL into documents of an index: of the assets named, or of all that changed since the index's cursor.

A sweep reads the changes in the order (updated_at, id), a page at a time. The cursor is saved after the commit it speaks of, and never
beyond the last moment before which no change can still appear: a change that commits late is read by the next sweep.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from acervo.database import Connection, Database, query
from functions.search.documents import MAX_SEGMENTS, asset_document, is_searched, segment_document
from functions.search.index_directory import Position
from functions.search.metrics import LAG, POISONED, VISIBLE, WRITTEN
from functions.search.stores import VectorWriter, Writer
from functions.search.uses import flags_of
from functions.search.vectors import DIMENSIONS, MAX_VECTORS, VectorDocument, vector_document

log = logging.getLogger(__name__)
PAGE = 500
SLACK_S = 120
SEGMENTS_AT_ONCE, VECTORS_AT_ONCE = 20_000, 2_000
MAX_REASON = 500


@dataclass
class Report:
    """What one pass over the changes did: `written` are the moments of the changes that were written, by asset id."""

    seen: int = 0
    written: dict[str, datetime] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    removed: int = 0
    faults: dict[str, Exception] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        return bool(self.written or self.removed)

    def __str__(self) -> str:
        return f"{self.seen} seen, {len(self.written)} written, {self.removed} removed, {len(self.faults)} refused"


def write_assets(
    writer: Writer, connection: Connection, asset_ids: Sequence[str], again: Collection[str] = ()
) -> Report:
    """Bring these assets' documents up to their rows, without committing; what cannot be written is set aside with its reason.

    `again`: those to write even if the index has their version, because something beside the row changed.
    """
    wanted, now = list(dict.fromkeys(asset_ids)), datetime.now(UTC)
    rows = {str(row["id"]): row for row in query.assets_to_index(connection, asset_ids=wanted)}
    searched = {id_: row for id_, row in rows.items() if is_searched(row)}
    for asset_id in wanted:
        if asset_id not in searched:
            writer.remove(asset_id, rows[asset_id]["version"] if asset_id in rows else None)
    known = writer.versions(list(searched))
    stale = [id_ for id_, row in searched.items() if known.get(id_, 0) < row["version"] or id_ in again]
    report = Report(len(wanted), removed=len(wanted) - len(searched))
    report.versions = {id_: searched[id_]["version"] for id_ in stale}
    seen, taken = _machine_tags(connection, stale), {}
    for asset_id, segments in _transcripts(connection, stale):
        try:
            documents = [segment_document(segment) for segment in segments]
            row = searched[asset_id]
            document = asset_document(row, seen.get(asset_id, ()), flags_of(row["rights"], now))
            if writer.put(document, documents, asset_id in again):
                report.written[asset_id] = searched[asset_id]["updated_at"]
                taken[asset_id] = document
        except (ValueError, TypeError, KeyError, AttributeError) as fault:
            log.exception("asset %s cannot be indexed", asset_id)
            report.faults[asset_id] = fault
    if isinstance(writer, VectorWriter):
        for asset_id, vectors in _vectors(connection, list(taken)):
            writer.put_vectors(taken[asset_id], vectors)
    return report


def commit(writer: Writer, report: Report, engine: str) -> None:
    """Make what the report speaks of visible; what the engine refused goes to its faults."""
    if report.changed:
        refused = writer.commit()
        report.faults |= refused
        now = datetime.now(UTC)
        for asset_id in refused:
            report.written.pop(asset_id, None)
        for changed_at in report.written.values():
            VISIBLE.labels(engine).observe(max(0.0, (now - changed_at).total_seconds()))
    WRITTEN.labels(engine).inc(len(report.written))
    POISONED.labels(engine).inc(len(report.faults))


def set_aside(connection: Connection, engine: str, report: Report) -> None:
    """Refused assets with their reason, for people; a row goes when its asset went in after all."""
    for asset_id, fault in report.faults.items():
        query.remember_poison(
            connection, engine=engine, asset_id=asset_id, version=report.versions.get(asset_id),
            reason=f"{type(fault).__name__}: {fault}".replace("\x00", "")[:MAX_REASON],
        )  # fmt: skip
    if report.written:
        query.forget_poison(connection, engine=engine, asset_ids=list(report.written))


def _machine_tags(connection: Connection, asset_ids: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """(kind, value) of what enrichment saw and heard, by asset."""
    found: dict[str, list[tuple[str, str]]] = {}
    if asset_ids:
        for row in query.machine_tags_to_index(connection, asset_ids=list(asset_ids)):
            found.setdefault(str(row["asset_id"]), []).append((row["kind"], row["value"]))
    return found


def _transcripts(
    connection: Connection, asset_ids: Sequence[str]
) -> Iterator[tuple[str, Sequence[dict[str, Any]]]]:
    """Each asset with its segments, read after the assets' rows so that they are never older than the version they are filed under."""
    counts = query.count_segments(connection, asset_ids=list(asset_ids))
    for together in _batches(asset_ids, counts, SEGMENTS_AT_ONCE):
        spoken: dict[str, list[dict[str, Any]]] = {asset_id: [] for asset_id in together}
        for row in query.segments_to_index(connection, asset_ids=together, most=MAX_SEGMENTS):
            spoken[str(row["asset_id"])].append(row)
        yield from spoken.items()


def _vectors(
    connection: Connection, asset_ids: Sequence[str]
) -> Iterator[tuple[str, Sequence[VectorDocument]]]:
    """Each asset with what it means, which may be nothing."""
    counts = query.count_embeddings(connection, asset_ids=list(asset_ids))
    for together in _batches(asset_ids, counts, VECTORS_AT_ONCE):
        meant: dict[str, list[VectorDocument]] = {asset_id: [] for asset_id in together}
        rows = query.embeddings_to_index(
            connection, asset_ids=together, dimensions=list(DIMENSIONS), most=MAX_VECTORS
        )
        for row in rows:
            if (vector := vector_document(row)) is not None:
                meant[str(row["asset_id"])].append(vector)
        yield from meant.items()


def _batches(
    asset_ids: Sequence[str], counted: Iterable[Mapping[str, Any]], most: int
) -> Iterator[list[str]]:
    """Many assets a query, but no more than `most` rows of theirs (one asset's, at least)."""
    counts = {str(row["asset_id"]): row["n"] for row in counted}
    together: list[str] = []
    waiting = 0
    for asset_id in asset_ids:
        if together and waiting + counts.get(asset_id, 0) > most:
            yield together
            together, waiting = [], 0
        together.append(asset_id)
        waiting += counts.get(asset_id, 0)
    if together:
        yield together


class Sweep:
    """One reading of everything that changed since the version's cursor."""

    def __init__(
        self, writer: Writer, database: Database, page: int = PAGE, slack_s: float = SLACK_S, engine: str = "tantivy"
    ) -> None:  # fmt: skip
        self._writer, self._database, self._page, self._slack_s = writer, database, page, slack_s
        self._engine = engine
        self._position = self._saved = writer.position()

    def step(self) -> bool:
        """Index one page of changes and commit it; whether it was the last."""
        report = Report()
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
            behind = min((row["updated_at"] for row in changed if str(row["id"]) in stale), default=None)
            LAG.labels(self._engine).set((datetime.now(UTC) - behind).total_seconds() if behind else 0)
            if stale:
                report = write_assets(self._writer, connection, sorted(stale))
                log.info("catching up: %s", report)
        commit(self._writer, report, self._engine)
        if report.faults or report.written:
            with self._database.transaction() as connection:
                set_aside(connection, self._engine, report)
        if changed:
            self._position = Position(changed[-1]["updated_at"], str(changed[-1]["id"]))
            self._save(min(self._position, Position(whole_until)))
        last = len(changed) < self._page
        if last:
            LAG.labels(self._engine).set(0)
        return last

    def finish(self) -> None:
        """Every page; the number of steps is bounded by the number of assets."""
        while not self.step():
            pass

    def _stale(self, changed: Sequence[Mapping[str, Any]]) -> set[str]:
        """Ids whose documents are older than their row, or should not be there."""
        known = self._writer.versions([str(row["id"]) for row in changed])
        found = ((str(row["id"]), row) for row in changed)
        return {
            id_ for id_, row in found
            if (known.get(id_, 0) < row["version"] if is_searched(row) else id_ in known)
        }  # fmt: skip

    def _save(self, position: Position) -> None:
        if position > self._saved:
            self._writer.save_position(position)
            self._saved = position
