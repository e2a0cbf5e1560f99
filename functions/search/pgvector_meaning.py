"""Meaning by pgvector: the rows that enrichment wrote to `embeddings`, near a vector of the same model, inside the caller's projects.
Pictures are rows like any others, of a model of their own.

The scope is in the same statement as the distance: a neighbour in another project is never looked at as an answer. Filters that the table
cannot answer are applied to the assets it joins.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from psycopg import sql

from acervo.database import Connection, query
from acervo.errors import Transient
from functions.search.engine import Ask, EngineDown, Picture
from functions.search.query_tree import MANY_VALUED, Dates, Field, Filter, Members, Query
from functions.search.reading import Reading
from functions.search.vectors import CANDIDATES, FARTHEST, PASSAGES, is_direction

VECTORS_OF_ONE = 3

_SETTINGS = f"select set_config('hnsw.iterative_scan', 'strict_order', true), set_config('hnsw.ef_search', '{CANDIDATES}', true)"  # a number of ours
_NEAREST = sql.SQL("""
with near as (
    select e.asset_id, e.start_ms, e.embedding::halfvec({n}) <=> %(vector)s::halfvec({n}) as distance
      from embeddings e
     where e.dimensions = {n} and e.model = %(model)s and (%(projects)s::text[] is null or e.project_id = any(%(projects)s::text[]))
       and (%(members)s::uuid[] is null or e.asset_id = any(%(members)s::uuid[]))
     order by e.embedding::halfvec({n}) <=> %(vector)s::halfvec({n}) limit %(rows)s)
select a.id, min(n.distance) as distance, (array_agg(n.start_ms order by n.distance, n.start_ms))[1] as start_ms from near n join assets a on a.id = n.asset_id
 where n.distance <= %(farthest)s and a.status in ('processing', 'ready', 'error')
   and (%(projects)s::text[] is null or a.project_id = any(%(projects)s::text[]))
   and (%(types)s::text[] is null or a.kind::text = any(%(types)s::text[]))
   and (%(statuses)s::text[] is null or a.status::text = any(%(statuses)s::text[]))
   and (%(languages)s::text[] is null or split_part(lower(a.language), '-', 1) = any(%(languages)s::text[]))
   and (%(only)s::text[] is null or a.project_id = any(%(only)s::text[]))
   and (%(start)s::float8 is null or a.created_at >= to_timestamp(%(start)s::float8))
   and (%(end)s::float8 is null or a.created_at < to_timestamp(%(end)s::float8))
 group by a.id order by distance, a.id limit %(window)s
""")


class PgVectors:
    """See `engine.Meaning`."""

    name = "pgvector"

    def __init__(
        self, reading: Reading, model: str, farthest: float = FARTHEST, each: int = PASSAGES
    ) -> None:
        """`each`: vectors that are looked at for an asset that is wanted."""
        self._reading, self._model = reading, model
        self._farthest, self._each = farthest, each

    def nearest(self, vector: Sequence[float], ask: Ask, window: int) -> Sequence[str]:
        return [picture.asset_id for picture in self.pictures(vector, ask, window)]

    def pictures(self, vector: Sequence[float], ask: Ask, window: int) -> Sequence[Picture]:
        """As `nearest`, and where the nearest row of each begins."""
        if ask.scope == frozenset() or not is_direction(vector):
            return ()
        if _has_labels(ask.query):
            return ()
        wanted = _parameters(ask) | {
            "vector": _text(vector), "model": self._model, "rows": window * self._each, "window": window,
            "farthest": self._farthest,
        }  # fmt: skip
        statement = _NEAREST.format(n=sql.Literal(len(vector)))

        def look(connection: Connection) -> list[dict[str, Any]]:
            with connection.transaction():  # the setting is this statement's
                connection.execute(_SETTINGS)
                return connection.execute(statement, wanted).fetchall()

        try:
            rows = self._reading.read(look)
        except Transient as fault:
            raise EngineDown(str(fault)) from fault
        return [Picture(str(row["id"]), row["start_ms"]) for row in rows]

    def vectors_of(self, asset_id: str) -> Sequence[Sequence[float]]:
        rows = self._reading.read(
            lambda c: list(query.embeddings_of(c, asset_id=asset_id, model=self._model, most=VECTORS_OF_ONE))
        )
        return [json.loads(row["embedding"]) for row in rows]


def _has_labels(asked: Query) -> bool:
    """Tags and people are matched by their spelling, rights by their time: neither is in these tables as an index has it."""
    return any(isinstance(part, Filter) and part.field in MANY_VALUED for part in asked.filters)


def _parameters(ask: Ask) -> dict[str, Any]:
    """The filters of a query: values of one field were merged by the grammar, and both given and typed ones have to hold."""
    values: dict[str, Any] = dict.fromkeys(
        ("types", "statuses", "languages", "only", "members", "start", "end")
    )
    names = {
        Field.TYPE: "types",
        Field.STATUS: "statuses",
        Field.LANGUAGE: "languages",
        Field.PROJECT: "only",
    }
    for part in ask.query.filters:
        if isinstance(part, Members):
            values["members"] = sorted(part.ids)
        elif isinstance(part, Dates):
            starts = [v for v in (values["start"], part.start_s) if v is not None]
            ends = [v for v in (values["end"], part.end_s) if v is not None]
            values["start"], values["end"] = max(starts, default=None), min(ends, default=None)
        elif part.field in names:
            name = names[part.field]
            both = part.values if values[name] is None else part.values & set(values[name])
            values[name] = sorted(both)
    return values | {"projects": None if ask.scope is None else sorted(ask.scope)}


def _text(vector: Sequence[float]) -> str:
    return "[" + ",".join(f"{number:.6g}" for number in vector) + "]"
