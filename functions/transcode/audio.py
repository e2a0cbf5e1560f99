"""Sound: a film's soundtracks as AAC fragments, an audio master as its renditions, each decoded once and encoded in one go,
so that there is no seam to hear. Child side only.

Sound starts exactly with the film: what is earlier is cut, what is late or missing is silence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.container import InputContainer, OutputContainer
from av.filter import Graph
from av.packet import Packet

from acervo.errors import Rejected
from functions.transcode import master
from functions.transcode.film import Film, parse_film
from functions.transcode.fragments import Sample
from functions.transcode.profiles import BROADCAST, PREVIEW, SEGMENT_S, SOUNDTRACK, Sound
from functions.transcode.samples import Piece, PieceWriter
from functions.transcode.waveform import Peaks

HOLE_S = 0.04  # shorter holes and overlaps of timestamps are rounding
SAY_EVERY_FRAMES = 200
MAX_HOLE_S = 3600.0  # a timestamp further on is a broken one
Pull = Iterator[AudioFrame]


class Resampler:
    """Decoded frames to one format, in time: holes filled, overlaps cut, the first sample at `origin_s`."""

    def __init__(
        self, rate: int, sample_format: str, layout: str | None, frame_size: int, origin_s: Fraction
    ) -> None:
        self._rate, self._format, self._layout, self._frame_size = rate, sample_format, layout, frame_size
        self._origin_s = origin_s
        self._graph: Graph | None = None
        self._kind: tuple[int, str, str] | None = None
        self._next_s: Fraction | None = None
        self._done = 0

    def push(self, frame: AudioFrame | None) -> Pull:
        """What comes out; None flushes."""
        if frame is None:
            yield from self._drain()
            return
        kind = (frame.sample_rate, frame.format.name, frame.layout.name)
        if kind != self._kind:
            yield from self._drain()
            self._build(frame)
            self._kind = kind
        base = Fraction(frame.time_base or Fraction(1, frame.sample_rate))
        at = self._next_s or Fraction(0) if frame.pts is None else frame.pts * base - self._origin_s
        if self._next_s is not None and abs(at - self._next_s) > MAX_HOLE_S:
            at = self._next_s
        self._next_s = at + Fraction(frame.samples, frame.sample_rate)
        frame.time_base = Fraction(1, frame.sample_rate)
        frame.pts = round(at * frame.sample_rate)
        if self._graph is not None:
            self._graph.push(frame)
            yield from self._pull()

    def _pull(self) -> Pull:
        while self._graph is not None:
            try:
                frame = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            assert isinstance(frame, AudioFrame)  # noqa: S101  # what an audio sink gives
            frame.pts, frame.time_base = self._done, Fraction(1, self._rate)
            self._done += frame.samples
            yield frame

    def _drain(self) -> Pull:
        if self._graph is not None:
            self._graph.push(None)
            yield from self._pull()
            self._graph = None

    def _build(self, frame: AudioFrame) -> None:
        graph = Graph()
        source = graph.add_abuffer(
            sample_rate=frame.sample_rate,
            format=frame.format,
            layout=frame.layout,
            time_base=Fraction(1, frame.sample_rate),
        )
        layout = self._layout or frame.layout.name
        first = f"{self._rate}:async=1:min_hard_comp={HOLE_S}:first_pts={self._done}"
        chain = [
            source,
            graph.add("aresample", first),
            graph.add("aformat", f"sample_fmts={self._format}:channel_layouts={layout}"),
        ]
        if self._frame_size:
            chain.append(graph.add("asetnsamples", f"n={self._frame_size}:p=0"))
        graph.link_nodes(*chain, graph.add("abuffersink")).configure()
        self._graph = graph


class AacEncoder:
    """AAC packets into a piece, about two seconds a segment."""

    def __init__(self, film: Film, file: BinaryIO, layout: str) -> None:
        rate = SOUNDTRACK.sample_rate
        context = AudioCodecContext.create("aac", "w")
        context.sample_rate, context.layout, context.format = rate, layout, "fltp"
        context.bit_rate = (SOUNDTRACK.audio_kbps or 128) * 1000
        context.time_base = Fraction(1, rate)
        context.flags |= Flags.global_header
        context.open()
        self.frame_size = context.frame_size
        self._context = context
        self._writer = PieceWriter(file, 1, video=False)
        self._waiting: list[Packet[Any]] = []
        self._a_segment = max(1, round(SEGMENT_S * rate / self.frame_size))
        delay = Fraction(film.timeline.delay, film.timeline.timescale)
        self._shift = round(delay * rate)

    def encode(self, frame: AudioFrame | None) -> None:
        for packet in self._context.encode(frame):
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


def encode_soundtracks(arguments: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Sandbox entry: writes `a{n}.m4s` for each soundtrack and `waveform.json` (of the first) into `directory`.

    Args:
        arguments: source, film, directory.

    Returns:
        tracks: for each one its piece, AudioSpecificConfig (hex), language, title, and channels; empty when there is no sound.
    """
    film = parse_film(arguments["film"])
    directory = Path(arguments["directory"])
    origin_s = film.timeline.origin * film.timeline.time_base
    peaks = Peaks(SOUNDTRACK.sample_rate)
    with master.open_master(arguments["source"], ahead=2) as container:
        streams = [
            stream
            for stream in container.streams.audio
            if stream.index in {track.stream for track in film.soundtracks}
        ]
        files = [(directory / f"a{number}.m4s").open("wb") for number in range(len(streams))]
        try:
            encoders = {
                stream.index: AacEncoder(film, file, "stereo")
                for stream, file in zip(streams, files, strict=True)
            }
            resamplers = {
                index: Resampler(SOUNDTRACK.sample_rate, "fltp", "stereo", encoder.frame_size, origin_s)
                for index, encoder in encoders.items()
            }
            first = streams[0].index
            for index, frame in _decoded(container, streams, film.timeline.duration_s, float(origin_s), say):
                for resampled in resamplers[index].push(frame):
                    if index == first:
                        peaks.add(resampled.to_ndarray())
                    encoders[index].encode(resampled)
            finished = {
                index: encoder.finish(f"a{number}/audio")
                for number, (index, encoder) in enumerate(encoders.items())
            }
        finally:
            for file in files:
                file.close()
    (directory / "waveform.json").write_text(json.dumps(peaks.to_json(), separators=(",", ":")))
    tracks = [
        {
            "piece": finished[track.stream][0].to_json(), "config": finished[track.stream][1].hex(), "channels": 2,
            "frame": encoders[track.stream].frame_size, "language": track.language, "title": track.title,
        }
        for track in film.soundtracks if finished[track.stream][0].segments
    ]  # fmt: skip
    return {"tracks": tracks}


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
            for _, frame in _decoded(container, [stream], duration_s, float(start_s), say):
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


def _decoded(
    container: InputContainer,
    streams: list[AudioStream],
    duration_s: float,
    origin_s: float,
    say: Callable[[dict[str, Any]], None],
) -> Iterator[tuple[int, AudioFrame | None]]:
    """(stream index, frame), and at the end None once for each stream. Damaged packets are left out."""
    master.only(container, *streams)
    count = 0
    try:
        for packet in container.demux(streams):
            try:
                decoded = packet.decode()
            except av.error.InvalidDataError:
                continue
            for frame in decoded:
                assert isinstance(frame, AudioFrame)  # noqa: S101  # of an audio stream
                yield packet.stream_index, frame
                count += 1
                if count % SAY_EVERY_FRAMES == 0 and frame.time is not None:
                    say({"fraction": min(1.0, (frame.time - origin_s) / max(duration_s, 1e-3))})
    except av.error.InvalidDataError:
        pass  # the rest of the file cannot be read: what was heard until here counts
    for stream in streams:
        yield stream.index, None
