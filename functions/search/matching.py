"""Saved searches that a new asset matches: each query is asked about that one asset, inside its project.

Whose owner may see the project is decided in PostgreSQL, by the principals that the owner was last seen with. What the notification leads
to is looked at again with the owner's own token (`GET /api/v1/search/matches`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams

from acervo.database import Database, query
from acervo.errors import Transient
from acervo.problems import Problem
from functions.search.engine import Ask, Engine, EngineDown, NotExpressible
from functions.search.parameters import parse_search
from functions.search.vocabulary import Vocabulary

log = logging.getLogger(__name__)
PAGE = 500
_FIRST = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Match:
    search_id: str
    owner: str
    name: str


def matches(
    engine: Engine, database: Database, vocabulary: Vocabulary, asset_id: str, project_id: str
) -> Iterator[Match]:
    """
    Raises:
        Transient: the engine or the database is away.
    """
    scope, after = frozenset({project_id}), _FIRST
    with database.transaction() as connection:
        rows = query.collections_with(connection, asset_id=asset_id, project_id=project_id)
        collections = frozenset(str(row["collection_id"]) for row in rows)
    while True:
        with database.transaction() as connection:
            rows = list(query.notifying_searches(connection, project_id=project_id, after=after, limit=PAGE))
        for row in rows:
            if _matches(engine, vocabulary, row, asset_id, scope, collections):
                yield Match(str(row["id"]), row["owner"], row["name"])
        if len(rows) < PAGE:
            return
        after = str(rows[-1]["id"])


def _matches(
    engine: Engine, vocabulary: Vocabulary, row: dict[str, Any], asset_id: str, scope: frozenset[str], collections: frozenset[str]
) -> bool:  # fmt: skip
    try:
        search = parse_search(QueryParams([(name, value) for name, value in row["parameters"]]))
        if search.collection is not None and search.collection not in collections:
            return False
        return asset_id in engine.among(Ask(vocabulary.expand(search.query), scope), [asset_id])
    except EngineDown as fault:
        raise Transient("engine-unavailable", "the search engine is away", 5) from fault
    except (Problem, NotExpressible) as fault:  # kept when the language was another one
        log.warning("saved search %s is not understood: %s", row["id"], fault)
        return False
