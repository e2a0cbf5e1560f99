"""The segments of a JPEG before its picture (ISO/IEC 10918-1, annex B): where metadata lies. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from acervo.errors import Rejected

SOI, APP0, APP1, APP13, SOS = 0xD8, 0xE0, 0xE1, 0xED, 0xDA
MAX_PAYLOAD = 65_533


def segments(jpeg: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, start, end) of every segment before the picture.

    Raises:
        Rejected: it is not a JPEG, or not a whole one.
    """
    if jpeg[:2] != bytes((0xFF, SOI)):
        raise Rejected("not-a-jpeg", "the picture is not a JPEG")
    at = 2
    while at + 4 <= len(jpeg):
        if jpeg[at] != 0xFF:
            raise Rejected("not-a-jpeg", "the picture is not a whole JPEG")
        marker = jpeg[at + 1]
        if marker == SOS:
            return
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if end > len(jpeg) or end < at + 4:
            break
        yield marker, at, end
        at = end
    raise Rejected("not-a-jpeg", "the picture is not a whole JPEG")


def segment(marker: int, payload: bytes) -> bytes:
    """One segment; `payload` has at most MAX_PAYLOAD bytes."""
    return bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload
