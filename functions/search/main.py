"""Search, as two services of one folder.

`main`     answers under /api/v1/search from the engines; hears `acervo.search.matched.v1` and puts it on its owner's list (twice is one row).
`indexer`  hears what changes an asset and writes every engine's index. Twice is safe: it writes the asset as PostgreSQL has it now,
           and only when an index has an older version. An event that never comes is made up for by the cursor over the assets' changes,
           which runs when the indexer starts, every `SEARCH_CATCH_UP_S` while it lives, and with each tick. One instance at a time.
           When an asset is ready it says `acervo.search.matched.v1` for each saved search that the asset matches.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from acervo import function, problems, settings
from acervo.database import query
from acervo.events import Event
from acervo.function import Call, DatabaseSettings, Resources
from acervo.identity import IdentitySettings
from functions.search import metrics
from functions.search.engine import Engine, Offer
from functions.search.engines import EngineSettings, fresh_engines_of, stores_of
from functions.search.indexing import Indexer
from functions.search.matching import matches
from functions.search.reading import Reading
from functions.search.routes import routes
from functions.search.serving import DirectSettings, MeaningSettings, PictureSettings, Serving, serving
from functions.search.vocabulary import Vocabulary

TICK = "dev.knative.sources.ping"
ENRICHED = "acervo.enrichment.completed.v1"
READY = "acervo.asset.ready.v1"
MATCHED = "acervo.search.matched.v1"
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
    engines: EngineSettings = settings.nested(EngineSettings)
    meaning: MeaningSettings = settings.nested(MeaningSettings)
    pictures: PictureSettings = settings.nested(PictureSettings)
    direct: DirectSettings = settings.nested(DirectSettings)
    deadline_s: float = settings.variable(
        "SEARCH_DEADLINE_S", 0.0
    )  # 0: 2 s for one engine, 150 ms for several


@dataclass(frozen=True, kw_only=True)
class IndexerSettings:
    """Of the target `indexer`."""

    frame: Frame = settings.nested(Frame)
    engines: EngineSettings = settings.nested(EngineSettings)
    catch_up_s: float = settings.variable("SEARCH_CATCH_UP_S", 30.0)


class Indexers:
    """One an engine, side by side: an engine that is away holds up its own index only, and the event is told to come again."""

    def __init__(self, indexers: Sequence[Indexer], judge: Engine, vocabulary: Vocabulary) -> None:
        self._indexers = indexers
        self._threads = ThreadPoolExecutor(8 * len(indexers), thread_name_prefix="index")
        self.judge, self.vocabulary = judge, vocabulary

    def index(self, asset_ids: Sequence[str], again: bool = False) -> None:
        self._all(lambda indexer: indexer.index(asset_ids, again))

    def catch_up(self) -> None:
        self._all(lambda indexer: indexer.catch_up())

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for indexer in self._indexers:
            indexer.close()

    def _all(self, work: Callable[[Indexer], None]) -> None:
        if len(self._indexers) == 1:
            work(self._indexers[0])
            return
        waiting = [self._threads.submit(work, indexer) for indexer in self._indexers]
        faults = [fault for future in waiting if (fault := future.exception()) is not None]
        if faults:
            raise faults[0]


@cache
def _serving(resources: Resources) -> Serving:
    chosen: Settings = resources.settings
    return serving(
        chosen.frame.database.url, chosen.engines, chosen.meaning, chosen.direct, chosen.deadline_s,
        chosen.pictures,
    )  # fmt: skip


@cache
def _indexers(resources: Resources) -> Indexers:
    chosen: IndexerSettings = resources.settings
    stores = stores_of(chosen.engines, resources.database)
    engines = fresh_engines_of(chosen.engines)
    judge = next((e for e in engines if Offer.TREES in e.offers), engines[0])
    return Indexers(
        [Indexer(store, resources.database, chosen.catch_up_s) for store in stores],
        judge,
        Vocabulary(Reading(chosen.frame.database.url, 2)),
    )


def serving_of(request: Request) -> Serving:
    """One a process, made by the first request."""
    with _making:
        return _serving(request.app.state.resources)


def indexer_of(resources: Resources) -> Indexers:
    """One a process, made by the first event; it catches up at once."""
    with _making:
        return _indexers(resources)


def handle(event: Event, call: Call) -> None:
    """Answered when every index has it."""
    indexers = indexer_of(call.resources)
    if event.type == TICK:
        indexers.catch_up()
        with call.database.transaction() as connection:
            query.expire_search_rows(connection)
        return
    indexers.index([event.data["asset_id"]], again=event.type == ENRICHED)
    if event.type == READY and not call.was_done():
        tell_matches(event, call, indexers)


def tell_matches(event: Event, call: Call, indexers: Indexers) -> None:
    asset_id, project_id = event.data["asset_id"], event.data["project_id"]
    found = list(matches(indexers.judge, call.database, indexers.vocabulary, asset_id, project_id))
    with call.commit() as work:
        for match in found:
            data = {
                "search_id": match.search_id, "owner": match.owner, "name": match.name,
                "asset_id": asset_id, "project_id": project_id,
            }  # fmt: skip
            work.say(MATCHED, subject=asset_id, data=data, what=match.search_id)


def hear_match(event: Event, call: Call) -> None:
    with call.commit() as work:
        data = event.data
        query.remember_match(work.connection, search_id=data["search_id"], asset_id=data["asset_id"])


def _metrics(request: Request) -> Response:  # the framework's signature
    body, kind = metrics.exposition()
    return Response(body, headers={"content-type": kind})


app = function.serve(
    hear_match, name="search", settings=Settings, hears={MATCHED}, routes=routes(serving_of),
    exception_handlers=problems.handlers,
)  # fmt: skip
main = function.target(app)

indexer_app = function.serve(
    handle,
    name="search-indexer",
    settings=IndexerSettings,
    hears={"acervo.asset.*", "acervo.rendition.ready.v1", ENRICHED, TICK},
    routes=[Route("/metrics", _metrics)],
)
indexer = function.target(indexer_app)
