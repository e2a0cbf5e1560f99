"""The image renditions of `transcode` with a JPEG as any libjpeg writes it: what Debian's vipsthumbnail can be held against."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from functions.transcode import images, stills

PLAIN: dict[str, int] = {"optimize_coding": True, "interlace": True}


def make_renditions(arguments: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Sandbox entry, as that of `functions.transcode.images`."""
    vars(stills)["MOZJPEG"] = PLAIN
    return images.make_renditions(arguments, say)
