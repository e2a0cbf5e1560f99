"""From lines on frames to entries with a time: a lower third that stays up is one entry, read better here and worse there. Pure.

A line goes on as long as the next frames show nearly the same letters at about the same place; what is kept is the reading that most
frames agree on, the surest among equals.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from functions.enrich.detector import Box
from functions.enrich.reader import Line

GAP_MS = 3_000
ALIKE = 0.8  # of the letters
NEAR = 0.06  # of the picture: how far a line may move
LEAST_LETTERS = 2
LEAST_SCORE = 0.6


@dataclass(frozen=True)
class Seen:
    """What was read on a frame that stands for [at_ms, until_ms)."""

    at_ms: int
    until_ms: int
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Inscription:
    text: str
    start_ms: int
    end_ms: int
    score: float
    box: Box


class _Open:
    """A line that may still be up."""

    def __init__(self, line: Line, seen: Seen) -> None:
        self.start_ms, self.end_ms = seen.at_ms, seen.until_ms
        self.readings = [line]
        self.letters = letters(line.text)

    def goes_on(self, line: Line, plain: str) -> bool:
        return _is_near(self.readings[-1].box, line.box) and are_alike(self.letters, plain)

    def add(self, line: Line, plain: str, seen: Seen) -> None:
        self.readings.append(line)
        self.letters, self.end_ms = plain, seen.until_ms

    def close(self) -> Inscription:
        best = _consensus(self.readings)
        return Inscription(best.text, self.start_ms, self.end_ms, best.score, best.box)


def merge(frames: Iterable[Seen]) -> list[Inscription]:
    """Entries in the order of their beginning, those of one frame from top to bottom."""
    done: list[Inscription] = []
    now: list[_Open] = []
    for seen in sorted(frames, key=lambda s: s.at_ms):
        done += [one.close() for one in now if seen.at_ms - one.end_ms > GAP_MS]
        now = [one for one in now if seen.at_ms - one.end_ms <= GAP_MS]
        free = list(now)
        for line in seen.lines:
            plain = letters(line.text)
            if len(plain) < LEAST_LETTERS or line.score < LEAST_SCORE:
                continue
            match = next((one for one in free if one.goes_on(line, plain)), None)
            if match is None:
                now.append(_Open(line, seen))
            else:
                free.remove(match)
                match.add(line, plain, seen)
    done += [one.close() for one in now]
    return sorted(done, key=lambda one: (one.start_ms, one.box[1], one.box[0]))


def letters(text: str) -> str:
    """Letters and digits only, no accents, lower case."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if c.isalnum())


def are_alike(a: str, b: str) -> bool:
    """Whether two readings may be of one line. Numbers are no misreadings of each other: a score that changes is another line."""
    if a == b:
        return True
    if _digits(a) != _digits(b):
        return False
    return SequenceMatcher(None, a, b, autojunk=False).ratio() >= ALIKE


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def _is_near(a: Box, b: Box) -> bool:
    return abs(a[0] - b[0]) <= NEAR and abs(a[1] - b[1]) <= NEAR


def _consensus(readings: Sequence[Line]) -> Line:
    counts: dict[str, int] = {}
    for line in readings:
        counts[line.text] = counts.get(line.text, 0) + 1
    return max(readings, key=lambda line: (counts[line.text], line.score))
