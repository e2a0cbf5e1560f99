"""PostgreSQL: one small pool a process, named SQL from `queries/*.sql`, migrations from `migrations/*.sql`.

Connections give rows as dicts. `query.<name>(connection, **parameters)` runs the SQL of that name (aiosql); parameters that
are JSON are wrapped with `as_json`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from acervo.errors import Transient

if TYPE_CHECKING:  # psycopg and aiosql are imported on first use: a third of a cold start
    import psycopg
    from psycopg.types.json import Jsonb

Row = dict[str, Any]
Connection: TypeAlias = "psycopg.Connection[Row]"
QUERIES = Path(__file__).parent / "queries"
STATEMENT_TIMEOUT_MS = 30_000


@cache
def _queries() -> Any:
    import aiosql

    return aiosql.from_path(QUERIES, "psycopg")


class _Queries:
    """The SQL is read on first use, not on import."""

    def __getattr__(self, name: str) -> Any:
        return getattr(_queries(), name)


query: Any = _Queries()


def as_json(value: Any) -> Jsonb:
    """A Python value as a `jsonb` parameter; NUL characters, which PostgreSQL refuses, are dropped from its strings."""
    from psycopg.types.json import Jsonb

    return Jsonb(without_nul(value))


def without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, dict):
        return {without_nul(key): without_nul(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_nul(item) for item in value]
    return value


class Database:
    """A pool that opens on first use. An unreachable server is `Transient`."""

    def __init__(self, url: str, pool_size: int = 4, wait_s: float = 10) -> None:
        from psycopg.rows import dict_row
        from psycopg_pool import ConnectionPool

        self._pool: ConnectionPool[Connection] = ConnectionPool(
            url,
            min_size=0,
            max_size=pool_size,
            timeout=wait_s,
            max_idle=60,
            open=False,
            check=ConnectionPool.check_connection,
            kwargs={
                "row_factory": dict_row,
                "connect_timeout": 5,
                # filters that may be null are planned with their values: a plan for all of them walks whole indexes
                "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC -c plan_cache_mode=force_custom_plan",
            },
        )
        self._opened = False

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection inside one transaction: committed at the end, rolled back on any exception.

        Raises:
            Transient: the database cannot be reached, or broke the connection.
        """
        import psycopg
        from psycopg_pool import PoolTimeout

        if not self._opened:
            self._pool.open(wait=False)
            self._opened = True
        try:
            with self._pool.connection() as connection:
                yield connection
        except PoolTimeout as fault:
            raise Transient("database-unreachable", "the database did not answer in time") from fault
        except psycopg.OperationalError as fault:
            raise Transient("database-unavailable", "the database broke off") from fault

    def close(self) -> None:
        if self._opened:
            self._pool.close(timeout=5)
