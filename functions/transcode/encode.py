"""One chunk of a film: decoded once, every rung of the ladder encoded in the same pass. Child side only.

Rungs are encoded side by side where there are cores for it, each by one thread: no slices, and the same bytes every time, also when one of
them is made again alone (`encoders.py`). Only for a clip, which somebody waits for and whose file is nobody else's, all threads work on one rung.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

from av.packet import Packet
from av.video.frame import PictureType, VideoFrame

from functions.transcode import encoders, frames, master, tonemap
from functions.transcode.chunks import segment_starts
from functions.transcode.encoders import PictureEncoder
from functions.transcode.film import Film, Timeline, parse_film
from functions.transcode.ladder import Rung, parse_ladder
from functions.transcode.pictures import Pictures
from functions.transcode.profiles import SEGMENT_S
from functions.transcode.samples import Piece, PieceWriter
from functions.transcode.segments import Coded, write_segment
from functions.transcode.sprites import Sprite

PREROLL_FRAMES = 2  # what a deinterlacer wants to see before the cut
SAY_EVERY_FRAMES = 12
BEHIND_FRAMES = 8
SEGMENTS_A_CHUNK = 1000  # fragment numbers grow over the film
M_PERTURB, FILL = -6, 85  # malloc.h


class RungEncoder:
    """An encoder and the piece that it fills: a segment is written when the next one begins."""

    def __init__(self, rung: Rung, film: Film, encoder: PictureEncoder, file: BinaryIO, chunk: int) -> None:
        self._timeline, self._encoder = film.timeline, encoder
        self._least = round(SEGMENT_S * film.timeline.timescale) if rung.intra else 0
        self._writer = PieceWriter(file, chunk * SEGMENTS_A_CHUNK + 1, video=True)
        self._waiting: list[Coded] = []

    def encode(self, picture: VideoFrame, ticks: int, key: bool) -> None:
        picture.pts, picture.time_base = ticks, self._encoder.context.time_base
        picture.pict_type = PictureType.I if key else PictureType.NONE
        self._take(self._encoder.encode(picture))

    def finish(self, end: int, stem: str) -> tuple[Piece, bytes]:
        """The piece, whose last segment ends at `end`, and the decoder's configuration record."""
        self._take(self._encoder.encode(None))
        self._write(end)
        return self._writer.close(stem), self._encoder.config

    def _take(self, packets: list[tuple[Packet[Any], bytes]]) -> None:
        for packet, data in packets:
            pts = packet.pts or 0
            if packet.is_keyframe and self._waiting and pts - self._waiting[0].pts >= self._least:
                self._write(pts)
            self._waiting.append(Coded(pts, data, packet.is_keyframe))

    def _write(self, end: int) -> None:
        """The waiting packets as one segment that lasts until `end`."""
        write_segment(self._writer, self._waiting, end, self._timeline.delay)
        self._waiting = []


class Beside:
    """A rung that is encoded in a thread of its own, a few pictures behind."""

    def __init__(self, rung: RungEncoder) -> None:
        self._rung = rung
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="rung")
        self._waiting: deque[Future[None]] = deque()

    def encode(self, picture: VideoFrame, ticks: int, key: bool) -> None:
        if len(self._waiting) == BEHIND_FRAMES:
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(self._rung.encode, picture, ticks, key))

    def finish(self, end: int, stem: str) -> tuple[Piece, bytes]:
        for waiting in self._waiting:
            waiting.result()
        return self._thread.submit(self._rung.finish, end, stem).result()

    def close(self) -> None:
        """Nothing goes on, whatever is still waiting."""
        self._thread.shutdown(cancel_futures=True)


