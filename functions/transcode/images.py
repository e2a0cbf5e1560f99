"""Images: thumbnails and the display copy, from one decode. The header is looked at before any pixel. Child side only."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyvips

from acervo import ranges
from acervo.errors import Rejected
from functions.transcode import stills
from functions.transcode.profiles import DISPLAY, THUMBS, Still

MAX_SIDE, MAX_PIXELS = 65_500, 400_000_000
MAX_BYTES = 2 << 30
COPY_BYTES = 1 << 20
SRGB = b"sRGB IEC61966-2.1"  # what nearly all profiles of cameras are called


def make_renditions(arguments: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Sandbox entry: writes `{profile}.webp` and `display.jpg` into `directory`.

    Args:
        arguments: source, directory; perhaps `wanted` (one profile alone) and `box` (what it is fitted into).

    Returns:
        {profile: {"width", "height"}}.

    Raises:
        Rejected: too large, damaged, or no image.
    """
    stills.quieten()
    directory = Path(arguments["directory"])
    path = fetch(arguments["source"], directory)
    try:
        check_header(path)
        # The largest is read with shrink-on-load, the others are made of it, while it is being written.
        wanted = sorted(choose(arguments.get("wanted"), arguments.get("box")), key=lambda still: -still.width)
        image: Any = None
        made = {}
        with ThreadPoolExecutor(1, thread_name_prefix="display") as beside:
            writing = []
            for number, still in enumerate(wanted):
                image = stills.shrink(image, still) if image else _first(path, still)
                if still.profile == DISPLAY.profile:
                    target = directory / f"{still.profile}.jpg"
                    writing.append(beside.submit(stills.save_jpeg, image, target, still))
                    continue
                made[still.profile] = stills.save_webp(image, directory / f"{still.profile}.webp", still)
                say({"fraction": (number + 1) / (len(wanted) + 1)})
            for written in writing:
                made[DISPLAY.profile] = written.result()
    except pyvips.Error as fault:
        raise Rejected("unreadable", "the image is damaged, or is of a kind that cannot be shown") from fault
    finally:
        path.unlink(missing_ok=True)
    return made


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


def fetch(source: dict[str, Any], directory: Path) -> Path:
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
