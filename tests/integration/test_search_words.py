"""What words find: on a real PostgreSQL and a real index."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.fix_search import Newsroom


@pytest.fixture(scope="module")
def ids(newsroom: Newsroom) -> dict[str, str]:
    newsroom.project("news")
    newsroom.project("sport")
    made = {
        "song": newsroom.asset("Canción de la economía", keywords=["Música", "Festival"], people=["Ana Pérez"]),
        "council": newsroom.asset(
            "Pleno municipal", said=["El alcalde presenta el presupuesto", "hablan de los camiones", "buenas noches a todos"]
        ),
        "running": newsroom.asset("Runners running in the city", language="en", project="sport", kind="image"),
        "nations": newsroom.asset("Nações e corações", language="pt", said=["os trabalhadores falaram das eleições"]),
        "match": newsroom.asset(
            "Partido de fútbol", project="sport", keywords=["Fútbol"], created=datetime(2020, 5, 17, tzinfo=UTC),
            description="El presupuesto del club", said=["gol en el último minuto"], kind="audio",
        ),
        "decomposed": newsroom.asset("Informacio\u0301n meteorolo\u0301gica"),
    }  # fmt: skip
    newsroom.indexer.index(list(made.values()))
    return made


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("canción ", {"song"}),
        ("cancion ", {"song"}),
        ("CANCIONES ", {"song"}),
        ("economia ", {"song"}),
        ("economías ", {"song"}),
        ("economias ", {"song"}),
        ("informacion ", {"decomposed"}),
        ("runner ", {"running"}),
        ("run ", {"running"}),
        ("cities ", {"running"}),
        ("coracao ", {"nations"}),
        ("coração ", {"nations"}),
        ("eleição ", {"nations"}),
        ("nação ", {"nations"}),
        ("trabalhador ", {"nations"}),
        ("eleicoes ", {"nations"}),
        ("camion ", {"council"}),
        ("econ", {"song"}),
        ("pres", {"council", "match"}),
        ("econ ", set()),
        ('"pleno municipal"', {"council"}),
        ('"municipal pleno"', set()),
        ('"buenas noches"', {"council"}),
        ("presupuesto -club ", {"council"}),
        ("presupuesto -alcalde ", {"match"}),
        ("presupuesto -pleno ", {"match"}),
        ("presupuesto -said:alcalde ", {"match"}),
        ("canción OR pleno ", {"song", "council"}),
        ("pleno presupuesto ", {"council"}),
        ("el pleno de la ", {"council"}),
        ("said:presupuesto ", {"council"}),
        ('said:"el presupuesto" ', {"council"}),
        ('said:"presupuesto el" ', set()),
        ("tag:futbol ", {"match"}),
        ("tag:Fútbol OR tag:música ", {"match", "song"}),
        ("-tag:música canción ", set()),
        ("person:ana ", {"song"}),
        ('person:"Ana Pérez" ', {"song"}),
        ("ana perez ", {"song"}),
        ("type:image ", {"running"}),
        ("type:imagen OR type:audio ", {"running", "match"}),
        ("project:sport presupuesto ", {"match"}),
        ("date:2020-05 ", {"match"}),
        ("date:..2020 ", {"match"}),
        ("date:2020-06..2020-07 ", set()),
        ("type:audio presupuesto ", {"match"}),
        ("!!! ", set()),
        ("zzyzx ", set()),
    ],
)  # fmt: skip
def test_a_query_finds_what_it_means(
    newsroom: Newsroom, ids: dict[str, str], words: str, names: set[str]
) -> None:
    answer = newsroom.get("assets", q=words)
    assert {hit["asset_id"] for hit in answer["hits"]} == {ids[name] for name in names}
    assert not answer["typos"]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("presupuestp ", {"council", "match"}),
        ("futbl ", {"match"}),
        ("cacnion ", {"song"}),
        ("munciipla ", {"council"}),
    ],
)
def test_a_mistyped_query_finds_what_was_meant(
    newsroom: Newsroom, ids: dict[str, str], words: str, names: set[str]
) -> None:
    answer = newsroom.get("assets", q=words)
    assert {hit["asset_id"] for hit in answer["hits"]} >= {ids[name] for name in names}
    assert answer["typos"]


def test_nothing_asked_gives_everything_newest_first(newsroom: Newsroom, ids: dict[str, str]) -> None:
    hits = newsroom.get("assets")["hits"]
    assert {hit["asset_id"] for hit in hits} == set(ids.values())
    assert hits[-1]["asset_id"] == ids["match"]


def test_a_hit_says_why_marks_the_words_and_names_the_second(newsroom: Newsroom, ids: dict[str, str]) -> None:
    answer = newsroom.get("assets", q="camiones alcalde")
    (hit,) = answer["hits"]
    assert hit["asset_id"] == ids["council"]
    assert hit["why"] == [{"engine": "tantivy", "field": "said"}]
    assert [p["at_s"] for p in hit["passages"]] == [5.0, 0.0] or [p["at_s"] for p in hit["passages"]] == [
        0.0,
        5.0,
    ]
    marked = {piece["text"] for p in hit["passages"] for piece in p["text"] if piece["hit"]}
    assert marked == {"camiones", "alcalde"}
    assert hit["duration_s"] == 61.5
    assert answer["total"] == 1
    assert not answer["partial"]


def test_highlights_are_pieces_of_the_text_as_written(newsroom: Newsroom, ids: dict[str, str]) -> None:
    (hit,) = newsroom.get("assets", q="cancion")["hits"]
    assert hit["highlights"]["title"] == [
        {"text": "Canción", "hit": True},
        {"text": " de la economía", "hit": False},
    ]
    assert hit["why"] == [{"engine": "tantivy", "field": "title"}]


def test_typos_are_only_forgiven_when_little_is_found_and_the_answer_says_so(
    newsroom: Newsroom, ids: dict[str, str]
) -> None:
    assert newsroom.get("assets", q="canción ")["typos"] is False
    answer = newsroom.get("assets", q="cancoin ")
    assert answer["typos"] is True
    assert answer["hits"][0]["highlights"]["title"][0] == {"text": "Canción", "hit": True}


def test_a_facet_does_not_narrow_itself_and_narrows_the_others(
    newsroom: Newsroom, ids: dict[str, str]
) -> None:
    facets = newsroom.get("assets", q="presupuesto ")["facets"]
    assert {b["value"]: b["count"] for b in facets["type"]} == {"video": 1, "audio": 1}
    facets = newsroom.get("assets", q="presupuesto ", type="audio")["facets"]
    assert {b["value"]: b["count"] for b in facets["type"]} == {"video": 1, "audio": 1}
    assert {b["value"]: b["count"] for b in facets["project"]} == {"sport": 1}
    assert facets["month"] == [{"value": "2020-05", "count": 1}]
    assert facets["tag"] == [{"value": "Fútbol", "count": 1}]
    facets = newsroom.get("assets", date="2020")["facets"]
    assert len(facets["month"]) == 2


def test_two_ticked_values_are_alternatives(newsroom: Newsroom, ids: dict[str, str]) -> None:
    assert newsroom.found("", type=["audio", "image"]) == {ids["match"], ids["running"]}
    assert newsroom.found("", tag=["fútbol", "música"]) == {ids["match"], ids["song"]}


def test_pages_follow_each_other_without_repeating_or_skipping(
    newsroom: Newsroom, ids: dict[str, str]
) -> None:
    seen: list[str] = []
    cursor = None
    for _ in range(10):
        params: dict[str, Any] = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        answer = newsroom.get("assets", **params)
        seen += [hit["asset_id"] for hit in answer["hits"]]
        cursor = answer["next"]
        if not cursor:
            break
    assert len(seen) == len(ids)
    assert set(seen) == set(ids.values())


@pytest.mark.parametrize(("path", "q"), [("assets", "empate "), ("assets", ""), ("segments", "fotofinish ")])
def test_pages_of_hits_that_are_equally_good_neither_repeat_nor_skip(
    newsroom: Newsroom, ids: dict[str, str], path: str, q: str
) -> None:
    """Deep pages ask for more than the first ones: the order may not depend on how much is asked for."""
    project = newsroom.project(f"empates-{path}-{len(q)}")
    at = datetime(2026, 3, 1, tzinfo=UTC)
    made = []
    for _ in range(16):  # so many commits that places in files are not those of time
        some = [
            newsroom.asset("Empate", project=project, said=["el fotofinish"], created=at) for _ in range(10)
        ]
        newsroom.indexer.index(some)
        made += some
    seen: list[str] = []
    params: dict[str, Any] = {"q": q, "project": project, "limit": 40}
    for _ in range(10):
        answer = newsroom.get(path, **params)
        seen += [hit["asset_id"] for hit in answer["hits"]]
        if not (cursor := answer["next"]):
            break
        params["cursor"] = cursor
    assert sorted(seen) == sorted(made)
    for id_ in made:
        newsroom.change(id_, status="deleted")
    newsroom.indexer.index(made)


def test_a_cursor_of_another_query_is_refused(newsroom: Newsroom, ids: dict[str, str]) -> None:
    cursor = newsroom.get("assets", limit=2)["next"]
    answer = newsroom.raw("assets", params={"q": "pleno", "cursor": cursor})
    assert answer.status_code == 422
    assert answer.json()["field"] == "cursor"


def test_segments_come_with_their_neighbours(newsroom: Newsroom, ids: dict[str, str]) -> None:
    answer = newsroom.get("segments", q="camiones")
    (hit,) = answer["hits"]
    assert (hit["asset_id"], hit["start_ms"], hit["end_ms"], hit["at_s"]) == (
        ids["council"],
        5000,
        10000,
        5.0,
    )
    assert hit["previous"]["text"] == "El alcalde presenta el presupuesto"
    assert hit["next"]["text"] == "buenas noches a todos"
    assert answer["total"] == 1
    assert newsroom.get("segments", q="camiones", asset_id=ids["match"])["total"] == 0


def test_suggestions_begin_like_what_is_typed(newsroom: Newsroom, ids: dict[str, str]) -> None:
    answer = newsroom.get("suggest", q="fut")
    assert [a["asset_id"] for a in answer["assets"]] == [ids["match"]]
    assert answer["tags"] == ["Fútbol"]
    assert answer["words"] == ["futbol"]
    assert newsroom.get("suggest", q="camio")["words"] == ["camiones"]  # said, in no title
    assert newsroom.get("suggest", q="per")["people"] == ["Ana Pérez"]
    assert newsroom.get("suggest", q="ana pe")["people"] == ["Ana Pérez"]
    assert [a["asset_id"] for a in newsroom.get("suggest", q="cancoin")["assets"]] == [ids["song"]]
    assert newsroom.get("suggest", q="...")["assets"] == []


def test_faults_of_parameters_are_named(newsroom: Newsroom, ids: dict[str, str]) -> None:
    answer = newsroom.raw("assets", params={"limit": "0", "sort": "best", "date": "soon", "nonsense": "1"})
    assert answer.status_code == 422
    assert {fault["field"] for fault in answer.json()["errors"]} == {"limit", "sort", "date", "nonsense"}
    assert newsroom.raw("assets", params={"q": "x" * 257}).status_code == 422
    assert newsroom.client.get("/api/v1/search/assets").status_code == 401
