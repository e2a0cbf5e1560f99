"""People of two projects who call the search service."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from starlette.testclient import TestClient

from acervo import function
from functions.search import main as search_main
from functions.search.indexing import Indexer
from tests.fix_search import Newsroom

USERS: dict[str, set[str]] = {"ana": {"alfa"}, "beto": {"beta"}, "dani": set()}


@pytest.fixture(scope="module")
def rooms(newsroom: Newsroom) -> None:
    for project in ("alfa", "beta"):
        newsroom.project(project, *(f"user:{user}" for user, mine in USERS.items() if project in mine))


@pytest.fixture(scope="module")
def call(newsroom: Newsroom, rooms: None) -> Callable[..., Any]:  # who is in which project
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