def encode_chunk(arguments: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Sandbox entry: writes `{rung}.m4s` into `directory`; says {"fraction": …}.

    Args:
        arguments: source, film, ladder, number, start, end, last, directory, preset, threads; perhaps `beginning` (when the master's
            first frame is shown, unless the film begins there), `tile` ({"width", "height", "every_s"}: makes `sprite.jpg`),
            `encoder` (nvenc) and `decoder` (nvdec).

    Returns:
        frames, `promised` (those that the master's packets stand for), and for each rung its piece and its configuration record (hex).
    """
    fill_new_memory()
    film, ladder = parse_film(arguments["film"]), parse_ladder(arguments["ladder"])
    directory, number = Path(arguments["directory"]), int(arguments["number"])
    files = {rung.name: directory / f"{rung.name}.m4s" for rung in ladder}
    table = tonemap.write_table(film.picture, directory)
    pictures = Pictures(
        film.picture, [(rung.width, rung.height) for rung in ladder], arguments["threads"], table, encoders.pixels_of(ladder[0])
    )  # fmt: skip
    sprite = Sprite(**arguments["tile"]) if arguments.get("tile") else None
    hardware, threads = arguments.get("encoder") == "nvenc", arguments["threads"]
    several = threads if len(ladder) == 1 and (film.timeline.clipped or ladder[0].intra) else 1
    with ExitStack() as opened:
        rungs: list[RungEncoder | Beside] = []
        for rung in ladder:
            encoder = PictureEncoder(rung, film, arguments["preset"], several, hardware)
            single = RungEncoder(
                rung, film, encoder, opened.enter_context(files[rung.name].open("wb")), number
            )
            rungs.append(opened.enter_context(closing(Beside(single))) if threads > several else single)
        packets: set[int] = set()
        count, end = _encode(arguments, film, _shown(arguments, film, pictures, packets), rungs, sprite, say)
        finished = {
            rung.name: encoder.finish(end, f"{rung.name}/{number:06d}")
            for rung, encoder in zip(ladder, rungs, strict=True)
            if count
        }
    return {
        "frames": count,
        "promised": sum(arguments["start"] <= pts < arguments["end"] for pts in packets),
        "sprite": sprite.save(directory / "sprite.jpg") if sprite else None,
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
    source: Generator[tuple[Fraction, list[VideoFrame]], None, None],
    rungs: Sequence[RungEncoder | Beside],
    sprite: Sprite | None,
    say: Callable[[dict[str, Any]], None],
) -> tuple[int, int]:
    """Frames encoded, and when (ticks) the chunk ends: where the first frame of the next begins."""
    timeline = film.timeline
    start, end = timeline.ticks(arguments["start"]), timeline.ticks(arguments["end"])
    keys = segment_starts(start, end, timeline.timescale)
    count = 0
    with closing(source) as shown:
        for seconds, sizes in shown:
            ticks = round((seconds - timeline.origin * timeline.time_base) * timeline.timescale)
            if ticks < start:
                continue
            if ticks >= end and not arguments["last"]:
                return count, ticks
            key = count == 0 or (bool(keys) and ticks >= keys[0])
            while keys and ticks >= keys[0]:
                keys.pop(0)
            if sprite:
                sprite.look(sizes[-1], ticks / timeline.timescale)
            for rung, picture in zip(rungs, sizes, strict=True):
                rung.encode(picture, ticks, key)
            count += 1
            if count % SAY_EVERY_FRAMES == 0:
                say({"fraction": min(1.0, (ticks - start) / max(1, end - start))})
    return count, end


def _shown(
    arguments: dict[str, Any], film: Film, pictures: Pictures, packets: set[int]
) -> Generator[tuple[Fraction, list[VideoFrame]], None, None]:
    """Filtered pictures from just before the chunk to the end of the film: who asks stops."""
    timeline = film.timeline
    hardware = encoders.accelerated(arguments)
    with master.open_master(arguments["source"], ahead=2, hardware=hardware) as container:
        stream = master.video_stream(container)
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = arguments["threads"]
        master.only(container, stream)
        start = arguments["start"]
        if film.picture.interlaced:
            start -= PREROLL_FRAMES * _frame(timeline)
        beginning = arguments.get("beginning", timeline.origin)
        for frame in frames.frames_from(container, stream, start, beginning, packets):
            if frame.pts is not None and frame.pts < start:
                continue
            yield from pictures.push(frame)
        yield from pictures.push(None)


def _frame(timeline: Timeline) -> int:
    return max(1, round(1 / (timeline.fps * timeline.time_base)))
