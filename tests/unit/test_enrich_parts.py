"""Where recordings are cut, and that nothing is lost or doubled when they are joined."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from functions.enrich import join, parts, transcript
from functions.enrich.parts import Cut, Part
from functions.enrich.transcript import Segment, Word, build_segment, build_segments


@st.composite
def words(draw: st.DrawFn, most: int = 60) -> list[Word]:
    """Words as they are spoken: in order, with or without pauses."""
    spoken, at = [], draw(st.integers(0, 3_000))
    for number in range(draw(st.integers(0, most))):
        at += draw(st.sampled_from([0, 0, 40, 300, 2_500]))
        length = draw(st.integers(0, 900))
        spoken.append(Word(f"w{number}", at, at + length, 0.9))
        at += length
    return spoken


def texts(segments: list[Segment]) -> list[str]:
    return [word.text for segment in segments for word in segment.words]


# -- parts ------------------------------------------------------------------------------------------------------------
def test_a_recording_of_ten_minutes_is_one_part() -> None:
    assert parts.plan_parts(600_000) == (Part(0, None),)
    assert parts.plan_parts(0) == parts.plan_parts(None) == (Part(0, None),)


@given(st.integers(600_001, 24 * 3_600_000))
def test_parts_of_a_long_recording_are_even_and_leave_no_gap(duration_ms: int) -> None:
    planned = parts.plan_parts(duration_ms)
    assert planned[0].start_ms == 0
    assert planned[-1].end_ms is None, "the last one goes on, however long the recording truly is"
    assert all(a.end_ms == b.start_ms for a, b in pairwise(planned))
    lengths = [(p.end_ms or duration_ms) - p.start_ms for p in planned]
    assert min(lengths) >= 250_000
    assert max(lengths) <= 600_000
    assert all(Part.from_json(part.to_json()) == part for part in planned)


def test_a_cut_is_in_the_middle_of_a_silence() -> None:
    speech = [(0, 9_000), (9_600, 14_000), (14_350, 30_000)]
    assert parts.choose_cut(speech, (0, 30_000), 15_000) == Cut(9_300)


def test_of_two_long_silences_the_nearer_is_taken() -> None:
    speech = [(0, 2_000), (5_000, 13_000), (14_500, 30_000)]
    assert parts.choose_cut(speech, (0, 30_000), 15_000) == Cut(13_750)


def test_without_a_silence_the_cut_is_hard_and_both_sides_listen_over_it() -> None:
    assert parts.choose_cut([(0, 30_000)], (0, 30_000), 15_000) == Cut(15_000, clean=False)
    cut = parts.choose_cut([(0, 17_900), (18_100, 22_000), (22_100, 30_000)], (0, 30_000), 15_000)
    assert cut == Cut(18_000, clean=False), "in the longest breath"
    assert cut.margin_ms > 1_000
    assert Cut(1).margin_ms == 0


def test_where_nobody_speaks_the_cut_is_the_mark() -> None:
    assert parts.choose_cut([], (105_000, 135_000), 120_000) == Cut(120_000)


def test_behind_the_end_of_a_recording_the_cut_is_the_mark() -> None:
    assert parts.choose_cut([], (105_000, 105_000), 120_000).at_ms == 120_000


@given(st.lists(st.tuples(st.integers(0, 30_000), st.integers(0, 30_000))), st.integers(0, 30_000))
def test_a_clean_cut_is_never_inside_speech(spans: list[tuple[int, int]], mark_ms: int) -> None:
    speech = [(min(span), max(span)) for span in spans]
    cut = parts.choose_cut(speech, (0, 30_000), mark_ms)
    assert 0 <= cut.at_ms <= 30_000
    if cut.clean:
        assert not any(start < cut.at_ms < end for start, end in speech)


# -- joining ----------------------------------------------------------------------------------------------------------
@given(words(), st.lists(st.integers(0, 60_000), max_size=6))
def test_cut_anywhere_and_joined_every_word_is_there_once(spoken: list[Word], cuts: list[int]) -> None:
    """Each side hears MARGIN_MS over a cut and keeps what is its own."""
    edges = [0, *sorted(set(cuts)), None]
    pieces = []
    for start, end in pairwise(edges):
        assert start is not None
        heard = [
            word
            for word in spoken
            if word.end_ms >= start - parts.MARGIN_MS
            and (end is None or word.start_ms <= end + parts.MARGIN_MS)
        ]
        pieces.append(join.keep_own(build_segments(heard, "es"), start, end))
    assert texts(join.join(pieces)) == [word.text for word in spoken]


@given(st.integers(-300, 300), st.integers(-300, 300))
def test_a_word_that_both_sides_timed_as_their_own_is_kept_once(early: int, late: int) -> None:
    before = [Word("hay", 8_000, 8_300), Word("Elecciones,", 9_600 + early, 10_200 + early)]
    after = [Word("elecciones", 9_700 + late, 10_300 + late), Word("mañana", 10_700, 11_200)]
    joined = join.join([build_segments(before, "es"), build_segments(after, "es")])
    assert texts(joined) == ["hay", "Elecciones,", "mañana"]


def test_a_word_that_one_side_took_for_a_part_of_another_is_kept_once() -> None:
    before = [Word("conexión", 19_700, 20_160), Word("intra-asterisk", 20_160, 21_300)]
    after = [Word("asterisk", 20_900, 21_400), Word("con", 21_400, 21_600)]
    joined = join.join([build_segments(before, "es"), build_segments(after, "es")])
    assert texts(joined) == ["conexión", "intra-asterisk", "con"]


def test_a_word_that_is_truly_said_twice_is_kept_twice() -> None:
    before, after = [Word("no", 8_000, 8_300)], [Word("no", 9_200, 9_500)]
    assert texts(join.join([build_segments(before, "es"), build_segments(after, "es")])) == ["no", "no"]


@given(st.lists(words(most=12), max_size=5))
def test_times_of_a_joined_transcript_never_go_back(pieces: list[list[Word]]) -> None:
    joined = join.join([build_segments(piece, "es") for piece in pieces])
    times = [t for s in joined for w in s.words for t in (w.start_ms, w.end_ms)]
    assert times == sorted(times)
    assert all(
        s.words and s.start_ms == s.words[0].start_ms and s.end_ms == s.words[-1].end_ms for s in joined
    )


# -- transcript -------------------------------------------------------------------------------------------------------
@given(words())
def test_a_long_pause_ends_a_segment_and_nothing_else_does(spoken: list[Word]) -> None:
    segments = build_segments(spoken, "es")
    assert texts(segments) == [word.text for word in spoken]
    gaps = [b.start_ms - a.end_ms for a, b in pairwise(segments)]
    assert all(gap > transcript.MAX_PAUSE_MS for gap in gaps)


@given(words())
def test_a_segment_survives_the_database(spoken: list[Word]) -> None:
    for segment in build_segments(spoken, "pt"):
        assert transcript.from_json(transcript.to_json(segment)) == segment


def test_words_are_cleaned_and_times_made_monotone() -> None:
    heard = [Word(" Buenos", 500, 900), Word("  ", 900, 950), Word(" días.\n", 850, 700)]
    (segment,) = build_segments(heard, "es", floor_ms=600)
    assert segment.text == "Buenos días."
    assert [(w.start_ms, w.end_ms) for w in segment.words] == [(600, 900), (900, 900)]


def test_languages_without_spaces_are_joined_without_them() -> None:
    pair = [Word("こん", 0, 10), Word("にちは", 10, 20)]
    assert build_segment(pair, "ja").text == "こんにちは"


def test_the_language_is_the_one_of_most_words() -> None:
    spanish = build_segment([Word("a", 0, 1), Word("b", 1, 2)], "es")
    english = build_segment([Word("c", 3, 4)], "en")
    assert transcript.spoken_language([english, spanish]) == "es"
    assert transcript.spoken_language([replace(spanish, language=None)]) is None
