"""Hits say what may be done with them: from the row that PostgreSQL is asked for anyway, however many hits there are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from acervo.database import Connection, as_json, query
from functions.search.asking import Search
from functions.search.engine import Order
from functions.search.grammar import parse
from functions.search.index_directory import IndexDirectory
from functions.search.reading import Reading
from functions.search.searching import SearchService
from functions.search.tantivy_index import TantivyIndex
from functions.search.tantivy_reader import TantivyReader
from tests.fix_search import Newsroom

NOW = datetime.now(UTC)
TOMORROW, YESTERDAY = ((NOW + timedelta(days=days)).isoformat() for days in (1, -1))


@pytest.fixture(scope="module")
def ids(newsroom: Newsroom) -> dict[str, str]:
    newsroom.project("derechos", "user:ana")
    rights: dict[str, Any] = {
        "free": {}, "held": {"hold": True}, "early": {"embargo_until": TOMORROW}, "over": {"valid_until": YESTERDAY}, "odd": ["x"],
    }  # fmt: skip
    made = {
        name: newsroom.asset("Fotosíntesis", project="derechos", said=["la fotosíntesis"]) for name in rights
    }
    for name, written in rights.items():
        newsroom.change(made[name], rights=written if isinstance(written, dict) else '["x"]')
    newsroom.indexer.index(list(made.values()))
    return made


def _uses(hit: dict[str, Any]) -> set[str]:
    return {use for use, said in hit["rights"].items() if said["allowed"]}


@pytest.mark.parametrize("path", ["assets", "segments"])
def test_every_hit_says_what_may_be_done_with_it_now(
    newsroom: Newsroom, ids: dict[str, str], path: str
) -> None:
    answer = newsroom.get(path, newsroom.issuer.token("ana"), q="fotosíntesis")
    hits = {hit["asset_id"]: hit for hit in answer["hits"]}
    allowed = {name: _uses(hits[id_]) for name, id_ in ids.items()}
    assert allowed == {
        "free": {"view", "download", "clip", "publish"}, "early": {"view", "download", "clip"},
        "held": {"view"}, "over": {"view"}, "odd": {"view"},
    }  # fmt: skip
    flags = {name: hits[id_]["rights_flags"] for name, id_ in ids.items()}
    assert flags == {
        "free": [], "early": ["rights-embargo"], "held": ["rights-hold"], "over": ["rights-expired"], "odd": ["rights-unreadable"],
    }  # fmt: skip
    assert hits[ids["early"]]["rights"]["publish"]["reasons"] == ["rights-embargo"]


def test_what_limits_use_is_counted_and_filtered_by(newsroom: Newsroom, ids: dict[str, str]) -> None:
    token = newsroom.issuer.token("ana")
    answer = newsroom.get("assets", token, q="fotosíntesis ", rights="rights-hold")
    assert {hit["asset_id"] for hit in answer["hits"]} == {ids["held"]}
    counted = {bucket["value"]: bucket["count"] for bucket in answer["facets"]["rights"]}
    assert counted == {
        "rights-free": 1, "rights-hold": 1, "rights-embargo": 1, "rights-expired": 1, "rights-unreadable": 1,
    }  # fmt: skip
    either = newsroom.found("fotosíntesis rights:rights-free OR rights:rights-expired ", token)
    assert either == {ids["free"], ids["over"]}


def test_rights_that_time_changed_are_counted_anew_with_the_tick(
    newsroom: Newsroom, ids: dict[str, str]
) -> None:
    """The tick gives the asset a new version when its moment has come; the index follows versions."""
    asset_id = newsroom.asset("Clorofila", project="derechos")
    newsroom.change(asset_id, rights={"embargo_until": TOMORROW})
    newsroom.indexer.index([asset_id])
    counted = newsroom.get("assets", q="clorofila ")["facets"]["rights"]
    assert counted == [{"value": "rights-embargo", "count": 1}]
    with newsroom.database.transaction() as connection:
        past = as_json({"embargo_until": YESTERDAY})
        connection.execute("alter table assets disable trigger user")
        connection.execute(
            "update assets set rights = %s, rights_due_at = now() - interval '1 s' where id = %s",
            (past, asset_id),
        )
        connection.execute("alter table assets enable trigger user")
    newsroom.indexer.catch_up()
    assert newsroom.get("assets", q="clorofila ")["facets"]["rights"] == counted  # nobody has told it yet
    with newsroom.database.transaction() as connection:
        assert asset_id in {str(row["id"]) for row in query.take_due_rights(connection, limit=100)}
    newsroom.indexer.catch_up()
    assert newsroom.get("assets", q="clorofila ")["facets"]["rights"] == [
        {"value": "rights-free", "count": 1}
    ]


def test_a_change_of_rights_is_seen_without_indexing(newsroom: Newsroom, ids: dict[str, str]) -> None:
    newsroom.change(ids["held"], rights={})
    answer = newsroom.get("assets", q="fotosíntesis")
    newsroom.change(ids["held"], rights={"hold": True})
    assert {hit["asset_id"]: hit["rights_flags"] for hit in answer["hits"]}[ids["held"]] == []


def test_more_hits_are_no_more_questions_to_the_database(
    newsroom: Newsroom, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = SearchService(
        [TantivyIndex(TantivyReader(IndexDirectory(newsroom.index_path)))], newsroom.reading, 20
    )
    asked: list[object] = []
    read = Reading.read

    def counted(self: Reading, work: Callable[[Connection], Any]) -> Any:
        asked.append(work)
        return read(self, work)

    monkeypatch.setattr(Reading, "read", counted)
    for limit in (1, len(ids)):
        asked.clear()
        answer = service.assets(None, Search(parse("fotosíntesis "), Order.RELEVANCE, limit, str(limit)))
        assert len(answer["hits"]) == limit
        assert len(asked) == 1
    service.close()
