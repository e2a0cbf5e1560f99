"""PostgreSQL for reading only: connections that commit by themselves and are not tried out first, so that a look-up is one round trip.

A connection that the server dropped meanwhile is noticed by the look-up itself, which is then done once more on a fresh one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from acervo.database import STATEMENT_TIMEOUT_MS, Connection
from acervo.errors import Transient

if TYPE_CHECKING:  # psycopg is imported on first use: a third of a cold start
    from psycopg_pool import ConnectionPool

T = TypeVar("T")
WAIT_S = 10
_PREPARE_AFTER = 2  # runs of a statement: the few that there are come with every search


class Reading:
    """A pool that opens on first use."""

    def __init__(self, url: str, size: int = 4) -> None:
        from psycopg.rows import dict_row
        from psycopg_pool import ConnectionPool

        self._pool: ConnectionPool[Connection] = ConnectionPool(
            url, min_size=0, max_size=size, timeout=WAIT_S, max_idle=60, open=False,
            kwargs={
                "row_factory": dict_row, "autocommit": True, "connect_timeout": 5, "prepare_threshold": _PREPARE_AFTER,
                "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC -c default_transaction_read_only=on",
            },
        )  # fmt: skip
        self._opening = threading.Lock()
        self._opened = False

    def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` reads; it may be called twice.

        Raises:
            Transient: the database cannot be reached, or broke off twice.
        """
        import psycopg
        from psycopg_pool import PoolTimeout

        self._open()
        try:
            try:
                return self._once(work)
            except psycopg.OperationalError:
                self._pool.check()  # whatever else the server dropped
                return self._once(work)
        except PoolTimeout as fault:
            raise Transient("database-unreachable", "the database did not answer in time") from fault
        except psycopg.OperationalError as fault:
            raise Transient("database-unavailable", "the database broke off") from fault

    def close(self) -> None:
        if self._opened:
            self._pool.close(timeout=5)

    def _once(self, work: Callable[[Connection], T]) -> T:
        with self._pool.connection() as connection:
            return work(connection)

    def _open(self) -> None:
        with self._opening:
            if not self._opened:
                self._pool.open(wait=False)
                self._opened = True
