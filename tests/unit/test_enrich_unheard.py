"""Speech that was passed over is found, heard once more, and put where it belongs."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest

from functions.enrich import speech, unheard
from functions.enrich.parts import Span
from functions.enrich.pcm import RATE, Recording, Samples
from functions.enrich.transcript import Segment, Word, build_segment


def said(*words: tuple[str, int], language: str = "es", length_ms: int = 400) -> Segment:
    return build_segment([Word(text, at_ms, at_ms + length_ms) for text, at_ms in words], language)


@pytest.mark.parametrize(
    ("spoken", "words", "holes"),
    [
        ([(0, 9_000)], [("uno", 0), ("dos", 8_600)], [(400, 8_600)]),
        ([(0, 9_000)], [], [(0, 9_000)]),
        ([(0, 9_000)], [("uno", 0)], [(400, 9_000)]),
        ([(500, 9_000)], [("uno", 8_000)], [(500, 8_000)]),
        ([(0, 400), (3_000, 4_000), (4_500, 7_000)], [("uno", 0), ("dos", 7_000)], [(3_000, 7_000)]),
        ([(0, 400), (3_000, 4_000)], [("uno", 0), ("dos", 7_000)], []),
        ([(0, 2_400)], [], []),
        ([(0, 9_000)], [(str(n), n * 500) for n in range(18)], []),
        ([], [("uno", 0), ("dos", 60_000)], []),
        ([(0, 30_000)], [("uno", 10_000), ("dos", 20_000)], [(0, 10_000), (10_400, 20_000), (20_400, 30_000)]),
    ],
)  # fmt: skip
def test_holes_are_where_somebody_speaks_and_no_word_was_given(
    spoken: list[Span], words: list[tuple[str, int]], holes: list[Span]
) -> None:
    assert unheard.find(spoken, [said(*words)] if words else []) == holes


def test_there_are_never_more_holes_than_are_worth_it() -> None:
    words = [said((str(n), n * 10_000)) for n in range(500)]
    assert len(unheard.find([(0, 5_000_000)], words)) == unheard.MOST


def test_what_was_heard_in_a_hole_goes_between_the_words_around_it() -> None:
    line = [said(("uno", 0), ("dos", 400), ("nueve", 9_000)), said(("diez", 9_600))]
    heard = [said(("two", 1_000), ("three", 3_000), ("ten", 9_300), language="en")]
    filled = unheard.fill(line, [((800, 9_000), heard)])
    assert [word.text.strip() for each in filled for word in each.words] == [
        "uno", "dos", "two", "three", "nueve", "diez",
    ]  # fmt: skip
    assert [each.language for each in filled] == ["es", "en", "es", "es"]
    times = [at for each in filled for word in each.words for at in (word.start_ms, word.end_ms)]
    assert times == sorted(times)


def test_words_that_were_only_timed_badly_are_not_doubled() -> None:
    line = [said(("por", 0), ("favor", 100), ("espere", 200), length_ms=100), said(("adiós", 9_000))]
    heard = [said(("Por", 4_000), ("favor,", 4_500), ("espere.", 5_000))]
    filled = unheard.fill(line, [((3_000, 8_000), heard)])
    assert [word.text for each in filled for word in each.words] == ["por", "favor", "espere", "adiós"]


class Forgetful:
    """Gives a word a second, by the height of the tone in it; at first none of those between three and eight."""

    label = "forgetful@1"

    def __init__(self) -> None:
        self.asked: list[tuple[float, str | None]] = []

    def recognise(self, samples: Samples, language: str | None = None) -> Generator[Segment, None, None]:
        self.asked.append((len(samples) / RATE, language))
        first = len(self.asked) == 1
        for number in range(12):
            there = np.flatnonzero(samples == number * 1_000) * 1000 // RATE
            if len(there) == RATE and not (first and 3 <= number < 8):
                yield said((f"w{number}", int(there[0])), language="es" if first else "en")


class Always:
    def speech(self, samples: Samples) -> list[Span]:
        return [(0, len(samples) * 1000 // RATE)]


def test_a_stretch_that_was_passed_over_is_heard_again_by_itself_and_only_once(tmp_path: Path) -> None:
    path = tmp_path / "sound.pcm"
    np.repeat(np.arange(12) * 1_000, RATE).astype("<i2").tofile(path)
    recogniser, reports = Forgetful(), list[float]()
    watch = speech.Watch(reports.append, lambda: None, lambda: False)
    heard = speech._recognise(Recording.open(path), recogniser, Always(), watch)
    assert [word.text.strip() for each in heard for word in each.words] == [f"w{n}" for n in range(12)]
    assert [each.language for each in heard][2:9] == ["es", *["en"] * 5, "es"]
    assert recogniser.asked == [(12.0, None), (pytest.approx(5.6), None)]
    assert reports == sorted(reports)
