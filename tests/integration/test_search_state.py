"""What the platform team is told of the indexes: which version is live, what is beside it, how far it has read, what it refused."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from functions.search import state_routes
from functions.search.index_directory import IndexDirectory
from functions.search.rebuild import rebuild
from functions.search.tantivy_store import TantivyStore
from tests.fix_search import Newsroom


@pytest.fixture(scope="module", autouse=True)
def room(newsroom: Newsroom) -> None:
    newsroom.project("news")


def state(newsroom: Newsroom) -> dict[str, Any]:
    answer = newsroom.raw("state", newsroom.issuer.token("jefa", ["admin"]))
    assert answer.status_code == 200, answer.text
    (engine,) = answer.json()["engines"]
    found: dict[str, Any] = engine
    return found


def test_only_who_runs_the_platform_is_told(newsroom: Newsroom) -> None:
    assert newsroom.raw("state").status_code == 403
    assert newsroom.client.get("/api/v1/search/state").status_code == 401


def test_what_should_have_been_read_by_now_is_counted(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.indexer.catch_up()
    assert (state(newsroom)["engine"], state(newsroom)["version"]) == ("tantivy", 1)
    newsroom.asset("Por leer")
    assert (state(newsroom)["unread"], state(newsroom)["oldest_unread_s"]) == (0, 0)  # it is too early to say
    monkeypatch.setattr(state_routes, "SETTLED_S", 0.0)
    late = state(newsroom)
    assert late["unread"] >= 1
    assert late["oldest_unread_s"] > 0


def test_a_rebuild_makes_another_version_live_and_keeps_the_one_before(newsroom: Newsroom) -> None:
    directory = newsroom.env["SEARCH_INDEX_DIR"]
    store = TantivyStore(IndexDirectory(directory))
    live = state(newsroom)["version"]
    beside = store.begin()
    assert state(newsroom)["building"] == [live + 1]
    store.discard(beside)
    rebuild(store, newsroom.database)
    after = state(newsroom)
    assert (after["version"], after["kept"], after["building"]) == (live + 1, [live], [])


def test_what_an_index_refused_is_counted(newsroom: Newsroom) -> None:
    before = state(newsroom)["refused"]
    with newsroom.database.transaction() as connection:
        connection.execute(
            "insert into search_poison (engine, asset_id, version, reason) values ('tantivy', %s, 1, 'mal')",
            (str(uuid.uuid4()),),
        )
    assert state(newsroom)["refused"] == before + 1
