"""Saved searches, past queries, the house's vocabulary, more like this, meaning: what each caller has, and nobody else."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from acervo import function
from functions.search import main as search_main
from functions.search.engine import Ask, EngineDown, Order
from functions.search.grammar import parse
from functions.search.http_embedder import HttpEmbedder
from functions.search.index_directory import IndexDirectory
from functions.search.indexing import Indexer
from functions.search.pgvector_meaning import PgVectors
from functions.search.query_tree import AllOf, Alternatives, Not, Phrase, Query, Word
from functions.search.searching import Search, SearchService
from functions.search.tantivy_index import TantivyIndex
from functions.search.tantivy_reader import TantivyReader
from functions.search.tantivy_store import TantivyStore
from functions.search.vocabulary import expand, table_of
from tests.fix_search import Newsroom

USERS: dict[str, set[str]] = {"ana": {"alfa"}, "beto": {"beta"}, "dani": set()}


@pytest.fixture(scope="module", autouse=True)
def rooms(newsroom: Newsroom) -> None:
    for project in ("alfa", "beta"):
        newsroom.project(project, *(f"user:{user}" for user, mine in USERS.items() if project in mine))


@pytest.fixture(scope="module")
def call(newsroom: Newsroom) -> Callable[..., Any]:
    """(user, method, path, body) → the answer."""

    def send(
        user: str, method: str, path: str, body: Any = None, roles: Sequence[str] = ("editor",), **more: Any
    ) -> Any:
        headers = {"authorization": f"Bearer {newsroom.issuer.token(user, roles)}", **more.pop("headers", {})}
        return newsroom.client.request(method, f"/api/v1/search/{path}", json=body, headers=headers, **more)

    return send


@pytest.fixture
def told(newsroom: Newsroom) -> Iterator[Callable[[str, str], list[dict[str, Any]]]]:
    """Tell the indexer that an asset is ready; the events that it says, which are then heard by the other service."""
    newsroom.indexer.close()
    app = function.serve(
        search_main.handle, name="search-indexer", settings=search_main.IndexerSettings, hears={"*"}, env=newsroom.env
    )  # fmt: skip
    client = TestClient(app, raise_server_exceptions=False)

    def tell(asset_id: str, project: str, event_id: str = "") -> list[dict[str, Any]]:
        headers = {
            "ce-specversion": "1.0", "ce-id": event_id or str(uuid.uuid4()), "ce-source": "/test", "ce-type": "acervo.asset.ready.v1",
        }  # fmt: skip
        data = {"asset_id": asset_id, "project_id": project, "kind": "video"}
        assert client.post("/", json=data, headers=headers).status_code == 202
        with newsroom.database.transaction() as connection:
            rows = connection.execute("delete from outbox returning event").fetchall()
        said = [row["event"] for row in rows]
        for event in said:
            for _ in range(2):  # twice is one row
                content = {"content-type": "application/cloudevents+json"}
                answer = newsroom.client.post("/", content=json.dumps(event), headers=content)
                assert answer.status_code == 202, answer.text
        return said

    yield tell
    search_main.indexer_of(app.state.resources).close()
    app.state.resources.database.close()
    newsroom.indexer = Indexer(newsroom.store, newsroom.database, every_s=3600)


def saved(name: str, q: str, notify: bool = True, **more: Any) -> dict[str, Any]:
    return {"name": name, "parameters": {"q": q, **more}, "notify": notify}


# -- saved searches ----------------------------------------------------------------------------------------------------
def test_a_search_is_kept_changed_and_deleted_by_its_owner_alone(call: Callable[..., Any]) -> None:
    made = call("ana", "POST", "saved", saved("Lluvia", "lluvia tag:tiempo", type=["video", "audio"]))
    assert made.status_code == 201
    id_ = made.json()["id"]
    assert made.json()["parameters"] == {"q": ["lluvia tag:tiempo"], "type": ["video", "audio"]}
    for method, body in (("GET", None), ("PUT", saved("Mía", "x")), ("DELETE", None)):
        assert call("beto", method, f"saved/{id_}", body).status_code == 404
        assert call("jefe", method, f"saved/{id_}", body, roles=["admin"]).status_code == 404
    assert call("beto", "GET", "saved").json()["items"] == []
    assert [item["id"] for item in call("ana", "GET", "saved").json()["items"]] == [id_]
    changed = call("ana", "PUT", f"saved/{id_}", saved("Nieve", "nieve"), headers={"if-match": '"1"'})
    assert (changed.status_code, changed.json()["version"], changed.headers["etag"]) == (200, 2, '"2"')
    assert (
        call("ana", "PUT", f"saved/{id_}", saved("Vieja", "x"), headers={"if-match": '"1"'}).status_code
        == 412
    )
    assert call("ana", "DELETE", f"saved/{id_}").status_code == 204
    assert call("ana", "GET", f"saved/{id_}").status_code == 404
    assert call("ana", "GET", "saved/nonsense").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        [], {}, {"name": "x"}, {"name": "x", "parameters": {}}, {"name": "", "parameters": {"q": "x"}}, {"name": "x" * 201, "parameters": {"q": "x"}},
        {"name": "x", "parameters": {"nonsense": "x"}}, {"name": "x", "parameters": {"q": "x" * 257}}, {"name": "x", "parameters": {"cursor": "x"}},
        {"name": "x", "parameters": {"q": 3}}, {"name": "x", "parameters": {"q": "x"}, "notify": "yes"}, {"name": "x", "parameters": {"q": "\x00"}},
        {"name": "x", "parameters": {"date": "soon"}}, {"name": "x", "parameters": {"q": "x"}, "owner": "user:beto"},
    ],
)  # fmt: skip
def test_a_search_that_cannot_be_kept_is_refused_with_the_field(call: Callable[..., Any], body: Any) -> None:
    answer = call("ana", "POST", "saved", body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_one_keeps_a_bounded_number_and_lists_them_in_pages(call: Callable[..., Any]) -> None:
    for number in range(100):
        assert call("caro", "POST", "saved", saved(f"n{number}", "x", False)).status_code == 201
    assert call("caro", "POST", "saved", saved("one more", "x")).status_code == 409
    names: list[str] = []
    cursor = None
    for _ in range(5):
        page = call(
            "caro", "GET", "saved", params={"limit": 30, **({"cursor": cursor} if cursor else {})}
        ).json()
        names += [item["name"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert names == [f"n{number}" for number in reversed(range(100))]
    assert call("caro", "GET", "saved", params={"cursor": "x"}).status_code == 422
    assert call("caro", "GET", "saved", params={"limit": "0"}).status_code == 422


def test_a_new_asset_that_matches_notifies_those_who_may_see_it_once(
    newsroom: Newsroom, call: Callable[..., Any], told: Callable[..., list[dict[str, Any]]]
) -> None:
    searches = {
        user: call(user, "POST", "saved", saved("Riada", "riada -simulacro type:video")).json()["id"]
        for user in ("ana", "beto", "dani")
    }
    quiet = call("ana", "POST", "saved", saved("Sin aviso", "riada", notify=False)).json()["id"]
    jefa = call("jefa", "POST", "saved", saved("Todo", "said:riada"), roles=["archivist"]).json()["id"]
    asset_id = newsroom.asset("Gran riada", project="alfa", said=["la riada llegó"])
    said = told(asset_id, "alfa", "event-1")
    assert {event["data"]["search_id"] for event in said} == {searches["ana"], jefa}
    assert {event["type"] for event in said} == {"acervo.search.matched.v1"}
    assert told(asset_id, "alfa", "event-1") == []  # the same event again
    assert told(newsroom.asset("Riada simulacro", project="alfa"), "alfa") == []
    assert told(newsroom.asset("Riada", project="alfa", kind="image"), "alfa") == []
    (match,) = call("ana", "GET", "matches").json()["items"]
    assert (match["search_id"], match["asset_id"], match["name"]) == (searches["ana"], asset_id, "Riada")
    for user in ("beto", "dani"):
        assert call(user, "GET", "matches").json()["items"] == []
    newsroom.project("oculto")
    newsroom.change(asset_id, project_id="oculto")  # what one may no longer see is no news
    assert call("ana", "GET", "matches").json()["items"] == []
    assert quiet not in {event["data"]["search_id"] for event in said}


def test_an_owner_who_left_a_project_is_not_told_any_more(
    newsroom: Newsroom, call: Callable[..., Any], told: Callable[..., list[dict[str, Any]]]
) -> None:
    newsroom.project("gamma", "user:fede", "group:mesa")
    search = call("fede", "POST", "saved", saved("Grúas", "grúas")).json()["id"]
    assert [e["data"]["search_id"] for e in told(newsroom.asset("Grúas", project="gamma"), "gamma")] == [
        search
    ]
    with newsroom.database.transaction() as connection:
        connection.execute("delete from project_members where principal = 'user:fede'")
    assert told(newsroom.asset("Más grúas", project="gamma"), "gamma") == []
    assert call("fede", "GET", "matches").json()["items"] == []


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    q=st.lists(
        st.sampled_from(
            ["alerta", "-alerta", "OR", "project:beta", "said:voz", '"', "tag:x", "zeta", "type:video"]
        ),
        min_size=1,
        max_size=4,
    ).map(" ".join)
)
def test_no_saved_search_notifies_of_what_its_owner_may_not_see(
    newsroom: Newsroom, call: Callable[..., Any], told: Callable[..., list[dict[str, Any]]], q: str
) -> None:
    for user in USERS:
        call(user, "POST", "saved", saved("p", q))
    for project in ("alfa", "beta"):
        for event in told(
            newsroom.asset("alerta zeta", project=project, said=["voz"], keywords=["x"]), project
        ):
            owner = event["data"]["owner"].removeprefix("user:")
            assert project in USERS.get(owner, {project})
    for user, mine in USERS.items():
        assert {item["project_id"] for item in call(user, "GET", "matches").json()["items"]} <= mine
    with newsroom.database.transaction() as connection:
        connection.execute("delete from saved_searches where name = 'p'")


# -- past queries ------------------------------------------------------------------------------------------------------
def test_past_queries_are_suggested_to_oneself_alone_and_can_be_forgotten(call: Callable[..., Any]) -> None:
    for q in ("Elecciones municipales", "elecciónes  municipales!", "elecciones europeas", "otra"):
        assert call("ana", "POST", "history", {"q": q}).status_code == 204
    assert call("ana", "GET", "suggest", params={"q": "elec"}).json()["past"] == [
        "elecciones europeas",
        "elecciónes  municipales!",
    ]
    assert call("beto", "GET", "suggest", params={"q": "elec"}).json()["past"] == []
    assert call("ana", "GET", "suggest", params={"q": "%"}).json()["past"] == []
    for bad in ({}, {"q": ""}, {"q": "x" * 257}, {"q": 1}, {"q": "x", "who": "user:beto"}):
        assert call("ana", "POST", "history", bad).status_code == 422
    assert call("ana", "POST", "history", {"q": "!!!"}).status_code == 204
    assert call("ana", "DELETE", "history").status_code == 204
    assert call("ana", "GET", "suggest", params={"q": "elec"}).json()["past"] == []


def test_the_oldest_past_queries_go(newsroom: Newsroom, call: Callable[..., Any]) -> None:
    with newsroom.database.transaction() as connection:
        connection.execute(
            "insert into search_history (principal, query, folded, at) select 'user:gil', 'q' || n, 'q' || n, now() - n * interval '1 hour'"
            " from generate_series(1, 300) n"
        )
    assert call("gil", "POST", "history", {"q": "nueva"}).status_code == 204
    with newsroom.database.transaction() as connection:
        rows = connection.execute("select folded from search_history where principal = 'user:gil'").fetchall()
    assert len(rows) == 200
    assert {"nueva", "q1"} <= {row["folded"] for row in rows}


# -- vocabulary --------------------------------------------------------------------------------------------------------
def test_an_edit_of_the_vocabulary_counts_at_once_without_indexing(
    newsroom: Newsroom, call: Callable[..., Any]
) -> None:
    asset_id = newsroom.asset("Cumbre en Estados Unidos", project="alfa")
    other = newsroom.asset("Visita a EEUU", project="alfa", said=["viajan a los estados unidos"])
    newsroom.indexer.index([asset_id, other])
    token = newsroom.issuer.token("ana")
    assert newsroom.found("EEUU ", token) == {other}
    term = {"term": "EEUU", "alternatives": ["Estados Unidos", "USA"], "note": "libro de estilo"}
    assert call("ana", "POST", "vocabulary", term).status_code == 403
    made = call("luz", "POST", "vocabulary", term, roles=["archivist"])
    assert made.status_code == 201
    assert call("luz", "POST", "vocabulary", {**term, "term": "eeuu"}, roles=["archivist"]).status_code == 409
    assert newsroom.found("EEUU ", token) == {asset_id, other}
    assert newsroom.found("estados unidos cumbre ", token) == {asset_id}
    assert newsroom.found("usa visita ", token) == {other}
    hit = next(
        h for h in newsroom.get("assets", token, q="eeuu cumbre ")["hits"] if h["asset_id"] == asset_id
    )
    assert {"text": "Estados", "hit": True} in hit["highlights"]["title"]
    id_ = made.json()["id"]
    assert [item["term"] for item in call("ana", "GET", "vocabulary").json()["items"]] == ["EEUU"]
    one_way = {**term, "both": False}
    assert call("luz", "PUT", f"vocabulary/{id_}", one_way, roles=["archivist"]).json()["both"] is False
    assert newsroom.found("EEUU cumbre ", token) == {asset_id}
    assert newsroom.found("usa visita ", token) == set()
    assert call("ana", "DELETE", f"vocabulary/{id_}").status_code == 403
    assert call("luz", "DELETE", f"vocabulary/{id_}", roles=["admin"]).status_code == 204
    assert newsroom.found("EEUU ", token) == {other}
    for bad in ("x", "999", "9" * 30):
        assert call("luz", "DELETE", f"vocabulary/{bad}", roles=["admin"]).status_code == 404


@pytest.mark.parametrize(
    "body", [{}, {"term": "x"}, {"term": "x", "alternatives": []}, {"term": "!!", "alternatives": ["y"]}, {"term": "x", "alternatives": ["a b c d e f"]},
             {"term": "x", "alternatives": ["y"] * 11}, {"term": "x", "alternatives": [1]}, {"term": "x", "alternatives": ["y"], "both": 1}],
)  # fmt: skip
def test_a_term_that_makes_no_sense_is_refused(call: Callable[..., Any], body: Any) -> None:
    assert call("luz", "POST", "vocabulary", body, roles=["archivist"]).status_code == 422


def test_a_query_is_expanded_where_somebody_typed_the_term() -> None:
    table = table_of([{"term": "EEUU", "alternatives": ["Estados Unidos"], "two_way": True}])
    assert expand(parse("eeuu "), table).tree == Alternatives(Word("eeuu"), (Phrase("Estados Unidos"),))
    both = AllOf((Word("estados"), Word("unidos")))
    assert expand(parse("cumbre estados unidos "), table).tree == AllOf(
        (Word("cumbre"), Alternatives(both, (Word("EEUU"),)))
    )
    assert expand(parse("-eeuu "), table).tree == Not(Word("eeuu"))
    assert expand(parse('"eeuu"'), table).tree == Phrase("eeuu")
    assert expand(parse("estados otros unidos "), table) == parse("estados otros unidos ")
    assert expand(Query(), table) == Query()


# -- more like this ----------------------------------------------------------------------------------------------------
def test_more_like_this_shares_what_it_is_about_and_stays_inside_the_projects(
    newsroom: Newsroom, call: Callable[..., Any]
) -> None:
    about: dict[str, Any] = {"keywords": ["Volcán", "La Palma"], "people": ["Olga Meteo"]}
    itself = newsroom.asset("Erupción del volcán en La Palma", project="alfa", **about)
    near = newsroom.asset("La colada del volcán llega al mar", project="alfa", keywords=["Volcán"])
    far = newsroom.asset("Receta de tarta", project="alfa")
    hidden = newsroom.asset("Erupción del volcán secreta", project="beta", **about)
    newsroom.indexer.index([itself, near, far, hidden])
    newsroom.refresh()
    answer = call("ana", "GET", f"assets/{itself}/like").json()
    found = [hit["asset_id"] for hit in answer["hits"]]
    assert found[0] == near
    assert not {itself, far, hidden} & set(found)
    assert answer["hits"][0]["why"]
    assert call("ana", "GET", f"assets/{hidden}/like").status_code == 404
    assert call("dani", "GET", f"assets/{itself}/like").status_code == 404
    assert call("ana", "GET", f"assets/{uuid.uuid4()}/like").status_code == 404
    assert call("ana", "GET", "assets/x/like").status_code == 404
    assert call("ana", "GET", f"assets/{itself}/like", params={"limit": "1000"}).status_code == 422
    assert hidden in {
        h["asset_id"] for h in call("j", "GET", f"assets/{itself}/like", roles=["admin"]).json()["hits"]
    }


# -- meaning -----------------------------------------------------------------------------------------------------------
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
    meant: tuple[SearchService, dict[str, str]],
) -> None:
    service, ids = meant
    answer = ask(service, "perro ", frozenset({"alfa"}))
    assert [hit["asset_id"] for hit in answer["hits"]] == [ids["dog"]]
    assert answer["hits"][0]["why"] == [{"engine": "pgvector", "field": "meaning"}]
    assert ids["secret"] in {hit["asset_id"] for hit in ask(service, "perro ", None)["hits"]}
    assert [hit["asset_id"] for hit in ask(service, "perro type:image ", None)["hits"]] == [ids["secret"]]
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


# -- the indexer's own -------------------------------------------------------------------------------------------------
def test_lag_and_refusals_can_be_watched(newsroom: Newsroom, call: Callable[..., Any]) -> None:
    client = TestClient(search_main.indexer_app)
    text = client.get("/metrics").text
    for name in (
        "acervo_search_lag_seconds",
        "acervo_search_visible_seconds_bucket",
        "acervo_search_waiting_events",
    ):
        assert f'{name}{{engine="tantivy"' in text
    asset_id = str(uuid.uuid4())
    with newsroom.database.transaction() as connection:
        connection.execute(
            "insert into search_poison (engine, asset_id, version, reason) values ('tantivy', %s, 3, 'mal')",
            (asset_id,),
        )
    assert call("ana", "GET", "poison").status_code == 403
    (item,) = call("jefe", "GET", "poison", roles=["admin"]).json()["items"]
    assert (item["asset_id"], item["reason"], item["times"]) == (asset_id, "mal", 1)


def test_what_a_machine_saw_is_found_counted_and_filtered(newsroom: Newsroom) -> None:
    asset_id = newsroom.asset("Calle", project="alfa", people=["Ana Ruiz"])
    with newsroom.database.transaction() as connection:
        for kind, value in (("object", "bicicleta"), ("person", "Luis Mora"), ("person", "ana ruiz")):
            connection.execute(
                "insert into tags (asset_id, kind, value, score, times, model) values (%s, %s, %s, 0.9, 1, 'm')",
                (asset_id, kind, value),
            )
    newsroom.indexer.index([asset_id])
    for q in ("bicicleta ", "tag:bicicleta ", 'person:"Luis Mora" ', "luis mora "):
        assert newsroom.found(q, newsroom.issuer.token("ana")) == {asset_id}
    answer = newsroom.get("assets", newsroom.issuer.token("ana"), q="bicicleta ")
    assert {b["value"] for b in answer["facets"]["person"]} == {"Ana Ruiz", "Luis Mora"}
    assert answer["hits"][0]["why"] == [{"engine": "tantivy", "field": "seen"}]


def test_direct_asking_is_not_offered_without_a_key(call: Callable[..., Any]) -> None:
    assert call("ana", "POST", "token").status_code == 404


def test_the_store_of_the_newsroom_is_the_embedded_one(newsroom: Newsroom) -> None:
    assert isinstance(newsroom.store, TantivyStore)
