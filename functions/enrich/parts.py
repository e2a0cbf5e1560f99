"""Where a long recording is cut: at silences near evenly spaced marks, so that no word is in two pieces.

Nominal marks come from the duration alone, without reading the recording. The true cut near a mark is found in a window around
it by whoever needs it; both neighbours decode that window from the same place, so both find the same cut.
A cut in a silence is *clean*. Where nobody pauses the cut is in the longest breath, or the mark itself, and both sides listen MARGIN_MS
over it: each keeps the words whose middle lies on its side (`join.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

WHOLE_MS = 600_000  # a recording up to this long is one part
PART_MS = 420_000
BLOCK_MS = 120_000  # decoded by the model in one call: bounds its memory
WINDOW_MS = 15_000  # looked at on either side of a mark
MIN_SILENCE_MS = 300
LONG_SILENCE_MS = 1_200  # a longer one is no better a place
MARGIN_MS = 1_500
Span = tuple[int, int]  # start_ms, end_ms (exclusive)


@dataclass(frozen=True)
class Part:
    """One piece of work between two nominal marks. `end_ms` None: to the end, however long the recording truly is."""

    start_ms: int
    end_ms: int | None

    def to_json(self) -> dict[str, Any]:
        return {"start_ms": self.start_ms, "end_ms": self.end_ms}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Part:
        return cls(int(value["start_ms"]), value["end_ms"])


@dataclass(frozen=True)
class Cut:
    at_ms: int
    clean: bool = True

    @property
    def margin_ms(self) -> int:
        """How far both sides listen over it."""
        return 0 if self.clean else MARGIN_MS


def plan_marks(duration_ms: int, whole_ms: int, step_ms: int) -> list[int]:
    """Marks that cut a recording into equal pieces of about `step_ms`; none when it is at most `whole_ms` long."""
    if duration_ms <= whole_ms:
        return []
    pieces = max(2, round(duration_ms / step_ms))
    return [duration_ms * number // pieces for number in range(1, pieces)]


def plan_parts(duration_ms: int | None, whole_ms: int = WHOLE_MS, part_ms: int = PART_MS) -> tuple[Part, ...]:
    """The parts of a recording; one when its duration is not known."""
    marks = plan_marks(duration_ms or 0, whole_ms, part_ms)
    return tuple(Part(start, end) for start, end in zip([0, *marks], [*marks, None], strict=True))


def window(mark_ms: int) -> Span:
    """What is looked at for the cut near a mark."""
    return max(0, mark_ms - WINDOW_MS), mark_ms + WINDOW_MS


def silences(speech: Iterable[Span], within: Span) -> list[Span]:
    """The stretches of `within` where nobody speaks."""
    found, at = [], within[0]
    for start_ms, end_ms in sorted(speech):
        if start_ms > at:
            found.append((at, min(start_ms, within[1])))
        at = max(at, end_ms)
    if at < within[1]:
        found.append((at, within[1]))
    return found


def choose_cut(speech: Sequence[Span], within: Span, mark_ms: int) -> Cut:
    """The middle of the best silence of a window: long enough first, near the mark second."""
    found = silences(speech, within)
    usable = [span for span in found if span[1] - span[0] >= MIN_SILENCE_MS]
    if not usable:
        start_ms, end_ms = max(found, key=lambda span: span[1] - span[0], default=(mark_ms, mark_ms))
        return Cut((start_ms + end_ms) // 2, clean=False)

    def worth(span: Span) -> tuple[int, float]:
        return min(span[1] - span[0], LONG_SILENCE_MS), -abs(sum(span) / 2 - mark_ms)

    start_ms, end_ms = max(usable, key=worth)
    if start_ms <= mark_ms <= end_ms and min(mark_ms - start_ms, end_ms - mark_ms) >= LONG_SILENCE_MS:
        return Cut(mark_ms)  # deep in a long silence the mark itself is as good
    return Cut((start_ms + end_ms) // 2)
