"""Search, as two services of one folder.

`main`     answers GET /api/v1/search/assets, /segments and /suggest from the index; says and hears nothing.
`indexer`  hears what changes an asset, writes the index, says nothing. Twice is safe: it writes the asset as PostgreSQL has it now,
           and only when the index has an older version. An event that never comes is made up for by the cursor over the assets' changes,
           which runs when the indexer starts, every `SEARCH_CATCH_UP_S` while it lives, and with each tick. One instance at a time.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache

from starlette.requests import Request

from acervo import function, problems, settings
from acervo.events import Event
from acervo.function import Call, DatabaseSettings, Resources
from acervo.identity import IdentitySettings
from functions.search.index_directory import IndexDirectory
from functions.search.indexing import Indexer
from functions.search.routes import routes
from functions.search.searching import SearchService
from functions.search.tantivy_index import TantivyIndex
from functions.search.tantivy_reader import TantivyReader

TICK = "dev.knative.sources.ping"
ENRICHED = "acervo.enrichment.completed.v1"
_making = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What the frame reads here: search touches no objects and is given no keys to them."""

    database: DatabaseSettings = settings.nested(DatabaseSettings)
    sink: str = settings.variable("K_SINK", "")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Of the target `main`."""

    frame: Frame = settings.nested(Frame)
    identity: IdentitySettings = settings.nested(IdentitySettings)
    index_dir: str = settings.variable("SEARCH_INDEX_DIR")
    deadline_s: float = settings.variable("SEARCH_DEADLINE_S", 2.0)


@dataclass(frozen=True, kw_only=True)
class IndexerSettings:
    """Of the target `indexer`."""

    frame: Frame = settings.nested(Frame)
    index_dir: str = settings.variable("SEARCH_INDEX_DIR")
    catch_up_s: float = settings.variable("SEARCH_CATCH_UP_S", 30.0)


@cache
def _service(resources: Resources) -> SearchService:
    chosen: Settings = resources.settings
    engine = TantivyIndex(TantivyReader(IndexDirectory(chosen.index_dir)))
    return SearchService(engine, resources.database, chosen.deadline_s)


@cache
def _indexer(resources: Resources) -> Indexer:
    chosen: IndexerSettings = resources.settings
    return Indexer(IndexDirectory(chosen.index_dir), resources.database, chosen.catch_up_s)


def service_of(request: Request) -> SearchService:
    """One a process, made by the first request."""
    with _making:
        return _service(request.app.state.resources)


def indexer_of(resources: Resources) -> Indexer:
    """One a process, made by the first event; it catches up at once."""
    with _making:
        return _indexer(resources)


def handle(event: Event, call: Call) -> None:
    """Answered when the index has it."""
    indexer = indexer_of(call.resources)
    if event.type == TICK:
        indexer.catch_up()
    else:
        indexer.index([event.data["asset_id"]], again=event.type == ENRICHED)


app = function.serve(
    None, name="search", settings=Settings, routes=routes(service_of), exception_handlers=problems.handlers
)
main = function.target(app)

indexer_app = function.serve(
    handle,
    name="search-indexer",
    settings=IndexerSettings,
    hears={"acervo.asset.*", "acervo.rendition.ready.v1", ENRICHED, TICK},
)
indexer = function.target(indexer_app)
