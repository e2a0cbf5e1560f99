"""From boxes on frames to "from–to": an object is there while frame after frame shows one, short gaps forgiven. Pure.

Merged by label, not by individual: frames are seconds apart and people move, so following a box from one to the next would be a guess.
How many were seen at once is kept, and the best box of each frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from functions.enrich.detector import Found

GAP_MS = 3_000
MOST_BOXES = 50  # kept for one appearance, evenly spread
LEAST_SCORE = 0.35  # of the best box: what never gets this sure is a guess


@dataclass(frozen=True)
class Sighting:
    """What was found on a frame that stands for [at_ms, until_ms)."""

    at_ms: int
    until_ms: int
    found: tuple[Found, ...]


@dataclass(frozen=True)
class Appearance:
    label: str
    start_ms: int
    end_ms: int
    score: float
    best_ms: int
    most: int
    boxes: tuple[tuple[int, Found], ...]  # (at_ms, the best of that frame)


@dataclass(frozen=True)
class Summary:
    """An object over a whole asset: what a facet is made of."""

    label: str
    score: float
    times: int
    total_ms: int


def merge(sightings: Iterable[Sighting]) -> list[Appearance]:
    """Appearances in the order of their beginning."""
    runs: dict[str, list[list[tuple[Sighting, list[Found]]]]] = {}
    for sighting in sorted(sightings, key=lambda s: s.at_ms):
        by_label: dict[str, list[Found]] = {}
        for found in sighting.found:
            by_label.setdefault(found.label, []).append(found)
        for label, items in by_label.items():
            known = runs.setdefault(label, [])
            if not known or sighting.at_ms - known[-1][-1][0].until_ms > GAP_MS:
                known.append([])
            known[-1].append((sighting, items))
    made = [_appearance(label, run) for label, known in runs.items() for run in known]
    return sorted((one for one in made if one.score >= LEAST_SCORE), key=lambda a: (a.start_ms, a.label))


def _appearance(label: str, run: Sequence[tuple[Sighting, list[Found]]]) -> Appearance:
    best = [(sighting.at_ms, max(items, key=lambda f: f.score)) for sighting, items in run]
    best_ms, top = max(best, key=lambda item: item[1].score)
    step = -(-len(best) // MOST_BOXES)
    return Appearance(
        label, run[0][0].at_ms, run[-1][0].until_ms, top.score, best_ms,
        max(len(items) for _, items in run), tuple(best[::step]),
    )  # fmt: skip


def summarise(appearances: Iterable[Appearance]) -> list[Summary]:
    """Each label once, the longest in the picture first."""
    found: dict[str, Summary] = {}
    for one in appearances:
        before = found.get(one.label, Summary(one.label, 0, 0, 0))
        found[one.label] = Summary(
            one.label, max(before.score, one.score), before.times + 1,
            before.total_ms + one.end_ms - one.start_ms,
        )  # fmt: skip
    return sorted(found.values(), key=lambda s: (-s.total_ms, -s.score, s.label))
