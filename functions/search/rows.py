"""What PostgreSQL says about the ids that an engine found: the last word on who sees what, and every text that is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from acervo.database import Database, query
from functions.search.engine import PassageId, Scope


class Rows:
    def __init__(self, database: Database) -> None:
        self._database = database

    def visible(self, scope: Scope, asset_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Those of the assets that are still there and inside the scope, by id."""
        if not asset_ids:
            return {}
        projects = None if scope is None else sorted(scope)
        with self._database.transaction() as connection:
            rows = query.found_assets(connection, asset_ids=list(asset_ids), projects=projects)
            return {str(row["id"]): row for row in rows}

    def segments(self, passages: Sequence[PassageId]) -> dict[tuple[str, int], dict[str, Any]]:
        """By (asset id, number); only ever asked for assets that are visible."""
        if not passages:
            return {}
        distinct = list({(passage.asset_id, passage.number) for passage in passages})
        with self._database.transaction() as connection:
            rows = query.found_segments(
                connection, asset_ids=[a for a, _ in distinct], numbers=[n for _, n in distinct]
            )
            return {(str(row["asset_id"]), row["number"]): row for row in rows}
