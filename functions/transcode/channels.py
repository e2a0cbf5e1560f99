"""Streams brought together in step: the channels of all in one. Child side only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
    """Streams to frames of all of them, from `origin_s` on, sample by sample in step. Samples are 32 bit floats: 24 bit ones stay as they are.

    Args:
        streams: the layout of each; their channels follow each other in this order.
        layout: of all of them; None where they are no sound field together, but several side by side.
    """

    def __init__(
        self,
        streams: Mapping[int, str],
        layout: str | None,
        rate: int,
        origin_s: Fraction,
        jumps_s: Sequence[float],
    ) -> None:
        self._rows = {stream: av.AudioLayout(layout).nb_channels for stream, layout in streams.items()}
        self.count = sum(self._rows.values())
        self._rate = rate
        self.layout = layout or f"{self.count} channels"
        self._resamplers = {
            stream: Resampler(rate, "fltp", each, BLOCK, origin_s, jumps_s=jumps_s)
            for stream, each in streams.items()
        }
        self._waiting: dict[int, list[npt.NDArray[Any]]] = {stream: [] for stream in streams}
        self._late = dict.fromkeys(streams, 0)  # samples that were given out as silence
        self._open = set(streams)
        self._done = 0

    @classmethod
    def of_monos(
        cls, streams: Sequence[int], rate: int, origin_s: Fraction, jumps_s: Sequence[float] = ()
    ) -> Channels:
        """One soundtrack out of streams of one channel each."""
        return cls(dict.fromkeys(streams, "mono"), LAYOUTS[len(streams)], rate, origin_s, jumps_s)

    def push(self, stream: int, frame: AudioFrame | None) -> Iterator[AudioFrame | None]:
        """What comes out; None ends a stream, and comes out when all have ended."""
        for piece in self._resamplers[stream].push(frame):
            data = piece.to_ndarray()
            dropped = min(self._late[stream], data.shape[1])
            self._late[stream] -= dropped
            if dropped < data.shape[1]:
                self._waiting[stream].append(data[:, dropped:])
        if frame is None:
            self._open.discard(stream)
        lengths = {each: sum(part.shape[1] for part in parts) for each, parts in self._waiting.items()}
        most = max(lengths.values())
        ready = min((lengths[each] for each in self._open), default=most)
        if most > WAIT_S * self._rate:
            ready = most
        if ready:
            yield self._take(ready, lengths)
        if not self._open:
            yield None

    def _take(self, count: int, lengths: dict[int, int]) -> AudioFrame:
        block = np.zeros((count, self.count), np.float32)
        first = 0
        for stream, parts in self._waiting.items():
            rows, there = self._rows[stream], min(count, lengths[stream])
            whole = np.concatenate(parts, axis=1) if parts else np.zeros((rows, 0), np.float32)
            block[:there, first : first + rows] = whole[:, :there].T
            self._late[stream] += count - there
            parts[:] = [whole[:, there:]] if there < whole.shape[1] else []
            first += rows
        frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), "flt", self.layout)
        frame.sample_rate, frame.pts, frame.time_base = self._rate, self._done, Fraction(1, self._rate)
        self._done += count
        return frame
