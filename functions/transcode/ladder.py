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
H264, PRORES = "libx264", "prores_ks"
BITRATE_POWER = 0.75  # smaller pictures need more bits a pixel


@dataclass(frozen=True)
class Rung:
    """One encode. `steps` are the ladder's names that it stands for; `h264_profile` is ProRes's own for `codec` ProRes."""

    name: str
    width: int
    height: int
    h264_profile: str
    video_kbps: int
    steps: tuple[str, ...]
    codec: str = H264

    @property
    def intra(self) -> bool:
        return self.codec != H264


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


def build_x264_options(rung: Rung, preset: str, reorder: bool, more: str = "") -> dict[str, str]:
    """libx264's options. Key frames come only where they are forced, as closed GOPs; NAL units carry lengths, as MP4 wants.

    Args:
        more: further x264-params, `name=value:name=value`. Without a bitrate in `rung`, `more` says the quality.
    """
    parameters = {"annexb": "0", "keyint": "infinite", "scenecut": "0", "open-gop": "0", "stitchable": "1"}
    if not reorder:
        parameters["bframes"] = "0"
    listed = [f"{name}={value}" for name, value in parameters.items()]
    return {
        "preset": preset,
        "profile": rung.h264_profile,
        "forced-idr": "1",
        **(_rate(rung) if rung.video_kbps else {}),
        "x264-params": ":".join([*listed, more] if more else listed),
    }


def build_nvenc_options(rung: Rung, reorder: bool) -> dict[str, str]:
    """h264_nvenc's: the same rate, key frames and profile."""
    return {
        "preset": "p5",
        "rc": "vbr",
        "profile": rung.h264_profile,
        "forced-idr": "1",
        "no-scenecut": "1",
        "g": "100000",
        "bf": "2" if reorder else "0",
        **_rate(rung),
    }


def build_prores_options(rung: Rung) -> dict[str, str]:
    """prores_ks's: the profile by its number, and the vendor that other software expects."""
    return {"profile": rung.h264_profile, "vendor": "apl0"}


def _rate(rung: Rung) -> dict[str, str]:
    return {
        "b": f"{rung.video_kbps}k",
        "maxrate": f"{round(rung.video_kbps * PEAK)}k",
        "bufsize": f"{round(rung.video_kbps * BUFFER)}k",
    }
