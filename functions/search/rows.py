"""What PostgreSQL says about the ids that an engine found: the last word on who sees what, and every text that is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from acervo.database import Connection, query
from functions.search.engine import PassageId, Scope
from functions.search.reading import Reading

Row = dict[str, Any]
Assets = dict[str, Row]
Segments = dict[tuple[str, int], Row]
MOST_MEMBERS = 10_000  # ids that every engine takes in one question


class TooManyMembers(ValueError):
    """Of a collection; the text is for the caller."""


class Rows:
    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def itself(self, scope: Scope, asset_id: str) -> Row | None:
        """One asset as an index is made of it, if it is visible."""
        projects = None if scope is None else sorted(scope)
        row: Row | None = self._reading.read(
            lambda c: query.asset_itself(c, asset_id=asset_id, projects=projects)
        )
        return row

    def members(self, scope: Scope, collection_id: str) -> frozenset[str]:
        """The assets of a collection that is inside the scope; empty when it is not, or is gone.

        Raises:
            TooManyMembers
        """
        projects = None if scope is None else sorted(scope)
        rows = self._reading.read(
            lambda c: list(
                query.members_to_search(c, collection_id=collection_id, projects=projects, most=MOST_MEMBERS + 1)
            )
        )  # fmt: skip
        if len(rows) > MOST_MEMBERS:
            raise TooManyMembers(f"has more than {MOST_MEMBERS} assets, too many to search among them")
        return frozenset(str(row["asset_id"]) for row in rows)

    def visible(self, scope: Scope, asset_ids: Sequence[str]) -> Assets:
        """Those of the assets that are still there and inside the scope, by id."""
        return self.shown(scope, asset_ids, ())[0]

    def shown(
        self, scope: Scope, asset_ids: Sequence[str], passages: Sequence[PassageId]
    ) -> tuple[Assets, Segments]:
        """In one round trip: `visible`, and the texts of those passages that are of visible assets."""
        if not asset_ids:
            return {}, {}
        projects = None if scope is None else sorted(scope)

        def look(connection: Connection) -> tuple[list[Row], list[Row]]:
            if not passages:
                return list(query.found_assets(connection, asset_ids=list(asset_ids), projects=projects)), []
            with connection.pipeline():
                assets = query.found_assets(connection, asset_ids=list(asset_ids), projects=projects)
                segments = _said(connection, passages)
                return list(assets), list(segments)

        rows, spoken = self._reading.read(look)
        assets = {str(row["id"]): row for row in rows}
        return assets, {key: row for key, row in _by_place(spoken).items() if key[0] in assets}

    def texts(self, passages: Sequence[PassageId]) -> Segments:
        """Of passages of assets that are known to be visible."""
        if not passages:
            return {}
        return _by_place(self._reading.read(lambda c: list(_said(c, passages))))


def _said(connection: Connection, passages: Sequence[PassageId]) -> Iterable[Row]:
    distinct = list({(passage.asset_id, passage.number) for passage in passages})
    found: Iterable[Row] = query.found_segments(
        connection, asset_ids=[a for a, _ in distinct], numbers=[n for _, n in distinct]
    )
    return found


def _by_place(rows: Iterable[Row]) -> Segments:
    return {(str(row["asset_id"]), row["number"]): row for row in rows}
