"""GET /api/v1/search/state, for the platform team: each engine's live index, what is built beside it, how far it has read the changes.

A change is usually indexed by its event at once, and the cursor passes it some minutes later (functions/search/changes.py says why):
`unread` are the changes that it should have passed by now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from acervo import access, identity
from acervo.database import query
from functions.search.answers import stamp
from functions.search.changes import SLACK_S
from functions.search.index_directory import IndexDirectory, Position
from functions.search.own_routes import HEADERS

if TYPE_CHECKING:
    from acervo.database import Connection
    from functions.search.engines import EngineSettings

MOST_COUNTED = 10_000
SETTLED_S = SLACK_S + 120.0  # the cursor's own distance, and a round or two of the indexer


@dataclass(frozen=True)
class _Built:
    """A version of an engine's index."""

    number: int
    format: int
    live: bool
    position: Position


def routes() -> list[Route]:
    return [Route("/api/v1/search/state", _state)]


def _state(request: Request) -> Response:
    access.require_platform(identity.authenticate(request))
    resources = request.app.state.resources
    chosen: EngineSettings = resources.settings.engines
    with resources.database.transaction() as connection:
        refused = {row["engine"]: row["n"] for row in query.count_poison(connection)}
        engines = [
            _engine(connection, name, _versions(connection, name, chosen), refused.get(name, 0))
            for name in chosen.names
        ]
    model = resources.settings.meaning.embedder_model or None
    return JSONResponse({"engines": engines, "meaning_model": model}, headers=HEADERS)


def _versions(connection: Connection, engine: str, chosen: EngineSettings) -> list[_Built]:
    """Oldest first; the embedded engine's are files, the others' are rows."""
    if engine == "tantivy":
        directory = IndexDirectory(chosen.index_dir)
        live = directory.current()
        found = [version for number in directory.numbers() if (version := directory.version(number))]
        return [_Built(v.number, v.format, v == live, v.position()) for v in found]
    return [
        _Built(row["number"], row["format"], row["live"], _position(row["position_at"], row["position_id"]))
        for row in query.search_indexes_with_positions(connection, engine=engine)
    ]


def _position(at: datetime | None, asset_id: Any) -> Position:
    return Position() if at is None else Position(at, str(asset_id))


def _engine(connection: Connection, name: str, versions: list[_Built], refused: int) -> dict[str, Any]:
    live = next((version for version in versions if version.live), None)
    position = live.position if live else Position()
    behind = query.search_unread(
        connection, at=position.updated_at, asset_id=position.asset_id, settled_s=SETTLED_S, most=MOST_COUNTED
    )
    beside = [version.number for version in versions if not version.live]
    return {
        "engine": name,
        "version": live.number if live else None,
        "format": live.format if live else None,
        "building": [number for number in beside if live is None or number > live.number],
        "kept": [number for number in beside if live is not None and number < live.number],
        "read_until": None if position.updated_at == datetime.min.replace(tzinfo=UTC) else stamp(position.updated_at),
        "unread": behind["unread"],
        "oldest_unread_s": behind["oldest_s"],
        "refused": refused,
    }  # fmt: skip
