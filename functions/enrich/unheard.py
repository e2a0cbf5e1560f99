"""Speech that a recogniser passed over: somebody speaks there, and not one word of it was given. Pure.

A recogniser takes half a minute to be in one language; where another takes over inside it, what is said in the other may be left out
altogether. Such a stretch is heard once more by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from functions.enrich import join
from functions.enrich.parts import Span
from functions.enrich.transcript import Segment, Word

LEAST_MS = 2_500  # less is a breath, a cough, a word that was timed a little off
NEAR_MS = 15_000  # how far off a recogniser times words at worst
MOST = 20  # of a block of two minutes
EVER_MS = 1 << 40
Hole = tuple[Span, Sequence[Segment]]


def find(speech: Iterable[Span], said: Sequence[Segment]) -> list[Span]:
    """The stretches between words (and before the first, behind the last) in which there is `speech`, in order."""
    spoken = sorted(speech)
    words = sorted((word.start_ms, word.end_ms) for each in said for word in each.words)
    found, until_ms = [], 0
    for before, after in pairwise([(0, 0), *words, (EVER_MS, EVER_MS)]):
        until_ms = max(until_ms, before[1])
        inside = list(_inside(spoken, until_ms, after[0]))
        if sum(end_ms - start_ms for start_ms, end_ms in inside) >= LEAST_MS:
            found.append((inside[0][0], inside[-1][1]))
    return found[:MOST]


def _inside(spoken: Sequence[Span], start_ms: int, end_ms: int) -> Iterator[Span]:
    if end_ms - start_ms < LEAST_MS:
        return
    for span in spoken:
        first_ms, last_ms = max(span[0], start_ms), min(span[1], end_ms)
        if first_ms < last_ms:
            yield first_ms, last_ms


def fill(said: Sequence[Segment], holes: Iterable[Hole]) -> list[Segment]:
    """What was `said` with what was heard in each of its holes, in order. What only repeats what is near was there, timed badly."""
    pieces: list[list[Segment]] = []
    from_ms = 0
    for (start_ms, end_ms), heard in holes:
        own = join.keep_own(heard, start_ms, end_ms)
        near = join.keep_own(said, start_ms - NEAR_MS, end_ms + NEAR_MS)
        pieces.append(join.keep_own(said, from_ms, start_ms))
        if not _holds(_words(near), _words(own)):
            pieces.append(own)
        from_ms = start_ms
    return join.join([*pieces, join.keep_own(said, from_ms, None)])


def _words(segments: Sequence[Segment]) -> list[Word]:
    return [word for each in segments for word in each.words]


def _holds(words: Sequence[Word], others: Sequence[Word]) -> bool:
    """Whether the others are in a row among the words."""
    line, part = [join.plain(word) for word in words], [join.plain(word) for word in others]
    return any(line[at : at + len(part)] == part for at in range(len(line) - len(part) + 1))
