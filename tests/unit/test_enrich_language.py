"""Guesses of a language, steadied."""

from __future__ import annotations

import pytest

from functions.enrich.language import choose_language

USUAL = ("es", "en", "pt")


@pytest.mark.parametrize(
    ("ranked", "before", "chosen"),
    [
        ([("fr", 0.9), ("es", 0.1)], "es", "fr"),  # sure
        ([("it", 0.52), ("es", 0.4)], None, "es"),  # a short Spanish sentence that sounds Italian
        ([("it", 0.52), ("es", 0.4)], "it", "it"),  # an Italian goes on
        ([("it", 0.5), ("es", 0.35), ("en", 0.05)], "en", "es"),  # after English, but it is hardly English
        ([("pt", 0.45), ("es", 0.4)], "es", "es"),  # near: what was spoken before
        ([("gl", 0.6), ("es", 0.01)], "es", "gl"),  # not possible
        ([("nn", 0.3), ("cy", 0.2)], None, "nn"),  # none of the usual ones
    ],
)
def test_an_unsure_guess_stays_with_what_is_likely_here(
    ranked: list[tuple[str, float]], before: str | None, chosen: str
) -> None:
    assert choose_language(ranked, before, USUAL) == chosen
