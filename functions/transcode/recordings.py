"""Sound as its renditions: the preview (loudness by EBU R128), the broadcast copy and the waveform. Child side only.

Decoded twice: how loud it is as a whole must be known before the first sample of the preview is written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer

from acervo.errors import Rejected
from functions.transcode import master
from functions.transcode.heard import Loudness
from functions.transcode.loudness import Meter
from functions.transcode.profiles import BROADCAST, PREVIEW, Sound
from functions.transcode.resample import Resampler, decode_range
from functions.transcode.waveform import Peaks

MARGIN_S = 0.05
MEASURING = 0.3  # of the progress
Say = Callable[[dict[str, Any]], None]


def encode_audio(arguments: dict[str, Any], say: Say) -> dict[str, Any]:
    """Sandbox entry: writes the files of `preview` and `broadcast`, and `waveform.json`, into `directory`.

    Args:
        arguments: source, directory; perhaps `clip` (milliseconds, [in, out)).

    Raises:
        Rejected: there is no sound in it.
    """
    directory, clip = Path(arguments["directory"]), arguments.get("clip")
    loudness = _measure(
        arguments["source"], clip, lambda said: say({"fraction": said["fraction"] * MEASURING})
    )
    peaks = Peaks(PREVIEW.sample_rate)
    with master.open_master(arguments["source"], ahead=2) as container:
        stream, span = _span(container, clip)
        preview = _File(directory / PREVIEW.file, PREVIEW, "mp3", "s16p", stream, span, loudness)
        broadcast = _File(directory / BROADCAST.file, BROADCAST, "wav", "s32", stream, span)
        heard = Resampler(PREVIEW.sample_rate, "fltp", "mono", 0, span.begin_s)
        with preview.container, broadcast.container:
            for frame in _frames(
                container,
                stream,
                span,
                lambda said: say({"fraction": MEASURING + said["fraction"] * (1 - MEASURING)}),
            ):
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
        "loudness": loudness.to_json(),
    }


@dataclass(frozen=True)
class _Span:
    """What of the master is wanted, on its own clock; `end_s` None: to the end."""

    begin_s: Fraction
    end_s: Fraction | None
    duration_s: float

    @property
    def samples(self) -> int | None:
        """At the renditions' rate."""
        return None if self.end_s is None else round((self.end_s - self.begin_s) * PREVIEW.sample_rate)


def _span(container: InputContainer, clip: Sequence[int] | None) -> tuple[AudioStream, _Span]:
    """The soundtrack, and the clip on its clock: a film's sound counts from where the film begins.

    Raises:
        Rejected: there is no sound.
    """
    if not container.streams.audio or not container.streams.audio[0].channels:
        raise Rejected("no-sound", "the file has no sound")
    stream = container.streams.audio[0]
    start_s = (stream.start_time or 0) * Fraction(stream.time_base or 1)
    whole_s = float((container.duration or 0) / 1_000_000)
    if clip is None:
        return stream, _Span(start_s, None, whole_s)
    if container.streams.video:
        picture = container.streams.video[0]
        start_s = (picture.start_time or 0) * Fraction(picture.time_base or 1)
    begin_s, end_s = (start_s + Fraction(int(at), 1000) for at in clip)
    return stream, _Span(begin_s, end_s, float(end_s - begin_s))


def _frames(
    container: InputContainer, stream: AudioStream, span: _Span, say: Say
) -> Iterator[AudioFrame | None]:
    for _, frame in decode_range(
        container, [stream], span.begin_s, span.end_s, span.duration_s, say, span.end_s is None
    ):
        yield frame


def _measure(source: dict[str, Any], clip: Sequence[int] | None, say: Say) -> Loudness:
    meter = Meter()
    with master.open_master(source, ahead=2) as container:
        stream, span = _span(container, clip)
        for frame in _frames(container, stream, span, say):
            if frame is not None and (frame.time is None or frame.time >= float(span.begin_s) - MARGIN_S):
                meter.push(frame)
    return meter.measure()


class _File:
    """One rendition of an audio master, muxed as it is encoded."""

    def __init__(
        self,
        path: Path,
        sound: Sound,
        muxer: str,
        sample_format: str,
        source: AudioStream,
        span: _Span,
        loudness: Loudness | None = None,
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
            sound.sample_rate, sample_format, layout, stream.codec_context.frame_size, span.begin_s,
            0.0 if loudness is None or sound.level is None else loudness.gain_db(sound.level), span.samples,
            ceiling_db=None if loudness is None or sound.level is None else loudness.ceiling_db(sound.level),
        )  # fmt: skip
        self.samples = 0

    def encode(self, frame: AudioFrame | None) -> None:
        """None ends the file."""
        for resampled in self._resampler.push(frame):
            self.samples += resampled.samples
            self.container.mux(self._stream.encode(resampled))
        if frame is None:
            self.container.mux(self._stream.encode(None))
