"""Sheets of thumbnails out of the sprites of chunks: each place shows the picture of its moment, or the one before."""

from __future__ import annotations

import bisect
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import pyvips

from functions.transcode import thumbnails
from functions.transcode.sheets import make_sheets
from functions.transcode.sprites import Sprite
from tests.media.pipeline import quiet

SIZE = (32, 18)
EVERY_S = 2.0


def shade(number: int) -> int:
    """A grey that JPEG keeps apart from its neighbours'."""
    return 20 + number * 37 % 210


def sprite(folder: Path, chunk: int, numbers: list[int]) -> dict[str, Any]:
    """What a chunk leaves that had a frame for these places of the grid."""
    taken = Sprite(*SIZE, EVERY_S)
    for number in numbers:
        grey = np.full((SIZE[1], SIZE[0], 3), shade(number), np.uint8)
        taken.look(av.VideoFrame.from_ndarray(grey, "rgb24"), number * EVERY_S)
    path = folder / f"{chunk}.jpg"
    saved = taken.save(path)
    assert saved is not None
    return {"file": path.name, **saved}


def shades(folder: Path, sheet: dict[str, Any]) -> list[int]:
    """The middle of each tile that has a time, row by row."""
    pixels = pyvips.Image.new_from_file(str(folder / sheet["file"])).numpy()
    width, height = sheet["tile"]
    assert pixels.shape[:2] == (sheet["rows"] * height, sheet["columns"] * width)
    return [
        int(pixels[row * height + height // 2, column * width + width // 2, 0])
        for row, column in (divmod(place, sheet["columns"]) for place in range(len(sheet["times"])))
    ]


@pytest.mark.parametrize("count", [1, 5, 7, 29, 30, 31, 67])
def test_each_place_shows_its_moment_or_the_picture_before(count: int, tmp_path: Path) -> None:
    chunks = [
        [n for n in range(start, min(start + 8, count)) if n % 5 != 3 or n == 0]
        for start in range(0, count, 8)
    ]
    had = sorted(number for numbers in chunks for number in numbers)
    made = make_sheets(
        {
            "directory": str(tmp_path), "every_s": EVERY_S, "duration_s": count * EVERY_S - 0.5,
            "sprites": [sprite(tmp_path, at, numbers) for at, numbers in enumerate(chunks)],
        },
        quiet,
    )["sheets"]  # fmt: skip
    assert [at for sheet in made for at in sheet["times"]] == [n * EVERY_S for n in range(count)]
    assert len({(sheet["columns"], sheet["rows"]) for sheet in made}) == 1
    assert len(made) == -(-count // (thumbnails.COLUMNS * thumbnails.ROWS))
    expected = [shade(had[bisect.bisect_right(had, number) - 1]) for number in range(count)]
    found = [value for sheet in made for value in shades(tmp_path, sheet)]
    assert found == pytest.approx(expected, abs=6)
    assert len({sheet["digest"] for sheet in made}) == len(made)
