"""Meaning by PostgreSQL's own vectors: hits that share no word, more like this, and never from outside the scope."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.search.asking import Search
from functions.search.engine import Ask, EngineDown, Order
from functions.search.grammar import parse
from functions.search.http_embedder import HttpEmbedder
from functions.search.index_directory import IndexDirectory
from functions.search.pgvector_meaning import PgVectors
from functions.search.query_tree import Members, Query
from functions.search.searching import SearchService
from functions.search.tantivy_index import TantivyIndex
from functions.search.tantivy_reader import TantivyReader
from tests.fix_search import Newsroom

pytestmark = pytest.mark.usefixtures("rooms")


def direction(*parts: float) -> list[float]:
    return [*parts, *([0.0] * (384 - len(parts)))]


class Directions:
    """An embedder whose space is written down: the animal axis, the weather axis."""

    model = "test"

    def vector(self, text: str) -> Sequence[float]:
        if "roto" in text:
            raise EngineDown("broken")
        return direction(*([1.0, 0.1] if "perro" in text or "dog" in text else [0.0, 1.0]))


def embed(
    newsroom: Newsroom, asset_id: str, project: str, vector: Sequence[float], model: str = "test"
) -> None:
    with newsroom.database.transaction() as connection:
        connection.execute(
            "insert into embeddings (asset_id, number, project_id, field, text, embedding, model) values (%s, 0, %s, 'title', '', %s::halfvec, %s)",
            (asset_id, project, str(list(vector)), model),
        )


@pytest.fixture(scope="module")
def meant(newsroom: Newsroom) -> Iterator[tuple[SearchService, dict[str, str]]]:
    made = {
        "dog": newsroom.asset("A puppy in the park", project="alfa", language="en"),
        "rain": newsroom.asset("Temporal de lluvia", project="alfa"),
        "secret": newsroom.asset("Another puppy", project="beta", language="en", kind="image"),
        "other": newsroom.asset("Gato", project="alfa"),
    }
    newsroom.indexer.index(list(made.values()))
    embed(newsroom, made["dog"], "alfa", direction(1.0))
    embed(newsroom, made["rain"], "alfa", direction(0.0, 1.0))
    embed(newsroom, made["secret"], "beta", direction(1.0))
    embed(newsroom, made["other"], "alfa", direction(1.0), model="another model")
    service = SearchService(
        [TantivyIndex(TantivyReader(IndexDirectory(newsroom.index_path), refresh_s=0))], newsroom.reading, 20,
        PgVectors(newsroom.reading, "test"), Directions(),
    )  # fmt: skip
    yield service, made
    service.close()


def ask(service: SearchService, q: str, scope: frozenset[str] | None) -> dict[str, Any]:
    return service.assets(scope, Search(parse(q), Order.RELEVANCE, 20, q))


def test_a_hit_may_share_no_word_with_the_query_and_says_that_it_is_the_meaning(
    newsroom: Newsroom, meant: tuple[SearchService, dict[str, str]]
) -> None:
    service, ids = meant
    answer = ask(service, "perro ", frozenset({"alfa"}))
    assert [hit["asset_id"] for hit in answer["hits"]] == [ids["dog"]]
    assert answer["hits"][0]["why"] == [{"engine": "pgvector", "field": "meaning"}]
    assert ids["secret"] in {hit["asset_id"] for hit in ask(service, "perro ", None)["hits"]}
    assert [hit["asset_id"] for hit in ask(service, "perro type:image ", None)["hits"]] == [ids["secret"]]
    among = Ask(Query().among(Members(frozenset({ids["secret"], ids["rain"]}))), None)
    assert list(PgVectors(newsroom.reading, "test").nearest(direction(1.0), among, 10)) == [ids["secret"]]
    assert ask(service, '"perro"', None)["hits"] == []
    assert ask(service, "perro tag:x ", None)["hits"] == []
    assert ask(service, "perro date:2020 ", None)["hits"] == []


def test_an_embedder_that_fails_leaves_the_words(meant: tuple[SearchService, dict[str, str]]) -> None:
    service, ids = meant
    answer = ask(service, "roto OR lluvia ", frozenset({"alfa"}))
    assert answer["left_out"] == [{"engine": "meaning", "leg": "meaning", "why": "down"}]
    assert [hit["asset_id"] for hit in answer["hits"]] == [ids["rain"]]


def test_more_like_this_uses_what_the_asset_means(meant: tuple[SearchService, dict[str, str]]) -> None:
    service, ids = meant
    found = service.like(None, ids["dog"], 10)
    assert found is not None
    assert ids["secret"] in {hit["asset_id"] for hit in found["hits"]}
    own = service.like(frozenset({"alfa"}), ids["dog"], 10)
    assert own is not None
    assert ids["secret"] not in {hit["asset_id"] for hit in own["hits"]}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    scope=st.frozensets(st.sampled_from(["alfa", "beta", "x'", "{alfa}"])),
    vector=st.lists(st.floats(-1, 1), min_size=2, max_size=2),
)
def test_no_neighbour_from_outside_the_scope(
    newsroom: Newsroom,
    meant: tuple[SearchService, dict[str, str]],
    scope: frozenset[str],
    vector: list[float],
) -> None:
    _, ids = meant
    found = PgVectors(newsroom.reading, "test").nearest(direction(*vector), Ask(Query(), scope), 10)
    visible = {ids["dog"], ids["rain"]} if "alfa" in scope else set()
    assert set(found) <= visible | ({ids["secret"]} if "beta" in scope else set())


def test_the_embedding_server_is_asked_in_its_dialect_and_its_faults_are_ours_to_bear() -> None:
    answers: list[tuple[int, bytes]] = [
        (200, b'{"data": [{"embedding": [0.5, 1]}]}'), (500, b""), (200, b"no json"), (200, b'{"data": []}'), (200, b'{"data": [{"embedding": []}]}'),
    ]  # fmt: skip
    asked: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the library's name
            asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            status, body = answers[len(asked) - 1]
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    embedder = HttpEmbedder(f"http://127.0.0.1:{server.server_port}/v1/embeddings", "e5", "query: ", 5)
    try:
        assert list(embedder.vector("hola")) == [0.5, 1.0]
        assert list(embedder.vector("hola")) == [0.5, 1.0]  # remembered
        assert asked == [{"model": "e5", "input": ["query: hola"]}]
        for text in ("a", "b", "c", "d"):
            with pytest.raises(EngineDown):
                embedder.vector(text)
    finally:
        embedder.close()
        server.shutdown()
        thread.join()
        server.server_close()
