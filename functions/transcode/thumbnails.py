"""The thumbnail track, for scrub bars: sheets of tiles, named by WebVTT whose cues are places on them (`name.jpg#xywh=…`) and by DASH. Pure.

Each chunk leaves a sprite; `sheets` puts their tiles on sheets that all have the same grid and last as long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

COLUMNS, ROWS = 6, 5
BOX = (160, 90)
EVERY_S, MOST = 2.0, 2000  # long films get fewer a minute
VTT = "thumbnails.vtt"


def plan_tile(width: int, height: int, duration_s: float) -> dict[str, Any]:
    """The tile of a film whose smallest rung has this size: inside the box (turned for portrait), a whole number of pixels."""
    box_width, box_height = BOX if width >= height else BOX[::-1]
    scale = min(1.0, box_width / width, box_height / height)
    every_s = EVERY_S * max(1, -(-duration_s // (EVERY_S * MOST)))
    return {
        "width": max(2, round(width * scale)),
        "height": max(2, round(height * scale)),
        "every_s": every_s,
    }


def plan_grid(count: int) -> tuple[int, int]:
    """Columns and rows of the sheets of a film with so many tiles; a single sheet has no empty row."""
    columns = min(COLUMNS, count)
    return columns, min(ROWS, -(-count // columns))


def name(number: int, sprite: Mapping[str, Any]) -> str:
    """Of the sprite of a chunk, relative to the rendition's folder."""
    return f"thumbnails/{number:06d}-{sprite['digest']}.jpg"


def sheet_name(number: int, sheet: Mapping[str, Any]) -> str:
    return f"thumbnails/sheet-{number:04d}-{sheet['digest']}.jpg"


def build_track(sprites: Sequence[tuple[str, Mapping[str, Any]]], duration_s: float) -> str:
    """WebVTT over (name, sprite) in order of time; each picture is shown until the next."""
    places = [
        (at_s, f"{sprite_name}#xywh={_place(number, sprite)}")
        for sprite_name, sprite in sprites
        for number, at_s in enumerate(sprite["times"])
    ]
    unique = dict(places)  # two chunks may meet in one moment: the later one's picture
    ends = [*unique, max(duration_s, max(unique, default=0.0) + 0.001)]
    cues = [
        f"{stamp(start)} --> {stamp(end)}\n{unique[start]}\n" for start, end in pairwise(ends) if end > start
    ]
    return "\n".join(["WEBVTT\n", *cues])


def _place(number: int, sprite: Mapping[str, Any]) -> str:
    row, column = divmod(number, sprite["columns"])
    width, height = sprite["tile"]
    return f"{column * width},{row * height},{width},{height}"


def stamp(seconds: float) -> str:
    """hh:mm:ss.mmm"""
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"
