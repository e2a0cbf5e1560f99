"""Samples in a file: 16 kHz, mono, 16 bits, read piece by piece so that a long recording takes no memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

RATE = 16_000
Samples = np.ndarray[Any, np.dtype[np.int16]]
_TYPE = np.dtype("<i2")


@dataclass(frozen=True)
class Recording:
    """`count` samples of a file, from the sample `first` on."""

    path: Path
    first: int
    count: int

    @classmethod
    def open(cls, path: Path) -> Recording:
        return cls(path, 0, path.stat().st_size // _TYPE.itemsize)

    @property
    def duration_ms(self) -> int:
        return self.count * 1000 // RATE

    def between(self, start_ms: int, end_ms: int | None = None) -> Recording:
        """The part from `start_ms` to `end_ms` (or the end), as far as it is there."""
        start = min(self.count, max(0, sample(start_ms)))
        end = self.count if end_ms is None else min(self.count, max(start, sample(end_ms)))
        return Recording(self.path, self.first + start, end - start)

    def read(self) -> Samples:
        return np.fromfile(self.path, _TYPE, self.count, offset=self.first * _TYPE.itemsize)


def sample(at_ms: int) -> int:
    """The number of the sample at a time."""
    return at_ms * RATE // 1000


def as_float(samples: Samples) -> np.ndarray[Any, np.dtype[np.float32]]:
    """In [-1, 1), as models want them."""
    return samples.astype(np.float32) / np.float32(32768)
