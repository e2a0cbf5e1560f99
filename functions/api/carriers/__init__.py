"""Files that can carry an XMP packet, by suffix: ISO 16684-3. What cannot (MOV, MXF, WAV, …) has a sidecar.

Small pictures are made anew in memory, a TIFF and an MP4 get a tail and a few bytes changed, so that the rest is copied by the store itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from functions.api import iim, xmp
from functions.api.carriers import mp4, png, tiff, webp
from functions.api.carriers.splice import File, Splice

__all__ = ["CARRIERS", "Ending", "Inside", "Splice"]


@dataclass(frozen=True)
class Inside:
    """`embed(file, packet, metadata, rights)` gives the file with the packet; raises Rejected."""

    mime_type: str
    embed: Callable[[bytes, bytes, Mapping[str, Any], Mapping[str, Any]], bytes]


@dataclass(frozen=True)
class Ending:
    """`splice(file, size, packet)` gives what changes in the file; raises Rejected."""

    mime_type: str
    splice: Callable[[File, int, bytes], Splice]


def _jpeg(file: bytes, packet: bytes, metadata: Mapping[str, Any], rights: Mapping[str, Any]) -> bytes:
    return iim.embed(xmp.embed(file, packet), iim.build_record(metadata, rights))


_JPEG = Inside("image/jpeg", _jpeg)
_MP4 = Ending("video/mp4", mp4.splice)
_TIFF = Ending("image/tiff", tiff.splice)
CARRIERS: dict[str, Inside | Ending] = {
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".png": Inside("image/png", lambda file, packet, *_: png.embed(file, packet)),
    ".webp": Inside("image/webp", lambda file, packet, *_: webp.embed(file, packet)),
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".mp4": _MP4,
    ".m4v": _MP4,
    ".m4a": Ending("audio/mp4", mp4.splice),
}
