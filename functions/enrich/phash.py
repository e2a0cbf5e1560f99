"""A perceptual hash: 64 bits that hardly change when a picture is scaled, compressed or slightly graded. Pure.

The classic one: the lowest frequencies of the cosine transform of 32 × 32 grey values, each against their median
(H. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010, section 3.2). Same picture: a few bits differ;
unrelated ones: about 32.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

SIDE = 32
BITS = 64
NEAR = 8  # bits that may differ between copies of one picture
SAME = 2  # between shots of one film that show the same
FLAT = "0" * BITS  # black, white, one colour: no picture, and like nothing
_LEAST = 128.0  # of a coefficient: a wave of half a grey level; below is the noise of an empty picture
Luma = np.ndarray[Any, np.dtype[np.uint8]]


def _cosines() -> np.ndarray[Any, np.dtype[np.float64]]:
    """Rows 1 to 8 of the DCT-II of length SIDE; row 0 is brightness, which says nothing."""
    place, row = np.arange(SIDE)[None, :], np.arange(1, 9)[:, None]
    return np.asarray(np.cos(np.pi * (2 * place + 1) * row / (2 * SIDE)))


_COSINES = _cosines()


def hash_of(grey: Luma) -> str:
    """64 characters of 0 and 1, from SIDE × SIDE grey values; FLAT where nothing is to be seen."""
    low = _COSINES @ grey.astype(np.float64) @ _COSINES.T
    if np.abs(low).max() < _LEAST:
        return FLAT
    return "".join("1" if bit else "0" for bit in (low > np.median(low)).ravel())


def distance(a: str, b: str) -> int:
    """Bits that differ."""
    return (int(a, 2) ^ int(b, 2)).bit_count()


def repeated(hashes: Sequence[str]) -> list[bool]:
    """Whether each picture is much the same as an earlier one that is not itself a repetition."""
    kept = np.empty(len(hashes), np.uint64)
    count = 0
    found: list[bool] = []
    for text in hashes:
        value = np.uint64(int(text, 2))
        repeats = bool((np.bitwise_count(kept[:count] ^ value) <= SAME).any())
        if not repeats:
            kept[count], count = value, count + 1
        found.append(repeats)
    return found
