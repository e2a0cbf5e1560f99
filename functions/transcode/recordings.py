"""An audio master as its renditions: decoded once; preview, broadcast copy and waveform in one go. Child side only."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer

from acervo.errors import Rejected
from functions.transcode import master
from functions.transcode.profiles import BROADCAST, PREVIEW, Sound
from functions.transcode.resample import Resampler, decode
from functions.transcode.waveform import Peaks


def encode_audio(arguments: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Sandbox entry: writes the files of `preview` and `broadcast`, and `waveform.json`, into `directory`.

    Raises:
        Rejected: there is no sound in it.
    """
    directory = Path(arguments["directory"])
    peaks = Peaks(PREVIEW.sample_rate)
    with master.open_master(arguments["source"], ahead=2) as container:
        if not container.streams.audio:
            raise Rejected("no-sound", "the file has no sound")
        stream = container.streams.audio[0]
        duration_s = float((container.duration or 0) / 1_000_000)
        start_s = (stream.start_time or 0) * Fraction(stream.time_base or 1)
        preview = _File(directory / PREVIEW.file, PREVIEW, "mp3", "s16p", stream, start_s)
        broadcast = _File(directory / BROADCAST.file, BROADCAST, "wav", "s32", stream, start_s)
        heard = Resampler(PREVIEW.sample_rate, "fltp", "mono", 0, start_s)
        with preview.container, broadcast.container:
            for _, frame in decode(container, [stream], duration_s, float(start_s), say):
                times = None if frame is None else (frame.pts, frame.time_base)
                for output in (preview, broadcast):
                    output.encode(frame)
                    if frame is not None and times is not None:
                        frame.pts, frame.time_base = times
                for mono in heard.push(frame):
                    peaks.add(mono.to_ndarray())
    if not preview.samples:
        raise Rejected("no-sound", "not one moment of the sound can be decoded")
    (directory / "waveform.json").write_text(json.dumps(peaks.to_json(), separators=(",", ":")))
    return {
        "duration_s": preview.samples / PREVIEW.sample_rate,
        "channels": {PREVIEW.profile: preview.channels, BROADCAST.profile: broadcast.channels},
    }


class _File:
    """One rendition of an audio master, muxed as it is encoded."""

    def __init__(
        self, path: Path, sound: Sound, muxer: str, sample_format: str, source: AudioStream, start_s: Fraction
    ) -> None:
        options = {"rf64": "auto"} if muxer == "wav" else {}
        self.container: OutputContainer = av.open(str(path), "w", format=muxer, options=options)
        self.channels = min(source.channels, sound.channels or source.channels)
        layout = {1: "mono", 2: "stereo"}.get(self.channels, source.layout.name)
        stream = self.container.add_stream(sound.codec, rate=sound.sample_rate)
        assert isinstance(stream, AudioStream)  # noqa: S101  # of an audio codec
        stream.layout = layout
        stream.format = sample_format
        if sound.audio_kbps:
            stream.bit_rate = sound.audio_kbps * 1000
        stream.codec_context.open()
        self._stream = stream
        self._resampler = Resampler(
            sound.sample_rate, sample_format, layout, stream.codec_context.frame_size, start_s
        )
        self.samples = 0

    def encode(self, frame: AudioFrame | None) -> None:
        """None ends the file."""
        for resampled in self._resampler.push(frame):
            self.samples += resampled.samples
            self.container.mux(self._stream.encode(resampled))
        if frame is None:
            self.container.mux(self._stream.encode(None))
