"""Whose words the lines of a transcript are."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.enrich import captions, spoken_by, transcript
from functions.enrich.spoken_by import Clock, Line
from functions.enrich.turns import Turn


def line(text: str, start_ms: int = 0, step_ms: int = 500, pauses: dict[int, int] | None = None) -> Line:
    """Words of 400 ms; `pauses`: more silence in front of a word."""
    words, at = [], start_ms
    for number, word in enumerate(text.split()):
        at += (pauses or {}).get(number, 0)
        words.append({"word": word, "start_ms": at, "end_ms": at + 400, "probability": 0.9})
        at += step_ms
    return {
        "start_ms": words[0]["start_ms"], "end_ms": words[-1]["end_ms"], "language": "es", "text": text, "words": words,
        "speaker": None, "model": "m@1",
    }  # fmt: skip


def shown(lines: list[Line]) -> list[tuple[str, str | None]]:
    return [(one["text"], one["speaker"]) for one in lines]


def test_a_line_of_one_voice_stays_whole() -> None:
    clock = Clock([Turn(0, 10_000, "S1")])
    assert shown(spoken_by.attribute([line("uno dos tres")], clock)) == [("uno dos tres", "S1")]


def test_a_line_is_cut_behind_the_sentence_near_where_another_voice_takes_over() -> None:
    """The change was measured a word late."""
    said = line("¿Quién es usted? Soy el alcalde de aquí.")
    clock = Clock([Turn(0, 2_100, "S1"), Turn(2_100, 9_000, "S2")])
    assert shown(spoken_by.attribute([said], clock)) == [
        ("¿Quién es usted?", "S1"), ("Soy el alcalde de aquí.", "S2"),
    ]  # fmt: skip


def test_without_a_sentence_it_is_cut_in_the_longest_pause() -> None:
    said = line("uno dos tres cuatro cinco seis", pauses={2: 300})
    clock = Clock([Turn(0, 1_900, "S1"), Turn(1_900, 9_000, "S2")])
    assert shown(spoken_by.attribute([said], clock)) == [("uno dos", "S1"), ("tres cuatro cinco seis", "S2")]


def test_a_word_of_somebody_else_in_the_middle_does_not_tear_a_line() -> None:
    clock = Clock([Turn(0, 1_000, "S1"), Turn(1_000, 1_450, "S2"), Turn(1_450, 9_000, "S1")])
    assert shown(spoken_by.attribute([line("uno dos tres cuatro cinco")], clock)) == [
        ("uno dos tres cuatro cinco", "S1")
    ]


def test_words_near_a_turn_are_of_its_voice_and_words_far_from_all_of_nobody() -> None:
    clock = Clock([Turn(5_000, 8_000, "S1")])
    assert clock.at(4_000) == clock.at(9_000) == "S1"
    assert clock.at(3_000) is clock.at(20_000) is None
    assert Clock([]).at(0) is None
    assert shown(spoken_by.attribute([line("lejos de todos", 60_000)], clock)) == [("lejos de todos", None)]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(100, 4_000), st.sampled_from(["S1", "S2", "S3"])), max_size=12),
    st.integers(1, 30), st.integers(400, 900),
)  # fmt: skip
def test_no_word_is_lost_doubled_or_moved(spans: list[tuple[int, str]], count: int, step_ms: int) -> None:
    at, found = 0, []
    for length, voice in spans:
        found.append(Turn(at, at + length, voice))
        at += length
    said = line(" ".join(f"w{n}" for n in range(count)), step_ms=step_ms)
    pieces = spoken_by.attribute([said], Clock(found))
    assert [word for piece in pieces for word in piece["words"]] == said["words"]
    assert all(piece["words"] for piece in pieces)
    assert [(p["start_ms"], p["end_ms"]) for p in pieces] == [
        (p["words"][0]["start_ms"], p["words"][-1]["end_ms"]) for p in pieces
    ]
    assert " ".join(piece["text"] for piece in pieces) == said["text"]


def edit(speaker: str | None, machine: str | None) -> dict[str, Any]:
    return {"start_ms": 0, "end_ms": 2_000, "speaker": speaker, "before": {"speaker": machine}}


def test_what_a_person_said_of_a_speaker_stands_and_only_that() -> None:
    clock = Clock([Turn(0, 1_500, "S4"), Turn(1_500, 9_000, "S5")])
    held = [edit("S1", "S1"), edit(None, None), edit("Ana", "S1"), edit(None, "S1")]
    speakers = [one["speaker"] for one in spoken_by.attribute_edits(held, clock)]
    assert speakers == ["S4", "S4", "Ana", None]
    assert spoken_by.attribute_edits(held, Clock([])) == held, "nothing is known of voices: nothing changes"


def test_no_cue_has_words_of_two_voices() -> None:
    lines = [{**line("¿Quién es"), "speaker": "S1"}, {**line("el alcalde", 1_000), "speaker": "S2"}]
    together = captions.build_cues([transcript.from_json({**one, "speaker": None}) for one in lines])
    apart = captions.build_cues([transcript.from_json(one) for one in lines])
    assert [cue.lines for cue in together] == [("¿Quién es el alcalde",)]
    assert [cue.lines for cue in apart] == [("¿Quién es",), ("el alcalde",)]
