"""The house's vocabulary: an archivist's edit counts at once, without indexing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from functions.search.grammar import parse
from functions.search.query_tree import AllOf, Alternatives, Not, Phrase, Query, Word
from functions.search.vocabulary import expand, table_of
from tests.fix_search import Newsroom


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
