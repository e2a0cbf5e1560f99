"""Sound as its renditions: the preview (loudness by EBU R128), the broadcast copy and the waveform. Child side only.

* The preview and the waveform are of the main soundtrack, which is the first.
* The broadcast copy has all of them, channel after channel in the master's order, as EBU R 123 lays tracks out and editing software
  takes a polyphonic WAV: no language is lost. `soundtracks` says which channels are whose.
* Decoded twice: how loud it is as a whole must be known before the first sample of the preview is written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.stream import Disposition

from acervo.errors import Rejected
from functions.transcode import master
from functions.transcode.channels import Channels
from functions.transcode.film import Soundtrack
from functions.transcode.heard import Loudness
from functions.transcode.index import find_soundtracks
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
        tracks, span, warnings = _look(container, clip)
        main = _Sounding(container, tracks[:1], span)
        every = _Sounding(container, tracks, span)
        preview = _File(directory / PREVIEW.file, PREVIEW, "mp3", "s16p", main, span, loudness)
        broadcast = _File(directory / BROADCAST.file, BROADCAST, "wav", "s32", every, span)
        heard = Resampler(PREVIEW.sample_rate, "fltp", "mono", 0, main.origin_s)
        with preview.container, broadcast.container:
            for index, frame in _frames(
                container, every, span, lambda said: say({"fraction": MEASURING + said["fraction"] * (1 - MEASURING)})
            ):  # fmt: skip
                for whole in every.push(index, frame):
                    broadcast.encode(whole)
                for sound in main.push(index, frame):
                    preview.encode(sound)
                    for mono in heard.push(sound):
                        peaks.add(mono.to_ndarray())
    if not preview.samples:
        raise Rejected("no-sound", "not one moment of the sound can be decoded")
    (directory / "waveform.json").write_text(json.dumps(peaks.to_json(), separators=(",", ":")))
    return {
        "duration_s": preview.samples / PREVIEW.sample_rate,
        "channels": {PREVIEW.profile: preview.channels, BROADCAST.profile: broadcast.channels},
        "loudness": loudness.to_json(),
        "soundtracks": _places(tracks),
        "warnings": warnings,
    }


def _places(tracks: Sequence[Soundtrack]) -> list[dict[str, Any]]:
    """Which channels (counted from zero) of the broadcast copy are whose."""
    firsts = accumulate((track.channels for track in tracks), initial=0)
    return [
        {
            "language": track.language,
            "title": track.title,
            "first_channel": first,
            "channels": track.channels,
        }
        for track, first in zip(tracks, firsts, strict=False)
    ]


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


def _look(
    container: InputContainer, clip: Sequence[int] | None
) -> tuple[tuple[Soundtrack, ...], _Span, list[str]]:
    """The soundtracks, and the clip on their clock: a film's sound counts from where the film begins.

    Raises:
        Rejected: there is no sound.
    """
    tracks, warnings = find_soundtracks(container)
    if not tracks:
        raise Rejected("no-sound", "the file has no sound")
    first = container.streams[tracks[0].stream]
    shown = (each for each in container.streams.video if not each.disposition & Disposition.attached_pic)
    begins = next(shown, None) or first
    start_s = (begins.start_time or 0) * Fraction(begins.time_base or 1)
    whole_s = float((container.duration or 0) / 1_000_000)
    if clip is None:
        return tracks, _Span(start_s, None, whole_s), warnings
    begin_s, end_s = (start_s + Fraction(int(at), 1000) for at in clip)
    return tracks, _Span(begin_s, end_s, float(end_s - begin_s)), warnings


class _Sounding:
    """Soundtracks as one: a stream of the master as it is, or several side by side.

    `origin_s` is where the first sample that is wanted is on the clock of the frames that come out.
    """

    def __init__(self, container: InputContainer, tracks: Sequence[Soundtrack], span: _Span) -> None:
        indexes = [index for track in tracks for index in track.streams]
        found = {each.index: each for each in container.streams.audio}
        self.streams = [found[index] for index in indexes]
        self._together: Channels | None = None
        self.channels, self.layout = self.streams[0].channels, self.streams[0].layout.name
        self.origin_s = span.begin_s
        if len(indexes) > 1:
            rate, layouts = PREVIEW.sample_rate, {each.index: _layout(each) for each in self.streams}
            self._together = (
                Channels.of_monos(indexes, rate, span.begin_s)
                if len(tracks) == 1
                else Channels(layouts, None, rate, span.begin_s, ())
            )
            self.channels, self.layout = self._together.count, self._together.layout
            self.origin_s = Fraction(0)

    def push(self, index: int, frame: AudioFrame | None) -> Iterator[AudioFrame | None]:
        """What comes out of a stream's frame; None ends it, and comes out when all have ended."""
        if all(index != stream.index for stream in self.streams):
            return
        if self._together is None:
            yield frame
        else:
            yield from self._together.push(index, frame)


def _layout(stream: AudioStream) -> str:
    return {1: "mono", 2: "stereo"}.get(stream.channels, stream.layout.name)


def _frames(
    container: InputContainer, sounding: _Sounding, span: _Span, say: Say
) -> Iterator[tuple[int, AudioFrame | None]]:
    return decode_range(
        container, sounding.streams, span.begin_s, span.end_s, span.duration_s, say, span.end_s is None
    )


def _measure(source: dict[str, Any], clip: Sequence[int] | None, say: Say) -> Loudness:
    meter = Meter()
    with master.open_master(source, ahead=2) as container:
        tracks, span, _ = _look(container, clip)
        main = _Sounding(container, tracks[:1], span)
        least_s = float(main.origin_s) - MARGIN_S
        for index, frame in _frames(container, main, span, say):
            for sound in main.push(index, frame):
                if sound is not None and (sound.time is None or sound.time >= least_s):
                    meter.push(sound)
    return meter.measure()


class _File:
    """One rendition of an audio master, muxed as it is encoded."""

    def __init__(
        self,
        path: Path,
        sound: Sound,
        muxer: str,
        sample_format: str,
        source: _Sounding,
        span: _Span,
        loudness: Loudness | None = None,
    ) -> None:
        options = {"rf64": "auto"} if muxer == "wav" else {}
        self.container: OutputContainer = av.open(str(path), "w", format=muxer, options=options)
        self.channels = min(source.channels, sound.channels or source.channels)
        layout = {1: "mono", 2: "stereo"}.get(self.channels, source.layout)
        stream = self.container.add_stream(sound.codec, rate=sound.sample_rate)
        assert isinstance(stream, AudioStream)  # noqa: S101  # of an audio codec
        stream.layout = layout
        stream.format = sample_format
        if sound.audio_kbps:
            stream.bit_rate = sound.audio_kbps * 1000
        stream.codec_context.open()
        self._stream = stream
        self._resampler = Resampler(
            sound.sample_rate, sample_format, layout, stream.codec_context.frame_size, source.origin_s,
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
