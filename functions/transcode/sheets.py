"""The thumbnails of a film on sheets of one size and one length of time, out of the sprites of its chunks. Child side only.

DASH wants a grid (DASH-IF IOP 4.3, 6.2.6): every sheet has as many tiles, every tile is shown as long. Chunks begin on key frames and
know nothing of that.
"""

from __future__ import annotations

import bisect
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyvips

from functions.transcode import stills, thumbnails
from functions.transcode.samples import NAME_DIGITS

QUALITY = 70
Pixels = npt.NDArray[np.uint8]


def make_sheets(arguments: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Sandbox entry: writes `sheet{n}.jpg` into `directory`.

    Args:
        arguments: directory, every_s, duration_s; sprites: of each chunk in order `file` and what `sprites.Sprite.save` said of it.

    Returns:
        sheets: in order, `file`, `digest`, `tile`, `columns`, `rows`, and `times` of its tiles. A moment without a picture has the one before.
    """
    stills.quieten()
    directory, every_s = Path(arguments["directory"]), float(arguments["every_s"])
    tiles = _Tiles(directory, arguments["sprites"])
    count = max(1, -(-int(arguments["duration_s"] * 1000) // round(every_s * 1000)))
    columns, rows = thumbnails.plan_grid(count)
    width, height = tiles.size
    sheets: list[dict[str, Any]] = []
    for first in range(0, count, columns * rows):
        numbers = range(first, min(first + columns * rows, count))
        sheet = np.zeros((rows * height, columns * width, 3), np.uint8)
        for place, number in enumerate(numbers):
            row, column = divmod(place, columns)
            sheet[row * height : (row + 1) * height, column * width : (column + 1) * width] = tiles.at(
                number * every_s
            )
        path = directory / f"sheet{len(sheets)}.jpg"
        pyvips.Image.new_from_array(sheet, interpretation="srgb").jpegsave(str(path), Q=QUALITY, keep="none")
        sheets.append(
            {
                "file": path.name, "digest": hashlib.sha256(path.read_bytes()).hexdigest()[:NAME_DIGITS], "tile": [width, height],
                "columns": columns, "rows": rows, "times": [round(number * every_s, 3) for number in numbers],
            }
        )  # fmt: skip
        say({"fraction": numbers[-1] / count})
    return {"sheets": sheets}


class _Tiles:
    """Pictures by their time; one sprite is in memory."""

    def __init__(self, directory: Path, sprites: Sequence[dict[str, Any]]) -> None:
        self._directory, self._sprites = directory, sprites
        places = {
            at: (of, number) for of, each in enumerate(sprites) for number, at in enumerate(each["times"])
        }
        self._times = sorted(places)
        self._places = [places[at] for at in self._times]
        self._open: tuple[int, Pixels] | None = None

    @property
    def size(self) -> tuple[int, int]:
        width, height = self._sprites[0]["tile"]
        return width, height

    def at(self, seconds: float) -> Pixels:
        found = max(0, bisect.bisect_right(self._times, seconds + 1e-6) - 1)
        of, number = self._places[found]
        if self._open is None or self._open[0] != of:
            path = self._directory / self._sprites[of]["file"]
            image: Pixels = pyvips.Image.new_from_file(str(path)).numpy()
            self._open = (of, image)
        (width, height), columns = self.size, self._sprites[of]["columns"]
        row, column = divmod(number, columns)
        tile: Pixels = self._open[1][row * height : (row + 1) * height, column * width : (column + 1) * width]
        return tile
