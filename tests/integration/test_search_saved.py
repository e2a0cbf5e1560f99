"""Saved searches: kept by their owner alone, and telling of new assets that match and may be seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fix_search import Newsroom
from tests.fix_search_people import USERS


def saved(name: str, q: str, notify: bool = True, **more: Any) -> dict[str, Any]:
    return {"name": name, "parameters": {"q": q, **more}, "notify": notify}


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
