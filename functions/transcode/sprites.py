"""Small pictures for scrubbing, several in one JPEG: taken from frames that are scaled anyhow. Child side only."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from av.video.frame import VideoFrame

from functions.transcode.samples import NAME_DIGITS
from functions.transcode.thumbnails import COLUMNS

QUALITY = 90  # they are put on sheets
MAX_TILES = 200


class Sprite:
    """The tiles of one chunk: the first frame at or after each multiple of `every_s` of the film's clock."""

    def __init__(self, width: int, height: int, every_s: float) -> None:
        self._size, self._every_s = (width, height), every_s
        self._tiles: list[Any] = []
        self._times: list[float] = []
        self._last = -1

    def look(self, picture: VideoFrame, seconds: float) -> None:
        """A frame of the film; taken when it is time for one."""
        number = int(seconds / self._every_s + 1e-6)
        if number == self._last or len(self._tiles) >= MAX_TILES:
            return
        self._last = number
        self._tiles.append(picture.reformat(*self._size, "rgb24").to_ndarray())
        self._times.append(round(number * self._every_s, 3))

    def save(self, path: Path) -> dict[str, Any] | None:
        """Write the JPEG; what `thumbnails` needs of it (its name carries a hash of its bytes), None without a tile."""
        if not self._tiles:
            return None
        width, height = self._size
        columns = min(COLUMNS, len(self._tiles))
        rows = -(-len(self._tiles) // columns)
        sheet = np.zeros((rows * height, columns * width, 3), np.uint8)
        for number, tile in enumerate(self._tiles):
            row, column = divmod(number, columns)
            sheet[row * height : (row + 1) * height, column * width : (column + 1) * width] = tile
        pyvips.Image.new_from_array(sheet, interpretation="srgb").jpegsave(str(path), Q=QUALITY, keep="none")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:NAME_DIGITS]
        return {"digest": digest, "tile": [width, height], "columns": columns, "times": self._times}
