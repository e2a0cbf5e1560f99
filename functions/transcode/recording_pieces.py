"""The files that parts of a recording leave, to be joined by `recording_files`. Child side only. Names carry a hash: pieces that differ never
share a key."""

from __future__ import annotations

import hashlib
import io
from fractions import Fraction
from typing import Any, BinaryIO

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from functions.transcode.profiles import BROADCAST, PREVIEW
from functions.transcode.samples import NAME_DIGITS

LAME = {"reservoir": "0"}  # no frame has bits in another: parts can be joined


class _Hashed:
    """What is written, and its hash."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._digest, self.size_bytes = file, hashlib.sha256(), 0

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self.size_bytes += len(data)

    def name(self, stem: str, suffix: str) -> str:
        return f"{stem}-{self._digest.hexdigest()[:NAME_DIGITS]}.{suffix}"


class Mp3Piece:
    """Frames of 1152 samples that begin in [first, until); what is encoded before them is the warming up from `warm` on."""

    def __init__(self, file: BinaryIO, layout: str, first: int, until: int | None, warm: int) -> None:
        context = AudioCodecContext.create("libmp3lame", "w")
        context.sample_rate, context.layout, context.format = PREVIEW.sample_rate, layout, "s16p"
        context.bit_rate = (PREVIEW.audio_kbps or 128) * 1000
        context.time_base = Fraction(1, PREVIEW.sample_rate)
        context.options = dict(LAME)
        context.open()
        self._context, self._out = context, _Hashed(file)
        self._first, self._until, self._warm = first, until, warm
        self._delay: int | None = None
        self._frames, self._samples, self._header = 0, 0, b""
        self._channels = context.channels

    def encode(self, frame: AudioFrame, inside: slice) -> None:
        self._samples += max(0, inside.stop - inside.start)
        self._write(frame)

    def finish(self, stem: str) -> dict[str, Any]:
        """`header` is of a frame, `delay` how many samples the encoder puts before the first one."""
        if self._delay is not None:
            self._write(None)
        return {
            "name": self._out.name(stem, "mp3"), "size_bytes": self._out.size_bytes, "frames": self._frames, "samples": self._samples,
            "channels": self._channels, "delay": self._delay or 0, "header": self._header.hex(),
        }  # fmt: skip

    def _write(self, frame: AudioFrame | None) -> None:
        for packet in self._context.encode(frame):
            at = packet.pts or 0
            if self._delay is None:
                self._delay = self._warm - at
            begins = at + self._delay
            if begins < self._first or (self._until is not None and begins >= self._until):
                continue
            data = bytes(packet)
            self._header = self._header or data[:4]
            self._out.write(data)
            self._frames += 1


class PcmPiece:
    """24 bit samples, channel after channel, low byte first."""

    def __init__(self, file: BinaryIO, channels: int, layout: str) -> None:
        self._out, self._channels, self._samples = _Hashed(file), channels, 0
        self._format = wave_format(layout)

    def write(self, frame: AudioFrame, inside: slice) -> None:
        samples = frame.to_ndarray().reshape(frame.samples, -1)[inside]
        if not len(samples):
            return
        wide = samples.astype("<i4").view("u1").reshape(len(samples), -1, 4)
        self._out.write(wide[:, :, 1:].tobytes())  # the low byte is empty
        self._samples += len(samples)

    def finish(self, stem: str) -> dict[str, Any]:
        """`format` is the file's `fmt ` chunk."""
        return {
            "name": self._out.name(stem, "pcm"), "size_bytes": self._out.size_bytes, "samples": self._samples,
            "channels": self._channels, "format": self._format.hex(),
        }  # fmt: skip


def wave_format(layout: str) -> bytes:
    """The `fmt ` chunk of a WAV file with these channels, as FFmpeg writes it."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="wav") as container:
        stream = container.add_stream(BROADCAST.codec, rate=BROADCAST.sample_rate)
        assert isinstance(stream, AudioStream)  # noqa: S101  # of an audio codec
        stream.layout, stream.format = layout, "s32"
        container.start_encoding()
    head = buffer.getvalue()
    at = head.index(b"fmt ")
    return head[at : at + 8 + int.from_bytes(head[at + 4 : at + 8], "little")]
