"""The engines that we play refuse what the real ones refuse: a fake that takes everything would hide our mistakes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from elasticsearch import ApiError
from elasticsearch import Elasticsearch as Client

from functions.search.elasticsearch_mapping import body
from functions.search.meilisearch_client import MeilisearchClient, MeilisearchError
from functions.search.meilisearch_index import settings
from tests.fakes.elasticsearch_server import Elasticsearch
from tests.fakes.meilisearch_server import MASTER, SEARCH_KEY, Meilisearch

DOCUMENT = {
    "asset_id": "a",
    "project": "p",
    "version": 1,
    "title_exact": ["Canción"],
    "title_es": ["Canciones"],
    "created_s": 1,
}
MATCH = {"multi_match": {"query": "cancion", "type": "best_fields", "fields": ["title_es"], "tie_breaker": 0}}


@pytest.fixture
def elastic() -> Iterator[Client]:
    fake = Elasticsearch()
    client = Client(fake.url)
    client.indices.create(index="i-v1", **body("assets"))
    yield client
    client.close()
    fake.close()


@pytest.fixture
def meili() -> Iterator[MeilisearchClient]:
    fake = Meilisearch()
    client = MeilisearchClient(fake.url, MASTER, 5)
    client.wait(client.create("i"), 5)
    client.wait(client.set("i", settings()), 5)
    yield client
    client.close()
    fake.close()


def index(client: Client, version: int, **more: Any) -> dict[str, Any]:
    where = {"_index": "i-v1", "_id": "a", "version": version, "version_type": "external_gte"}
    answer = client.bulk(operations=[{"index": where}, {**DOCUMENT, **more}])
    item: dict[str, Any] = answer["items"][0]["index"]
    return item


def searched(client: Client, asked: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = client.msearch(searches=[{"index": "i-v1"}, asked])["responses"][0]
    return answer


def test_elasticsearch_shows_nothing_before_a_refresh_and_folds_before_it_stems(elastic: Client) -> None:
    assert index(elastic, 1)["status"] == 201
    assert searched(elastic, {"query": MATCH})["hits"]["hits"] == []
    assert elastic.mget(index="i-v1", ids=["a"])["docs"][0]["_source"] == {"asset_id": "a", "version": 1}
    elastic.indices.refresh(index="i-v1")
    assert [hit["_id"] for hit in searched(elastic, {"query": MATCH})["hits"]["hits"]] == ["a"]


def test_elasticsearch_refuses_an_older_version_and_what_the_mapping_does_not_have(elastic: Client) -> None:
    assert index(elastic, 5)["status"] == 201
    assert index(elastic, 5)["status"] == 201  # the same again is no conflict for external_gte
    assert index(elastic, 4)["error"]["type"] == "version_conflict_engine_exception"
    assert index(elastic, 6, unknown="x")["error"]["type"] == "strict_dynamic_mapping_exception"
    assert index(elastic, 6, created_s="soon")["error"]["type"] == "document_parsing_exception"


@pytest.mark.parametrize(
    "asked",
    [
        {"query": {"query_strin": {"query": "x"}}}, {"query": {"term": {"title_exact": "x"}}}, {"query": {"term": {"nothing": "x"}}},
        {"query": {"match_phrase": {"title_es": {"query": "x"}}}}, {"query": {"bool": {"must": [], "nonsense": 1}}}, {"query": MATCH, "size": 10_001},
        {"query": MATCH, "sort": [{"title_exact": "asc"}]}, {"query": MATCH, "aggs": {"x": {"terms": {"field": "title_exact"}}}}, {"nonsense": 1},
        {"query": {"terms": {"asset_id": "a"}}}, {"query": {"dis_max": {"queries": []}}}, {"query": {"fuzzy": {"title_exact": {"value": "x", "fuzziness": "3"}}}},
        {"query": {"multi_match": {"query": "x", "type": "best_fields", "fields": ["asset_id"]}}},
    ],
)  # fmt: skip
def test_elasticsearch_refuses_searches_that_are_wrong(elastic: Client, asked: dict[str, Any]) -> None:
    index(elastic, 1)
    elastic.indices.refresh(index="i-v1")
    assert searched(elastic, asked)["status"] == 400


def test_elasticsearch_refuses_indexes_and_aliases_that_collide(elastic: Client) -> None:
    for name, made in (
        ("i-v1", body("assets")),
        ("Upper", body("assets")),
        ("x", {"mappings": {"properties": {"a": {"type": "text", "analyzer": "none"}}}}),
    ):
        with pytest.raises(ApiError):
            elastic.indices.create(index=name, **made)
    with pytest.raises(ApiError):
        elastic.indices.update_aliases(actions=[{"add": {"index": "nothing", "alias": "i"}}])
    elastic.indices.update_aliases(actions=[{"add": {"index": "i-v1", "alias": "i"}}])
    with pytest.raises(ApiError):
        elastic.indices.delete(index="i")
    for action in (
        {"remove": {"index": "i-v1", "alias": "other"}},
        {"add": {"index": "i-v1", "alias": "i-v1"}},
    ):
        with pytest.raises(ApiError):
            elastic.indices.update_aliases(actions=[action])


def test_meilisearch_does_its_tasks_one_after_the_other_and_takes_all_of_a_batch_or_none(
    meili: MeilisearchClient,
) -> None:
    first, second = (
        meili.put("i", [{"id": "a", "version": 1}, {"id": "not valid!"}]),
        meili.put("i", [{"id": "b", "version": 1}]),
    )
    with pytest.raises(MeilisearchError, match="invalid_document_id"):
        meili.wait(first, 5)
    meili.wait(second, 5)
    assert meili.count("i") == 1
    for wrong in (
        meili.create("i"),
        meili.delete("none"),
        meili.swap("i", "none"),
        meili.put("none", [{"id": "x"}]),
    ):
        with pytest.raises(MeilisearchError):
            meili.wait(wrong, 5)


@pytest.mark.parametrize(
    "more",
    [
        {"filter": "title = x"}, {"filter": "project ="}, {"filter": "project IN [a"}, {"filter": "project > 1"}, {"filter": "project = OR"}, {"nonsense": 1},
        {"sort": ["title:asc"]}, {"sort": ["created_s:up"]}, {"attributesToSearchOn": ["version"]}, {"facets": ["title"]}, {"filter": "project = a b"},
    ],
)  # fmt: skip
def test_meilisearch_refuses_searches_that_are_wrong(meili: MeilisearchClient, more: dict[str, Any]) -> None:
    with pytest.raises(MeilisearchError):
        meili.search([{"indexUid": "i", "q": "", "matchingStrategy": "all", **more}])


def test_meilisearch_knows_keys_indexes_and_facets(meili: MeilisearchClient) -> None:
    with pytest.raises(MeilisearchError, match="index_not_found"):
        meili.search([{"indexUid": "none", "q": ""}])
    with pytest.raises(MeilisearchError, match="facet"):
        meili.facet_values("i", {"facetName": "project", "facetQuery": "x"})
    url = str(meili._http.base_url)
    for key in ("", "wrong", SEARCH_KEY):
        other = MeilisearchClient(url, key, 5)
        with pytest.raises(MeilisearchError):
            other.put("i", [{"id": "x"}])
        other.close()


def test_a_request_to_an_engine_that_hangs_ends(meili: MeilisearchClient) -> None:
    fake = Meilisearch()
    fake.slow_s = 2
    client = MeilisearchClient(fake.url, MASTER, 0.1)
    began = time.monotonic()
    with pytest.raises(MeilisearchError, match="unreachable"):
        client.search([])
    assert time.monotonic() - began < 1.5
    client.close()
    fake.close()


# -- neighbours --------------------------------------------------------------------------------------------------------
AXIS = [1.0, *[0.0] * 383]
KNN = {"field": "vector_384", "query_vector": AXIS, "k": 2, "num_candidates": 10}


@pytest.fixture
def vectors(elastic: Client) -> Client:
    elastic.indices.create(index="v-v1", **body("vectors"))
    return elastic


def put_vector(client: Client, id_: str, **more: Any) -> dict[str, Any]:
    where = {"_index": "v-v1", "_id": id_, "version": 1, "version_type": "external_gte"}
    document = {"asset_id": id_, "project": "p", "model": "m", "number": 0, "version": 1, **more}
    answer = client.bulk(operations=[{"index": where}, document])
    item: dict[str, Any] = answer["items"][0]["index"]
    return item


def near(client: Client, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client.msearch(searches=[{"index": "v-v1"}, {"knn": KNN | more}])["responses"][0]
    return answer


def test_elasticsearch_takes_the_nearest_of_what_the_filter_lets_through(vectors: Client) -> None:
    beside = [0.8, 0.6, *[0.0] * 382]
    assert put_vector(vectors, "same", vector_384=AXIS, project="other")["status"] == 201
    assert put_vector(vectors, "beside", vector_384=beside)["status"] == 201
    assert put_vector(vectors, "away", vector_384=[-1.0, *AXIS[1:]])["status"] == 201
    assert near(vectors)["hits"]["hits"] == []  # not refreshed
    vectors.indices.refresh(index="v-v1")
    assert [hit["_id"] for hit in near(vectors)["hits"]["hits"]] == ["same", "beside"]
    inside = near(vectors, filter=[{"term": {"project": "p"}}])["hits"]["hits"]
    assert [(hit["_id"], round(hit["_score"], 2)) for hit in inside] == [("beside", 0.9), ("away", 0.0)]
    assert [hit["_id"] for hit in near(vectors, similarity=0.9)["hits"]["hits"]] == ["same"]


@pytest.mark.parametrize(
    "wrong",
    [{"field": "vector_3"}, {"field": "project"}, {"query_vector": [1.0]}, {"query_vector": [0.0] * 384}, {"query_vector": [1e-30] * 384}, {"k": 0}, {"k": 20}, {"num_candidates": 10_001},
     {"filter": [{"term": {"nothing": 1}}]}, {"filter": {"term": {"vector_384": 1}}}, {"neighbours": 3}],
)  # fmt: skip
def test_elasticsearch_refuses_a_search_for_neighbours_that_makes_no_sense(
    vectors: Client, wrong: dict[str, Any]
) -> None:
    assert near(vectors, **wrong)["status"] == 400


@pytest.mark.parametrize("vector", [[1.0], [0.0] * 384, [1e-30] * 384, ["x"] * 384, [*AXIS, 1.0], "x"])
def test_elasticsearch_refuses_a_vector_that_the_mapping_does_not_have(vectors: Client, vector: Any) -> None:
    assert put_vector(vectors, "a", vector_384=vector)["error"]["type"] == "document_parsing_exception"


@pytest.mark.parametrize(
    "wrong", [{"dims": 0}, {"dims": 5000}, {"index_options": {"type": "x"}}, {"metric": "l2"}]
)
def test_elasticsearch_refuses_a_mapping_of_vectors_that_it_does_not_know(
    elastic: Client, wrong: Any
) -> None:
    made = body("vectors")
    made["mappings"]["properties"]["vector_384"] |= wrong
    with pytest.raises(ApiError):
        elastic.indices.create(index="w-v1", **made)
