"""In the sandbox: what models should see of a picture: itself, upright, sRGB, at most PICTURE_SIDE; of an animated one up to three moments.

The header is looked at before any pixel; large ones are shrunk while they load.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyvips

from acervo.errors import Rejected
from acervo.ranges import open_url
from functions.enrich import phash
from functions.enrich.sizes import PICTURE_SIDE
from functions.enrich.stills import JPEG_QUALITY

MAX_SIDE, MAX_PIXELS = 65_500, 400_000_000
MAX_BYTES = 2 << 30
MOST_FRAMES = 3
PAGE_MS = 100  # where an animation does not say
_ANIMATED = ("gifload", "webpload")
_PAPER = [255, 255, 255]


def choose(arguments: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Write `{at_ms}.jpg` into `directory`.

    Args:
        arguments: `url`, `size`, `etag`, `directory`.

    Returns:
        As `film_frames.choose`; the one shot has no file of its own.

    Raises:
        Rejected: too large, damaged, or no picture.
    """
    pyvips.block_untrusted_set(True)
    pyvips.cache_set_max(0)
    directory = Path(arguments["directory"])
    path = _fetch(arguments, directory)
    try:
        pages = _pages(path)
        frames: list[dict[str, Any]] = []
        hashed = ""
        for number, at_ms, until_ms in pages:
            picture = _load(path, number if len(pages) > 1 else None)
            picture.jpegsave(str(directory / f"{at_ms}.jpg"), Q=JPEG_QUALITY, keep="none")
            frames.append({"at_ms": at_ms, "until_ms": until_ms, "file": f"{at_ms}.jpg"})
            hashed = hashed or phash.hash_of(_grey(picture))
            say({"fraction": len(frames) / len(pages)})
    except pyvips.Error as fault:
        raise Rejected(
            "unreadable", "the picture is damaged, or is of a kind that cannot be looked at"
        ) from fault
    finally:
        path.unlink(missing_ok=True)
    shot = {"start_ms": 0, "end_ms": frames[-1]["until_ms"], "hash": hashed, "file": None}
    return {"frames": frames, "shots": [shot], "faults": 0, "dense": True, "first": None, "last": None}


def _pages(path: Path) -> list[tuple[int, int, int]]:
    """(page, from, until in ms) of the pages to look at. Raises Rejected for more pixels than any honest picture has."""
    header = pyvips.Image.new_from_file(str(path), access="sequential")
    if max(header.width, header.height) > MAX_SIDE or header.width * header.height > MAX_PIXELS:
        raise Rejected(
            "too-many-pixels",
            f"the picture has {header.width} × {header.height} pixels; at most {MAX_PIXELS // 1_000_000} megapixels can be looked at",
        )
    count = int(header.get("n-pages")) if header.get_typeof("n-pages") else 1
    if count == 1 or not str(header.get("vips-loader")).startswith(_ANIMATED):
        return [(0, 0, 0)]
    delays = list(header.get("delay")) if header.get_typeof("delay") else []
    begins = [0]
    for number in range(count):
        begins.append(begins[-1] + max(1, delays[number] if number < len(delays) else PAGE_MS))
    chosen = sorted({0, count // 2, count - 1})[:MOST_FRAMES]
    ends = [begins[number] for number in chosen[1:]] + [begins[-1]]
    return [(number, begins[number], until) for number, until in zip(chosen, ends, strict=True)]


def _load(path: Path, page: int | None) -> Any:
    name = str(path) if page is None else f"{path}[page={page}]"
    picture = pyvips.Image.thumbnail(
        name, PICTURE_SIDE, height=PICTURE_SIDE, size="down", export_profile="srgb", fail_on="truncated"
    )
    if picture.interpretation != "srgb":
        picture = picture.colourspace("srgb")
    if picture.hasalpha():
        picture = picture.flatten(background=_PAPER)
    return picture.cast("uchar").copy_memory()


def _grey(picture: Any) -> Any:
    grey = picture.thumbnail_image(phash.SIDE, height=phash.SIDE, size="force").colourspace("b-w")
    return np.ascontiguousarray(grey.extract_band(0).cast("uchar").numpy()).reshape(phash.SIDE, phash.SIDE)


def _fetch(arguments: dict[str, Any], directory: Path) -> Path:
    """The master as a local file without a telling name: libvips decides by its bytes."""
    if int(arguments["size"]) > MAX_BYTES:
        raise Rejected("too-large", f"a picture has at most {MAX_BYTES >> 20} MiB")
    path = directory / "master"
    with (
        open_url(arguments["url"], int(arguments["size"]), arguments.get("etag")) as source,
        path.open("wb") as out,
    ):
        shutil.copyfileobj(source, out, 1 << 20)
    return path
