"""Versions of an index that lives in a server, kept in PostgreSQL: which is live, and how far each has been read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from acervo.database import Database, query
from functions.search.index_directory import Locked, Position


@dataclass(frozen=True)
class RemoteVersion:
    number: int
    format: int


class RemoteVersions:
    """Of one engine."""

    def __init__(self, engine: str, database: Database) -> None:
        self.engine, self._database = engine, database

    def live(self) -> RemoteVersion | None:
        with self._database.transaction() as connection:
            row = query.live_search_index(connection, engine=self.engine)
        return RemoteVersion(row["number"], row["format"]) if row else None

    def all(self) -> list[RemoteVersion]:
        with self._database.transaction() as connection:
            rows = query.search_indexes_of(connection, engine=self.engine)
            return [RemoteVersion(row["number"], row["format"]) for row in rows]

    def add(self, format_: int) -> RemoteVersion:
        with self._database.transaction() as connection:
            return RemoteVersion(
                query.add_search_index(connection, engine=self.engine, format=format_), format_
            )

    def make_live(self, version: RemoteVersion) -> None:
        with self._database.transaction() as connection:
            query.no_live_search_index(connection, engine=self.engine)
            query.make_search_index_live(connection, engine=self.engine, number=version.number)

    def drop(self, version: RemoteVersion) -> None:
        with self._database.transaction() as connection:
            query.drop_search_index(connection, engine=self.engine, number=version.number)

    def position(self, version: RemoteVersion) -> Position:
        with self._database.transaction() as connection:
            row = query.search_position(connection, engine=self.engine, number=version.number)
        return Position(row["position_at"], str(row["position_id"])) if row else Position()

    def save_position(self, version: RemoteVersion, position: Position) -> None:
        with self._database.transaction() as connection:
            query.save_search_position(
                connection, engine=self.engine, number=version.number, position_at=position.updated_at,
                position_id=position.asset_id,
            )  # fmt: skip

    @contextmanager
    def rebuilding(self) -> Iterator[None]:
        """See `stores.Store`."""
        with self._database.transaction() as connection:
            if not query.lock_search_engine(connection, engine=self.engine):
                raise Locked("another rebuild is under way")
            yield
