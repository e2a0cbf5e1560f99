"""In the sandbox: ranges of a master's sound as 16 kHz mono 16-bit PCM files, read by ranged GETs, in constant memory.

Samples are placed by their timestamps on the asset's clock (`opened`): gaps become silence, what overlaps
is dropped, packets that cannot be decoded are skipped. The same range of the same bytes always gives the same samples.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import av
import av.error
from av.stream import Discard

from acervo.errors import Rejected
from functions.enrich import opened

RATE = 16_000
SAMPLE_BYTES = 2
PREROLL_S = 1.0  # a codec needs packets before the first sample that counts
DRIFT_S = 0.05  # timestamps wander this much in honest files
MAX_S = 24 * 3600
MAX_FAULTS = 20_000
SAY_EVERY_S = 5.0
Say = Callable[[dict[str, Any]], None]


def decode(arguments: dict[str, Any], say: Say) -> dict[str, Any]:
    """Write each range to its file.

    Args:
        arguments: `url`, `size`, `etag`, perhaps `clock`; `ranges`: [{`path`, `start_ms`, `end_ms` or null}].

    Returns:
        `samples`: how many each file has; `faults`: packets that could not be decoded.

    Raises:
        Rejected: there is no sound that can be decoded.
    """
    samples, faults = [], 0
    with opened.open_file(arguments) as file:
        try:
            zero_s = opened.find_zero_s(file)
            for item in arguments["ranges"]:
                with opened.open_container(file) as container:
                    sound = _Sound(container, zero_s, say)
                    samples.append(sound.write(**item))
                    faults += sound.faults
        except av.error.FFmpegError as fault:
            raise Rejected("sound-unreadable", "the sound of this file cannot be decoded") from fault
    return {"samples": samples, "faults": faults}


class _Sound:
    """The best audio stream of an open container."""

    def __init__(self, container: Any, zero_s: float, say: Say) -> None:
        self._container, self._zero_s, self._say = container, zero_s, say
        self._stream = container.streams.best("audio")
        if self._stream is None or self._stream.codec_context is None:
            raise Rejected("no-sound", "this file has no sound that can be decoded")
        for stream in container.streams:
            if stream.index != self._stream.index:
                stream.discard = Discard.all  # a demuxer with an index never reads the pictures
        self.faults = 0

    def write(self, path: str, start_ms: int, end_ms: int | None) -> int:
        """The number of samples of a range."""
        start_s = start_ms / 1000
        end_s = MAX_S if end_ms is None else min(end_ms / 1000, MAX_S)
        self._seek(start_s)
        with Path(path).open("wb") as out:
            placed = _Placed(out, round(start_s * RATE), round(end_s * RATE))
            said_s = start_s
            for at_s, data in self._resampled(start_s):
                placed.put(at_s, data)
                if placed.full:
                    break
                if at_s is not None and at_s - said_s >= SAY_EVERY_S:
                    said_s = at_s
                    self._say({"path": path, "at_ms": round(at_s * 1000)})
            out.truncate(placed.samples * SAMPLE_BYTES)
        return placed.samples

    def _seek(self, start_s: float) -> None:
        at_s = start_s - PREROLL_S
        target = 0 if at_s <= 0 else round((at_s + self._zero_s) / self._stream.time_base)
        try:
            if at_s <= 0:
                self._container.seek(self._container.start_time or 0, backward=True)
            else:
                self._container.seek(target, backward=True, stream=self._stream)
        except (
            av.error.FFmpegError
        ):  # not seekable: decoded from the start, samples are placed by time all the same
            self.faults += 1
        self._stream.codec_context.flush_buffers()

    def _resampled(self, start_s: float) -> Iterator[tuple[float | None, bytes]]:
        """(time of the first sample or None when it follows on, samples)."""
        resampler: Any = None
        shape = None
        for frame in self._frames():
            now = (frame.format.name, frame.layout.name, frame.sample_rate)
            at_s = None if frame.time is None else float(frame.time) - self._zero_s
            if at_s is not None and at_s + frame.samples / frame.sample_rate < start_s - PREROLL_S:
                continue
            if now != shape:
                if resampler is not None:
                    yield from ((None, _bytes(tail)) for tail in resampler.resample(None))
                resampler, shape = av.AudioResampler("s16", "mono", RATE), now
            frame.pts = None  # the resampler would shift by it; placing is ours
            for index, piece in enumerate(resampler.resample(frame)):
                yield at_s if index == 0 else None, _bytes(piece)
        if resampler is not None:
            yield from ((None, _bytes(tail)) for tail in resampler.resample(None))

    def _frames(self) -> Iterator[Any]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
            except av.error.EOFError:
                return
            except av.error.FFmpegError:
                self._fault()
                packets = self._container.demux(self._stream)  # the demuxer goes on behind the damage
                continue
            try:
                yield from packet.decode()
            except av.error.EOFError:
                return
            except av.error.FFmpegError:
                self._fault()

    def _fault(self) -> None:
        self.faults += 1
        if self.faults > MAX_FAULTS:
            raise Rejected("sound-unreadable", "too much of the sound of this file is damaged")


class _Placed:
    """A file of samples [first, last) of the asset's clock, written in order."""

    def __init__(self, out: IO[bytes], first: int, last: int) -> None:
        self._out, self._first, self._last = out, first, last
        self._at: int | None = None  # the sample that comes next, null before the first frame
        self.samples = 0

    @property
    def full(self) -> bool:
        return self._first + self.samples >= self._last

    def put(self, at_s: float | None, data: bytes) -> None:
        at = self._position(at_s)
        count = len(data) // SAMPLE_BYTES
        wanted = self._first + self.samples
        if at > wanted:
            self._blank(min(at, self._last) - wanted)
            wanted = self._first + self.samples
        skip = max(0, wanted - at)
        room = max(0, self._last - max(at, wanted))
        piece = data[skip * SAMPLE_BYTES : (skip + room) * SAMPLE_BYTES]
        self._out.write(piece)
        self.samples += len(piece) // SAMPLE_BYTES
        self._at = at + count

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
        self.samples += count


def _bytes(frame: Any) -> bytes:
    """The samples of a packed mono frame; its plane may be longer."""
    return bytes(memoryview(frame.planes[0])[: frame.samples * SAMPLE_BYTES])
