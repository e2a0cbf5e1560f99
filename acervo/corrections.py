"""A transcript line as a person corrected it: how it gets word times, and how it is put into a transcript again. Pure.

A correction holds a stretch of the asset's clock. Whatever a machine hears there, now or after a new run, the person's line is shown;
a machine's word belongs to the stretch when its middle does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

Line = dict[str, Any]  # start_ms, end_ms, text, words, language, speaker, model: as in transcript_segments
Words = list[dict[str, Any]]  # word, start_ms, end_ms, probability
_UNSPACED = frozenset({"zh", "yue", "ja", "th", "lo", "my", "km", "bo"})


def reword(words: Sequence[Mapping[str, Any]], text: str, start_ms: int, end_ms: int) -> Words:
    """The words of `text` with times: of the machine's where it had the same word, the others share out what is left by their length."""
    new = text.split()
    old = [str(word["word"]) for word in words]
    made: list[tuple[str, int | None, int | None]] = [(word, None, None) for word in new]
    matcher = SequenceMatcher(None, [w.casefold() for w in old], [w.casefold() for w in new], autojunk=False)
    for first, second, count in matcher.get_matching_blocks():
        for step in range(count):
            known = words[first + step]
            made[second + step] = (new[second + step], int(known["start_ms"]), int(known["end_ms"]))
    return _timed(made, start_ms, end_ms)


def _timed(made: Sequence[tuple[str, int | None, int | None]], start_ms: int, end_ms: int) -> Words:
    result: Words = []
    at_ms, number = start_ms, 0
    while number < len(made):
        word, begins, ends = made[number]
        if begins is not None and ends is not None:
            begins = max(at_ms, begins)
            ends = max(begins, ends)
            result.append({"word": word, "start_ms": begins, "end_ms": ends, "probability": 1.0})
            at_ms, number = ends, number + 1
            continue
        run = number
        while run < len(made) and made[run][1] is None:
            run += 1
        until = end_ms if run == len(made) else made[run][1]
        until_ms = max(at_ms, end_ms if until is None else until)
        letters = sum(len(item[0]) for item in made[number:run])
        passed = 0
        for item in made[number:run]:
            begins_ms = at_ms + (until_ms - at_ms) * passed // letters
            passed += len(item[0])
            ends_ms = at_ms + (until_ms - at_ms) * passed // letters
            result.append({"word": item[0], "start_ms": begins_ms, "end_ms": ends_ms, "probability": 1.0})
        at_ms, number = until_ms, run
    return result


def apply(lines: Iterable[Line], corrections: Sequence[Mapping[str, Any]]) -> list[Line]:
    """The machine's lines with people's in their place, in order of time.

    Args:
        corrections: rows of `transcript_edits` that still hold, in any order; a later one (`id`) hides an earlier one that it overlaps.
    """
    held = _latest(corrections)
    shown: list[Line] = []
    for line in lines:
        shown += _without(line, held)
    shown += [_line(one) for one in held if one["text"]]
    return sorted(shown, key=lambda line: (line["start_ms"], line["end_ms"]))


def _latest(corrections: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    held: list[Mapping[str, Any]] = []
    for one in sorted(corrections, key=lambda c: -int(c["id"])):
        if all(one["end_ms"] <= other["start_ms"] or one["start_ms"] >= other["end_ms"] for other in held):
            held.append(one)
    return held


def _without(line: Line, held: Sequence[Mapping[str, Any]]) -> list[Line]:
    """What is left of a machine's line outside of the stretches that people hold: it may fall into two."""
    groups: list[Words] = [[]]
    cut = False
    for word in line["words"]:
        middle = (word["start_ms"] + word["end_ms"]) / 2
        if any(one["start_ms"] <= middle < max(one["end_ms"], one["start_ms"] + 1) for one in held):
            cut = True
            if groups[-1]:
                groups.append([])
        else:
            groups[-1].append(word)
    if not cut:
        return [line]
    between = "" if line["language"] in _UNSPACED else " "
    return [
        {
            **line,
            "start_ms": group[0]["start_ms"], "end_ms": group[-1]["end_ms"],
            "text": between.join(str(word["word"]) for word in group), "words": group,
        }
        for group in groups if group
    ]  # fmt: skip


def _line(one: Mapping[str, Any]) -> Line:
    return {
        "start_ms": one["start_ms"], "end_ms": one["end_ms"], "text": one["text"], "words": list(one["words"]),
        "language": one["language"], "speaker": one["speaker"], "model": f"person:{one['author']}",
    }  # fmt: skip
