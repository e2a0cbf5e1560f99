"""One chunk of a film: decoded once, every rung of the ladder encoded in the same pass. Child side only."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Generator
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

from av.codec.context import Flags
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from functions.transcode import frames, master, tonemap
from functions.transcode.chunks import segment_starts
from functions.transcode.film import Film, Timeline, parse_film
from functions.transcode.filters import output_colour
from functions.transcode.fragments import Sample
from functions.transcode.ladder import Rung, build_x264_options, parse_ladder
from functions.transcode.pictures import Pictures
from functions.transcode.samples import Piece, PieceWriter

PREROLL_FRAMES = 2  # what a deinterlacer wants to see before the cut
SAY_EVERY_FRAMES = 12
SEGMENTS_A_CHUNK = 1000  # fragment numbers grow over the film
LIMITED_RANGE = 1
M_PERTURB, FILL = -6, 85  # malloc.h


class RungEncoder:
    """x264 and the piece that it fills: a segment is written when the next one begins."""

    def __init__(self, rung: Rung, film: Film, preset: str, threads: int, file: BinaryIO, chunk: int) -> None:
        self._timeline = film.timeline
        self._writer = PieceWriter(file, chunk * SEGMENTS_A_CHUNK + 1, video=True)
        self._waiting: list[Packet[Any]] = []
        context = VideoCodecContext.create("libx264", "w")
        context.width, context.height, context.pix_fmt = rung.width, rung.height, "yuv420p"
        context.time_base = Fraction(1, film.timeline.timescale)
        context.framerate = film.timeline.fps
        context.thread_count = threads
        context.color_primaries, context.color_trc, context.colorspace = output_colour(film.picture)
        context.color_range = LIMITED_RANGE
        context.flags |= Flags.global_header
        context.options = build_x264_options(rung, preset, film.timeline.reorder)
        self._context = context

    def encode(self, picture: VideoFrame, ticks: int, key: bool) -> None:
        picture.pts, picture.time_base = ticks, self._context.time_base
        picture.pict_type = PictureType.I if key else PictureType.NONE
        self._take(self._context.encode(picture))

    def finish(self, end: int, stem: str) -> tuple[Piece, bytes]:
        """The piece, whose last segment ends at `end`, and the decoder's configuration record."""
        self._take(self._context.encode(None))
        self._write(end)
        return self._writer.close(stem), bytes(self._context.extradata or b"")

    def _take(self, packets: list[Packet[Any]]) -> None:
        for packet in packets:
            if packet.is_keyframe and self._waiting:
                self._write(packet.pts or 0)
            self._waiting.append(packet)

    def _write(self, end: int) -> None:
        """The waiting packets as one segment that lasts until `end`: decode times are the sorted presentation times."""
        if not self._waiting:
            return
        shown = [packet.pts or 0 for packet in self._waiting]
        ordered = sorted(shown)
        following = [*ordered[1:], max(end, ordered[-1] + 1)]
        samples = [
            Sample(packet.size, after - at, pts - at + self._timeline.delay)
            for packet, pts, at, after in zip(self._waiting, shown, ordered, following, strict=True)
        ]
        self._writer.add(ordered[0], samples, [bytes(packet) for packet in self._waiting])
        self._waiting = []


def encode_chunk(arguments: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Sandbox entry: writes `{rung}.m4s` into `directory`; says {"fraction": …}.

    Args:
        arguments: source, film, ladder, number, start, end, last, directory, preset, threads.

    Returns:
        frames, and for each rung its piece, its configuration record (hex) and its file.
    """
    fill_new_memory()
    film, ladder = parse_film(arguments["film"]), parse_ladder(arguments["ladder"])
    directory, number = Path(arguments["directory"]), int(arguments["number"])
    files = {rung.name: directory / f"{rung.name}.m4s" for rung in ladder}
    table = tonemap.write_table(film.picture, directory)
    pictures = Pictures(
        film.picture, [(rung.width, rung.height) for rung in ladder], arguments["threads"], table
    )
    opened = {name: path.open("wb") for name, path in files.items()}
    try:
        encoders = [
            RungEncoder(rung, film, arguments["preset"], arguments["threads"], opened[rung.name], number)
            for rung in ladder
        ]
        count, end = _encode(arguments, film, pictures, encoders, say)
        finished = {
            rung.name: encoder.finish(end, f"{rung.name}/{number:06d}")
            for rung, encoder in zip(ladder, encoders, strict=True)
            if count
        }
    finally:
        for file in opened.values():
            file.close()
    return {
        "frames": count,
        "rungs": {name: {"piece": piece.to_json(), "config": config.hex()} for name, (piece, config) in finished.items()},
    }  # fmt: skip


def fill_new_memory() -> None:
    """x264 decides some blocks by memory that it never wrote (measured): filled, a chunk encoded again is the same to the byte."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc's
    if mallopt is not None:
        mallopt(M_PERTURB, FILL)


def _encode(
    arguments: dict[str, Any],
    film: Film,
    pictures: Pictures,
    encoders: list[RungEncoder],
    say: Callable[[dict[str, Any]], None],
) -> tuple[int, int]:
    """Frames encoded, and when (ticks) the chunk ends: where the first frame of the next begins."""
    timeline = film.timeline
    start, end = timeline.ticks(arguments["start"]), timeline.ticks(arguments["end"])
    keys = segment_starts(start, end, timeline.timescale)
    count = 0
    with closing(_shown(arguments, film, pictures)) as shown:
        for seconds, sizes in shown:
            ticks = round((seconds - timeline.origin * timeline.time_base) * timeline.timescale)
            if ticks < start:
                continue
            if ticks >= end and not arguments["last"]:
                return count, ticks
            key = count == 0 or (bool(keys) and ticks >= keys[0])
            while keys and ticks >= keys[0]:
                keys.pop(0)
            for encoder, picture in zip(encoders, sizes, strict=True):
                encoder.encode(picture, ticks, key)
            count += 1
            if count % SAY_EVERY_FRAMES == 0:
                say({"fraction": min(1.0, (ticks - start) / max(1, end - start))})
    return count, end


def _shown(
    arguments: dict[str, Any], film: Film, pictures: Pictures
) -> Generator[tuple[Fraction, list[VideoFrame]], None, None]:
    """Filtered pictures from just before the chunk to the end of the film: who asks stops."""
    timeline = film.timeline
    with master.open_master(arguments["source"], ahead=2) as container:
        stream = master.video_stream(container)
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = arguments["threads"]
        master.only(container, stream)
        start = arguments["start"]
        if film.picture.interlaced:
            start -= PREROLL_FRAMES * _frame(timeline)
        for frame in frames.frames_from(container, stream, start, timeline.origin):
            if frame.pts is not None and frame.pts < start:
                continue
            yield from pictures.push(frame)
        yield from pictures.push(None)


def _frame(timeline: Timeline) -> int:
    return max(1, round(1 / (timeline.fps * timeline.time_base)))
