"""What the platform team watches of the indexer: its lag, and what it refused."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from starlette.testclient import TestClient

from functions.search import main as search_main
from functions.search.tantivy_store import TantivyStore
from tests.fix_search import Newsroom


def test_lag_and_refusals_can_be_watched(newsroom: Newsroom, call: Callable[..., Any]) -> None:
    newsroom.indexer.index([newsroom.asset("Visto", project="alfa")])
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


def test_direct_asking_is_not_offered_without_a_key(call: Callable[..., Any]) -> None:
    assert call("ana", "POST", "token").status_code == 404


def test_the_store_of_the_newsroom_is_the_embedded_one(newsroom: Newsroom) -> None:
    assert isinstance(newsroom.store, TantivyStore)
