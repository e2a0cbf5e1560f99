"""The query language, the fusion, the cursor and the highlights: pure parts."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.search import analysis, cursor, documents, fusion, grammar
from functions.search import waiting as waiting_module
from functions.search.cursor import Cursor, InvalidCursor
from functions.search.engine import EngineDown, Passages
from functions.search.grammar import parse
from functions.search.highlights import Matcher, Piece, highlight, is_near, pieces
from functions.search.legs import Ranked, below
from functions.search.query_tree import (
    AllOf,
    AnyOf,
    Dates,
    Field,
    Filter,
    Node,
    Not,
    Phrase,
    Query,
    Said,
    Word,
)
from functions.search.tantivy_schema import asset_id_of, halves
from functions.search.waiting import Lane, Lanes, LeftOut, Waiting


def w(text: str) -> Word:
    return Word(text)


def at(*date: int) -> int:
    return int(datetime(*date, tzinfo=UTC).timestamp())  # type: ignore[arg-type, misc]  # year, month, day


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", None),
        ("   ", None),
        ("pleno ", w("pleno")),
        ("pleno", Word("pleno", prefix=True)),
        ("pleno municipal", AllOf((w("pleno"), Word("municipal", prefix=True)))),
        ('"pleno municipal"', Phrase("pleno municipal")),
        ("-fútbol", Not(w("fútbol"))),
        ('-"la liga"', Not(Phrase("la liga"))),
        ("a1 OR b2 c3 ", AllOf((AnyOf((w("a1"), w("b2"))), w("c3")))),
        ("a1 OR b2 OR c3 ", AnyOf((w("a1"), w("b2"), w("c3")))),
        ("OR a1 ", w("a1")),
        ("a1 OR", w("a1")),
        ("a1 or b2 ", AllOf((w("a1"), w("or"), w("b2")))),
        ("said:hola ", Said(w("hola"))),
        ("said:hol", Said(Word("hol", prefix=True))),
        ('said:"buenas noches"', Said(Phrase("buenas noches"))),
        ('"sin cerrar ', AllOf((w("sin"), w("cerrar")))),
        ("http://x.es/a ", w("http://x.es/a")),
        ("foo:bar ", w("foo:bar")),
        ("type:nada ", w("type:nada")),
        ("date:ayer ", w("date:ayer")),
        ("tag: ", w("tag:")),
        ("lluvia OR tag:tiempo ", AnyOf((w("lluvia"), Filter(Field.TAG, frozenset({"tiempo"}))))),
        ("-tag:x ", Not(Filter(Field.TAG, frozenset({"x"})))),
        ("co-operación ", w("co-operación")),
        ("a\x00b\u202ec ", AllOf((w("a"), w("b"), w("c")))),
    ],
)
def test_words_become_a_tree(text: str, tree: Node | None) -> None:
    assert parse(text).tree == tree


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("type:video", [Filter(Field.TYPE, frozenset({"video"}))]),
        ("TYPE:Vídeo", [Filter(Field.TYPE, frozenset({"video"}))]),
        ("type:video type:foto", [Filter(Field.TYPE, frozenset({"video", "image"}))]),
        ("tag:a1 OR tag:b2", [Filter(Field.TAG, frozenset({"a1", "b2"}))]),
        ("tag:a1 tag:b2", [Filter(Field.TAG, frozenset({"a1"})), Filter(Field.TAG, frozenset({"b2"}))]),
        ('person:"Ana Ruiz"', [Filter(Field.PERSON, frozenset({"Ana Ruiz"}))]),
        ("project:News", [Filter(Field.PROJECT, frozenset({"news"}))]),
        ("date:2026", [Dates(at(2026, 1, 1), at(2027, 1, 1))]),
        ("date:2026-10..2026-11", [Dates(at(2026, 10, 1), at(2026, 12, 1))]),
        ("date:2026-12", [Dates(at(2026, 12, 1), at(2027, 1, 1))]),
        ("date:2024-02-29", [Dates(at(2024, 2, 29), at(2024, 3, 1))]),
        ("date:..2025", [Dates(None, at(2026, 1, 1))]),
        ("date:2026-05..", [Dates(at(2026, 5, 1), None)]),
    ],
)
def test_fields_become_filters(text: str, filters: list[Filter | Dates]) -> None:
    assert parse(text) == Query(None, tuple(filters))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "..",
        "2026-13",
        "2026-02-30",
        "2026-11..2026-10",
        "9999-12-31",
        "9999",
        "0000",
        "x..2026",
        "2026..x",
        "20261",
    ],
)
def test_dates_that_are_none_are_refused(value: str) -> None:
    assert grammar.dates(value) is None


def test_terms_beyond_ten_are_reported_as_ignored() -> None:
    found = parse(" ".join(f"w{n}" for n in range(12)))
    assert isinstance(found.tree, AllOf)
    assert len(found.tree.nodes) == 10
    assert found.ignored == ("w10", "w11")


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(grammar.TooLong):
        parse("x" * 257)


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=256))
def test_any_text_has_a_meaning(text: str) -> None:
    try:
        found = parse(text)
    except grammar.TooLong:
        return  # its normal form is longer
    assert repr(found)


def test_a_facet_is_counted_without_its_own_filter() -> None:
    asked = parse("x type:video tag:a date:2026 ")
    assert asked.without(Field.TYPE).filters == tuple(f for f in asked.filters if f != asked.filters[0])
    assert not any(isinstance(part, Dates) for part in asked.without(None).filters)


# -- fusion ------------------------------------------------------------------------------------------------------------
def test_what_two_legs_found_comes_before_what_one_found_at_the_same_rank() -> None:
    fused = fusion.fuse([fusion.Leg("a", ["x", "y"]), fusion.Leg("b", ["y", "z"])])
    assert [hit.id for hit in fused] == ["y", "x", "z"]
    assert fused[0].legs == ("a", "b")
    assert fused[0].score == pytest.approx(1 / 62 + 1 / 61)


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), unique=True), max_size=4))
def test_fusion_keeps_every_id_once_and_is_stable(legs: list[list[str]]) -> None:
    made = [fusion.Leg(str(n), ids) for n, ids in enumerate(legs)]
    fused = [hit.id for hit in fusion.fuse(made)]
    assert sorted(fused) == sorted({id_ for ids in legs for id_ in ids})
    assert fused == [hit.id for hit in fusion.fuse(made)]
    if len(legs) == 1:
        assert fused == legs[0]


def test_what_typos_may_have_meant_comes_after_what_was_typed_and_a_neighbour_in_meaning_is_no_match() -> (
    None
):
    def ranked(*hits: tuple[str, str], total: int) -> Ranked:
        made = [fusion.Fused(id_, 0.1, (leg,)) for id_, leg in hits]
        return Ranked(made, total, {}, "tantivy", Passages([], 0), (), 0.5)

    strict = ranked(
        ("near", "pgvector:meaning"), ("looks", "pgvector:picture"), ("typed", "tantivy:assets"), total=1
    )
    forgiving = ranked(
        ("meant", "tantivy:said"), ("typed", "tantivy:assets"), ("near", "pgvector:meaning"), ("looks", "pgvector:picture"), total=2
    )  # fmt: skip
    both = below(strict, forgiving)
    assert [hit.id for hit in both.hits] == ["typed", "meant", "near", "looks"]
    assert (both.total, both.engine_s) == (2, 1.0)


def test_equal_scores_are_ordered_by_id() -> None:
    assert [h.id for h in fusion.fuse([fusion.Leg("a", ["z"]), fusion.Leg("b", ["a"])])] == ["a", "z"]


def test_what_is_late_or_down_is_left_out_and_known_to_be() -> None:
    released = threading.Event()

    def down() -> str:
        raise EngineDown("gone")

    lanes = Lanes(["a", "b"])
    waiting = Waiting(lanes, 0.05)
    assert waiting.result(waiting.start("a", "assets", lambda: "in time"), "nothing") == "in time"
    assert not waiting.left_out
    late = waiting.start("a", "assets", lambda: released.wait(30) and "late")
    assert waiting.result(late, "nothing") == "nothing"
    assert waiting.left_out == [LeftOut("a", "assets", "late")]
    released.set()
    again = Waiting(lanes, 5)
    assert again.result(again.start("b", "facets", down), "nothing") == "nothing"
    assert again.left_out == [LeftOut("b", "facets", "down")]
    lanes.close()


def test_an_engine_that_keeps_failing_rests_for_a_moment_when_there_is_another() -> None:
    now = [0.0]
    lane = Lane("a", True, lambda: now[0])
    for _ in range(waiting_module.FAILURES):
        assert not lane.rests()
        lane.came(well=False)
    assert lane.rests()
    now[0] += waiting_module.REST_S
    assert not lane.rests()
    lane.came(well=True)
    alone = Lane("b", False, lambda: now[0])
    for _ in range(10):
        alone.came(well=False)
    assert not alone.rests()
    for one in (lane, alone):
        one.threads.shutdown()


# -- cursor ------------------------------------------------------------------------------------------------------------
def test_a_cursor_goes_on_after_the_last_id_shown_even_if_it_moved() -> None:
    place = cursor.decode(cursor.encode(Cursor(2, "b", 1), "q"), "q")
    assert place == Cursor(2, "b", 1)
    assert place.position(["a", "b", "c"]) == 2
    assert place.position(["new", "a", "b", "c"]) == 3
    assert place.position(["a", "c"]) == 2


@given(st.text(max_size=60))
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        cursor.decode(text, "q")


def test_a_cursor_of_another_query_is_refused() -> None:
    with pytest.raises(InvalidCursor):
        cursor.decode(cursor.encode(Cursor(2, "b"), "q"), "r")


# -- highlights --------------------------------------------------------------------------------------------------------
def test_pieces_join_to_the_text() -> None:
    text = "El niño y las niñas: Canción, canciones."
    marked = highlight(text, Matcher.of(parse("cancion nino ").tree))
    assert marked is not None
    assert "".join(piece.text for piece in marked) == text
    assert [piece.text for piece in marked if piece.hit] == ["niño", "niñas", "Canción", "canciones"]


def test_only_the_words_of_a_phrase_in_their_order_are_marked() -> None:
    marked = highlight("el pleno y el pleno municipal", Matcher.of(parse('"pleno municipal"').tree))
    assert marked == [
        Piece("el pleno y el ", False),
        Piece("pleno", True),
        Piece(" ", False),
        Piece("municipal", True),
    ]


def test_long_texts_are_cut_around_the_first_hit() -> None:
    marked = highlight("palabra " * 200 + "tesoro " + "palabra " * 200, Matcher.of(w("tesoro")))
    assert marked is not None
    assert [piece.text for piece in marked if piece.hit] == ["tesoro"]
    assert sum(len(piece.text) for piece in marked) < 260
    assert (marked[0].text, marked[-1].text) == ("…", "…")


@given(
    st.text(alphabet="abcáéÁçñAB ć-_ßﬁﬂKкİ", max_size=80),
    st.text(alphabet="abcáéçnñss fik", min_size=1, max_size=9),
)
def test_words_passed_over_by_their_first_letters_would_not_have_been_meant(text: str, query: str) -> None:
    quick, slow = Matcher.of(parse(query).tree), Matcher.of(parse(query).tree)
    every = [word for word in re.finditer(r"[^\W_]+", text) if slow._is_meant(word[0])]
    if not quick.phrases:
        assert quick.spans(text) == [word.span() for word in every]


@given(
    st.text(alphabet="abáÁñ -_ßK.İ", max_size=60),
    st.lists(st.text(alphabet="abañß", min_size=1, max_size=2), min_size=1, max_size=3),
    st.sampled_from(["", " ab", " ba OR á"]),
    st.integers(0, 2),
)
def test_a_phrase_is_found_wherever_its_words_follow_each_other(
    text: str, phrase: list[str], beside: str, typos: int
) -> None:
    matcher = Matcher.of(parse(f'"{" ".join(phrase)}"{beside}').tree, typos)
    every = list(re.finditer(r"[^\W_]+", text))
    folded = tuple(analysis.whole_word(word[0]) for word in every)
    single = Matcher(matcher.words, (), typos)
    expected = {i for i, word in enumerate(every) if single._is_meant(word[0])} | {
        at
        for wanted in matcher.phrases
        for i in range(len(folded))
        if folded[i : i + len(wanted)] == tuple(wanted)
        for at in range(i, i + len(wanted))
    }
    assert matcher.spans(text) == [every[i].span() for i in sorted(expected)]


@given(st.text(max_size=600), st.text(max_size=20))
def test_highlights_of_any_text_lose_nothing(text: str, query: str) -> None:
    spans = Matcher.of(parse(query).tree, 2).spans(text)
    assert "".join(piece.text for piece in pieces(text, spans, 10_000)) == text


@pytest.mark.parametrize(
    ("wanted", "word", "allowed", "prefix", "near"),
    [
        ("cancion", "cancoin", 1, False, True), ("cancion", "cancio", 1, False, True), ("cancion", "canciones", 1, False, False),
        ("presupuesto", "presspuesto", 1, False, True), ("futbl", "futbol", 1, False, True), ("gato", "gota", 1, False, False),
        ("cancx", "canciones", 1, True, True), ("abc", "xyz", 2, False, False),
    ],
)  # fmt: skip
def test_typos_are_counted_as_the_index_counts_them(
    wanted: str, word: str, allowed: int, prefix: bool, near: bool
) -> None:
    assert is_near(wanted, word, allowed, prefix) is near


def distance(a: str, b: str) -> list[int]:
    """Optimal string alignment of `a` with each beginning of `b`, by the book."""
    rows = [list(range(len(b) + 1))]
    for i, letter in enumerate(a, 1):
        rows.append([i])
        for j, other in enumerate(b, 1):
            costs = [rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (letter != other)]
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                costs.append(rows[i - 2][j - 2] + 1)
            rows[i].append(min(costs))
    return rows[-1]


@settings(max_examples=400)
@given(
    st.text(alphabet="abc", min_size=1, max_size=8),
    st.text(alphabet="abc", min_size=1, max_size=11),
    st.integers(1, 2),
)
def test_how_near_words_are_is_what_the_book_says(wanted: str, word: str, allowed: int) -> None:
    costs = distance(wanted, word)
    assert is_near(wanted, word, allowed, False) is (costs[-1] <= allowed)
    assert is_near(wanted, word, allowed, True) is (min(costs) <= allowed)


# -- documents ---------------------------------------------------------------------------------------------------------
def _row(**columns: Any) -> dict[str, Any]:
    return {
        "id": "x", "version": 3, "project_id": "news", "name": "a_b.mp4", "kind": "video", "status": "ready", "language": "es-AR",
        "metadata": {}, "embedded": {}, "created_at": datetime(2026, 11, 5, tzinfo=UTC), **columns,
    }  # fmt: skip


def test_a_row_becomes_a_document() -> None:
    made = documents.asset_document(
        _row(metadata={"title": "T", "keywords": ["a", "b, c"], "people": "Ana", "byline": "Luz", "place_note": "calle"},
             embedded={"iptc": {"caption": ["pie"]}})
    )  # fmt: skip
    assert (made.titles, made.tags, made.people, made.names) == (
        ("T", "a b.mp4"),
        ("a", "b, c"),
        ("Ana",),
        ("Luz",),
    )
    assert made.texts == ("calle", "pie")
    assert (made.language, made.month) == ("es", 202611)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_metadata_becomes_a_document(value: Any) -> None:
    made = documents.asset_document(
        _row(metadata={"title": value, "keywords": value, "x": value}, embedded=value)
    )
    assert sum(map(len, made.texts)) <= 2 * documents.MAX_TEXT
    assert len(made.tags) <= documents.MAX_TAGS


@given(st.uuids())
def test_an_id_survives_its_two_halves(value: Any) -> None:
    assert asset_id_of(*halves(str(value))) == str(value)
