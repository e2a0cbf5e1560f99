"""How many letters of a word may be wrong: none in a short one, one from five letters, two from nine."""

from __future__ import annotations

ONE_FROM, TWO_FROM = 5, 9


def typos_in(word: str, most: int) -> int:
    """How many are forgiven in this word, `most` at the most."""
    return min(most, 2 if len(word) >= TWO_FROM else 1 if len(word) >= ONE_FROM else 0)
