"""The cover picture of a film: of a few frames across it the one with most to see, never a black one if there is another. Child side only."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np
import pyvips
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from acervo.errors import Rejected
from functions.transcode import frames, master, stills, tonemap
from functions.transcode.film import Film, parse_film
from functions.transcode.ladder import display_size, fit
from functions.transcode.pictures import Pictures
from functions.transcode.profiles import POSTER

PLACES = (0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 0.0)
LOOKED_AT = (96, 54)
DARK, BRIGHT = 32.0, 225.0  # mean luma outside: black, or a white flash
ENOUGH_FRAMES = 4  # a deinterlacer wants neighbours


def make_poster(arguments: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Sandbox entry: writes `poster.jpg` into `directory`; its width, height, and time in the film.

    Args:
        arguments: source, film, directory, threads; perhaps `at_ms` (this moment and no other) and `box` (what it is fitted into).

    Raises:
        Rejected: no frame can be decoded.
    """
    film, directory = parse_film(arguments["film"]), Path(arguments["directory"])
    table = tonemap.write_table(film.picture, directory)
    box = sorted(arguments.get("box") or (POSTER.width, POSTER.height), reverse=True)
    size = fit(*display_size(film.picture), box[0], box[1])
    at_ms = arguments.get("at_ms")
    places = PLACES if at_ms is None else (at_ms / 1000 / film.timeline.duration_s,)
    best: tuple[float, VideoFrame, float] | None = None
    origin_s = float(film.timeline.origin * film.timeline.time_base)
    for number, place in enumerate(places):
        try:
            found = _frame_at(arguments, film, place, exact=at_ms is not None)
        except Rejected:  # damaged here; there are other places
            found = None
        say({"fraction": (number + 1) / (len(places) + 1)})
        if found is None:
            continue
        seen = _show(film, found, [size, LOOKED_AT], table)
        if seen is None:
            continue
        score = interest(seen[1].to_ndarray().mean(axis=2))
        if best is None or score > best[0]:
            best = (score, seen[0], (found[0].time or 0.0) - origin_s)
    if best is None:
        raise Rejected("no-picture", "not one frame of the film can be decoded")
    pixels = pyvips.Image.new_from_array(best[1].to_ndarray(), interpretation="srgb")
    return {**stills.save_jpeg(pixels, directory / "poster.jpg", POSTER), "at_s": round(best[2], 3)}


def interest(luma: Any) -> float:
    """How much there is to see in a small grey picture: contrast and detail; next to nothing when it is black or blank."""
    mean = float(luma.mean())
    detail = float(np.abs(np.diff(luma, axis=0)).mean() + np.abs(np.diff(luma, axis=1)).mean())
    score = float(luma.std()) + 2 * detail
    return score * 0.05 if mean < DARK or mean > BRIGHT else score


def _frame_at(
    arguments: dict[str, Any], film: Film, place: float, exact: bool = False
) -> list[VideoFrame] | None:
    """A few frames from the key frame before a place on, or from the very frame that is shown there."""
    timeline = film.timeline
    with master.open_master(arguments["source"], block=1 << 20, ahead=0) as container:
        stream = master.video_stream(container)
        stream.codec_context.thread_count = arguments["threads"]
        master.only(container, stream)
        target = timeline.origin + round(place * (timeline.end - timeline.origin))
        if exact:
            begin = target - round(Fraction(1, 1000) / timeline.time_base)
            shown = frames.frames_from(container, stream, begin, timeline.origin)
            later = (frame for frame in shown if frame.pts is not None and frame.pts >= begin)
            return list(islice(later, ENOUGH_FRAMES)) or None
        return list(islice(_near(container, stream, target, timeline.origin), ENOUGH_FRAMES)) or None


def _near(container: InputContainer, stream: VideoStream, target: int, origin: int) -> Any:
    if target > origin:
        try:
            container.seek(target, stream=stream, backward=True)
        except av.FFmpegError:  # a container without seeking shows its beginning
            return frames.decode(container, stream)
    return frames.decode(container, stream)


def _show(
    film: Film, seen: list[VideoFrame], sizes: list[tuple[int, int]], table: str | None
) -> list[VideoFrame] | None:
    """The first of these frames in RGB, in each size."""
    pictures = Pictures(film.picture, sizes, threads=1, tone_map=table, pixels="rgb24")
    for frame in [*seen, None]:
        for _, shown in pictures.push(frame):
            return shown
    return None
