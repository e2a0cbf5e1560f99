"""PNG: the packet is an iTXt chunk named `XML:com.adobe.xmp` (PNG 3rd edition, 11.3.3.4; ISO 16684-3). Pure."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from acervo.errors import Rejected

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"XML:com.adobe.xmp\x00"
PLAIN = b"\x00\x00\x00\x00"  # not compressed, its method, no language, no translated keyword


def embed(png: bytes, packet: bytes) -> bytes:
    """The PNG with this packet instead of the one that it had; every other chunk is as it was.

    Raises:
        Rejected: it is no whole PNG.
    """
    kept: list[bytes] = []
    for name, start, end in _chunks(png):
        if name == b"iTXt" and png[start + 8 :].startswith(KEYWORD):
            continue
        kept.append(png[start:end])
        if name == b"IHDR":
            kept.append(_chunk(b"iTXt", KEYWORD + PLAIN + packet))
    return SIGNATURE + b"".join(kept)


def _chunk(name: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")


def _chunks(png: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(name, start, end) of each, from IHDR to IEND; what follows IEND is not of the picture."""
    at = len(SIGNATURE)
    if not png.startswith(SIGNATURE) or png[at + 4 : at + 8] != b"IHDR":
        raise Rejected("not-a-png", "the picture is not a PNG")
    while at + 12 <= len(png):
        name, end = png[at + 4 : at + 8], at + 12 + int.from_bytes(png[at : at + 4], "big")
        if end > len(png):
            break
        yield name, at, end
        if name == b"IEND":
            return
        at = end
    raise Rejected("not-a-png", "the picture is not a whole PNG")
