"""A part of a film's sound as fragments: each soundtrack in one go where it is not very long. Child side only.

Parts of a long film join without a seam: each begins on a packet of the one grid that the film's whole sound has, the encoder is
warmed up with the sound before it, and what comes of that is thrown away. How loud the film is as a whole is known before (`listen`),
and every part gets the same gain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.codec.context import Flags
from av.packet import Packet

from functions.transcode import master
from functions.transcode.channels import Channels
from functions.transcode.film import Film, parse_film
from functions.transcode.fragments import Sample
from functions.transcode.heard import Loudness, join_heard
from functions.transcode.loudness import Meter
from functions.transcode.profiles import SEGMENT_S, SOUNDTRACK
from functions.transcode.resample import Resampler, decode_range
from functions.transcode.samples import Piece, PieceWriter
from functions.transcode.waveform import Peaks

RATE = SOUNDTRACK.sample_rate
PACKET = 1024  # samples
WARM = 94 * PACKET  # two seconds: the encoder's rate control has found its level
PCM_FRAME = 4800
METERED = 4800  # samples
STEREO = 2
LISTENING = 0.3  # of the progress
SEGMENTS_A_RANGE = 100_000  # fragment numbers grow over the film
Say = Callable[[dict[str, Any]], None]


class SoundEncoder(Protocol):
    """Samples of [first, until) into a piece."""

    sample_format: str
    frame_size: int

    def encode(self, frame: AudioFrame | None) -> None: ...

    def finish(self, stem: str) -> tuple[Piece, bytes]: ...


class AacEncoder:
    """AAC packets, about two seconds a segment. Frames come with their place in the film's sound."""

    sample_format = "fltp"

    def __init__(
        self, film: Film, file: BinaryIO, layout: str, first: int, until: int | None, number: int
    ) -> None:
        context = AudioCodecContext.create("aac", "w")
        context.sample_rate, context.layout, context.format = RATE, layout, "fltp"
        context.bit_rate = (SOUNDTRACK.audio_kbps or 128) * 1000
        context.time_base = Fraction(1, RATE)
        context.flags |= Flags.global_header
        context.open()
        self.frame_size = context.frame_size
        self._context = context
        self._writer = PieceWriter(file, number, video=False)
        self._waiting: list[Packet[Any]] = []
        self._a_segment = max(1, round(SEGMENT_S * RATE / self.frame_size))
        self._first = first - self.frame_size  # a packet is of the samples before its own
        self._until = None if until is None else until - self.frame_size
        self._shift = _delay(film)

    def end_at(self, until: int) -> None:
        """Known only now; nothing that was put in is later."""
        self._until = until - self.frame_size

    def encode(self, frame: AudioFrame | None) -> None:
        for packet in self._context.encode(frame):
            pts = packet.pts or 0
            if pts < self._first or (self._until is not None and pts >= self._until):
                continue
            self._waiting.append(packet)
            if len(self._waiting) == self._a_segment:
                self._write()

    def finish(self, stem: str) -> tuple[Piece, bytes]:
        self.encode(None)
        self._write()
        return self._writer.close(stem), bytes(self._context.extradata or b"")

    def _write(self) -> None:
        if not self._waiting:
            return
        start = (self._waiting[0].pts or 0) + self._shift
        samples = [Sample(packet.size, self.frame_size) for packet in self._waiting]
        self._writer.add(start, samples, [bytes(packet) for packet in self._waiting])
        self._waiting = []


