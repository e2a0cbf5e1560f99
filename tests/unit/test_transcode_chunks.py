"""Where films are cut: every moment once, whatever the key frames."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from functions.transcode.chunks import Chunk, plan_chunks, segment_starts

BASE = Fraction(1, 1000)


@given(
    st.lists(st.integers(0, 4_000_000), max_size=400).map(sorted),
    st.integers(-50_000, 50_000),
    st.integers(0, 4_000_000),
)
def test_chunks_cover_every_moment_exactly_once_and_are_never_long(
    keys: list[int], start: int, length: int
) -> None:
    end = start + length
    chunks = plan_chunks([start + key for key in keys], start, end, BASE)
    assert chunks[0].start == start
    assert chunks[-1].end == max(end, start + 1)
    assert all(one.end == following.start for one, following in pairwise(chunks))
    for chunk in chunks[:-1]:
        assert 30_000 <= chunk.end - chunk.start <= 60_000
    assert chunks[-1].end - chunks[-1].start <= 70_000
    for chunk in chunks[1:]:
        within = [
            start + key for key in keys if 30_000 <= start + key - _before(chunks, chunk).start <= 60_000
        ]
        assert not within or chunk.start == within[0], "on the first key frame where there is one"


def _before(chunks: list[Chunk], chunk: Chunk) -> Chunk:
    return chunks[chunks.index(chunk) - 1]


def test_a_short_film_is_one_chunk() -> None:
    assert plan_chunks([0], 0, 29_000, BASE) == [Chunk(0, 29_000)]


def test_an_empty_film_still_has_a_chunk() -> None:
    assert plan_chunks([], 7, 7, BASE) == [Chunk(7, 8)]


@given(st.integers(0, 10**9), st.integers(1, 10**7), st.integers(1000, 90_000))
def test_segments_begin_every_two_seconds_and_none_is_a_splinter(
    start: int, length: int, timescale: int
) -> None:
    starts = segment_starts(start, start + length, timescale)
    assert starts[0] == start
    assert all(b - a == 2 * timescale for a, b in pairwise(starts))
    rest = start + length - starts[-1]
    assert rest <= 3 * timescale
    assert len(starts) == 1 or rest >= timescale - 1
