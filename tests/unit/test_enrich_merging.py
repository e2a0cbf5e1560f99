"""From frames to from–to: objects and lines of text."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from functions.enrich import appearances, inscriptions
from functions.enrich.appearances import GAP_MS, Sighting
from functions.enrich.detector import Found
from functions.enrich.inscriptions import Seen
from functions.enrich.reader import Line

BOX = (0.1, 0.8, 0.4, 0.1)


def found(label: str, score: float = 0.8, x: float = 0.1) -> Found:
    return Found(label, score, (x, 0.1, 0.2, 0.3))


def seen(at_ms: int, *texts: str, until_ms: int | None = None, score: float = 0.9) -> Seen:
    lines = tuple(Line(text, score, (0.1, 0.1 * n, 0.4, 0.05)) for n, text in enumerate(texts, 1))
    return Seen(at_ms, at_ms + 2_000 if until_ms is None else until_ms, lines)


# -- objects ----------------------------------------------------------------------------------------------------------
def test_an_object_is_there_from_its_first_frame_to_the_end_of_its_last() -> None:
    merged = appearances.merge(
        [
            Sighting(0, 2_000, (found("person", 0.5), found("person", 0.9, 0.5), found("dog"))),
            Sighting(2_000, 4_000, (found("person", 0.7),)),
            Sighting(20_000, 21_000, (found("person", 0.6),)),
        ]
    )
    told = [(a.label, a.start_ms, a.end_ms, a.score, a.best_ms, a.most, len(a.boxes)) for a in merged]
    assert told == [
        ("dog", 0, 2_000, 0.8, 0, 1, 1),
        ("person", 0, 4_000, 0.9, 0, 2, 2),
        ("person", 20_000, 21_000, 0.6, 20_000, 1, 1),
    ]
    assert [(s.label, s.times, s.total_ms) for s in appearances.summarise(merged)] == [
        ("person", 2, 5_000),
        ("dog", 1, 2_000),
    ]


def test_a_short_gap_is_forgiven_and_a_long_one_is_not() -> None:
    for gap_ms, count in ((GAP_MS, 1), (GAP_MS + 1, 2)):
        merged = appearances.merge(
            [Sighting(0, 1_000, (found("cat"),)), Sighting(1_000 + gap_ms, 9_000, (found("cat"),))]
        )
        assert len(merged) == count, gap_ms


def test_what_is_never_sure_is_left_out() -> None:
    assert appearances.merge([Sighting(0, 1, (found("kite", 0.3),))]) == []


@given(
    st.lists(
        st.tuples(st.integers(0, 10**6), st.integers(1, 5_000), st.sampled_from("abc")),
        min_size=1,
        max_size=40,
    )
)
def test_appearances_of_one_label_never_overlap_and_cover_every_frame(
    items: list[tuple[int, int, str]],
) -> None:
    clock, sightings = 0, []
    for gap, length, label in items:
        clock += gap % 9_000
        sightings.append(Sighting(clock, clock + length, (found(label),)))
        clock += length
    merged = appearances.merge(sightings)
    for label in "abc":
        own = [a for a in merged if a.label == label]
        assert all(a.end_ms + GAP_MS < b.start_ms for a, b in pairwise(own))
        for one in sightings:
            if one.found[0].label == label:
                assert any(a.start_ms <= one.at_ms and one.until_ms <= a.end_ms for a in own)


# -- text -------------------------------------------------------------------------------------------------------------
def test_a_lower_third_is_one_entry_in_its_best_reading() -> None:
    merged = inscriptions.merge(
        [
            seen(0, "Pedro Sanchez"),
            seen(2_000, "Pedro Sánchez"),
            seen(4_000, "Pedro Sánchez"),
            seen(6_000, "Pedro Sanchex"),
            seen(8_000, "Madrid"),
        ]
    )
    assert [(one.text, one.start_ms, one.end_ms) for one in merged] == [
        ("Pedro Sánchez", 0, 8_000),
        ("Madrid", 8_000, 10_000),
    ]


def test_a_score_that_changes_is_another_line() -> None:
    merged = inscriptions.merge([seen(0, "BETIS 1 - 0 CÁDIZ"), seen(2_000, "BETIS 2 - 0 CÁDIZ")])
    assert [(one.text, one.end_ms) for one in merged] == [
        ("BETIS 1 - 0 CÁDIZ", 2_000),
        ("BETIS 2 - 0 CÁDIZ", 4_000),
    ]


def test_the_same_words_at_two_places_are_two_lines() -> None:
    merged = inscriptions.merge(
        [seen(0, "EN DIRECTO", "EN DIRECTO"), seen(2_000, "EN DIRECTO", "EN DIRECTO")]
    )
    assert [(one.text, one.start_ms, one.end_ms) for one in merged] == [("EN DIRECTO", 0, 4_000)] * 2


def test_marks_and_guesses_are_no_text() -> None:
    assert inscriptions.merge([seen(0, "—", "a", "!!"), seen(2_000, "palabra", score=0.3)]) == []


def test_a_line_that_was_unreadable_for_a_moment_goes_on_and_one_that_was_away_is_new() -> None:
    merged = inscriptions.merge(
        [seen(0, "titular"), seen(2_000), seen(4_000, "titular"), seen(20_000, "titular")]
    )
    assert [(one.start_ms, one.end_ms) for one in merged] == [(0, 6_000), (20_000, 22_000)]