class PcmWriter:
    """24 bit PCM as it comes; a segment is one row of the table."""

    sample_format = "s32"
    frame_size = PCM_FRAME

    def __init__(self, film: Film, file: BinaryIO, first: int, until: int | None, number: int) -> None:
        self._writer = PieceWriter(file, number, video=False)
        self._shift, self._first, self._until = _delay(film), first, until
        self._waiting: list[bytes] = []
        self._begin, self._length = 0, 0

    def encode(self, frame: AudioFrame | None) -> None:
        if frame is None:
            return
        at = frame.pts or 0
        skip = max(0, self._first - at)
        keep = frame.samples if self._until is None else min(frame.samples, self._until - at)
        if skip >= keep:
            return
        samples = frame.to_ndarray().reshape(frame.samples, -1)[skip:keep]
        wide = samples.astype(">i4").view("u1").reshape(len(samples), -1, 4)
        if not self._waiting:
            self._begin = at + skip
        self._waiting.append(wide[:, :, :3].tobytes())  # the low byte is empty
        self._length += len(samples)
        if self._length >= SEGMENT_S * RATE:
            self._write()

    def finish(self, stem: str) -> tuple[Piece, bytes]:
        self._write()
        return self._writer.close(stem), b""

    def _write(self) -> None:
        if not self._waiting:
            return
        data = b"".join(self._waiting)
        self._writer.add(self._begin + self._shift, [Sample(len(data), self._length)], [data])
        self._waiting, self._length = [], 0


def _delay(film: Film) -> int:
    return round(Fraction(film.timeline.delay, film.timeline.timescale) * RATE)


def listen(arguments: dict[str, Any], say: Say) -> dict[str, Any]:
    """Sandbox entry: how loud a part of a film's sound is, before anything of it is encoded.

    Args:
        arguments: source, film, first, until (as of `encode_soundtracks`).

    Returns:
        heard: of each soundtrack, in their order.
    """
    span = _span(arguments)
    meters = [Meter() for _ in span.film.soundtracks]
    with master.open_master(arguments["source"], ahead=2) as container:
        formats = [Format("fltp", "stereo", METERED, 0.0, None) for _ in meters]
        for number, frame in _sound(container, span, formats, say):
            if span.holds(frame):
                meters[number].push(frame)
    return {"heard": [meter.finish().to_json() for meter in meters]}


def encode_soundtracks(arguments: dict[str, Any], say: Say) -> dict[str, Any]:
    """Sandbox entry: writes `a{n}.m4s` for each soundtrack into `directory`.

    Args:
        arguments: source, film, directory, number (of the part), first and until (samples; None: to the end), sound (aac, pcm),
            clip (ends with the film's timeline); `heard`: what `listen` said of all parts, when this is one of several;
            `untouched`: it stays as loud as it is, as PCM always does.

    Returns:
        tracks: for each one its piece, AudioSpecificConfig (hex), language, title, channels and loudness; empty when there is no sound.
        peaks: the waveform of the first.
    """
    span, number = _span(arguments), int(arguments.get("number", 0))
    film = span.film
    pcm = arguments.get("sound", "aac") == "pcm"
    level = None if pcm or arguments.get("untouched") else SOUNDTRACK.level
    loudness: list[Loudness] = []
    if level is not None:
        heard = arguments.get("heard")
        if heard is None:
            heard = listen(arguments, lambda said: say({"fraction": said["fraction"] * LISTENING}))["heard"]
        loudness = [join_heard([each]).loudness for each in heard]
    directory = Path(arguments["directory"])
    peaks = Peaks(RATE)
    with master.open_master(arguments["source"], ahead=2) as container, ExitStack() as opened:
        channels = [track.channels if pcm else STEREO for track in film.soundtracks]
        encoders: list[SoundEncoder] = []
        for at in range(len(film.soundtracks)):
            file = opened.enter_context((directory / f"a{at}.m4s").open("wb"))
            encoders.append(_encoder(film, file, pcm, span.first, span.until, number))
        formats = [
            Format(
                encoder.sample_format, None if pcm else "stereo", encoder.frame_size,
                loudness[at].gain_db(level) if level else 0.0, loudness[at].ceiling_db(level) if level else None,
            )
            for at, encoder in enumerate(encoders)
        ]  # fmt: skip
        for at, frame in _sound(container, span, formats, say):
            if at == 0:
                _peak(peaks, frame, span.first, span.until)
            encoders[at].encode(frame)
        finished = [encoder.finish(f"a{at}/{number:04d}") for at, encoder in enumerate(encoders)]
    tracks = [
        {
            "piece": finished[at][0].to_json(), "config": finished[at][1].hex(), "channels": channels[at],
            "language": track.language, "title": track.title, "number": at,
            "loudness": loudness[at].to_json(level) if level else None,
        }
        for at, track in enumerate(film.soundtracks) if finished[at][0].segments
    ]  # fmt: skip
    return {"tracks": tracks, "peaks": peaks.to_json()}


