"""In the sandbox: ranges of a master's sound as 16 kHz mono 16-bit PCM files, read by ranged GETs, in constant memory.

What is heard is the main soundtrack (`acervo/soundtracks.py`), the one that the preview plays; where that is several streams of one channel, all of
them are. Samples are placed by their timestamps on the asset's clock (`opened`), packets that cannot be decoded are skipped. The same range
of the same bytes always gives the same samples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import av.error
from av.stream import Discard

from acervo import soundtracks
from acervo.errors import Rejected
from functions.enrich import opened
from functions.enrich.placed import DRIFT_S, PREROLL_S, RATE, Line, mix

__all__ = ["DRIFT_S", "RATE", "decode"]

MAX_S = 24 * 3600
MAX_FAULTS = 20_000
SAY_EVERY_S = 5.0
LATE_S = 1.0  # how far apart in a file what is heard together may be
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
    """The main soundtrack of an open container."""

    def __init__(self, container: Any, zero_s: float, say: Say) -> None:
        self._container, self._zero_s, self._say = container, zero_s, say
        self._streams = soundtracks.main(container.streams.audio)
        if not self._streams:
            raise Rejected("no-sound", "this file has no sound that can be decoded")
        wanted = {stream.index for stream in self._streams}
        for stream in container.streams:
            if stream.index not in wanted:
                stream.discard = Discard.all  # a demuxer with an index never reads the pictures
        self.faults = 0

    def write(self, path: str, start_ms: int, end_ms: int | None) -> int:
        """The number of samples of a range."""
        alone = len(self._streams) == 1
        files = [Path(path) if alone else Path(f"{path}.{stream.index}") for stream in self._streams]
        samples = self._write(files, path, start_ms, end_ms)
        if alone:
            return samples[0]
        mixed = mix(files, Path(path))
        for file in files:
            file.unlink()
        return mixed

    def _write(self, files: list[Path], path: str, start_ms: int, end_ms: int | None) -> list[int]:
        """A file for each stream."""
        start_s = start_ms / 1000
        end_s = MAX_S if end_ms is None else min(end_ms / 1000, MAX_S)
        self._seek(start_s)
        with ExitStack() as stack:
            lines = {
                stream.index: Line(stack.enter_context(file.open("wb")), start_s, end_s)
                for stream, file in zip(self._streams, files, strict=True)
            }
            said_s = start_s
            for index, frame in self._frames():
                at_s = None if frame.time is None else float(frame.time) - self._zero_s
                lines[index].put(frame, at_s)
                if lines[index].full and (
                    all(line.full for line in lines.values()) or (at_s is not None and at_s > end_s + LATE_S)
                ):
                    break
                if at_s is not None and at_s - said_s >= SAY_EVERY_S:
                    said_s = at_s
                    self._say({"path": path, "at_ms": round(at_s * 1000)})
            return [line.finish() for line in lines.values()]

    def _seek(self, start_s: float) -> None:
        at_s = start_s - PREROLL_S
        stream = self._streams[0]
        try:
            if at_s <= 0:
                self._container.seek(self._container.start_time or 0, backward=True)
            else:
                target = round((at_s + self._zero_s) / stream.time_base)
                self._container.seek(target, backward=True, stream=stream)
        except (
            av.error.FFmpegError
        ):  # not seekable: decoded from the start, samples are placed by time all the same
            self.faults += 1
        for each in self._streams:
            each.codec_context.flush_buffers()

    def _frames(self) -> Iterator[tuple[int, Any]]:
        """(index of the stream, frame)."""
        packets = self._container.demux(self._streams)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
            except av.error.EOFError:
                return
            except av.error.FFmpegError:
                self._fault()
                packets = self._container.demux(self._streams)  # the demuxer goes on behind the damage
                continue
            try:
                for frame in packet.decode():
                    yield packet.stream.index, frame
            except av.error.EOFError:  # that stream has said all; others may go on
                continue
            except av.error.FFmpegError:
                self._fault()

    def _fault(self) -> None:
        self.faults += 1
        if self.faults > MAX_FAULTS:
            raise Rejected("sound-unreadable", "too much of the sound of this file is damaged")
