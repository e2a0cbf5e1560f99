"""Where a film is cut: chunks of 30 to 60 s that begin on key frames and cover every moment of it exactly once.

Times are presentation times in the master's time base. A chunk is [start, end); the cut between two chunks is the first key
frame after 30 s, or the 60 s mark where there is none (the next chunk then decodes from the key frame before).
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from functions.transcode.profiles import CHUNK_MAX_S, CHUNK_MIN_S, CHUNK_TAIL_S, SEGMENT_S


@dataclass(frozen=True)
class Chunk:
    start: int
    end: int


def plan_chunks(
    keys: Sequence[int],
    start: int,
    end: int,
    time_base: Fraction,
    min_s: float = CHUNK_MIN_S,
    max_s: float = CHUNK_MAX_S,
    tail_s: float = CHUNK_TAIL_S,
) -> list[Chunk]:
    """Chunks that cover [start, end).

    Args:
        keys: presentation times of the key frames, sorted.
        tail_s: what is left at the end and shorter than this belongs to the last chunk.
    """
    shortest, longest, tail = (max(1, round(s / time_base)) for s in (min_s, max_s, tail_s))
    cuts = [start]
    while end - cuts[-1] > shortest:
        at = bisect.bisect_left(keys, cuts[-1] + shortest)
        cut = keys[at] if at < len(keys) and keys[at] <= cuts[-1] + longest else cuts[-1] + longest
        if end - cut < tail:
            break
        cuts.append(cut)
    return [Chunk(a, b) for a, b in zip(cuts, [*cuts[1:], max(end, start + 1)], strict=True)]


def segment_starts(start: int, end: int, timescale: int, segment_s: float = SEGMENT_S) -> list[int]:
    """Where segments of a chunk begin (ticks): every two seconds; a rest of less than half that stays with the one before."""
    step = round(segment_s * timescale)
    count = max(1, (end - start + step // 2) // step)
    return [start + number * step for number in range(count)]