@dataclass(frozen=True)
class Format:
    """What is made of a soundtrack; `layout` None keeps the master's."""

    sample_format: str
    layout: str | None
    frame_size: int
    gain_db: float
    ceiling_db: float | None


@dataclass(frozen=True)
class Span:
    """The part of a film's sound that is wanted: samples [first, until), None to the end."""

    film: Film
    first: int
    until: int | None

    def holds(self, frame: AudioFrame) -> bool:
        at = frame.pts or 0
        return self.first <= at and (self.until is None or at < self.until)


def _span(arguments: dict[str, Any]) -> Span:
    film = parse_film(arguments["film"])
    first, until = int(arguments.get("first", 0)), arguments.get("until")
    if until is None and arguments.get("clip"):
        until = round(film.timeline.duration_s * RATE)
    return Span(film, first, until)


def _encoder(film: Film, file: BinaryIO, pcm: bool, first: int, until: int | None, part: int) -> SoundEncoder:
    number = part * SEGMENTS_A_RANGE + 1
    return (
        PcmWriter(film, file, first, until, number)
        if pcm
        else AacEncoder(film, file, "stereo", first, until, number)
    )


def _sound(
    container: Any, span: Span, formats: Sequence[Format], say: Say
) -> Iterator[tuple[int, AudioFrame]]:
    """(number of the soundtrack, frame) with its place in the film's sound, from a little before the span to a little after it."""
    film, until = span.film, span.until
    warm = max(0, span.first - WARM)
    origin_s = film.timeline.origin * film.timeline.time_base
    begin_s = origin_s + Fraction(warm, RATE)
    end_s = None if until is None else origin_s + Fraction(until + WARM, RATE)
    whole = warm == 0 and not film.timeline.clipped
    jumps_s = [jump - warm / RATE for jump in film.jumps_s]
    resamplers = [
        Resampler(
            RATE, each.sample_format, each.layout, each.frame_size, Fraction(0) if track.members else begin_s, each.gain_db,
            jumps_s=() if track.members else jumps_s, ceiling_db=each.ceiling_db,
        )
        for track, each in zip(film.soundtracks, formats, strict=True)
    ]  # fmt: skip
    joined = {
        at: Channels.of_monos(track.members, RATE, begin_s, jumps_s)
        for at, track in enumerate(film.soundtracks)
        if track.members
    }
    numbers = {stream: at for at, track in enumerate(film.soundtracks) for stream in track.streams}
    streams = [stream for stream in container.streams.audio if stream.index in numbers]
    last_s = origin_s + Fraction(film.timeline.duration_s).limit_denominator(1000)
    span_s = float((end_s or last_s) - begin_s)
    for index, frame in decode_range(container, streams, begin_s, end_s, span_s, say, whole):
        at = numbers[index]
        for heard in joined[at].push(index, frame) if at in joined else (frame,):
            for resampled in resamplers[at].push(heard):
                resampled.pts = (resampled.pts or 0) + warm
                yield at, resampled


def _peak(peaks: Peaks, frame: AudioFrame, first: int, until: int | None) -> None:
    at = frame.pts or 0
    data = frame.to_ndarray()
    if frame.format.name == "s32":
        data = data.reshape(frame.samples, -1).T / 2**31
    skip = max(0, first - at)
    keep = frame.samples if until is None else min(frame.samples, until - at)
    if skip < keep:
        peaks.add(data[:, skip:keep])
