"""Past queries: suggested to oneself alone, bounded, forgotten on demand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.fix_search import Newsroom


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
