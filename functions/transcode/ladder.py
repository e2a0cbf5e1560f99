"""The ladder: which encodes a film gets, and the encoder's settings for each, as values.

Never larger than the source, same shape, square pixels, upright, even sizes. A rung that the source cannot fill is taken at
the source's size with the bitrate that this size needs; of two rungs with the same size and H.264 profile the better stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from functions.transcode.film import Picture
from functions.transcode.profiles import LADDER
from functions.transcode.profiles import Rung as Step

PEAK = 1.5  # of the average: what HLS clients must be ready for
BUFFER = 2.0
BITRATE_POWER = 0.75  # smaller pictures need more bits a pixel


@dataclass(frozen=True)
class Rung:
    """One encode. `steps` are the ladder's names that it stands for."""

    name: str
    width: int
    height: int
    h264_profile: str
    video_kbps: int
    steps: tuple[str, ...]


def display_size(picture: Picture) -> tuple[int, int]:
    """Width and height as seen: square pixels, upright."""
    width = round(picture.width * Fraction(*picture.sar)) if all(picture.sar) else picture.width
    height = picture.height
    return (height, width) if picture.rotation % 180 else (width, height)


def fit(width: int, height: int, box_width: int, box_height: int) -> tuple[int, int]:
    """The largest even size of this shape inside the box (turned for portrait), never larger than the picture."""
    if height > width:
        box_width, box_height = box_height, box_width
    scale = min(Fraction(1), Fraction(box_width, width), Fraction(box_height, height))
    return _even(width * scale, width), _even(height * scale, height)


def _even(value: Fraction, most: int) -> int:
    return max(2, min(round(value / 2) * 2, most // 2 * 2))


def build_ladder(picture: Picture, steps: tuple[Step, ...] = LADDER) -> tuple[Rung, ...]:
    """The rungs of a film, best first."""
    rungs: dict[tuple[int, int, str], Rung] = {}
    for step in steps:
        width, height = fit(*display_size(picture), step.width, step.height)
        place = (width, height, step.h264_profile)
        if place in rungs:
            kept = rungs[place]
            rungs[place] = Rung(
                kept.name, width, height, kept.h264_profile, kept.video_kbps, (*kept.steps, step.name)
            )
            continue
        full = min(1.0, width * height / (step.width * step.height))
        kbps = max(64, round(step.video_kbps * full**BITRATE_POWER))
        name = f"{width}x{height}-{step.h264_profile}"
        rungs[place] = Rung(name, width, height, step.h264_profile, kbps, (step.name,))
    return tuple(rungs.values())


def rung_of(rungs: tuple[Rung, ...], step: str) -> Rung:
    """The encode that stands for a step of the ladder."""
    return next(rung for rung in rungs if step in rung.steps)


def parse_ladder(value: list[Mapping[str, Any]]) -> tuple[Rung, ...]:
    return tuple(Rung(**{**rung, "steps": tuple(rung["steps"])}) for rung in value)


def build_x264_options(rung: Rung, preset: str, reorder: bool) -> dict[str, str]:
    """libx264's options. Key frames come only where they are forced, as closed GOPs; NAL units carry lengths, as MP4 wants."""
    parameters = {"annexb": "0", "keyint": "infinite", "scenecut": "0", "open-gop": "0", "stitchable": "1"}
    if not reorder:
        parameters["bframes"] = "0"
    return {
        "preset": preset,
        "profile": rung.h264_profile,
        "forced-idr": "1",
        "b": f"{rung.video_kbps}k",
        "maxrate": f"{round(rung.video_kbps * PEAK)}k",
        "bufsize": f"{round(rung.video_kbps * BUFFER)}k",
        "x264-params": ":".join(f"{name}={value}" for name, value in parameters.items()),
    }
