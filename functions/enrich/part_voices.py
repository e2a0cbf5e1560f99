"""Voices of a recording: told apart part by part, joined over the whole. Pure.

In a part, voices are told apart among its windows of speech; a part says how each of its voices sounds and when it speaks. Over the recording,
voices of parts that sound alike are one.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from functions.enrich import voices
from functions.enrich.turns import Turn, merge

if TYPE_CHECKING:
    from functions.enrich.embedder import Vectors
    from functions.enrich.parts import Span

# Measured with Resemblyzer's network on eight people who read aloud (telephone prompts in five languages): windows of one person are alike by
# 0.76 (median), of two people by 0.38 to 0.62; all windows of one person, in two halves, by 0.94 at least (seven seconds of one person by 0.80), of two people by 0.78 at most.
WINDOW_MS, STEP_MS = 1_600, 800
LEAST_WINDOW_MS = 600  # less holds no voice: it is taken for the neighbour's
WINDOW_LIKENESS, VOICE_LIKENESS = 0.66, 0.80
MOST_PART_VOICES, MOST_VOICES = 12, 60
LEAST_PART_MS, LEAST_VOICE_MS = 1_600, 2_400  # who says less, in a part and in all, is nobody


@dataclass(frozen=True)
class Window:
    """`start_ms` … `end_ms`: what is looked at; `from_ms` … `until_ms`: what it answers for."""

    start_ms: int
    end_ms: int
    from_ms: int
    until_ms: int

    @property
    def length_ms(self) -> int:
        return self.end_ms - self.start_ms

    def moved(self, by_ms: int) -> Window:
        """On a clock that began so much earlier."""
        return Window(self.start_ms + by_ms, self.end_ms + by_ms, self.from_ms + by_ms, self.until_ms + by_ms)


@dataclass(frozen=True)
class Voices:
    """What a part found: how each voice sounds (rows), for how long, and when."""

    vectors: Vectors
    total_ms: Sequence[int]
    turns: Sequence[Turn[int]]

    def to_json(self, label: str) -> dict[str, Any]:
        """As in `job_chunks.result`; `label`: of the model."""
        return {
            "model": label,
            "dimensions": int(self.vectors.shape[1]) if self.vectors.ndim == 2 else 0,
            "vectors": base64.b64encode(self.vectors.astype("<f2").tobytes()).decode(),
            "total_ms": list(self.total_ms),
            "turns": [[turn.start_ms, turn.end_ms, turn.voice] for turn in self.turns],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Voices:
        rows = np.frombuffer(base64.b64decode(value["vectors"]), "<f2").astype(np.float32)
        return cls(
            rows.reshape(len(value["total_ms"]), -1 if len(value["total_ms"]) else 0),
            [int(ms) for ms in value["total_ms"]],
            [Turn(int(start), int(end), int(voice)) for start, end, voice in value["turns"]],
        )


# -- in a part --------------------------------------------------------------------------------------------------------
def plan_windows(speech: Iterable[Span]) -> list[Window]:
    """Windows inside stretches in which somebody speaks without a pause: people rarely take over without one."""
    return [window for start_ms, end_ms in speech for window in _windows(start_ms, end_ms)]


def _windows(start_ms: int, end_ms: int) -> Iterator[Window]:
    length = end_ms - start_ms
    if length < LEAST_WINDOW_MS:
        return
    if length <= WINDOW_MS:
        yield Window(start_ms, end_ms, start_ms, end_ms)
        return
    starts = [*range(start_ms, end_ms - WINDOW_MS, STEP_MS), end_ms - WINDOW_MS]
    middles = [(a + b + WINDOW_MS) // 2 for a, b in pairwise(starts)]
    for at, from_ms, until_ms in zip(starts, [start_ms, *middles], [*middles, end_ms], strict=True):
        yield Window(at, at + WINDOW_MS, from_ms, until_ms)


def tell_apart(windows: Sequence[Window], vectors: Vectors) -> Voices:
    """The voices of a part; windows without a voice (all zero) are left out."""
    heard = [number for number, vector in enumerate(vectors) if vector.any()]
    windows, vectors = [windows[number] for number in heard], vectors[heard]
    if not windows:
        return Voices(np.zeros((0, 0), np.float32), [], [])
    lengths = [window.until_ms - window.from_ms for window in windows]
    groups = voices.agglomerate(vectors, lengths, WINDOW_LIKENESS, MOST_PART_VOICES)
    groups = voices.settle(vectors, groups, lengths, LEAST_PART_MS)
    turns = [Turn(w.from_ms, w.until_ms, int(g)) for w, g in zip(windows, groups, strict=True)]
    count = int(groups.max()) + 1
    totals = np.bincount(groups, lengths, count).astype(int)
    centres = [
        voices.centre(vectors[groups == group], np.asarray(lengths)[groups == group])
        for group in range(count)
    ]
    return Voices(np.stack(centres), totals.tolist(), merge(turns))


def together(pieces: Sequence[Voices]) -> Voices:
    """Voices of neighbouring pieces as those of one part; nobody is taken for somebody else yet."""
    pieces = [piece for piece in pieces if len(piece.total_ms)]
    if not pieces:
        return Voices(np.zeros((0, 0), np.float32), [], [])
    turns: list[Turn[int]] = []
    totals: list[int] = []
    for piece in pieces:
        turns += [replace(turn, voice=turn.voice + len(totals)) for turn in piece.turns]
        totals += piece.total_ms
    return Voices(np.concatenate([piece.vectors for piece in pieces]), totals, turns)


# -- over the recording -----------------------------------------------------------------------------------------------
def join(parts: Sequence[Voices]) -> list[Turn[int]]:
    """The turns of a recording; voices are numbered from 0 as they first speak."""
    whole = together(parts)
    if not whole.turns:
        return []
    groups = voices.agglomerate(whole.vectors, whole.total_ms, VOICE_LIKENESS, MOST_VOICES)
    groups = voices.settle(whole.vectors, groups, whole.total_ms, LEAST_VOICE_MS)
    return _numbered(merge(replace(turn, voice=int(groups[turn.voice])) for turn in whole.turns))


def _numbered(turns: Sequence[Turn[int]]) -> list[Turn[int]]:
    places: dict[int, int] = {}
    return [replace(turn, voice=places.setdefault(turn.voice, len(places))) for turn in turns]
