"""The durable queue in PostgreSQL: what was accepted is on disk, what was not acknowledged is delivered again.

One writer task commits everything that waits (new events, acknowledgements, retries, dead letters) as one transaction.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from knative.local.broker import statements
from knative.local.broker.message import Message

SCHEMA = Path(__file__).with_name("queue.sql")
LEASE = timedelta(seconds=30)
GROUP = 256
GROUP_BYTES = 8 << 20
WAITING = 4096
_TRIES = 4
_PAUSE_S = 0.1
_LOCK = 0x6B6E6174  # "knat": one runtime a database
log = logging.getLogger(__name__)


class QueueUnavailable(RuntimeError):
    """PostgreSQL does not answer, or too much waits for it."""


class AlreadyServed(RuntimeError):
    """Another runtime works on this database."""


@dataclass(frozen=True)
class Entry:
    """An event and the triggers that want it (at least one)."""

    message: Message
    triggers: tuple[str, ...]


@dataclass(frozen=True)
class Failure:
    """Why a delivery goes to the dead letters, or is kept."""

    destination: str
    code: int
    data: bytes


@dataclass(frozen=True)
class Claimed:
    id: int
    trigger: str
    dead: bool
    attempt: int
    message: Message
    failure: Failure | None


@dataclass
class Write:
    """One thing to commit: entries enter together, or with the acknowledgement that caused them."""

    entries: Sequence[Entry] = ()
    done: int | None = None
    retry: tuple[int, float] | None = None
    dead: tuple[int, Failure] | None = None
    keep: tuple[int, Failure, str] | None = None
    written: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def size(self) -> int:
        return sum(len(entry.message.body) for entry in self.entries)


class Queue:
    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._pool = _pool(database_url)
        # what may be lost in a power cut, because losing it only repeats a delivery, does not wait for the disk
        self._relaxed = _pool(database_url, options="-c synchronous_commit=off")
        self._writes: asyncio.Queue[Write] = asyncio.Queue(WAITING)
        self._writer: asyncio.Task[None] | None = None
        self._lock: psycopg.AsyncConnection[Any] | None = None

    async def open(self, patience_s: float = 3.0) -> None:
        """Take the database, bring its schema up to date, give back what a dead runtime held.

        Raises:
            AlreadyServed: another runtime holds it.
        """
        self._lock = await self._take(patience_s)
        await self._lock.execute(SCHEMA.read_bytes())
        await self._lock.execute(statements.RECOVER)
        await self._pool.open(wait=True, timeout=10)
        await self._relaxed.open(wait=True, timeout=10)
        self._writer = asyncio.create_task(self._write_groups(), name="queue writer")

    async def _take(self, patience_s: float) -> psycopg.AsyncConnection[Any]:
        """A connection that holds the database's lock for as long as it lives."""
        connection = await psycopg.AsyncConnection.connect(
            self._url,
            autocommit=True,
            connect_timeout=5,
            keepalives_idle=10,
            application_name="knative-local lock",
        )
        deadline = asyncio.get_running_loop().time() + patience_s
        while not await _value(connection, "select pg_try_advisory_lock(%s)", (_LOCK,)):
            if asyncio.get_running_loop().time() > deadline:
                await connection.close()
                raise AlreadyServed("another runtime works on this database")
            await asyncio.sleep(0.2)
        return connection

    async def hold(self) -> None:
        """Take the lock again when its connection was lost (PostgreSQL was restarted).

        Raises:
            AlreadyServed: another runtime was quicker.
        """
        try:
            if self._lock is not None:
                await self._lock.execute("select 1")
        except psycopg.OperationalError:
            self._lock = await self._take(patience_s=3.0)

    async def close(self) -> None:
        """What waits to be written is refused: its producer sends again, its delivery is repeated."""
        if self._writer is not None:
            self._writer.cancel()
            with suppress(asyncio.CancelledError):
                await self._writer
        while not self._writes.empty():
            _refuse([self._writes.get_nowait()], "the broker is stopping")
        await self._pool.close(timeout=5)
        await self._relaxed.close(timeout=5)
        if self._lock is not None:
            await self._lock.close()

    async def write(self, write: Write) -> None:
        """Returns once the write is committed.

        Raises:
            QueueUnavailable: it is not.
        """
        try:
            self._writes.put_nowait(write)
        except asyncio.QueueFull:
            raise QueueUnavailable("too many events wait to be written") from None
        await write.written

    async def claim(self, wanted: Sequence[tuple[int, int, str, bool]]) -> list[Claimed]:
        """Lease due deliveries: for each lane at most its free slots. Rows of (lane, free, trigger, dead)."""
        lanes, free, triggers, dead = (list(column) for column in zip(*wanted, strict=True))
        parameters = {"lanes": lanes, "free": free, "triggers": triggers, "dead": dead, "lease": LEASE}
        async with self._relaxed.connection() as connection:
            rows = await (await connection.execute(statements.CLAIM, parameters, prepare=True)).fetchall()
        return [
            Claimed(row[0], row[1], row[2], row[3], Message(row[4], bytes(row[5])),
                    Failure(row[6], row[7], bytes(row[8] or b"")) if row[2] else None)
            for row in rows
        ]  # fmt: skip

    async def extend(self, ids: Sequence[int]) -> None:
        """The heartbeat of running calls."""
        async with self._relaxed.connection() as connection:
            await connection.execute(statements.EXTEND, {"ids": list(ids), "lease": LEASE})

    async def fire(self, name: str, minute: datetime, entries: Sequence[Entry]) -> bool:
        """Enqueue a ping once for a minute, whatever restarts."""
        async with self._pool.connection() as connection, connection.transaction():
            cursor = await connection.execute(statements.FIRE, {"name": name, "minute": minute})
            first = await cursor.fetchone() is not None
            if first and entries:
                await connection.execute(statements.ENQUEUE, _columns(entries))
            return first

    async def sweep(self) -> None:
        async with self._pool.connection() as connection:
            await connection.execute(statements.SWEEP)

    async def depth(self) -> dict[str, tuple[int, float, int]]:
        """Trigger → deliveries waiting or running, age of the oldest in seconds, how many of them to the dead letters."""
        async with self._pool.connection() as connection:
            rows = await (await connection.execute(statements.DEPTH)).fetchall()
        return {row[0]: (row[1], row[2], row[3]) for row in rows}

    async def kept(self) -> int:
        """How many events no sink took."""
        async with self._pool.connection() as connection:
            return int(await _value(connection, statements.KEPT))

    # -- the writer -----------------------------------------------------------------------------------------------
    async def _write_groups(self) -> None:
        while True:
            group = [await self._writes.get()]
            size = group[0].size()
            while len(group) < GROUP and size < GROUP_BYTES and not self._writes.empty():
                group.append(self._writes.get_nowait())
                size += group[-1].size()
            try:
                await self._write_group(group)
            except BaseException:
                _refuse(group, "the broker is stopping")
                raise

    async def _write_group(self, group: list[Write]) -> None:
        pool = self._pool if any(write.entries or write.keep for write in group) else self._relaxed
        for tries_left in range(_TRIES - 1, -1, -1):
            try:
                async with pool.connection() as connection, connection.transaction():
                    await _store(connection, group)
            except (psycopg.OperationalError, PoolTimeout) as fault:
                log.warning("PostgreSQL does not answer: %s", fault)
                if not tries_left:
                    _refuse(group, "PostgreSQL does not answer")
                    return
                await asyncio.sleep(
                    _PAUSE_S
                )  # a group that was committed unseen is stored twice: at least once
            except psycopg.Error as fault:
                if len(group) == 1:
                    log.error("a write was refused: %s", fault)
                    _refuse(group, "PostgreSQL refused the write")
                for write in group if len(group) > 1 else ():
                    await self._write_group([write])  # so that one bad write does not refuse its neighbours
                return
            else:
                break
        for write in group:
            if not write.written.done():
                write.written.set_result(None)


