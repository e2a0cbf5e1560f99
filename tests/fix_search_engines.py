"""Search engines of each kind, how to ask and to write them, and three assets in each: the embedded one, those we play, real ones by `ES_URL`, `MEILI_URL`."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from os import environ
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch as Client

from acervo.database import Database
from functions.search.documents import AssetDocument, SegmentDocument
from functions.search.elasticsearch_index import ElasticsearchIndex
from functions.search.elasticsearch_store import ElasticsearchStore
from functions.search.engine import Ask, Engine, Offer, Order
from functions.search.grammar import parse
from functions.search.index_directory import IndexDirectory
from functions.search.meilisearch_client import MeilisearchClient
from functions.search.meilisearch_index import MeilisearchIndex
from functions.search.meilisearch_store import MeilisearchStore
from functions.search.stores import Store
from functions.search.tantivy_index import TantivyIndex
from functions.search.tantivy_reader import TantivyReader
from functions.search.tantivy_store import TantivyStore
from tests.fakes.elasticsearch_server import Elasticsearch
from tests.fakes.meilisearch_server import MASTER, Meilisearch
from tests.fix_search import wait_for


def id_of(number: int) -> str:
    return str(uuid.UUID(int=(number << 120) + number))


ASSET = AssetDocument(
    id_of(1),
    1,
    "alfa",
    "video",
    "ready",
    "es",
    1_700_000_000,
    202311,
    ("faro norte",),
    (),
    (),
    ("Mar",),
    ("Ana Ruiz",),
)
ASSETS = [
    ASSET,
    replace(ASSET, asset_id=id_of(2), project="beta", kind="audio", created_s=1_700_000_100, titles=("faro oriente",), tags=("Tierra",), rights=("rights-embargo",)),
    replace(ASSET, asset_id=id_of(255), project="beta", status="error", created_s=1_600_000_000, month=202009, titles=("puerto",), tags=(),
            rights=("rights-hold", "rights-embargo")),
]  # fmt: skip
SAID = [
    SegmentDocument(0, 0, 900, "es", "el faro alumbra la noche"),
    SegmentDocument(1, 900, 1800, "es", "nadie mira el faro del puerto"),
]


@dataclass
class Kept:
    """One kind of engine: how to ask and how to write it; `fake` is the server behind it, if we play it."""

    engine: Engine
    store: Store
    fake: Elasticsearch | Meilisearch | None = None
    close: Callable[[], None] = lambda: None


def _tantivy(folder: Path) -> Kept:
    directory = IndexDirectory(folder / "index")
    return Kept(TantivyIndex(TantivyReader(directory, refresh_s=0)), TantivyStore(directory))


def _elasticsearch(url: str, database: Database, fake: Elasticsearch | None) -> Kept:
    prefix = f"acervo-test-{secrets.token_hex(4)}"
    key = {"api_key": environ["ES_API_KEY"]} if fake is None and "ES_API_KEY" in environ else {}
    client = Client(url, **key)  # type: ignore[arg-type]  # the client's options are typed one by one
    engine = ElasticsearchIndex(client, prefix, 10, model="m")
    return Kept(engine, ElasticsearchStore(client, database, prefix), fake)


def _meilisearch(url: str, key: str, database: Database, fake: Meilisearch | None) -> Kept:
    client, uid = MeilisearchClient(url, key, 10), f"acervo_test_{secrets.token_hex(4)}"
    return Kept(MeilisearchIndex(client, uid), MeilisearchStore(client, database, uid), fake, client.close)


KINDS = ["tantivy", "elasticsearch-fake", "meilisearch-fake", "elasticsearch", "meilisearch"]


@pytest.fixture(scope="module", params=KINDS)
def kept(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, database_url: str
) -> Iterator[Kept]:
    kind = request.param
    if kind == "tantivy":
        yield _tantivy(tmp_path_factory.mktemp("index"))
        return
    variable = "ES_URL" if kind.startswith("elasticsearch") else "MEILI_URL"
    if not kind.endswith("-fake") and variable not in environ:
        pytest.skip(f"{variable} names no real engine")
    database = Database(database_url, 4)
    with database.transaction() as connection:
        connection.execute("delete from search_indexes")
    fakes: list[Elasticsearch | Meilisearch] = []
    if kind == "elasticsearch-fake":
        fakes.append(fake := Elasticsearch())
        made = _elasticsearch(fake.url, database, fake)
    elif kind == "elasticsearch":
        made = _elasticsearch(environ["ES_URL"], database, None)
    elif kind == "meilisearch-fake":
        fakes.append(other := Meilisearch())
        made = _meilisearch(other.url, MASTER, database, other)
    else:
        made = _meilisearch(environ["MEILI_URL"], environ.get("MEILI_KEY", ""), database, None)
    yield made
    made.close()
    for one in fakes:
        one.close()
    database.close()


@pytest.fixture(scope="module")
def engine(kept: Kept) -> Engine:
    """With the assets in it."""
    assert not kept.engine.ready()
    writer = kept.store.open()
    for asset in ASSETS:
        writer.put(asset, SAID if asset.asset_id == id_of(255) else [])
    assert writer.commit() == {}
    writer.close()
    wait_for(kept.engine.ready)
    return kept.engine


def needs(engine: Engine, offer: Offer) -> None:
    if offer not in engine.offers:
        pytest.skip(f"{engine.name} has no {offer}")


def ask(text: str, scope: frozenset[str] | None = None, order: Order = Order.RELEVANCE) -> Ask:
    return Ask(parse(text), scope, order=order)
