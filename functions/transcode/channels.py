"""Streams of one channel each, brought together in step. Child side only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame

from functions.transcode.resample import Resampler

LAYOUTS = {2: "stereo", 6: "5.1"}
WAIT_S = 10.0  # a channel that has nothing to say is silent, and nobody waits longer for it
BLOCK = 4096


class Channels:
    """Streams of one channel each to frames of all of them, from `origin_s` on, sample by sample in step."""

    def __init__(
        self, streams: Sequence[int], rate: int, origin_s: Fraction, jumps_s: Sequence[float]
    ) -> None:
        self._rate, self._layout = rate, LAYOUTS[len(streams)]
        self._resamplers = {
            stream: Resampler(rate, "fltp", "mono", BLOCK, origin_s, jumps_s=jumps_s) for stream in streams
        }
        self._waiting: dict[int, list[npt.NDArray[Any]]] = {stream: [] for stream in streams}
        self._late = dict.fromkeys(streams, 0)  # samples that were given out as silence
        self._open = set(streams)
        self._done = 0

    def push(self, stream: int, frame: AudioFrame | None) -> Iterator[AudioFrame | None]:
        """What comes out; None ends a stream, and comes out when all have ended."""
        for piece in self._resamplers[stream].push(frame):
            data = piece.to_ndarray()[0]
            dropped = min(self._late[stream], len(data))
            self._late[stream] -= dropped
            if dropped < len(data):
                self._waiting[stream].append(data[dropped:])
        if frame is None:
            self._open.discard(stream)
        lengths = {each: sum(map(len, parts)) for each, parts in self._waiting.items()}
        most = max(lengths.values())
        ready = min((lengths[each] for each in self._open), default=most)
        if most > WAIT_S * self._rate:
            ready = most
        if ready:
            yield self._take(ready, lengths)
        if not self._open:
            yield None

    def _take(self, count: int, lengths: dict[int, int]) -> AudioFrame:
        block = np.zeros((len(self._waiting), count), np.float32)
        for row, (stream, parts) in enumerate(self._waiting.items()):
            whole = np.concatenate(parts) if parts else np.zeros(0, np.float32)
            there = min(count, lengths[stream])
            block[row, :there] = whole[:there]
            self._late[stream] += count - there
            parts[:] = [whole[there:]] if there < len(whole) else []
        frame = av.AudioFrame.from_ndarray(block, "fltp", self._layout)
        frame.sample_rate, frame.pts, frame.time_base = self._rate, self._done, Fraction(1, self._rate)
        self._done += count
        return frame
