"""Which language a stretch of speech is taken to be in.

A recogniser is asked anew every half minute, so mixed recordings come out right; but short or noisy stretches make it guess. A guess
below SURE goes to the likeliest among the language that was spoken before and those that the newsroom works in.
"""

from __future__ import annotations

from collections.abc import Sequence

SURE = 0.7
LEAST = 0.02  # below this a language is not even possible
FAITH = 2.0  # how much likelier the language of before is than its probability says


def choose_language(ranked: Sequence[tuple[str, float]], before: str | None, usual: Sequence[str]) -> str:
    """One of `ranked` (ISO 639-1 code, probability), most probable first."""
    top, probability = ranked[0]
    if probability >= SURE:
        return top
    possible = {
        language: p * (FAITH if language == before else 1)
        for language, p in ranked
        if p >= LEAST and (language == before or language in usual)
    }
    return max(possible, key=lambda language: possible[language]) if possible else top
