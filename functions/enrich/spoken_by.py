"""Whose words a transcript's lines are: a line in which another voice takes over is two lines, cut where the words pause. Pure.

What a person said of a line's speaker stands. A line that a person only reworded follows the machine's voices, and stays one line.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from functions.enrich.transcript import separator
from functions.enrich.turns import Turn

NEAR_MS = 1_500  # a word that far from any turn is the nearest's
LEAST_MS, LEAST_WORDS = 700, 2  # less than this in the middle of a line is no change of voice
SNAP_WORDS, SNAP_MS = 3, 1_200  # how far from where a voice changes a line may be cut
SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！")
Line = dict[str, Any]  # start_ms, end_ms, text, words, language, speaker, model: as in transcript_segments


class Clock:
    """Turns, asked for by time. They are in order and do not overlap."""

    def __init__(self, turns: Sequence[Turn[str]]) -> None:
        self._turns, self._ends = turns, [turn.end_ms for turn in turns]

    def __bool__(self) -> bool:
        return bool(self._turns)

    def at(self, at_ms: float) -> str | None:
        """The voice at a time, or just before or after it."""
        place = bisect_left(self._ends, at_ms)
        near: list[tuple[float, str | None]] = [
            (max(turn.start_ms - at_ms, at_ms - turn.end_ms, 0), turn.voice)
            for turn in self._turns[max(0, place - 1) : place + 1]
        ]
        apart, voice = min(near, key=lambda one: one[0], default=(NEAR_MS + 1.0, None))
        return voice if apart <= NEAR_MS else None

    def within(self, start_ms: int, end_ms: int) -> str | None:
        """The voice that speaks most of a stretch."""
        spoken: dict[str, int] = {}
        for place in range(bisect_left(self._ends, start_ms), len(self._turns)):
            turn = self._turns[place]
            if turn.start_ms >= end_ms:
                break
            ms = min(turn.end_ms, end_ms) - max(turn.start_ms, start_ms)
            spoken[turn.voice] = spoken.get(turn.voice, 0) + ms
        return max(spoken, key=lambda voice: spoken[voice]) if spoken else self.at((start_ms + end_ms) / 2)


def attribute(lines: Iterable[Line], clock: Clock) -> list[Line]:
    """The machine's lines with their voices."""
    return [piece for line in lines for piece in _attributed(line, clock)]


def attribute_edits(edits: Iterable[Mapping[str, Any]], clock: Clock) -> list[Mapping[str, Any]]:
    """Corrections (rows of `transcript_edits`); where nobody spoke of the speaker, it is the machine's."""
    return [
        {**edit, "speaker": clock.within(edit["start_ms"], edit["end_ms"])}
        if clock and follows(edit)
        else edit
        for edit in edits
    ]


def follows(edit: Mapping[str, Any]) -> bool:
    """Whether a correction left the speaker to the machine."""
    before: Mapping[str, Any] = edit["before"]
    return bool(edit["speaker"] == before.get("speaker"))


def _attributed(line: Line, clock: Clock) -> list[Line]:
    words = line["words"]
    if not words:
        return [{**line, "speaker": clock.within(line["start_ms"], line["end_ms"])}]
    runs = _runs(words, clock)
    if len(runs) == 1:
        return [{**line, "speaker": runs[0][1]}]
    places = [0, *(_snapped(words, first) for first, _ in runs[1:]), len(words)]
    return [
        _piece(line, words[first:last], voice)
        for first, last, (_, voice) in zip(places, places[1:], runs, strict=False)
        if last > first
    ]


def _runs(words: Sequence[Mapping[str, Any]], clock: Clock) -> list[tuple[int, str | None]]:
    """(number of the first word, voice) of each run of one voice; short ones belong to the run before."""
    runs: list[tuple[int, str | None]] = []
    for number, word in enumerate(words):
        voice = clock.at((word["start_ms"] + word["end_ms"]) / 2)
        if not runs or voice not in (None, runs[-1][1]):
            runs.append((number, voice))
    if len(runs) > 1 and runs[0][1] is None:
        runs[:2] = [(0, runs[1][1])]
    ends = [*(first for first, _ in runs[1:]), len(words)]
    kept: list[tuple[int, str | None]] = []
    for (first, voice), last in zip(runs, ends, strict=True):
        short = last - first < LEAST_WORDS or words[last - 1]["end_ms"] - words[first]["start_ms"] < LEAST_MS
        if kept and (short or voice == kept[-1][1]):
            continue
        kept.append((first, voice))
    if len(kept) > 1 and kept[1][0] < LEAST_WORDS:  # a word in front of the rest
        kept[:2] = [(0, kept[1][1])]
    return kept


def _snapped(words: Sequence[Mapping[str, Any]], place: int) -> int:
    """Where to cut near a change of voice: behind a sentence, else in the longest pause."""
    at_ms = words[place]["start_ms"]
    near = [
        number
        for number in range(max(1, place - SNAP_WORDS), min(len(words), place + SNAP_WORDS + 1))
        if abs(words[number]["start_ms"] - at_ms) <= SNAP_MS
    ]

    def worth(number: int) -> tuple[bool, int, int]:
        ends = str(words[number - 1]["word"]).endswith(SENTENCE_ENDS)
        return ends, words[number]["start_ms"] - words[number - 1]["end_ms"], -abs(number - place)

    return max(near, key=worth, default=place)


def _piece(line: Line, words: Sequence[Mapping[str, Any]], voice: str | None) -> Line:
    between = separator(line["language"])
    return {
        **line, "start_ms": words[0]["start_ms"], "end_ms": words[-1]["end_ms"], "words": list(words),
        "text": between.join(str(word["word"]) for word in words), "speaker": voice,
    }  # fmt: skip
