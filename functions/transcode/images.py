"""Images: thumbnails and the display copy, from one decode. The header is looked at before any pixel. Child side only."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyvips

from acervo import ranges
from acervo.errors import Rejected
from functions.transcode import stills
from functions.transcode.profiles import DISPLAY, THUMBS

MAX_SIDE, MAX_PIXELS = 65_500, 400_000_000
MAX_BYTES = 2 << 30
COPY_BYTES = 1 << 20


def make_renditions(arguments: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Sandbox entry: writes `{profile}.webp` and `display.jpg` into `directory`.

    Args:
        arguments: source, directory.

    Returns:
        {profile: {"width", "height"}}.

    Raises:
        Rejected: too large, damaged, or no image.
    """
    stills.quieten()
    directory = Path(arguments["directory"])
    path = _fetch(arguments["source"], directory)
    try:
        check_header(path)
        # The largest is read with shrink-on-load, the others are made of it. Upright and sRGB from here on.
        image = pyvips.Image.thumbnail(
            str(path),
            DISPLAY.width,
            height=DISPLAY.height,
            size="down",
            export_profile="srgb",
            fail_on="truncated",
        ).copy_memory()
        made = {DISPLAY.profile: stills.save_jpeg(image, directory / f"{DISPLAY.profile}.jpg", DISPLAY)}
        for number, thumb in enumerate(sorted(THUMBS, key=lambda still: -still.width)):
            say({"fraction": (number + 1) / (len(THUMBS) + 1)})
            image = stills.shrink(image, thumb)
            made[thumb.profile] = stills.save_webp(image, directory / f"{thumb.profile}.webp", thumb)
    except pyvips.Error as fault:
        raise Rejected("unreadable", "the image is damaged, or is of a kind that cannot be shown") from fault
    finally:
        path.unlink(missing_ok=True)
    return made


def check_header(path: Path) -> None:
    """Raises Rejected for more pixels than any honest image has, before one is decoded."""
    header = pyvips.Image.new_from_file(str(path), access="sequential")
    if max(header.width, header.height) > MAX_SIDE or header.width * header.height > MAX_PIXELS:
        raise Rejected(
            "too-many-pixels",
            f"the image has {header.width} × {header.height} pixels; at most {MAX_PIXELS // 1_000_000} megapixels can be shown",
        )


def _fetch(source: dict[str, Any], directory: Path) -> Path:
    """The master as a local file without a telling name: libvips decides by its bytes."""
    if source["size_bytes"] > MAX_BYTES:
        raise Rejected("too-large", f"an image has at most {MAX_BYTES >> 20} MiB")
    path = directory / "master"
    reader = ranges.open_url(source["url"], source["size_bytes"], source.get("etag"))
    try:
        with path.open("wb") as file:
            shutil.copyfileobj(reader, file, COPY_BYTES)
    finally:
        reader.close()
    return path
