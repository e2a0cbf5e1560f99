"""What of a recogniser's output is believed."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from functions.enrich.transcript import Word
from functions.enrich.whisper import build_words, is_invented


@pytest.mark.parametrize(
    ("logprob", "no_speech", "compression", "invented"),
    [
        (-0.3, 0.1, 1.5, False),
        (-0.3, 0.9, 1.5, False),  # sure of its words, so there is speech
        (-1.4, 0.1, 1.5, False),  # unsure, but neither silent nor a loop: kept, a person can correct it
        (-1.4, 0.9, 1.5, True),
        (-1.4, 0.1, 3.5, True),  # a loop
    ],
)
def test_only_text_over_noise_and_unsure_loops_are_dropped(
    logprob: float, no_speech: float, compression: float, invented: bool
) -> None:
    assert is_invented(logprob, no_speech, compression) is invented


@dataclass
class Heard:
    word: str
    start: float
    end: float
    probability: float = 0.5


def test_a_piece_without_a_space_before_it_goes_on_from_the_word_before() -> None:
    heard = [Heard(" de", 0, 0.2), Heard(" 28", 0.2, 0.5, 0.9), Heard(".8", 0.5, 0.9, 0.4)]
    assert build_words(heard, "es") == [Word(" de", 0, 200, 0.5), Word(" 28.8", 200, 900, 0.4)]
    assert len(build_words(heard, "ja")) == 3, "there, words are written without spaces"
