"""Meilisearch and Elasticsearch together (as we play them): one list, who is late or dead is left out, and nothing leaks from either."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
from elasticsearch import Elasticsearch as Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acervo.errors import Permanent, Transient
from functions.search import rebuild
from functions.search.asking import Search
from functions.search.elasticsearch_index import ElasticsearchIndex
from functions.search.elasticsearch_store import ElasticsearchStore
from functions.search.engine import Engine, Order
from functions.search.grammar import parse
from functions.search.indexing import Indexer
from functions.search.meilisearch_client import MeilisearchClient, MeilisearchError
from functions.search.meilisearch_index import MeilisearchIndex
from functions.search.meilisearch_store import MeilisearchStore
from functions.search.meilisearch_token import LIFE_S, tenant_token
from functions.search.searching import SearchService
from functions.search.stores import Store
from tests.fakes.elasticsearch_server import Elasticsearch
from tests.fakes.meilisearch_server import MASTER, SEARCH_KEY, SEARCH_KEY_UID, Meilisearch
from tests.fix_search import Newsroom

DEADLINE_S = 1.0
UID = "acervo_assets"


@dataclass
class Together:
    elastic: Elasticsearch
    meili: Meilisearch
    stores: tuple[Store, Store]
    indexers: tuple[Indexer, Indexer]
    service: SearchService
    clients: tuple[Any, Any]

    def index(self, *asset_ids: str) -> None:
        for indexer in self.indexers:
            indexer.index(asset_ids)

    def search(self, q: str, scope: frozenset[str] | None = None, limit: int = 100) -> dict[str, Any]:
        return self.service.assets(scope, Search(parse(q), Order.RELEVANCE, limit, q))


@pytest.fixture(scope="module")
def together(newsroom: Newsroom) -> Iterator[Together]:
    elastic, meili = Elasticsearch(), Meilisearch()
    client = Client(elastic.url)
    other = MeilisearchClient(meili.url, MASTER, 10)
    stores = (MeilisearchStore(other, newsroom.database), ElasticsearchStore(client, newsroom.database))
    indexers = tuple(Indexer(store, newsroom.database, every_s=3600) for store in stores)
    engines: list[Engine] = [MeilisearchIndex(other), ElasticsearchIndex(client, timeout_s=5)]
    service = SearchService(engines, newsroom.reading, DEADLINE_S)
    yield Together(elastic, meili, stores, (indexers[0], indexers[1]), service, (client, other))
    service.close()
    for indexer in indexers:
        indexer.close()
    client.close()
    other.close()
    elastic.close()
    meili.close()


@pytest.fixture(scope="module")
def ids(newsroom: Newsroom, together: Together) -> dict[str, str]:
    for project in ("alfa", "beta"):
        newsroom.project(project)
    made = {
        "title": newsroom.asset("Canción del puerto", project="alfa", keywords=["Mar"], people=["Ana Ruiz"]),
        "said": newsroom.asset("Pleno", project="alfa", said=["la canción del pregonero", "otra cosa"]),
        "beta": newsroom.asset("Canción secreta", project="beta", keywords=["Oculto"], people=["Eva Sol"], said=["canción"]),
    }  # fmt: skip
    together.index(*made.values())
    return made


def test_both_rank_and_one_counts(together: Together, ids: dict[str, str]) -> None:
    answer = together.search("canción ")
    assert {hit["asset_id"] for hit in answer["hits"]} == set(ids.values())
    assert (answer["total"], answer["counted_by"], answer["partial"]) == (3, "elasticsearch", False)
    why = {hit["asset_id"]: hit["why"] for hit in answer["hits"]}
    assert {w["engine"] for w in why[ids["title"]]} == {"elasticsearch", "meilisearch"}
    assert why[ids["said"]] == [{"engine": "elasticsearch", "field": "said"}]
    assert {b["value"]: b["count"] for b in answer["facets"]["project"]} == {"alfa": 2, "beta": 1}
    assert (
        together.search("cancion OR pleno ")["partial"] is False
    )  # Meilisearch has no words for it: no fault


def test_a_word_mistyped_is_found_by_the_forgiving_engine_and_marked(
    together: Together, ids: dict[str, str]
) -> None:
    answer = together.search("pregonreo OR cancoin ")
    assert answer["hits"]
    found = {hit["asset_id"]: hit for hit in together.search("canzion del ")["hits"]}
    assert found[ids["title"]]["highlights"]["title"][0] == {"text": "Canción", "hit": True}


@pytest.mark.parametrize("broken", ["meilisearch", "elasticsearch"])
@pytest.mark.parametrize("how", ["down", "slow"])
def test_who_is_late_or_dead_is_left_out_and_named(
    together: Together, ids: dict[str, str], broken: str, how: str
) -> None:
    fake: Any = together.meili if broken == "meilisearch" else together.elastic
    other = "elasticsearch" if broken == "meilisearch" else "meilisearch"
    began = time.monotonic()
    try:
        if how == "down":
            fake.down = True
        else:
            fake.slow_s = 3 * DEADLINE_S
        answer = together.search("canción ")
    finally:
        fake.down, fake.slow_s = False, 0.0
    assert time.monotonic() - began < 3 * DEADLINE_S
    assert answer["partial"]
    assert {item["engine"] for item in answer["left_out"]} == {broken}
    assert {item["why"] for item in answer["left_out"]} <= {"down", "late", "resting"}
    assert ids["title"] in {hit["asset_id"] for hit in answer["hits"]}
    assert answer["counted_by"] == other or broken == "meilisearch"
    until = time.monotonic() + 10
    while together.search("canción ")["partial"]:  # a leg that rested is asked again
        assert time.monotonic() < until
        time.sleep(0.05)


def test_part_of_one_answer_may_fail(
    together: Together, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {"type": ("assets", {"size": 0, "aggs": {"type": {"terms": {"field": "title_exact"}}}})}
    monkeypatch.setattr(ElasticsearchIndex, "_facet_searches", lambda *_: wrong)
    answer = together.search("canción ")
    assert answer["facets"] == {}
    assert answer["left_out"] == [{"engine": "elasticsearch", "leg": "facets", "why": "down"}]
    assert len(answer["hits"]) == 3


def test_an_engine_that_dies_while_it_is_written_gets_what_it_missed_later(
    newsroom: Newsroom, together: Together, ids: dict[str, str]
) -> None:
    late = newsroom.asset("Tardío caído", project="alfa", said=["tardío"])
    fakes: tuple[Any, Any] = (together.meili, together.elastic)
    for fake, indexer in zip(fakes, together.indexers, strict=True):
        fake.down = True
        try:
            with pytest.raises(Transient):
                indexer.index([late])
        finally:
            fake.down = False
        indexer.catch_up()
    assert {hit["asset_id"] for hit in together.search("tardío ")["hits"]} == {late}
    newsroom.change(late, status="deleted")
    together.index(late)
    assert together.search("tardío ")["total"] == 0


@pytest.mark.parametrize("number", [0, 1])
def test_searches_go_on_while_an_index_is_rebuilt_and_a_rebuild_that_dies_changes_nothing(
    newsroom: Newsroom, together: Together, ids: dict[str, str], number: int
) -> None:
    store, fake = together.stores[number], (together.meili, together.elastic)[number]
    stop, seen = threading.Event(), []

    def search() -> None:
        while not stop.is_set():
            seen.append(together.search("canción ")["total"])

    thread = threading.Thread(target=search)
    thread.start()
    try:
        assert "version" in rebuild.rebuild(store, newsroom.database)
    finally:
        stop.set()
        thread.join(timeout=30)
    assert set(seen) == {3}
    fake.down = True
    try:
        with pytest.raises(Transient):
            rebuild.rebuild(store, newsroom.database)
    finally:
        fake.down = False
    assert together.search("canción ")["total"] == 3
    assert rebuild.roll_back(store)
    together.indexers[number].catch_up()
    assert together.search("canción ")["total"] == 3


def test_a_document_that_the_engine_refuses_is_set_aside_with_its_reason_and_the_rest_goes_in(
    newsroom: Newsroom, together: Together, ids: dict[str, str]
) -> None:
    bad, good = newsroom.asset("poison canción", project="alfa"), newsroom.asset("Bueno", project="alfa")
    with pytest.raises(Permanent, match="search_poison"):
        together.indexers[0].index([bad, good])
    together.indexers[1].index([good])
    assert {hit["asset_id"] for hit in together.search("bueno ")["hits"]} == {good}
    with newsroom.database.transaction() as connection:
        rows = connection.execute("select engine, asset_id::text, reason from search_poison").fetchall()
    assert [(row["engine"], row["asset_id"]) for row in rows] == [("meilisearch", bad)]
    assert "told to refuse" in rows[0]["reason"]
    newsroom.change(bad, metadata={"title": "sana"})
    together.indexers[0].index([bad])
    with newsroom.database.transaction() as connection:
        assert connection.execute("select from search_poison").fetchall() == []
    newsroom.change(bad, status="deleted")
    newsroom.change(good, status="deleted")
    together.index(bad, good)


def test_the_queue_of_tasks_is_waited_for_with_a_deadline(together: Together, ids: dict[str, str]) -> None:
    client: MeilisearchClient = together.clients[1]
    together.meili.hold.set()
    try:
        task = client.put(UID, [{"id": "x"}])
        with pytest.raises(MeilisearchError, match="late"):
            client.wait(task, 0.05)
    finally:
        together.meili.hold.clear()
    client.wait(client.remove(UID, ["x"]), 10)


def test_a_browser_with_a_tenant_token_stays_inside_its_projects(
    together: Together, ids: dict[str, str]
) -> None:
    token = tenant_token(SEARCH_KEY_UID, SEARCH_KEY, UID, frozenset({"alfa"}), time.time())
    assert set(jwt.decode(token, SEARCH_KEY, ["HS256"])["searchRules"]) == {UID}
    client = MeilisearchClient(together.meili.url, token, 5)
    query = {"indexUid": UID, "q": "canción", "matchingStrategy": "all"}
    (answer,) = client.search([query])
    assert [hit["id"] for hit in answer["hits"]] == [ids["title"]]
    (answer,) = client.search([query | {"filter": 'project = "beta"'}])
    assert answer["hits"] == []
    with pytest.raises(MeilisearchError):
        client.put(UID, [{"id": "x"}])
    client.close()
    for bad in (
        tenant_token(SEARCH_KEY_UID, "another-key-that-is-long-enough-000", UID, None, time.time()),
        tenant_token(SEARCH_KEY_UID, SEARCH_KEY, UID, None, time.time() - LIFE_S - 5),
    ):
        client = MeilisearchClient(together.meili.url, bad, 5)
        with pytest.raises(MeilisearchError, match="invalid_api_key"):
            client.search([query])
        client.close()
    empty = tenant_token(SEARCH_KEY_UID, SEARCH_KEY, UID, frozenset(), time.time())
    client = MeilisearchClient(together.meili.url, empty, 5)
    assert client.search([query])[0]["hits"] == []
    client.close()


QUERIES = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            ["canción", "project:beta", 'project IN ["beta"]', "OR", "-", '"', "said:", "tag:Oculto", "person:Eva", "secreta", "oculto",
             "type:video", "id EXISTS", "_exists_:x", "*", "\\", "'", "[", "]", "status:ready"]
        ), max_size=6,
    ).map(" ".join),
)  # fmt: skip


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(q=QUERIES)
def test_nothing_of_another_project_is_in_hits_counts_facets_or_suggestions_of_either(
    together: Together, ids: dict[str, str], q: str
) -> None:
    mine = frozenset({"alfa"})
    answer = together.search(q, mine)
    assert not answer["left_out"], q
    assert {hit["project_id"] for hit in answer["hits"]} <= mine
    assert {b["value"] for b in answer["facets"]["project"]} <= mine
    shown = {b["value"] for name in ("tag", "person") for b in answer["facets"][name]}
    assert not shown & {"Oculto", "Eva Sol"}
    assert answer["total"] <= 2
    suggested = together.service.suggest(mine, q, 20)
    assert {item["project_id"] for item in suggested["assets"]} <= mine
    assert not {*suggested["tags"], *suggested["people"]} & {"Oculto", "Eva Sol"}
    assert all(not together.search(q, frozenset())[name] for name in ("hits", "total", "facets"))
