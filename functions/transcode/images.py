"""Images: thumbnails and the display copy, from one decode. The header is looked at before any pixel. Child side only.

Decoding is one stream of bits, and so is each encoding: those are what goes on side by side. Nothing here talks to the network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyvips

from acervo.errors import Rejected
from functions.transcode import stills
from functions.transcode.profiles import DISPLAY, THUMBS, Still

MAX_SIDE, MAX_PIXELS = 65_500, 400_000_000
SRGB = b"sRGB IEC61966-2.1"  # what nearly all profiles of cameras are called


def make_renditions(arguments: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Sandbox entry: writes `{profile}.webp` and `display.jpg` into `directory`.

    Args:
        arguments: path (of the master), directory, threads (encodings at a time); perhaps `wanted` (one profile alone) and `box` (what it is fitted into).

    Returns:
        {profile: {"width", "height"}}.

    Raises:
        Rejected: too large, damaged, or no image.
    """
    stills.quieten()
    path, directory = Path(arguments["path"]), Path(arguments["directory"])
    wanted = sorted(choose(arguments.get("wanted"), arguments.get("box")), key=lambda still: -still.width)
    try:
        check_header(path)
        with ThreadPoolExecutor(arguments["threads"], thread_name_prefix="encode") as beside:
            # The largest is read with shrink-on-load, each of the others is made of the one before, while those are being written.
            writing: dict[str, Future[dict[str, int]]] = {}
            image: Any = None
            for still in wanted:
                image = stills.shrink(image, still) if image else _first(path, still)
                writing[still.profile] = beside.submit(_save, image, directory, still)
            made = {}
            for number, (profile, written) in enumerate(writing.items()):
                made[profile] = written.result()
                say({"fraction": (number + 1) / len(writing)})
    except pyvips.Error as fault:
        raise Rejected("unreadable", "the image is damaged, or is of a kind that cannot be shown") from fault
    return made


def _save(image: Any, directory: Path, still: Still) -> dict[str, int]:
    if still.profile == DISPLAY.profile:
        return stills.save_jpeg(image, directory / f"{still.profile}.jpg", still)
    return stills.save_webp(image, directory / f"{still.profile}.webp", still)


def choose(wanted: str | None, box: Sequence[int] | None) -> list[Still]:
    """All stills, or the one wanted in the size wanted."""
    chosen = [still for still in (DISPLAY, *THUMBS) if wanted is None or still.profile == wanted]
    return [replace(still, width=box[0], height=box[1]) for still in chosen] if box else chosen


def _first(path: Path, still: Still) -> Any:
    """Read with shrink-on-load; upright and sRGB from here on."""
    header = pyvips.Image.new_from_file(str(path), access="sequential")
    colour = {} if is_srgb(header) else {"export_profile": "srgb"}
    return pyvips.Image.thumbnail(
        str(path), still.width, height=still.height, size="down", fail_on="truncated", **colour
    ).copy_memory()


def is_srgb(header: Any) -> bool:
    """Nothing to convert: converting from sRGB to sRGB costs more than everything else together (measured)."""
    if header.interpretation not in ("srgb", "b-w"):
        return False
    return "icc-profile-data" not in header.get_fields() or SRGB in header.get("icc-profile-data")


def check_header(path: Path) -> None:
    """Raises Rejected for more pixels than any honest image has, before one is decoded."""
    header = pyvips.Image.new_from_file(str(path), access="sequential")
    if max(header.width, header.height) > MAX_SIDE or header.width * header.height > MAX_PIXELS:
        raise Rejected(
            "too-many-pixels",
            f"the image has {header.width} × {header.height} pixels; at most {MAX_PIXELS // 1_000_000} megapixels can be shown",
        )
