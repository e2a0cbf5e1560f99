"""Pictures out of libvips: fitted into a box, optimised, written. Child side only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyvips

from functions.transcode.profiles import MOZJPEG, WEBP, Still

PAPER = (255, 255, 255)  # what shows through where a JPEG cannot be transparent


def save_jpeg(image: Any, path: Path, still: Still) -> dict[str, int]:
    """Write an sRGB image; its size as detail."""
    if image.hasalpha():
        image = image.flatten(background=list(PAPER[: image.bands - 1]))
    image.jpegsave(str(path), Q=still.quality, keep="none", **MOZJPEG)
    return {"width": image.width, "height": image.height}


def save_webp(image: Any, path: Path, still: Still) -> dict[str, int]:
    image.webpsave(str(path), Q=still.quality, keep="none", **WEBP)
    return {"width": image.width, "height": image.height}


def shrink(image: Any, still: Still) -> Any:
    """Inside the still's box, in memory, never enlarged."""
    return image.thumbnail_image(still.width, height=still.height, size="down").copy_memory()


def quieten() -> None:
    """No loader that is not made for hostile bytes, and no cache: this process lives for one master."""
    pyvips.block_untrusted_set(True)
    pyvips.cache_set_max(0)
