"""Nobody sees what they may not: in hits, totals, facets, suggestions, passages; and hostile queries harm nothing."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.search.asking import Search
from functions.search.engine import Engine, EngineDown, Order
from functions.search.grammar import parse
from functions.search.index_directory import IndexDirectory
from functions.search.searching import SearchService
from functions.search.tantivy_index import TantivyIndex
from functions.search.tantivy_reader import TantivyReader
from tests.fix_search import Newsroom

PROJECTS = ("p0-a", "p1-b", "p2-c", "p3-d")
WORDS = ("norte", "sur", "lluvia", "viento", "elecciones", "mercado", "canción", "puerto")
USERS: dict[str, set[str]] = {
    "ana": {"p0-a"}, "beto": {"p1-b", "p2-c"}, "caro": {"p3-d"}, "dani": set(), "eva": {"p0-a", "p3-d"},
}  # fmt: skip


@pytest.fixture(scope="module")
def truth(newsroom: Newsroom) -> dict[str, dict[str, Any]]:
    """Random assets; each has one tag, one person and one word that only its project has."""
    dice = random.Random(7)
    for project in PROJECTS:
        newsroom.project(project, *(f"user:{user}" for user, mine in USERS.items() if project in mine))
    newsroom.project("p1-b", "group:desk")
    made: dict[str, dict[str, Any]] = {}
    for _ in range(60):
        project = dice.choice(PROJECTS)
        words = dice.sample(WORDS, 3)
        said = dice.sample(WORDS, 2)
        kind = dice.choice(["video", "audio", "image"])
        asset_id = newsroom.asset(
            " ".join([*words, f"secreto{project[:2]}"]), project=project, kind=kind, said=[" ".join([*said, f"susurro{project[:2]}"])],
            keywords=[f"tag {project}", "común"], people=[f"Persona {project}"],
        )  # fmt: skip
        made[asset_id] = {"project": project, "words": {*words, *said}, "kind": kind}
    newsroom.indexer.index(list(made))
    return made


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize(
    "q", ["", *WORDS[:5], "norte OR sur", "-norte", "secreto", "project:p1-b", "project:p3-d lluvia"]
)
def test_a_user_sees_exactly_what_their_projects_have(
    newsroom: Newsroom, truth: dict[str, dict[str, Any]], user: str, q: str
) -> None:
    mine = USERS[user]
    token = newsroom.issuer.token(user)
    answer = newsroom.get("assets", token, q=q, limit=100)
    assert {truth[hit["asset_id"]]["project"] for hit in answer["hits"]} <= mine
    assert answer["total"] == len(answer["hits"])
    facets = answer["facets"]
    assert {bucket["value"] for bucket in facets.get("project", [])} <= mine
    assert {b["value"] for b in facets.get("tag", [])} <= {f"tag {p}" for p in mine} | {"común"}
    assert {b["value"] for b in facets.get("person", [])} <= {f"Persona {p}" for p in mine}
    if "project:" not in q:
        for name in ("type", "project", "status", "month"):
            assert sum(b["count"] for b in facets.get(name, [])) == answer["total"]
    for hit in newsroom.get("segments", token, q=q, limit=100)["hits"]:
        assert truth[hit["asset_id"]]["project"] in mine


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize(
    "q", ["sec", "secreto", "tag", "per", "persona p", "nor", "el", "secretop3", "sus", "susurro"]
)
def test_suggestions_come_from_visible_assets_only(
    newsroom: Newsroom, truth: dict[str, dict[str, Any]], user: str, q: str
) -> None:
    mine = USERS[user]
    answer = newsroom.get("suggest", newsroom.issuer.token(user), q=q, limit=20)
    assert {truth[a["asset_id"]]["project"] for a in answer["assets"]} <= mine
    assert set(answer["tags"]) <= {f"tag {p}" for p in mine} | {"común"}
    assert set(answer["people"]) <= {f"Persona {p}" for p in mine}
    assert {w for w in answer["words"] if w.startswith("secreto")} <= {f"secreto{p[:2]}" for p in mine}
    whispered = {w for w in answer["words"] if w.startswith("susurro")}
    assert whispered == ({f"susurro{p[:2]}" for p in mine} if q.startswith("sus") else set())


def test_a_word_finds_every_visible_asset_that_has_it(
    newsroom: Newsroom, truth: dict[str, dict[str, Any]]
) -> None:
    for user, mine in USERS.items():
        for word in WORDS:
            expected = {i for i, a in truth.items() if a["project"] in mine and word in a["words"]}
            assert newsroom.found(f'"{word}"', newsroom.issuer.token(user)) == expected


def test_roles_and_groups_count(newsroom: Newsroom, truth: dict[str, dict[str, Any]]) -> None:
    everything = newsroom.get("assets", newsroom.issuer.token("jefe", ["admin"]))["total"]
    assert everything == len(truth)
    by_group = newsroom.get("assets", newsroom.issuer.token("nadie", ["editor"], ["desk"]))["total"]
    assert by_group == sum(a["project"] == "p1-b" for a in truth.values())
    assert newsroom.get("assets", newsroom.issuer.token("ana", []))["total"] == 0


def test_what_the_index_still_has_but_the_database_hides_is_not_shown(
    newsroom: Newsroom, truth: dict[str, dict[str, Any]]
) -> None:
    newsroom.project("p4-e")
    gone, moved = (
        newsroom.asset("Fugaz borrado", project="p0-a"),
        newsroom.asset("Fugaz movido", project="p0-a", said=["fugaz"]),
    )
    newsroom.indexer.index([gone, moved])
    token = newsroom.issuer.token("ana")
    assert newsroom.found("fugaz ", token) == {gone, moved}
    newsroom.change(gone, status="deleted")
    newsroom.change(moved, project_id="p4-e")
    answer = newsroom.get("assets", token, q="fugaz ")
    assert (answer["hits"], answer["total"]) == ([], 0)
    assert newsroom.get("suggest", token, q="fuga")["assets"] == []
    assert newsroom.get("segments", token, q="fugaz")["hits"] == []
    newsroom.indexer.index([gone, moved])


class _Untouchable:
    """An engine that must not be asked."""

    name = "untouchable"
    offers = TantivyIndex.offers

    def ready(self) -> bool:
        return True

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked")


def test_an_empty_scope_asks_no_engine(newsroom: Newsroom) -> None:
    service = SearchService([cast(Engine, _Untouchable())], newsroom.reading, 5)
    search = Search(parse("x"), Order.RELEVANCE, 20, "x")
    assert service.assets(frozenset(), search)["total"] == 0
    assert service.segments(frozenset(), search)["hits"] == []
    assert service.suggest(frozenset(), "x", 8)["words"] == []
    with pytest.raises(AssertionError):
        service.assets(frozenset({"p0-a"}), search)
    service.close()


class _Broken(_Untouchable):
    """An engine whose passages and facets are down."""

    def __init__(self, real: Engine) -> None:
        self.assets, self.among = real.assets, real.among

    def __getattr__(self, name: str) -> Any:
        raise EngineDown(name)


def test_a_leg_that_is_down_is_left_out_and_the_answer_says_partial(
    newsroom: Newsroom, truth: dict[str, dict[str, Any]]
) -> None:
    real = TantivyIndex(TantivyReader(IndexDirectory(newsroom.index_path)))
    service = SearchService([cast(Engine, _Broken(real))], newsroom.reading, 5)
    answer = service.assets(None, Search(parse("común lluvia "), Order.RELEVANCE, 20, "x"))
    assert answer["partial"]
    assert answer["hits"]
    assert answer["facets"] == {}
    assert service.suggest(None, "x", 8)["partial"]
    service.close()


def test_without_an_index_nothing_is_found_and_the_answer_says_why(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    service = SearchService([TantivyIndex(TantivyReader(IndexDirectory(tmp_path)))], newsroom.reading, 5)
    search = Search(parse("x"), Order.RELEVANCE, 20, "x")
    for answer in (
        service.assets(None, search),
        service.segments(None, search),
        service.suggest(None, "x", 8),
    ):
        assert answer["index"] == "empty"
        assert answer["partial"]
    service.close()


HOSTILE = st.one_of(
    st.text(max_size=256),
    st.text(alphabet='":-()[]{}*^~\\/+|&!?<>= \t\n\x00\x07ORaé€😀́', max_size=80),
    st.lists(
        st.sampled_from(
            ["project:p3-d", "OR", "-", '"', "said:", 'said:"', "tag:", "project:*", "project_id:1", "_exists_:x", "date:", "date:9999",
             "date:0000-00..", "date:9999-12..", "person:", "type:video", "[* TO *]", ") OR (", "\\", "id_high:1", "*", "a" * 70, "status:deleted"]
        ), max_size=12,
    ).map(" ".join),
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(q=HOSTILE, value=st.text(max_size=30))
def test_no_query_breaks_anything_or_leaves_the_scope(
    newsroom: Newsroom, truth: dict[str, dict[str, Any]], q: str, value: str
) -> None:
    token = _token(newsroom)
    for path, params in (
        ("assets", {"q": q[:256], "tag": value, "person": value} if value else {"q": q[:256]}),
        ("segments", {"q": q[:256]}),
        ("suggest", {"q": q[:256]}),
    ):
        answer = newsroom.raw(path, token, params)
        assert answer.status_code in (200, 422), (q, answer.text)
        if answer.status_code == 200:
            body = answer.json()
            assert not body["partial"], q
            shown = body["assets"] if path == "suggest" else body["hits"]
            assert {item["project_id"] for item in shown} <= {"p0-a"}
            assert {bucket["value"] for bucket in body.get("facets", {}).get("project", [])} <= {"p0-a"}


_tokens: dict[int, str] = {}


def _token(newsroom: Newsroom) -> str:
    return _tokens.setdefault(id(newsroom), newsroom.issuer.token("ana"))
