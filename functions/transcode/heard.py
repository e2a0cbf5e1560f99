"""How loud a programme is by EBU R128 (ITU-R BS.1770-4), out of what was heard of its parts; and the gain that follows. Pure.

What was heard of a part is two histograms of its blocks, so that parts of a film measured apart are one programme: all of them get the
gain of the whole, and its loudness range (EBU Tech 3342) is of the whole. Peaks that the gain would lift over the ceiling are limited, by a few decibels at most.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from math import log10
from typing import Any

from functions.transcode.profiles import EBU_R128, Level

ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU = -70.0, -10.0
RANGE_GATE_LU, SOFTEST, LOUDEST = (
    -20.0,
    0.1,
    0.95,
)  # what counts for the range, and which shares of it lie outside
SILENCE_LUFS = -60.0  # below that there is nothing to make louder
BINS_A_LU = 10
LEAST_PEAK = 1e-6


@dataclass(frozen=True)
class Loudness:
    """`integrated_lufs` of the programme, its loudness range, and its true peak."""

    integrated_lufs: float
    range_lu: float
    peak_dbtp: float

    def gain_db(self, level: Level = EBU_R128) -> float:
        """What brings it to the level, as far as its peaks allow it."""
        if self.integrated_lufs <= SILENCE_LUFS:
            return 0.0
        wanted = min(level.lufs - self.integrated_lufs, level.most_gain_db)
        room = level.peak_dbtp - self.peak_dbtp + level.most_limited_db
        return round(min(wanted, max(0.0, room)) if wanted > 0 else wanted, 2)

    def ceiling_db(self, level: Level = EBU_R128) -> float | None:
        """Where peaks must be limited; None when none reaches that."""
        return level.peak_dbtp if self.peak_dbtp + self.gain_db(level) > level.peak_dbtp else None

    def to_json(self, level: Level = EBU_R128) -> dict[str, float]:
        return {
            "integrated_lufs": round(self.integrated_lufs, 2),
            "range_lu": round(self.range_lu, 2),
            "peak_dbtp": round(self.peak_dbtp, 2),
            "gain_db": self.gain_db(level),
        }


@dataclass
class Heard:
    """A part of a programme: how many blocks (of 400 ms, and of 3 s; ten a second) were how loud, and the highest true peak (1 is full scale)."""

    blocks: Counter[int] = field(default_factory=Counter)  # by tenths of a LUFS
    peak: float = 0.0
    longer: Counter[int] = field(default_factory=Counter)

    @property
    def loudness(self) -> Loudness:
        """The integrated loudness with both gates; a bin is narrower than anybody hears."""
        peak_dbtp = 20 * log10(max(self.peak, LEAST_PEAK))
        found = _mean(self.blocks, ABSOLUTE_GATE_LUFS)
        if found is not None:
            found = _mean(self.blocks, found + RELATIVE_GATE_LU)
        if found is None:
            return Loudness(ABSOLUTE_GATE_LUFS, 0.0, peak_dbtp)
        return Loudness(found, self._range_lu, peak_dbtp)

    @property
    def _range_lu(self) -> float:
        mean = _mean(self.longer, ABSOLUTE_GATE_LUFS)
        if mean is None:
            return 0.0
        loud = sorted(_over(self.longer, mean + RANGE_GATE_LU).items())
        total = sum(count for _, count in loud)
        ends = [
            next(lufs for (lufs, _), until in zip(loud, accumulate(count for _, count in loud), strict=True) if until >= share * total)
            for share in (SOFTEST, LOUDEST)
        ]  # fmt: skip
        return ends[1] - ends[0]

    def to_json(self) -> dict[str, Any]:
        named = {"blocks": self.blocks, "longer": self.longer}
        bins = {name: {str(each): count for each, count in found.items()} for name, found in named.items()}
        return {**bins, "peak": self.peak}


def _over(blocks: Mapping[int, int], gate: float) -> dict[float, int]:
    return {each / BINS_A_LU: count for each, count in blocks.items() if each / BINS_A_LU > gate}


def _mean(blocks: Mapping[int, int], gate: float) -> float | None:
    """LUFS of the blocks over a gate; None when there is none."""
    loud = _over(blocks, gate)
    if not loud:
        return None
    return 10 * log10(sum(count * 10 ** (lufs / 10) for lufs, count in loud.items()) / sum(loud.values()))


def join_heard(parts: Iterable[Mapping[str, Any]]) -> Heard:
    """One programme out of its parts, as JSON."""
    whole = Heard()
    for part in parts:
        whole.blocks.update({int(each): count for each, count in part["blocks"].items()})
        whole.longer.update({int(each): count for each, count in part.get("longer", {}).items()})
        whole.peak = max(whole.peak, part["peak"])
    return whole
