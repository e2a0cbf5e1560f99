"""In the sandbox: pictures to files that are safe to read elsewhere: JPEG for models, a small WebP for people. Upright, square pixels, sRGB."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyvips

from functions.enrich.sizes import FRAME_SIDE, STORYBOARD_HEIGHT, STORYBOARD_WIDTH

JPEG_QUALITY, WEBP_QUALITY = 88, 60


def save_frame(frame: Any, path: Path) -> None:
    """A frame of a film, its longer side at most FRAME_SIDE."""
    image(frame, FRAME_SIDE, FRAME_SIDE).jpegsave(str(path), Q=JPEG_QUALITY, keep="none")


def save_storyboard(frame: Any, path: Path) -> None:
    image(frame, STORYBOARD_WIDTH, STORYBOARD_HEIGHT).webpsave(
        str(path), Q=WEBP_QUALITY, effort=2, keep="none"
    )


def image(frame: Any, most_width: int, most_height: int) -> Any:
    """A libvips image of a frame, inside the box."""
    turns = round((getattr(frame, "rotation", 0) or 0) / 90) % 4
    if turns % 2:
        most_width, most_height = most_height, most_width
    shape = frame.width * float(getattr(frame, "sample_aspect_ratio", None) or 1), float(frame.height)
    if shape[0] <= 0:
        shape = float(frame.width), float(frame.height)
    ratio = min(1.0, most_width / shape[0], most_height / shape[1])
    width, height = max(2, round(shape[0] * ratio)), max(2, round(shape[1] * ratio))
    pixels = frame.reformat(width, height, "rgb24", interpolation="AREA").to_ndarray()
    if turns:
        pixels = np.rot90(pixels, turns)  # the angle is counter-clockwise, as numpy's
    return pyvips.Image.new_from_array(np.ascontiguousarray(pixels))
