"""WebP: the packet is a chunk `XMP ` of the extended format, announced in VP8X (RFC 9649). Pure."""

from __future__ import annotations

from collections.abc import Iterator

from acervo.errors import Rejected

HAS_XMP, HAS_ALPHA = 0x04, 0x10
MOST = (1 << 32) - 2


def embed(webp: bytes, packet: bytes) -> bytes:
    """The WebP with this packet instead of the one that it had, as the extended format where it was a simple one.

    Raises:
        Rejected: it is no whole WebP, or too long with the packet.
    """
    chunks = [(name, data) for name, data in _chunks(webp) if name != b"XMP "]
    if not chunks:
        raise Rejected("not-a-webp", "the picture is not a whole WebP")
    name, first = chunks[0]
    if name == b"VP8X":
        extended = bytes((first[0] | HAS_XMP,)) + first[1:]
        chunks = chunks[1:]
    else:
        extended = _extended(name, first)
    body = b"".join(_chunk(name, data) for name, data in ((b"VP8X", extended), *chunks, (b"XMP ", packet)))
    if len(body) + 4 > MOST:
        raise Rejected("too-much-metadata", "the metadata is too long for this WebP")
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


def _extended(name: bytes, data: bytes) -> bytes:
    """The VP8X of a simple file: flags, three reserved bytes, width - 1, height - 1."""
    if name == b"VP8 " and data[3:6] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        flags = HAS_XMP
    elif name == b"VP8L" and data[:1] == b"\x2f" and len(data) >= 5:
        bits = int.from_bytes(data[1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        flags = HAS_XMP | (HAS_ALPHA if bits >> 28 & 1 else 0)
    else:
        raise Rejected("not-a-webp", "the picture is not a WebP that is known here")
    if not width or not height:
        raise Rejected("not-a-webp", "the picture has no size")
    return bytes((flags, 0, 0, 0)) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + len(data).to_bytes(4, "little") + data + b"\x00" * (len(data) % 2)


def _chunks(webp: bytes) -> Iterator[tuple[bytes, bytes]]:
    if webp[:4] != b"RIFF" or webp[8:12] != b"WEBP":
        raise Rejected("not-a-webp", "the picture is not a WebP")
    at, end = 12, 8 + int.from_bytes(webp[4:8], "little")
    if end > len(webp):
        raise Rejected("not-a-webp", "the picture is not a whole WebP")
    while at + 8 <= end:
        size = int.from_bytes(webp[at + 4 : at + 8], "little")
        if at + 8 + size > end:
            raise Rejected("not-a-webp", "the picture is not a whole WebP")
        yield webp[at : at + 4], webp[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
