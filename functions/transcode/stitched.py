"""A film put together from what its chunks reported: playlists and what they say, all values.

Names are relative to the rendition's folder: `master.m3u8`, `{rung}.m3u8`, `{rung}/init.mp4`, `{rung}/000000-{hash}.m4s`, `a0.m3u8`, …
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from acervo.errors import Permanent
from functions.transcode import languages, thumbnails
from functions.transcode.boxes import AudioFormat, Format, PcmFormat, VideoFormat, codec_string
from functions.transcode.film import Film
from functions.transcode.filters import output_colour
from functions.transcode.fragments import build_init
from functions.transcode.ladder import Rung
from functions.transcode.mpd import Representation, Sheets, build_mpd
from functions.transcode.playlist import (
    AudioRendition,
    Part,
    Variant,
    average_bandwidth,
    build_key_frames,
    build_master,
    build_media,
    peak_bandwidth,
    target_duration,
)
from functions.transcode.profiles import PRORES, SOUNDTRACK
from functions.transcode.samples import Piece, parse_piece

MASTER, MPD = "master.m3u8", "manifest.mpd"
JPEG_BITS = 1  # a pixel, of pictures this small
ONE_TILE_S = Fraction(round(thumbnails.EVERY_S))
AAC_DELAY = 1024  # samples of priming before the first that was put in


@dataclass(frozen=True)
class Stream:
    """One track of the film: a rung or a soundtrack. `skip` is where its media begins to be shown, in its timescale."""

    name: str
    format: Format
    pieces: tuple[Piece, ...]
    skip: int

    @property
    def parts(self) -> list[Part]:
        return [
            Part(
                piece.name,
                segment.offset,
                segment.size_bytes,
                Fraction(segment.duration, self.format.timescale),
            )
            for piece in self.pieces
            for segment in piece.segments
        ]

    @property
    def key_frames(self) -> list[Part]:
        """The first sample of each segment with its header: of a picture, the key frame."""
        return [
            replace(part, size_bytes=segment.header_bytes + segment.key_bytes)
            for part, segment in zip(
                self.parts, (segment for piece in self.pieces for segment in piece.segments), strict=True
            )
        ]

    @property
    def playlist(self) -> str:
        return f"{self.name}.m3u8"

    @property
    def key_frame_playlist(self) -> str:
        return f"{self.name}-i.m3u8"

    @property
    def init(self) -> str:
        return f"{self.name}/init.mp4"

    @property
    def size_bytes(self) -> int:
        return sum(part.size_bytes for part in self.parts)


@dataclass(frozen=True)
class Soundtrack:
    stream: Stream
    language: str
    title: str
    channels: int
    loudness: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Stitched:
    film: Film
    rungs: tuple[tuple[Rung, Stream], ...]
    soundtracks: tuple[Soundtrack, ...]
    frames: int
    promised: int
    sprites: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    @property
    def streams(self) -> list[Stream]:
        return [stream for _, stream in self.rungs] + [track.stream for track in self.soundtracks]

    @property
    def warnings(self) -> list[str]:
        """What an editor should know about the renditions."""
        found = list(self.film.warnings)
        missing = self.promised - self.frames
        if missing > 0:
            found.append(f"{missing} of {self.promised} frames of the master cannot be decoded")
        silent = len(self.film.soundtracks) - len(self.soundtracks)
        if silent > 0:
            found.append(
                f"{silent} of {len(self.film.soundtracks)} soundtracks of the master cannot be decoded"
            )
        return found


def stitch(
    film: Film,
    ladder: Sequence[Rung],
    chunks: Sequence[Mapping[str, Any]],
    tracks: Sequence[Mapping[str, Any]],
    pcm: bool = False,
) -> Stitched:
    """The whole film.

    Args:
        chunks: results of the video chunks in order.
        tracks: of the sound chunks in order.
        pcm: the sound is not AAC.

    Raises:
        Permanent: no frame was encoded, or chunks differ in what a decoder must know.
    """
    encoded = [chunk for chunk in chunks if chunk["rungs"]]
    if not encoded:
        raise Permanent("no-picture", "not one frame of the film can be decoded")
    rungs = []
    for rung in ladder:
        of_rung = [chunk["rungs"][rung.name] for chunk in encoded]
        configs = {each["config"] for each in of_rung}
        if len(configs) != 1:
            raise Permanent("chunks-differ", "parts of the film were encoded with different settings")
        timescale = film.timeline.timescale
        look = VideoFormat(
            rung.width, rung.height, timescale, bytes.fromhex(configs.pop()), output_colour(film.picture),
            PRORES[rung.steps[0]][1] if rung.intra else "avc1",
        )  # fmt: skip
        pieces = tuple(parse_piece(each["piece"]) for each in of_rung)
        rungs.append((rung, Stream(rung.name, look, pieces, film.timeline.delay)))
    numbers = sorted({int(track["number"]) for track in tracks})
    soundtracks = tuple(
        _soundtrack(number, [track for track in tracks if track["number"] == number], pcm)
        for number in numbers
    )
    frames = sum(int(chunk["frames"]) for chunk in chunks)
    promised = film.frames or sum(int(chunk["promised"]) for chunk in chunks)
    sprites = tuple(
        (thumbnails.name(number, chunk["sprite"]), chunk["sprite"])
        for number, chunk in enumerate(chunks)
        if chunk.get("sprite")
    )
    return Stitched(film, tuple(rungs), soundtracks, frames, promised, sprites)


def _soundtrack(number: int, parts: Sequence[Mapping[str, Any]], pcm: bool) -> Soundtrack:
    first = parts[0]
    heard: Format = (
        PcmFormat(first["channels"], SOUNDTRACK.sample_rate, first["language"])
        if pcm
        else AudioFormat(
            first["channels"], SOUNDTRACK.sample_rate, bytes.fromhex(first["config"]), first["language"]
        )
    )
    pieces = tuple(parse_piece(part["piece"]) for part in parts)
    stream = Stream(f"a{number}", heard, pieces, 0 if pcm else AAC_DELAY)
    return Soundtrack(stream, first["language"], first["title"], first["channels"], first.get("loudness"))


def build_texts(film: Stitched) -> dict[str, bytes]:
    """Every small file of the `hls` rendition by its name: init segments and playlists."""
    files: dict[str, bytes] = {}
    target = max(
        target_duration(stream.parts) for stream in film.streams
    )  # RFC 8216, 6.2.4: all have the same
    for stream in film.streams:
        files[stream.init] = build_init(stream.format)
        files[stream.playlist] = build_media(stream.parts, stream.init, target).encode()
    for _, stream in film.rungs:
        files[stream.key_frame_playlist] = build_key_frames(stream.key_frames, stream.init).encode()
    if film.sprites:
        track = thumbnails.build_track(film.sprites, film.film.timeline.duration_s)
        files[thumbnails.VTT] = track.encode()
    duration_s = Fraction(film.film.timeline.duration_s).limit_denominator(1000)
    files[MPD] = build_mpd(*_adaptation_sets(film), duration_s, _sheets(film)).encode()
    files[MASTER] = build_master(
        build_variants(film), _audio_renditions(film.soundtracks), _key_frame_variants(film)
    ).encode()
    return files


def _key_frame_variants(film: Stitched) -> list[Variant]:
    return [
        Variant(
            stream.key_frame_playlist, peak_bandwidth(stream.key_frames), average_bandwidth(stream.key_frames),
            (codec_string(stream.format),), rung.width, rung.height, film.film.timeline.fps,
        )
        for rung, stream in film.rungs
    ]  # fmt: skip


def build_variants(film: Stitched) -> list[Variant]:
    sounds = [track.stream for track in film.soundtracks]
    peak = max((peak_bandwidth(sound.parts) for sound in sounds), default=0)
    average = max((average_bandwidth(sound.parts) for sound in sounds), default=0)
    codecs = sorted({codec_string(sound.format) for sound in sounds})
    return [
        Variant(
            stream.playlist,
            peak_bandwidth(stream.parts) + peak,
            average_bandwidth(stream.parts) + average,
            (codec_string(stream.format), *codecs),
            rung.width,
            rung.height,
            film.film.timeline.fps,
        )
        for rung, stream in film.rungs
    ]


def _adaptation_sets(film: Stitched) -> tuple[list[Representation], list[tuple[str, Representation]]]:
    """The same fragments for DASH: pictures, and (language, sound)."""
    timeline = film.film.timeline
    pictures = [
        replace(_representation(stream, timeline.delay, timeline.delay), width=rung.width, height=rung.height, fps=timeline.fps)
        for rung, stream in film.rungs
    ]  # fmt: skip
    begin = round(Fraction(timeline.delay, timeline.timescale) * SOUNDTRACK.sample_rate)
    sounds = [
        (languages.tag(track.language), _representation(track.stream, begin, 0)) for track in film.soundtracks
    ]
    return pictures, sounds


def _sheets(film: Stitched) -> Sheets | None:
    """The thumbnails, when they are on sheets; what a sheet has in bytes is guessed by its size."""
    if not film.sprites or "rows" not in film.sprites[0][1]:
        return None
    first = film.sprites[0][1]
    (width, height), columns, rows = first["tile"], first["columns"], first["rows"]
    times = first["times"]
    every_s = Fraction(times[1] - times[0]).limit_denominator(1000) if len(times) > 1 else ONE_TILE_S
    sheet_s = every_s * columns * rows
    size = (columns * width, rows * height)
    bandwidth = max(1, round(size[0] * size[1] * JPEG_BITS / sheet_s))
    names = [name for name, _ in film.sprites]
    return Sheets(names, columns, rows, *size, sheet_s, bandwidth)


def _representation(stream: Stream, offset: int, late: int) -> Representation:
    """`late` is by how much pictures are shown after they are decoded."""
    starts = [segment.start + late for piece in stream.pieces for segment in piece.segments]
    parts = stream.parts
    return Representation(
        stream.name, stream.init, codec_string(stream.format), stream.format.timescale, offset, parts, starts, peak_bandwidth(parts)
    )  # fmt: skip


def _audio_renditions(soundtracks: Sequence[Soundtrack]) -> list[AudioRendition]:
    """Names are unique inside the group, as RFC 8216 wants."""
    renditions: list[AudioRendition] = []
    for number, track in enumerate(soundtracks):
        name = track.title or languages.name(track.language) or "audio"
        if name in {rendition.name for rendition in renditions}:
            name = f"{name} {number + 1}"
        renditions.append(
            AudioRendition(
                track.stream.playlist, name, languages.tag(track.language), track.channels, number == 0
            )
        )
    return renditions
