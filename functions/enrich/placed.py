"""In the sandbox: frames of one audio stream as plain samples in a file, each at its place on the asset's clock.

Gaps become silence, what overlaps is dropped. Several files of channels are mixed to one as FFmpeg mixes a sound field down.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import av
import numpy as np

RATE = 16_000
SAMPLE_BYTES = 2
PREROLL_S = 1.0  # a codec needs packets before the first sample that counts
DRIFT_S = 0.05  # timestamps wander this much in honest files
MIX_BYTES = 1 << 20
# Of left and right; left, right, centre, LFE and both behind: ITU-R BS.775, as libswresample takes it, before the sum is made 1.
SHARES = {2: (1.0, 1.0), 6: (2**-0.5, 2**-0.5, 1.0, 0.0, 0.5, 0.5)}


class Line:
    """A stream's samples [first, last) of the asset's clock, written in order."""

    def __init__(self, out: IO[bytes], start_s: float, end_s: float) -> None:
        self._start_s = start_s
        self._placed = _Placed(out, round(start_s * RATE), round(end_s * RATE))
        self._resampler: Any = None
        self._shape: Any = None

    @property
    def full(self) -> bool:
        return self._placed.full

    def put(self, frame: Any, at_s: float | None) -> None:
        """A frame and when it is heard; None: behind the one before."""
        if at_s is not None and at_s + frame.samples / frame.sample_rate < self._start_s - PREROLL_S:
            return
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if shape != self._shape:
            self._flush()
            self._resampler, self._shape = av.AudioResampler("s16", "mono", RATE), shape
        frame.pts = None  # the resampler would shift by it; placing is ours
        for index, piece in enumerate(self._resampler.resample(frame)):
            self._placed.put(at_s if index == 0 else None, _bytes(piece))

    def finish(self) -> int:
        """The number of samples."""
        self._flush()
        return self._placed.finish()

    def _flush(self) -> None:
        if self._resampler is not None:
            for tail in self._resampler.resample(None):
                self._placed.put(None, _bytes(tail))


class _Placed:
    def __init__(self, out: IO[bytes], first: int, last: int) -> None:
        self._out, self._first, self._last = out, first, last
        self._at: int | None = None  # the sample that comes next, null before the first frame
        self._samples = 0

    @property
    def full(self) -> bool:
        return self._first + self._samples >= self._last

    def put(self, at_s: float | None, data: bytes) -> None:
        at = self._position(at_s)
        count = len(data) // SAMPLE_BYTES
        wanted = self._first + self._samples
        if at > wanted:
            self._blank(min(at, self._last) - wanted)
            wanted = self._first + self._samples
        skip = max(0, wanted - at)
        room = max(0, self._last - max(at, wanted))
        piece = data[skip * SAMPLE_BYTES : (skip + room) * SAMPLE_BYTES]
        self._out.write(piece)
        self._samples += len(piece) // SAMPLE_BYTES
        self._at = at + count

    def finish(self) -> int:
        self._out.truncate(self._samples * SAMPLE_BYTES)
        return self._samples

    def _position(self, at_s: float | None) -> int:
        """By the clock, but contiguous while the timestamps only wander."""
        if at_s is None:
            return self._first if self._at is None else self._at
        at = round(at_s * RATE)
        if self._at is not None and abs(at - self._at) <= DRIFT_S * RATE:
            return self._at
        return at

    def _blank(self, count: int) -> None:
        """A hole in the file: it reads as silence and takes no room, however far a damaged timestamp jumps."""
        self._out.seek(count * SAMPLE_BYTES, os.SEEK_CUR)
        self._samples += count


def mix(channels: Sequence[Path], path: Path) -> int:
    """Files of one channel each to one file; which share each has follows from how many there are. The number of samples; the shorter are silent at their end."""
    shares = np.array(SHARES[len(channels)], np.float32)
    shares /= shares.sum()
    samples = 0
    with path.open("wb") as out:
        for blocks in _blocks(channels):
            longest = max(len(block) for block in blocks)
            mixed = np.zeros(longest, np.float32)
            for block, share in zip(blocks, shares, strict=True):
                mixed[: len(block)] += block * share
            out.write(np.rint(mixed).astype("<i2").tobytes())
            samples += longest
    return samples


def _blocks(paths: Sequence[Path]) -> Iterator[list[Any]]:
    offset = 0
    while True:
        blocks = [np.fromfile(path, "<i2", MIX_BYTES // SAMPLE_BYTES, offset=offset) for path in paths]
        if not any(len(block) for block in blocks):
            return
        yield blocks
        offset += MIX_BYTES


def _bytes(frame: Any) -> bytes:
    """The samples of a packed mono frame; its plane may be longer."""
    return bytes(memoryview(frame.planes[0])[: frame.samples * SAMPLE_BYTES])
