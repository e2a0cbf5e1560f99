"""Waveform peaks in audiowaveform's JSON, version 2: what wave displays read. Values in, values out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from functions.transcode.profiles import WAVEFORM_POINTS_A_S


class Peaks:
    """Minimum and maximum (8 bit) of every twentieth of a second, all channels as one."""

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate, self._bucket = sample_rate, sample_rate // WAVEFORM_POINTS_A_S
        self._rest: npt.NDArray[np.float32] = np.zeros(0, np.float32)
        self._data: list[int] = []

    def add(self, samples: npt.NDArray[Any]) -> None:
        """Float samples, (channels, n)."""
        mono = np.concatenate((self._rest, samples.astype(np.float32).mean(axis=0)))
        whole = len(mono) // self._bucket * self._bucket
        if whole:
            self._put(mono[:whole].reshape(-1, self._bucket))
        self._rest = mono[whole:]

    def to_json(self) -> dict[str, Any]:
        """The whole document; nothing may be added after."""
        if len(self._rest):
            self._put(self._rest.reshape(1, -1))
            self._rest = self._rest[:0]
        return {
            "version": 2,
            "channels": 1,
            "sample_rate": self._sample_rate,
            "samples_per_pixel": self._bucket,
            "bits": 8,
            "length": len(self._data) // 2,
            "data": self._data,
        }

    def _put(self, buckets: npt.NDArray[np.float32]) -> None:
        pairs = np.column_stack((buckets.min(axis=1), buckets.max(axis=1)))
        self._data += np.clip(np.round(np.nan_to_num(pairs) * 127), -128, 127).astype(int).ravel().tolist()
