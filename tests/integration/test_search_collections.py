"""Searching inside a collection: its members, for who may see it, in every part of an answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from functions.search import rows
from functions.search.asking import Search
from functions.search.engine import Order
from functions.search.grammar import parse
from functions.search.searching import SearchService
from tests.fix_search import Newsroom

pytestmark = pytest.mark.usefixtures("rooms")


def collect(newsroom: Newsroom, project: str, *asset_ids: str) -> str:
    """A new collection with these assets."""
    collection_id = str(uuid.uuid4())
    with newsroom.database.transaction() as connection:
        connection.execute(
            "insert into collections (id, project_id, name, created_by) values (%s, %s, %s, 'user:x')",
            (collection_id, project, collection_id),
        )
        for asset_id in asset_ids:
            connection.execute(
                "insert into collection_assets (collection_id, asset_id, added_by) values (%s, %s, 'user:x')",
                (collection_id, asset_id),
            )
    return collection_id


@pytest.fixture(scope="module")
def storm(newsroom: Newsroom) -> dict[str, str]:
    """Three storms of a project, the first two in a collection; one in a collection of another project."""
    made = {
        name: newsroom.asset("Galerna", project=project, kind=kind, said=["la galerna entra"], keywords=[name])
        for name, project, kind in (
            ("one", "alfa", "video"), ("two", "alfa", "image"), ("three", "alfa", "video"), ("hidden", "beta", "video"),
        )
    }  # fmt: skip
    newsroom.indexer.index(list(made.values()))
    made["mine"] = collect(newsroom, "alfa", made["one"], made["two"])
    made["theirs"] = collect(
        newsroom, "beta", made["hidden"], made["one"]
    )  # one was moved: that it is in there is theirs to know
    made["empty"] = collect(newsroom, "alfa")
    return made


def test_hits_totals_facets_and_passages_are_of_its_members(
    newsroom: Newsroom, storm: dict[str, str]
) -> None:
    token = newsroom.issuer.token("ana")
    answer = newsroom.get("assets", token, q="galerna ", collection=storm["mine"])
    assert {hit["asset_id"] for hit in answer["hits"]} == {storm["one"], storm["two"]}
    assert answer["total"] == 2
    assert {bucket["value"] for bucket in answer["facets"]["tag"]} == {"one", "two"}
    assert newsroom.found("", token, collection=storm["mine"]) == {storm["one"], storm["two"]}
    assert newsroom.found("type:image ", token, collection=storm["mine"]) == {storm["two"]}
    assert newsroom.found("-tag:one ", token, collection=storm["mine"]) == {storm["two"]}
    spoken = newsroom.get("segments", token, q="galerna", collection=storm["mine"])
    assert {hit["asset_id"] for hit in spoken["hits"]} == {storm["one"], storm["two"]}


@pytest.mark.parametrize("name", ["theirs", "empty", "gone"])
def test_a_collection_that_one_may_not_see_finds_what_an_empty_one_finds(
    newsroom: Newsroom, storm: dict[str, str], name: str
) -> None:
    token, id_ = newsroom.issuer.token("ana"), storm.get(name, str(uuid.uuid4()))
    for path in ("assets", "segments"):
        answer = newsroom.get(path, token, q="galerna ", collection=id_)
        assert (answer["hits"], answer["total"], answer["partial"]) == ([], 0, False)
    assert newsroom.found("galerna ", token, collection=storm["mine"], project="beta") == set()


def test_who_sees_everything_sees_every_collection(newsroom: Newsroom, storm: dict[str, str]) -> None:
    assert newsroom.found("galerna ", collection=storm["theirs"]) == {storm["hidden"], storm["one"]}


def test_an_asset_moved_out_of_the_project_is_no_member_for_who_cannot_see_it(
    newsroom: Newsroom, storm: dict[str, str]
) -> None:
    both = collect(newsroom, "alfa", storm["one"], storm["hidden"])
    assert newsroom.found("galerna ", newsroom.issuer.token("ana"), collection=both) == {storm["one"]}


def test_what_is_added_and_removed_counts_at_once(newsroom: Newsroom, storm: dict[str, str]) -> None:
    token, id_ = newsroom.issuer.token("ana"), collect(newsroom, "alfa", storm["one"])
    with newsroom.database.transaction() as connection:
        connection.execute(
            "update collection_assets set asset_id = %s where collection_id = %s", (storm["three"], id_)
        )
    answer = newsroom.get("assets", token, q="galerna ", collection=id_)
    assert [hit["asset_id"] for hit in answer["hits"]] == [storm["three"]]
    assert {bucket["value"] for bucket in answer["facets"]["tag"]} == {"three"}


def test_a_cursor_is_good_for_its_collection_alone(newsroom: Newsroom, storm: dict[str, str]) -> None:
    token = newsroom.issuer.token("ana")
    page = newsroom.get("assets", token, q="galerna ", collection=storm["mine"], limit=1)
    more = newsroom.get("assets", token, q="galerna ", collection=storm["mine"], limit=1, cursor=page["next"])
    assert {hit["asset_id"] for hit in (*page["hits"], *more["hits"])} == {storm["one"], storm["two"]}
    other = newsroom.raw(
        "assets", token, {"q": "galerna ", "collection": storm["empty"], "cursor": page["next"]}
    )
    assert other.status_code == 422


def test_what_is_no_collection_or_too_large_is_refused_with_the_field(
    newsroom: Newsroom, storm: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "MOST_MEMBERS", 1)
    for value in ("x", storm["mine"]):
        answer = newsroom.raw("assets", None, {"q": "galerna", "collection": value})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "collection"


def test_a_collection_nobody_can_look_into_asks_no_engine(newsroom: Newsroom, storm: dict[str, str]) -> None:
    service = SearchService([], newsroom.reading, 5)
    asked = Search(parse("galerna"), Order.RELEVANCE, 20, "x", collection=storm["empty"])
    assert service.assets(None, asked)["hits"] == []
    service.close()


def test_a_saved_search_inside_a_collection_tells_of_its_members_alone(
    newsroom: Newsroom,
    storm: dict[str, str],
    call: Callable[..., Any],
    told: Callable[..., list[dict[str, Any]]],
) -> None:
    body = {"name": "x", "parameters": {"q": "galerna ", "collection": storm["mine"]}, "notify": True}
    search = call("ana", "POST", "saved", body).json()["id"]
    assert [event["data"]["search_id"] for event in told(storm["one"], "alfa")] == [search]
    assert told(storm["three"], "alfa") == []
    hidden = {**body, "parameters": {"q": "galerna ", "collection": storm["theirs"]}}
    assert call("ana", "PUT", f"saved/{search}", hidden).status_code == 200
    assert told(storm["one"], "alfa") == []  # it is in there, which is not for ana to know
    assert call("ana", "POST", "saved", {**body, "parameters": {"collection": "x"}}).status_code == 422
