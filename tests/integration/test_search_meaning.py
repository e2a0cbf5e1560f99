"""Meaning in Elasticsearch (as we play it): vectors of PostgreSQL go into its index, and travel with the words in one request."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from elasticsearch import Elasticsearch as Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.search.asking import Search
from functions.search.elasticsearch_index import ElasticsearchIndex
from functions.search.elasticsearch_store import ElasticsearchStore
from functions.search.engine import EngineDown, Order
from functions.search.grammar import parse
from functions.search.indexing import Indexer
from functions.search.pgvector_meaning import PgVectors
from functions.search.searching import SearchService
from tests.fakes.elasticsearch_server import Elasticsearch
from tests.fix_search import Newsroom

MODEL, DEADLINE_S = "axes", 6.0


def towards(*parts: float) -> list[float]:
    return [*parts, *([0.0] * (384 - len(parts)))]


class Axes:
    """An embedder whose space is written down: dogs on one axis, weather on the other. `held` makes it wait, "roto" breaks it."""

    model = MODEL

    def __init__(self) -> None:
        self.held = threading.Event()
        self.held.set()

    def vector(self, text: str) -> Sequence[float]:
        if "roto" in text:
            raise EngineDown("broken")
        self.held.wait(60)
        return towards(*([1.0, 0.1] if "perro" in text else [0.0, 1.0]))


class Room:
    def __init__(self, newsroom: Newsroom) -> None:
        self.newsroom, self.fake, self.axes = newsroom, Elasticsearch(), Axes()
        self.client = Client(self.fake.url)
        self.indexer = Indexer(
            ElasticsearchStore(self.client, newsroom.database), newsroom.database, every_s=3600
        )
        self.service = SearchService(
            [ElasticsearchIndex(self.client, timeout_s=30, model=MODEL)], newsroom.reading, DEADLINE_S,
            PgVectors(newsroom.reading, MODEL), self.axes,
        )  # fmt: skip

    def mean(self, asset_id: str, project: str, *vectors: Sequence[float], model: str = MODEL) -> None:
        """Instead of what it meant."""
        with self.newsroom.database.transaction() as connection:
            connection.execute("delete from embeddings where asset_id = %s", (asset_id,))
            for number, vector in enumerate(vectors):
                connection.execute(
                    "insert into embeddings (asset_id, number, project_id, field, text, embedding, model)"
                    " values (%s, %s, %s, 'title', '', %s::halfvec, %s)",
                    (asset_id, number, project, str(list(vector)), model),
                )

    def search(self, q: str, scope: frozenset[str] | None = None) -> dict[str, Any]:
        return self.service.assets(scope, Search(parse(q), Order.RELEVANCE, 50, q))

    def close(self) -> None:
        self.axes.held.set()
        self.service.close()
        self.indexer.close()
        self.client.close()
        self.fake.close()


@pytest.fixture(scope="module")
def room(newsroom: Newsroom) -> Iterator[Room]:
    made = Room(newsroom)
    yield made
    made.close()


@pytest.fixture(scope="module")
def ids(newsroom: Newsroom, room: Room) -> dict[str, str]:
    for project in ("calle", "cielo"):
        newsroom.project(project)
    made = {
        "dog": newsroom.asset("A puppy in the park", project="calle", language="en", keywords=["Parque"]),
        "rain": newsroom.asset("Temporal de lluvia", project="calle"),
        "secret": newsroom.asset("Another puppy", project="cielo", language="en", kind="image"),
        "other": newsroom.asset("Gato", project="calle"),
        "zero": newsroom.asset("Nada", project="calle"),
    }
    room.mean(made["dog"], "calle", towards(1.0), towards(0.9, 0.3))
    room.mean(made["rain"], "calle", towards(0.0, 1.0))
    room.mean(made["secret"], "cielo", towards(1.0))
    room.mean(made["other"], "calle", towards(1.0), model="another")
    room.mean(made["zero"], "calle", towards(0.0))
    room.indexer.index(list(made.values()))
    room.indexer.catch_up()  # its own first sweep asks the engine, too
    return made


def _hits(answer: dict[str, Any]) -> list[str]:
    return [hit["asset_id"] for hit in answer["hits"]]


def test_words_and_meaning_are_one_request_and_the_hit_says_that_it_is_the_meaning(
    room: Room, ids: dict[str, str]
) -> None:
    room.search("perro ")
    room.fake.asked.clear()
    answer = room.search("perro ", frozenset({"calle"}))
    assert _hits(answer) == [ids["dog"]]
    assert answer["hits"][0]["why"] == [{"engine": "elasticsearch", "field": "meaning"}]
    assert not answer["partial"]
    assert set(room.fake.asked) == {"POST /_msearch"}
    assert len(room.fake.asked) <= 3  # as typed, with typos forgiven, and the passages of the page


def test_filters_hold_for_neighbours_also_those_by_label(room: Room, ids: dict[str, str]) -> None:
    assert _hits(room.search("perro type:image ")) == [ids["secret"]]
    assert _hits(room.search("perro tag:parque ")) == [ids["dog"]]
    assert _hits(room.search("perro date:2020 ")) == []
    assert _hits(room.search('"perro"')) == []


def test_a_move_to_another_project_takes_the_vectors_along(room: Room, ids: dict[str, str]) -> None:
    room.newsroom.change(ids["dog"], project_id="cielo")
    room.indexer.index([ids["dog"]])
    assert _hits(room.search("perro ", frozenset({"calle"}))) == []
    room.newsroom.change(ids["dog"], project_id="calle")
    room.indexer.index([ids["dog"]])
    assert _hits(room.search("perro ", frozenset({"calle"}))) == [ids["dog"]]


def test_vectors_that_come_later_are_indexed_with_their_event(room: Room, ids: dict[str, str]) -> None:
    late = room.newsroom.asset("Sin imagen", project="calle")
    room.indexer.index([late])
    assert late not in _hits(room.search("perro "))
    room.mean(late, "calle", towards(1.0))
    room.indexer.index([late], again=True)
    assert late in _hits(room.search("perro "))
    room.newsroom.change(late, status="deleted")
    room.indexer.index([late])
    assert late not in _hits(room.search("perro "))


def test_a_slow_or_broken_embedder_leaves_the_words(room: Room, ids: dict[str, str]) -> None:
    answer = room.search("roto OR lluvia ")
    assert _hits(answer) == [ids["rain"]]
    assert answer["left_out"] == [{"engine": "meaning", "leg": "meaning", "why": "down"}]
    room.axes.held.clear()
    try:
        answer = room.search("lluvia ")
    finally:
        room.axes.held.set()
    assert _hits(answer) == [ids["rain"]]
    assert {(item["engine"], item["leg"]) for item in answer["left_out"]} == {("meaning", "meaning")}


def test_neighbours_that_cannot_be_had_are_left_out_and_named(
    room: Room, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    until = time.monotonic() + 30
    while room.search("lluvia ")["left_out"]:  # an embedder that failed before rests a moment
        assert time.monotonic() < until
        time.sleep(0.05)
    wrong = ("vectors", {"knn": {"field": "vector_384", "query_vector": [1.0]}})
    monkeypatch.setattr(ElasticsearchIndex, "_nearest_search", lambda *_: wrong)
    answer = room.search("lluvia ")
    assert _hits(answer) == [ids["rain"]]
    assert answer["left_out"] == [{"engine": "elasticsearch", "leg": "meaning", "why": "down"}]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    scope=st.frozensets(st.sampled_from(["calle", "cielo", "nada"])),
    words=st.lists(st.sampled_from(["perro", "lluvia", "puppy", "type:image", "tag:parque", "project:cielo"]), max_size=4),
)  # fmt: skip
def test_no_neighbour_leaks(room: Room, ids: dict[str, str], scope: frozenset[str], words: list[str]) -> None:
    answer = room.search(" ".join(words) + " ", scope)
    assert {hit["project_id"] for hit in answer["hits"]} <= scope
    assert {bucket["value"] for bucket in answer["facets"].get("project", ())} <= scope