def _pool(database_url: str, **settings: str) -> AsyncConnectionPool[Any]:
    kwargs = {"autocommit": True, "connect_timeout": 5, "application_name": "knative-local", **settings}
    return AsyncConnectionPool(database_url, min_size=1, max_size=3, open=False, timeout=10, kwargs=kwargs)


async def _store(connection: psycopg.AsyncConnection[Any], group: Sequence[Write]) -> None:
    entries = [entry for write in group for entry in write.entries]
    done = [write.done for write in group if write.done is not None]
    done += [write.keep[0] for write in group if write.keep]
    if entries:
        await connection.execute(statements.ENQUEUE, _columns(entries), prepare=True)
    for write in group:
        if write.retry:
            delay = timedelta(seconds=write.retry[1])
            await connection.execute(statements.RETRY, {"id": write.retry[0], "delay": delay})
        if write.dead:
            await connection.execute(statements.DEAD, _failure(*write.dead))
        if write.keep:
            identifier, failure, reason = write.keep
            await connection.execute(statements.KEEP, {**_failure(identifier, failure), "reason": reason})
    if done:
        await connection.execute(statements.DONE, {"ids": done}, prepare=True)


def _failure(identifier: int, failure: Failure) -> Mapping[str, Any]:
    return {"id": identifier, "dest": failure.destination, "code": failure.code, "data": failure.data[:1024]}


def _columns(entries: Sequence[Entry]) -> dict[str, list[Any]]:
    pairs = [(at, trigger) for at, entry in enumerate(entries, start=1) for trigger in entry.triggers]
    return {
        "headers": [json.dumps(entry.message.headers) for entry in entries],
        "bodies": [entry.message.body for entry in entries],
        "ordinals": [at for at, _ in pairs],
        "triggers": [trigger for _, trigger in pairs],
    }


def _refuse(writes: Sequence[Write], text: str) -> None:
    for write in writes:
        if not write.written.done():
            write.written.set_exception(QueueUnavailable(text))


async def _value(connection: psycopg.AsyncConnection[Any], query: str, parameters: Sequence[Any] = ()) -> Any:
    row = await (await connection.execute(query.encode(), parameters)).fetchone()
    return row[0] if row else None
