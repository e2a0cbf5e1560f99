"""Pieces back together without a lost or a doubled word.

Each piece keeps the words whose middle lies on its side of the cut; a word that both sides of a hard cut timed onto their own side
is dropped once.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from functions.enrich.transcript import Segment, Word, build_segments

MIN_PIECE = 4  # letters that are enough to recognise a word by
SAME_WORD_MS = 700  # how differently two decodings may time one word


def keep_own(segments: Sequence[Segment], start_ms: int, end_ms: int | None) -> list[Segment]:
    """Only the words whose middle is in [start_ms, end_ms)."""
    kept: list[Segment] = []
    for segment in segments:
        own = [
            w for w in segment.words if w.middle_ms >= start_ms and (end_ms is None or w.middle_ms < end_ms)
        ]
        kept += build_segments(own, segment.language)
    return kept


def join(pieces: Sequence[Sequence[Segment]]) -> list[Segment]:
    """The segments of all pieces in order, times monotone over the seams."""
    joined: list[Segment] = []
    for piece in pieces:
        for segment in piece:
            last = joined[-1].words if joined else ()
            repeated = doubled(last, segment.words) if segment is piece[0] else 0
            floor_ms = last[-1].end_ms if last else 0
            joined += build_segments(segment.words[repeated:], segment.language, floor_ms)
    return joined


def doubled(before: Sequence[Word], after: Sequence[Word]) -> int:
    """How many words at the start of `after` were already said at the end of `before`: the same words at the same time."""
    for count in range(min(3, len(before), len(after)), 0, -1):
        if all(map(_same, before[-count:], after[:count])):
            return count
    return 0


def _same(a: Word, b: Word) -> bool:
    """The same word heard twice; one side may have taken two words for one ("intra-Asterisk", "Asterisk")."""
    first, second = plain(a), plain(b)
    if first == second:
        return abs(a.middle_ms - b.middle_ms) <= SAME_WORD_MS
    shorter = min(first, second, key=len)
    return len(shorter) >= MIN_PIECE and shorter in max(first, second, key=len) and b.start_ms < a.end_ms


def plain(word: Word) -> str:
    """Letters and digits only, no accents, lower case."""
    decomposed = unicodedata.normalize("NFKD", word.text.casefold())
    return "".join(letter for letter in decomposed if letter.isalnum()) or word.text
