"""A part of a recording as pieces of its renditions: preview (loudness by EBU R128), broadcast copy and waveform. Child side only.

* The preview and the waveform are of the main soundtrack, which is the first.
* The broadcast copy has all of them, channel after channel in the master's order, as EBU R 123 lays tracks out and editing software
  takes a polyphonic WAV: no language is lost. `soundtracks` says which channels are whose.
* Parts join without a seam: each begins on a packet and a point of the waveform, the encoder is warmed up with the sound before it, and no
  MP3 frame keeps bits in another one (docs/adr/0023).
* How loud the whole is must be known before the first sample of a preview is written: `listen_part` hears each part first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

from av.audio.frame import AudioFrame
from av.container import InputContainer

from functions.transcode import master
from functions.transcode.film import Soundtrack
from functions.transcode.heard import Loudness, join_heard
from functions.transcode.loudness import Meter
from functions.transcode.profiles import BROADCAST, PCM_FILE, PREVIEW, WAVEFORM
from functions.transcode.recording import Recording, Window, parse_recording
from functions.transcode.recording_pieces import Mp3Piece, PcmPiece
from functions.transcode.resample import Resampler, decode_range
from functions.transcode.sounding import Sounding
from functions.transcode.waveform import Peaks

RATE = PREVIEW.sample_rate
MP3_FRAME = 1152
WARM = 100 * MP3_FRAME  # 2.4 s: the encoder and the limiter have found their level
MARGIN_S = 0.05
LISTENING = 0.3  # of the progress
Say = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class _Part:
    """Samples [first, until) of a recording; `until` None: to its end."""

    recording: Recording
    first: int
    until: int | None

    @property
    def warm(self) -> int:
        """Where decoding begins."""
        return max(0, self.first - WARM)

    @property
    def most(self) -> int | None:
        """How many samples there are from there on, where a clip ends with this part."""
        if self.until is not None or not self.recording.clipped:
            return None
        return max(0, round(self.recording.duration_s * RATE) - self.warm)

    @property
    def begin_s(self) -> Fraction:
        return self.recording.begin_s + Fraction(self.warm, RATE)

    @property
    def end_s(self) -> Fraction | None:
        if self.most is not None:
            return self.begin_s + Fraction(self.most, RATE)
        return None if self.until is None else self.recording.begin_s + Fraction(self.until + WARM, RATE)

    @property
    def length_s(self) -> float:
        end_s = self.end_s or self.recording.begin_s + Fraction(self.recording.duration_s)
        return float(end_s - self.begin_s)

    def holds(self, frame: AudioFrame) -> slice:
        """Which samples of a frame are in it."""
        at = frame.pts or 0
        last = frame.samples if self.until is None else min(frame.samples, self.until - at)
        return slice(max(0, self.first - at), max(0, last))


def listen_part(arguments: dict[str, Any], say: Say) -> dict[str, Any]:
    """Sandbox entry: how loud a part of the main soundtrack is.

    Args:
        arguments: source, recording, first, until (samples; None: to the end).

    Returns:
        heard: of the main soundtrack, as the only one of a list.
    """
    part = _part(arguments)
    meter = Meter()
    with _opened(arguments["source"], part) as (container, window):
        main = Sounding(container, part.recording.soundtracks[:1], RATE, part.begin_s)
        origin_s, least_s = main.origin_s, float(main.origin_s) + (part.first - part.warm) / RATE - MARGIN_S
        most_s = float("inf") if part.until is None else float(origin_s) + (part.until - part.warm) / RATE
        for index, frame in _frames(container, main, part, window, say):
            for sound in main.push(index, frame):
                if sound is not None and (sound.time is None or least_s <= sound.time < most_s):
                    meter.push(sound)
    return {"heard": [meter.finish().to_json()]}


def encode_part(arguments: dict[str, Any], say: Say) -> dict[str, Any]:
    """Sandbox entry: writes `preview.mp3` (frames and nothing else) and `broadcast.pcm` into `directory`.

    Args:
        arguments: source, recording, directory, number (of the part), first and until (samples; None: to the end); `heard`: what
            `listen_part` said of all parts, when this is one of several; `wanted`: a profile, where it is the only one.

    Returns:
        pieces: by profile, what was written (`recording_pieces`); peaks: the waveform; soundtracks; loudness.
    """
    part, directory, wanted = _part(arguments), Path(arguments["directory"]), arguments.get("wanted")
    tracks, number = part.recording.soundtracks, int(arguments.get("number", 0))
    pieces: dict[str, Mp3Piece | PcmPiece] = {}
    loudness: Loudness | None = None
    begun = 0.0
    if wanted in (None, PREVIEW.profile):
        heard = arguments.get("heard")
        if heard is None:
            listening = listen_part(arguments, lambda said: say({"fraction": said["fraction"] * LISTENING}))
            heard, begun = listening["heard"], LISTENING
        loudness = join_heard(heard).loudness

    def saying(said: dict[str, Any]) -> None:
        say({"fraction": begun + said["fraction"] * (1 - begun)})

    peaks = Peaks(RATE)

    def add(frame: AudioFrame, inside: slice) -> None:
        peaks.add(frame.to_ndarray()[:, inside])

    with _opened(arguments["source"], part) as (container, window), ExitStack() as opened:
        main, every = (Sounding(container, each, RATE, part.begin_s) for each in (tracks[:1], tracks))
        layout = main.mixed(PREVIEW.channels)
        sinks: list[_Sink] = []
        if loudness is not None:
            file = opened.enter_context((directory / PREVIEW.file).open("wb"))
            mp3 = Mp3Piece(file, layout, part.first, part.until, part.warm)
            sinks.append(_Sink(main, _resampler(part, main, "s16p", layout, MP3_FRAME, loudness), mp3.encode))
            pieces[PREVIEW.profile] = mp3
        if wanted in (None, BROADCAST.profile):
            file = opened.enter_context((directory / PCM_FILE).open("wb"))
            pcm = PcmPiece(file, every.channels, every.layout)
            sinks.append(_Sink(every, _resampler(part, every, "s32", every.layout, 0), pcm.write))
            pieces[BROADCAST.profile] = pcm
        if wanted in (None, WAVEFORM):
            sinks.append(_Sink(main, _resampler(part, main, "fltp", "mono", 0), add))
        decoded = every if BROADCAST.profile in pieces else main
        for index, frame in _frames(container, decoded, part, window, saying):
            for sounding in {id(sink.sounding): sink.sounding for sink in sinks}.values():
                for sound in sounding.push(index, frame):
                    for sink in (each for each in sinks if each.sounding is sounding):
                        sink.push(sound, part)
        written = {profile: piece.finish(f"{profile}/{number:04d}") for profile, piece in pieces.items()}
    return {
        "pieces": written,
        "peaks": peaks.to_json(),
        "soundtracks": _places(tracks),
        "loudness": loudness.to_json() if loudness else None,
    }


def _part(arguments: dict[str, Any]) -> _Part:
    return _Part(
        parse_recording(arguments["recording"]), int(arguments.get("first", 0)), arguments.get("until")
    )


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


@contextmanager
def _opened(source: dict[str, Any], part: _Part) -> Iterator[tuple[InputContainer, Window | None]]:
    bare = part.recording.bare
    window = bare.window(source["size_bytes"], part.begin_s, part.end_s) if bare else None
    with master.open_master({**source, "window": asdict(window) if window else None}, ahead=2) as container:
        yield container, window


def _resampler(
    part: _Part, sounding: Sounding, sample_format: str, layout: str, frame_size: int, loudness: Loudness | None = None
) -> Resampler:  # fmt: skip
    level = PREVIEW.level if loudness else None
    return Resampler(
        RATE, sample_format, layout, frame_size, sounding.origin_s, loudness.gain_db(level) if loudness and level else 0.0, part.most,
        ceiling_db=loudness.ceiling_db(level) if loudness and level else None,
    )  # fmt: skip


@dataclass(frozen=True)
class _Sink:
    """Who takes samples, with their place in the recording, and which of them are in the part."""

    sounding: Sounding
    resampler: Resampler
    take: Callable[[AudioFrame, slice], None]

    def push(self, frame: AudioFrame | None, part: _Part) -> None:
        for samples in self.resampler.push(frame):
            samples.pts = (samples.pts or 0) + part.warm
            self.take(samples, part.holds(samples))


def _frames(
    container: InputContainer, sounding: Sounding, part: _Part, window: Window | None, say: Say
) -> Iterator[tuple[int, AudioFrame | None]]:
    recording = part.recording
    whole = recording.entire or (recording.bare is not None) or (part.warm == 0 and not recording.clipped)
    first = sounding.streams[0].start_time or 0
    shift = window.at - first if window else 0
    return decode_range(
        container, sounding.streams, part.begin_s, part.end_s, part.length_s, say, whole, shift
    )
