"""The least that answers the same questions as `bench search` asks: tantivy alone, PostgreSQL's full text alone. Not a benchmark by itself.

tantivy: one parsed query over title, description and speech, top 20 with a count. PostgreSQL: `websearch_to_tsquery` over GIN-indexed
vectors of the same text, top 20 by ts_rank. Neither has facets, access, passages or texts.
"""

from __future__ import annotations

import threading

import psycopg
from psycopg import sql
from tantivy import Occur, Query

from functions.search.tantivy_reader import TantivyReader

_FIELDS = ["title_exact", "text_exact", "said_exact"]
_TABLES = ("peer_assets", "peer_segments")
_MADE = (
    "create extension if not exists unaccent",
    "create text search configuration folded (copy = spanish)",
    "alter text search configuration folded alter mapping for hword, hword_part, word with unaccent, spanish_stem",
    "create table peer_assets as select id, to_tsvector('folded', concat_ws(' ', metadata->>'title', metadata->>'description',"
    " metadata->>'keywords', (select string_agg(text, ' ') from transcript_segments s where s.asset_id = a.id))) as words from assets a",
    "create table peer_segments as select asset_id, number, to_tsvector('folded', text) as words from transcript_segments",
)
_COUNT = sql.SQL(
    "select count(*) over () from {table}, websearch_to_tsquery('folded', %s) q where words @@ q order by ts_rank(words, q) desc limit 20"
)


class TantivyPeer:
    """tantivy and nothing else."""

    def __init__(self, reader: TantivyReader) -> None:
        snapshot = reader.snapshot()
        assert snapshot is not None
        self._assets, self._segments = snapshot.assets, snapshot.segments
        self._asset_index, self._segment_index = reader.indexes()

    def assets(self, text: str) -> int:
        query = self._asset_index.parse_query(text, _FIELDS, conjunction_by_default=True)
        return int(self._assets.search(query, 20).count)

    def begun(self, text: str) -> int:
        schema = self._asset_index.schema
        words = [Query.fuzzy_term_query(schema, field, text, 0, True, True) for field in _FIELDS]
        query = Query.boolean_query([(Occur.Should, word) for word in words])
        return int(self._assets.search(query, 20).count)

    def segments(self, text: str) -> int:
        query = self._segment_index.parse_query(text, ["said_exact"], conjunction_by_default=True)
        return int(self._segments.search(query, 20).count)

    def suggest(self, text: str) -> int:
        return len(self._assets.terms_with_prefix("title_exact", text, None, 8))


class PostgresPeer:
    """PostgreSQL and nothing else; its vectors and their GIN indexes are made the first time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._threads = threading.local()
        with psycopg.connect(url, autocommit=True) as connection:
            there = connection.execute("select to_regclass('peer_segments')").fetchone()
            if there is not None and there[0] is not None:
                return
            for statement in _MADE:
                connection.execute(sql.SQL(statement))
            for table in _TABLES:
                connection.execute(
                    sql.SQL("create index on {} using gin (words)").format(sql.Identifier(table))
                )
                connection.execute(sql.SQL("vacuum analyze {}").format(sql.Identifier(table)))

    def assets(self, text: str) -> int:
        return self._count("peer_assets", text)

    def segments(self, text: str) -> int:
        return self._count("peer_segments", text)

    def _count(self, table: str, text: str) -> int:
        if not hasattr(self._threads, "connection"):
            self._threads.connection = psycopg.connect(self._url, autocommit=True)
        statement = _COUNT.format(table=sql.Identifier(table))
        found = self._threads.connection.execute(statement, (text,)).fetchone()
        return int(found[0]) if found else 0
