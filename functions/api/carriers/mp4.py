"""MP4: the packet is a `uuid` box of the file's top level (ISO 16684-3; ISO/IEC 14496-12, 4.2 and 8.1.2); one that was there becomes `free`.

QuickTime keeps it inside `moov`, whose growth would move every sample: a MOV gets a sidecar.
"""

from __future__ import annotations

from collections.abc import Iterator

from acervo.errors import Rejected
from functions.api.carriers.splice import File, Splice

XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
MOST_BOXES = 100_000
QUICKTIME = b"qt  "


def splice(file: File, size: int, packet: bytes) -> Splice:
    """Raises Rejected: it is no whole MP4, or its last box has no end."""
    patches: list[tuple[int, bytes]] = []
    kinds: set[bytes] = set()
    for kind, start, header, length in _boxes(file, size):
        kinds.add(kind)
        if kind == b"ftyp":
            file.seek(start + 8)
            if file.read(4) == QUICKTIME:
                raise Rejected("no-metadata", "a QuickTime film cannot carry it: ask for the sidecar")
        if kind == b"uuid" and length >= header + len(XMP):
            file.seek(start + header)
            if file.read(16) == XMP:
                patches.append((start + 4, b"free"))
    if not {b"ftyp", b"moov"} <= kinds:
        raise Rejected("not-an-mp4", "the film is not an MP4")
    body = b"uuid" + XMP + packet
    return Splice(tuple(patches), (len(body) + 4).to_bytes(4, "big") + body)


def _boxes(file: File, size: int) -> Iterator[tuple[bytes, int, int, int]]:
    """(type, start, length of the header, length) of each box of the top level."""
    at = 0
    for _ in range(MOST_BOXES):
        if at == size:
            return
        file.seek(at)
        head = file.read(16)
        length, kind, header = int.from_bytes(head[:4], "big"), head[4:8], 8
        if length == 1:
            length, header = int.from_bytes(head[8:16], "big"), 16
        if length == 0 and len(head) >= 8:
            raise Rejected(
                "no-metadata", "the last box of the film has no end, so that nothing can follow it"
            )
        if length < header or at + length > size:
            raise Rejected("not-an-mp4", "the film is not a whole MP4")
        yield kind, at, header, length
        at += length
    raise Rejected("not-an-mp4", f"the film has more than {MOST_BOXES} boxes")
