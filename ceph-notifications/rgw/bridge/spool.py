"""What was received and is not yet delivered, on disk: SQLite, one writer, every commit synced before it returns.

    pending ──► sent        delivered: the row goes, its ids stay for a while so that a second telling is not sent again
       └──────► quarantine  hopeless: kept with the reason, for a person
A row leaves `pending` only in the transaction that writes where it went.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rgw.record import InvalidRecord, Record, bucket_of, check, key_of, receipt

SENT_KEPT = 200_000
QUARANTINE_KEPT = 10_000
QUARANTINE_BODY_BYTES = 64 * 1024

SCHEMA = """
CREATE TABLE IF NOT EXISTS pending (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, receipt TEXT NOT NULL UNIQUE, bucket TEXT NOT NULL, key TEXT NOT NULL,
    record TEXT NOT NULL, resolved INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0,
    not_before REAL NOT NULL DEFAULT 0, received_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS pending_key ON pending (bucket, key, seq);
CREATE TABLE IF NOT EXISTS sent (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS quarantine (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, reason TEXT NOT NULL, body TEXT NOT NULL, at REAL NOT NULL
);
"""


@dataclass(frozen=True)
class Item:
    """One pending record."""

    seq: int
    receipt: str
    record: Record
    resolved: bool
    attempts: int


@dataclass(frozen=True)
class Depth:
    """How much waits: rows, when the oldest came (None: nothing waits), rows set aside."""

    pending: int
    oldest_at: float | None
    quarantined: int


class Spool:
    """Safe to use from several threads; one process at a time."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._max_bytes = max_bytes
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def full(self) -> bool:
        """Whether no more may be taken in. Free pages inside the file count as room."""
        with self._lock:
            values = [
                self._db.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "freelist_count", "page_size")
            ]
        return bool((values[0] - values[1]) * values[2] >= self._max_bytes)

    # -- in -----------------------------------------------------------------------------------------------------------
    def add(self, records: Iterable[Record], refused: Iterable[tuple[str, str]], now: float) -> int:
        """Write down records, and (body, reason) of what is none, in one transaction. Returns how many records are new."""
        new = 0
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            for record in records:
                name = receipt(record)
                if self._db.execute("SELECT 1 FROM sent WHERE id = ?", (name,)).fetchone():
                    continue
                new += self._insert(record, name, now)
            for body, reason in refused:
                self._set_aside(body, reason, now)
        return new

    def _insert(self, record: Record, name: str, now: float) -> int:
        return self._db.execute(
            "INSERT INTO pending (receipt, bucket, key, record, received_at) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (receipt) DO NOTHING",
            (name, bucket_of(record), key_of(record), json.dumps(record, ensure_ascii=False), now),
        ).rowcount

    def _set_aside(self, body: str, reason: str, now: float) -> None:
        self._db.execute(
            "INSERT INTO quarantine (reason, body, at) VALUES (?, ?, ?)",
            (reason[:500], body[:QUARANTINE_BODY_BYTES], now),
        )
        self._db.execute(
            "DELETE FROM quarantine WHERE seq <= (SELECT max(seq) FROM quarantine) - ?", (QUARANTINE_KEPT,)
        )

    # -- out ----------------------------------------------------------------------------------------------------------
    def take(self, now: float, limit: int) -> list[Item]:
        """The oldest due records, at most one of each object, so that what happened to one object is told in order."""
        with self._lock:
            rows = self._db.execute(
                "SELECT seq, receipt, record, resolved, attempts FROM pending p WHERE not_before <= ? AND NOT EXISTS "
                "(SELECT 1 FROM pending q WHERE q.bucket = p.bucket AND q.key = p.key AND q.seq < p.seq) ORDER BY seq LIMIT ?",
                (now, limit),
            ).fetchall()
        return [
            Item(seq, name, json.loads(text), bool(resolved), attempts)
            for seq, name, text, resolved, attempts in rows
        ]

    def next_due(self) -> float | None:
        """When the first of the waiting records may be tried again."""
        with self._lock:
            due: float | None = self._db.execute("SELECT min(not_before) FROM pending").fetchone()[0]
        return due

    def resolve(self, item: Item, record: Record) -> Item:
        """Keep what was looked up: the id must not change when the object has gone by the next attempt."""
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(
                "UPDATE pending SET record = ?, resolved = 1 WHERE seq = ?",
                (json.dumps(record, ensure_ascii=False), item.seq),
            )
        return Item(item.seq, item.receipt, record, True, item.attempts)

    def was_sent(self, event_id: str) -> bool:
        with self._lock:
            return self._db.execute("SELECT 1 FROM sent WHERE id = ?", (event_id,)).fetchone() is not None

    def sent(self, item: Item, event_id: str) -> None:
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("INSERT OR IGNORE INTO sent (id) VALUES (?)", [(item.receipt,), (event_id,)])
            self._db.execute("DELETE FROM sent WHERE seq <= (SELECT max(seq) FROM sent) - ?", (SENT_KEPT,))
            self._db.execute("DELETE FROM pending WHERE seq = ?", (item.seq,))

    def retry(self, item: Item, not_before: float) -> None:
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(
                "UPDATE pending SET attempts = attempts + 1, not_before = ? WHERE seq = ?",
                (not_before, item.seq),
            )

    def refuse(self, item: Item, reason: str, now: float) -> None:
        """The broker will never take it: set it aside."""
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._set_aside(json.dumps(item.record, ensure_ascii=False), reason, now)
            self._db.execute("DELETE FROM pending WHERE seq = ?", (item.seq,))

    # -- looking ------------------------------------------------------------------------------------------------------
    def depth(self) -> Depth:
        with self._lock:
            pending, oldest = self._db.execute("SELECT count(*), min(received_at) FROM pending").fetchone()
            quarantined = self._db.execute("SELECT count(*) FROM quarantine").fetchone()[0]
        return Depth(pending, oldest, quarantined)

    def quarantined(self, after: int = 0, limit: int = 100) -> list[tuple[int, str, str, float]]:
        """(seq, reason, body, at) of a page of what was set aside."""
        with self._lock:
            return self._db.execute(
                "SELECT seq, reason, body, at FROM quarantine WHERE seq > ? ORDER BY seq LIMIT ?",
                (after, limit),
            ).fetchall()

    def requeue(self, seqs: Iterable[int], now: float) -> int:
        """Records of the quarantine back to `pending`; those that are no records stay. Returns how many went."""
        moved = 0
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            for seq in seqs:
                row = self._db.execute("SELECT body FROM quarantine WHERE seq = ?", (seq,)).fetchone()
                try:
                    record = check(json.loads(row[0])) if row else None
                except (ValueError, InvalidRecord):
                    record = None
                if record is None:
                    continue
                self._insert(record, receipt(record), now)
                self._db.execute("DELETE FROM quarantine WHERE seq = ?", (seq,))
                moved += 1
        return moved
