"""The indexer's one thread that writes: events in, one commit for all that wait, sweeps in between.

Handlers hand it ids and wait; it reads the rows itself, so that a row read later is never written earlier, and everything that comes
while it commits goes into the next commit together. Whoever is answered finds the asset in the index.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooSlow
from dataclasses import dataclass, field

from acervo.database import Database
from acervo.errors import AcervoError, Permanent, Transient
from functions.search.changes import Sweep, commit, set_aside, write_assets
from functions.search.metrics import LAG, WAITING
from functions.search.stores import Faults, Store, Writer

log = logging.getLogger(__name__)
BATCH = 200
WAIT_S = 45.0  # less than a trigger's delivery waits


@dataclass(frozen=True)
class _Order:
    """Ids to index, or a sweep over all changes (`ids` is None)."""

    ids: tuple[str, ...] | None
    done: Future[None]
    again: bool = False
    since: float = field(default_factory=time.monotonic)


class Indexer:
    """Owns the writer's thread; every public method may be called from any thread."""

    def __init__(self, store: Store, database: Database, every_s: float = 30.0) -> None:
        self._store, self._database, self._every_s = store, database, every_s
        self._orders: queue.Queue[_Order] = queue.Queue(maxsize=1000)
        self._stopping = threading.Event()
        self._writer: Writer | None = None
        self._sweep: Sweep | None = None
        self._swept_for: list[_Order] = []  # who waits for the sweep under way
        self._to_sweep: list[_Order] = []  # who asked after it began
        self._next_sweep = 0.0
        self._thread = threading.Thread(target=self._run, name="indexer", daemon=True)
        self._thread.start()

    def index(self, asset_ids: Sequence[str], again: bool = False, wait_s: float = WAIT_S) -> None:
        """Return when the index has these assets as they are now (or a newer state).

        `again` writes them even if the index has the version of their rows: a transcript may have come without touching its asset.

        Raises:
            Transient: another instance writes, the database is away, or too much is waiting.
            Permanent: an asset cannot be indexed as it is.
        """
        self._order(tuple(asset_ids), wait_s, again)

    def catch_up(self, wait_s: float = WAIT_S) -> None:
        """Return when every change committed before this call is in the index.

        Raises:
            Transient: as `index`; what was indexed until then stays.
        """
        self._order(None, wait_s, False)

    def close(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=30)

    def _order(self, ids: tuple[str, ...] | None, wait_s: float, again: bool) -> None:
        order = _Order(ids, Future(), again)
        try:
            self._orders.put(order, timeout=wait_s)
            order.done.result(wait_s)
        except (queue.Full, TooSlow) as fault:
            raise Transient("index-behind", "the index is being written; try again later") from fault

    # -- the writer's thread ---------------------------------------------------------------------------------------
    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                orders = self._take()
                if events := [order for order in orders if order.ids is not None]:
                    self._index_events(events)
                self._to_sweep += [order for order in orders if order.ids is None]
                if self._sweep or self._to_sweep or time.monotonic() >= self._next_sweep:
                    self._sweep_on()
        finally:
            self._drop()

    def _take(self) -> list[_Order]:
        """What waits, at most BATCH; no waiting for more while there are changes to sweep."""
        orders: list[_Order] = []
        try:
            orders.append(self._orders.get(timeout=0.001 if self._sweep else 0.1))
            while len(orders) < BATCH:
                orders.append(self._orders.get_nowait())
        except queue.Empty:
            pass
        return orders

    def _index_events(self, orders: Sequence[_Order]) -> None:
        WAITING.labels(self._store.name).set(len(orders) + self._orders.qsize())
        if self._sweep is None:  # a sweep knows of older changes
            LAG.labels(self._store.name).set(time.monotonic() - min(order.since for order in orders))
        faults = self._attempt(orders, lambda: self._index_now(orders))
        for order in orders if faults is not None else ():
            poison = [asset_id for asset_id in order.ids or () if asset_id in (faults or ())]
            reason = f"asset {poison[0]} cannot be indexed: search_poison has the reason" if poison else ""
            _answer([order], Permanent("not-indexable", reason) if poison else None)
        WAITING.labels(self._store.name).set(self._orders.qsize())
        if self._sweep is None and self._orders.empty():
            LAG.labels(self._store.name).set(0)

    def _index_now(self, orders: Sequence[_Order]) -> Faults:
        ids = [asset_id for order in orders for asset_id in order.ids or ()]
        writer = self._current_writer()
        with self._database.transaction() as connection:
            again = {asset_id for order in orders if order.again for asset_id in order.ids or ()}
            report = write_assets(writer, connection, ids, again)
        commit(writer, report, self._store.name)
        if report.faults or report.written:
            with self._database.transaction() as connection:
                set_aside(connection, self._store.name, report)
        return report.faults

    def _sweep_on(self) -> None:
        """One page, so that events are never far behind a backlog of changes."""
        if self._sweep is None:
            self._swept_for, self._to_sweep = self._to_sweep, []
        waiting = self._swept_for
        self._next_sweep = time.monotonic() + self._every_s  # also after a fault
        faults = self._attempt(waiting, self._step)
        if self._sweep is None:
            self._swept_for = []
            if faults is not None:
                _answer(waiting, None)

    def _step(self) -> Faults:
        writer = self._current_writer()
        self._sweep = self._sweep or Sweep(writer, self._database, engine=self._store.name)
        if self._sweep.step():
            self._sweep = None
        return {}

    def _attempt(self, orders: Sequence[_Order], work: Callable[[], Faults]) -> Faults | None:
        """What `work` could not do; None when it failed as a whole, which `orders` are told."""
        try:
            return work()
        except AcervoError as fault:
            log.warning("not indexed: %s", fault)
            failed: AcervoError = fault
        except (
            BaseException
        ) as fault:  # the thread outlives what a batch meets, panics of the engine included
            log.exception("not indexed")
            failed = Transient("index-failed", "the index could not be written")
            failed.__cause__ = fault
        self._drop()
        _answer(orders, failed)
        return None

    def _current_writer(self) -> Writer:
        """The writer of the live version, which another process may have switched."""
        if self._writer is not None and not self._store.is_live(self._writer):
            self._drop()
        if self._writer is None:
            self._writer = self._store.open()
            self._next_sweep = 0.0
        return self._writer

    def _drop(self) -> None:
        if self._writer is not None:
            try:
                self._writer.close()
            except (ValueError, OSError):
                log.exception("the writer did not close well")
            self._writer = None
        self._sweep = None


def _answer(orders: Sequence[_Order], fault: Exception | None) -> None:
    for order in orders:
        if fault is None:
            order.done.set_result(None)
        else:
            order.done.set_exception(fault)
