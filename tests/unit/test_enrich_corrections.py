"""A person's line in a machine's transcript: word times, and what is left around it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from acervo import corrections


def words(text: str, start_ms: int = 0, each_ms: int = 500) -> list[dict[str, Any]]:
    return [
        {"word": word, "start_ms": start_ms + n * each_ms, "end_ms": start_ms + (n + 1) * each_ms, "probability": 0.5}
        for n, word in enumerate(text.split())
    ]  # fmt: skip


def line(text: str, start_ms: int = 0) -> corrections.Line:
    spoken = words(text, start_ms)
    return {
        "start_ms": start_ms, "end_ms": spoken[-1]["end_ms"], "text": text, "words": spoken, "language": "es",
        "speaker": None, "model": "m@1",
    }  # fmt: skip


def edit(number: int, start_ms: int, end_ms: int, text: str) -> dict[str, Any]:
    return {
        "id": number, "start_ms": start_ms, "end_ms": end_ms, "text": text, "language": "es", "speaker": None,
        "words": corrections.reword([], text, start_ms, end_ms), "author": "user:ana",
    }  # fmt: skip


def test_words_that_the_machine_had_keep_their_time() -> None:
    made = corrections.reword(words("el bebe x llama"), "el PBX de Asterisk llama", 0, 2_000)
    assert [w["word"] for w in made] == ["el", "PBX", "de", "Asterisk", "llama"]
    assert (made[0]["start_ms"], made[0]["end_ms"]) == (0, 500)
    assert (made[-1]["start_ms"], made[-1]["end_ms"]) == (1_500, 2_000)
    assert (made[1]["start_ms"], made[3]["end_ms"]) == (500, 1_500)


@given(
    st.lists(st.sampled_from(["a", "b", "c", "dd", "eee"]), max_size=12),
    st.lists(st.sampled_from(["a", "b", "c", "zz"]), max_size=12),
)
def test_times_are_in_order_and_inside_the_line(old: list[str], new: list[str]) -> None:
    made = corrections.reword(words(" ".join(old)), " ".join(new), 0, max(1, len(old)) * 500)
    assert [w["word"] for w in made] == new
    times = [t for w in made for t in (w["start_ms"], w["end_ms"])]
    assert times == sorted(times)
    assert all(0 <= t <= max(1, len(old)) * 500 for t in times)


def test_a_correction_stands_where_it_was_made_whatever_the_machine_cuts_now() -> None:
    first = corrections.apply([line("uno dos tres"), line("cuatro cinco", 1_500)], [edit(1, 0, 1_500, "UNO")])
    assert [one["text"] for one in first] == ["UNO", "cuatro cinco"]
    # a new run heard one long segment
    again = corrections.apply([line("uno dos tres cuatro cinco")], [edit(1, 0, 1_500, "UNO")])
    assert [(one["text"], one["start_ms"], one["end_ms"]) for one in again] == [
        ("UNO", 0, 1_500),
        ("cuatro cinco", 1_500, 2_500),
    ]
    assert again[0]["model"] == "person:user:ana"
    middle = corrections.apply([line("uno dos tres cuatro cinco")], [edit(1, 500, 1_500, "DOS")])
    assert [one["text"] for one in middle] == ["uno", "DOS", "cuatro cinco"]


def test_the_later_of_two_corrections_counts_and_an_empty_one_leaves_silence() -> None:
    spoken = [line("uno dos"), line("tres", 1_000)]
    assert [
        o["text"] for o in corrections.apply(spoken, [edit(2, 0, 1_000, "B"), edit(1, 0, 1_000, "A")])
    ] == [
        "B",
        "tres",
    ]
    assert [o["text"] for o in corrections.apply(spoken, [edit(1, 0, 1_000, "")])] == ["tres"]


def test_a_correction_is_shown_even_where_the_machine_hears_nothing_any_more() -> None:
    assert [o["text"] for o in corrections.apply([], [edit(1, 0, 1_000, "sí")])] == ["sí"]


def test_without_corrections_nothing_changes() -> None:
    spoken = [line("uno dos"), line("tres", 1_000)]
    assert corrections.apply(spoken, []) == spoken
