"""Which engines serve: `SEARCH_ENGINES=tantivy`, `meilisearch,elasticsearch`, or any one alone. The order is that of suggestions."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from acervo import settings
from acervo.database import Database
from functions.search.engine import Engine
from functions.search.index_directory import IndexDirectory
from functions.search.stores import Store

KNOWN = ("tantivy", "meilisearch", "elasticsearch")
ALONE_S, TOGETHER_S = 2.0, 0.15  # a leg that is alone is worth waiting for


def engine_names(text: str) -> tuple[str, ...]:
    """Parsed from the environment.

    Raises:
        ValueError: an engine that there is not.
    """
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names or set(names) - set(KNOWN):
        raise ValueError(f"is a list of {', '.join(KNOWN)}")
    return names


class EngineNames(tuple[str, ...]):
    """`a,b` → ("a", "b")."""

    def __new__(cls, text: str = "tantivy") -> EngineNames:
        return super().__new__(cls, engine_names(text))


@dataclass(frozen=True, kw_only=True)
class EngineSettings:
    names: EngineNames = settings.variable("SEARCH_ENGINES", EngineNames())
    index_dir: str = settings.variable("SEARCH_INDEX_DIR", ".acervo/search")
    prefix: str = settings.variable("SEARCH_INDEX_PREFIX", "acervo")
    meilisearch_url: str = settings.variable("MEILI_URL", "")
    meilisearch_key: str = settings.variable("MEILI_KEY", "")
    elasticsearch_url: str = settings.variable("ES_URL", "")
    elasticsearch_api_key: str = settings.variable("ES_API_KEY", "")

    def __post_init__(self) -> None:
        needed = {
            "meilisearch": ("MEILI_URL", self.meilisearch_url),
            "elasticsearch": ("ES_URL", self.elasticsearch_url),
        }
        for engine, (variable, url) in needed.items():
            if engine in self.names and not url:
                raise settings.SettingsError([f"{variable} is not set, and SEARCH_ENGINES has {engine}"])

    @property
    def meilisearch_uid(self) -> str:
        return f"{self.prefix}_assets"


def engines_of(chosen: EngineSettings, timeout_s: float, model: str = "") -> Sequence[Engine]:
    """To be asked; `timeout_s` ends a request that no search waits for any more. `model`: whose vectors mean something."""
    return [_engine(name, chosen, timeout_s, model=model) for name in chosen.names]


def fresh_engines_of(chosen: EngineSettings, timeout_s: float = 10) -> Sequence[Engine]:
    """For the indexer: each question sees the commit before it."""
    return [_engine(name, chosen, timeout_s, refresh_s=0) for name in chosen.names]


def stores_of(chosen: EngineSettings, database: Database) -> Sequence[Store]:
    """To be written."""
    return [_store(name, chosen, database) for name in chosen.names]


def _engine(
    name: str, chosen: EngineSettings, timeout_s: float, refresh_s: float | None = None, model: str = ""
) -> Engine:
    if name == "meilisearch":
        from functions.search.meilisearch_client import MeilisearchClient
        from functions.search.meilisearch_index import MeilisearchIndex

        client = MeilisearchClient(chosen.meilisearch_url, chosen.meilisearch_key, timeout_s)
        return MeilisearchIndex(client, chosen.meilisearch_uid)
    if name == "elasticsearch":
        from functions.search.elasticsearch_index import ElasticsearchIndex

        return ElasticsearchIndex(_elasticsearch(chosen), chosen.prefix, timeout_s, model)
    from functions.search.tantivy_index import TantivyIndex
    from functions.search.tantivy_reader import REFRESH_S, TantivyReader

    refreshed = REFRESH_S if refresh_s is None else refresh_s
    return TantivyIndex(TantivyReader(IndexDirectory(chosen.index_dir), refreshed))


def _store(name: str, chosen: EngineSettings, database: Database) -> Store:
    if name == "meilisearch":
        from functions.search.meilisearch_client import MeilisearchClient
        from functions.search.meilisearch_store import MeilisearchStore

        client = MeilisearchClient(chosen.meilisearch_url, chosen.meilisearch_key, 30)
        return MeilisearchStore(client, database, chosen.meilisearch_uid)
    if name == "elasticsearch":
        from functions.search.elasticsearch_store import ElasticsearchStore

        return ElasticsearchStore(_elasticsearch(chosen), database, chosen.prefix)
    from functions.search.tantivy_store import TantivyStore

    return TantivyStore(IndexDirectory(chosen.index_dir))


def _elasticsearch(chosen: EngineSettings) -> Any:
    from elasticsearch import Elasticsearch

    logging.getLogger("elastic_transport").setLevel(logging.WARNING)  # it tells of every request
    key = {"api_key": chosen.elasticsearch_api_key} if chosen.elasticsearch_api_key else {}
    return Elasticsearch(chosen.elasticsearch_url, **key)  # type: ignore[arg-type]  # the client's options are typed one by one
