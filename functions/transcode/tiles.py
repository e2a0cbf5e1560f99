"""The whole of a large picture, to look into: a Deep Zoom pyramid in one file, of which a viewer reads the tiles that it shows.

The file is an SZI, a ZIP that compresses nothing: its directory says where each tile lies, and a ranged GET brings it. So a picture of
hundreds of megapixels is one object with one address. Made in strips, in memory that does not grow with the picture. Child side only.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyvips

from acervo.errors import Rejected
from functions.transcode import images, stills
from functions.transcode.profiles import TILES

FILE = f"{TILES.profile}.szi"
SAID_PERCENT = 5


def make_tiles(arguments: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Sandbox entry: writes `tiles.szi` into `directory`.

    Args:
        arguments: path (of the master), directory.

    Returns:
        {"width", "height", "tile", "overlap", "format"}: what a viewer has to know of the pyramid.

    Raises:
        Rejected: too large, damaged, or no image.
    """
    stills.quieten()
    directory = Path(arguments["directory"])
    path = Path(arguments["path"])
    try:
        images.check_header(path)
        image = _plain(_upright(path, directory))
        _report(image, say)
        image.dzsave(
            str(directory / FILE), container="szi", suffix=f".jpg[Q={TILES.quality},keep=none]", tile_size=TILES.tile, overlap=TILES.overlap
        )  # fmt: skip
    except pyvips.Error as fault:
        raise Rejected("unreadable", "the image is damaged, or is of a kind that cannot be shown") from fault
    return {
        "width": image.width, "height": image.height, "tile": TILES.tile, "overlap": TILES.overlap, "format": "jpg",
    }  # fmt: skip


def _upright(path: Path, directory: Path) -> Any:
    """Turning reads a picture crosswise: one that lies on its side is unpacked first, a large one on disk beside it."""
    image = pyvips.Image.new_from_file(str(path), access="sequential", fail_on="truncated")
    if image.get_typeof("orientation") == 0 or image.get("orientation") == 1:
        return image
    os.environ["TMPDIR"] = str(directory)  # where libvips puts it; this process lives for one master
    return pyvips.Image.new_from_file(str(path), fail_on="truncated").autorot()


def _plain(image: Any) -> Any:
    """sRGB without transparency, and without a word about who took it where: a pyramid repeats its picture's metadata."""
    if "icc-profile-data" in image.get_fields() and not images.is_srgb(image):
        image = image.icc_transform("srgb", embedded=True, intent="relative")
    if image.interpretation not in ("srgb", "b-w"):
        image = image.colourspace("srgb")
    if image.format != "uchar":
        image = image.cast("uchar")
    if image.hasalpha():
        image = image.flatten(background=list(stills.PAPER[: image.bands - 1]))
    image = image.copy()
    for name in image.get_fields():
        image.remove(name)
    return image


def _report(image: Any, say: Callable[[dict[str, Any]], None]) -> None:
    said = 0

    def note(_: Any, progress: Any) -> None:
        nonlocal said
        if progress.percent >= said + SAID_PERCENT:
            said = progress.percent
            say({"fraction": min(1.0, said / 100)})

    image.set_progress(True)
    image.signal_connect("eval", note)
