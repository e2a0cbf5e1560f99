"""How far a container itself says that it goes, to be held against how far the file goes; and what lies outside of it.

A file that was cut off opens and plays its first minutes without an error, so no decoder tells. Pure: a seekable file in,
numbers out; only headers are read. Sources: ISO/IEC 14496-12, EBML (RFC 8794), RIFF and RF64
(EBU 3306), SMPTE ST 377-1, GIF89a.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

MAX_BOXES = 100_000
MAX_DEPTH = 8
MP3_SLACK = 8192  # encoders count a tag or a frame more or less
_PARENTS = (b"moov", b"trak", b"mdia", b"minf", b"dinf")
_UNKNOWN_SIZES = (0, 0xFFFFFFFF)
_DS64_AT = 20
_KLV_PARTITION = b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02"


class Cut(Exception):
    """The container goes on where the file ends; the text is a clause for an editor."""


class Outside(Exception):
    """The media lie in other files."""


def check_extent(file: BinaryIO, size: int, form: str) -> None:
    """Hold a container's own statement of its length against `size`.

    Raises:
        Cut, Outside
    """
    file.seek(0)
    if form in ("mp4", "mov"):
        _check_boxes(file, size)
    elif form in ("matroska", "webm"):
        _expect(_matroska_end(file.read(4096)), size)
    elif form in ("wav", "avi", "webp", "aiff"):
        _expect(_riff_end(file.read(64)), size)
    elif form == "mp3":
        _check_mp3(file, size)
    elif form == "gif":
        file.seek(max(0, size - 4096))
        if not file.read(4096).rstrip(b"\x00\r\n").endswith(b";"):  # the trailer, GIF89a 27
            raise Cut("its last byte is missing")
    elif form == "mxf":
        _expect(_mxf_footer(file.read(128 << 10)), size)


def _expect(end: int | None, size: int) -> None:
    if end is not None and end > size:
        raise Cut(f"{size:,} of {end:,} bytes are there")


# -- ISO base media ---------------------------------------------------------------------------------------------------
def _check_boxes(file: BinaryIO, size: int) -> None:
    seen = set()
    for kind, start, end in _boxes(file, 0, size):
        if end > size:
            raise Cut(f"{size:,} of {end:,} bytes are there")
        if kind == b"moov":
            _check_references(file, start, end)
        seen.add(kind)
    if b"moov" not in seen:
        raise Cut("the index at its end is missing")
    if not seen & {b"mdat", b"moof", b"imda"}:
        raise Cut("the media data are missing")


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(type, start of the content, end) of the boxes in [start, end); a box may claim to end beyond it."""
    position = start
    for _ in range(MAX_BOXES):
        if position + 8 > end:
            return
        file.seek(position)
        length, kind = struct.unpack(">I4s", file.read(8))
        header = 8
        if length == 1:
            wide = file.read(8)
            if len(wide) < 8:
                return
            length, header = int.from_bytes(wide, "big"), 16
        if length == 0:
            length = end - position
        if length < header:  # rubbish after the last box is common and harmless
            return
        yield kind, position + header, position + length
        position += length


def _check_references(file: BinaryIO, start: int, end: int) -> None:
    """Every sample must lie in this file: flag 1 of a data reference (ISO/IEC 14496-12, 8.7.2)."""
    stack = [(start, end, 1)]
    outside = looked = 0
    while stack:
        first, last, depth = stack.pop()
        for kind, inner, close in _boxes(file, first, last):
            looked += 1
            if looked > MAX_BOXES:
                return
            close = min(close, last)
            if kind in _PARENTS and depth < MAX_DEPTH:
                stack.append((inner, close, depth + 1))
            elif kind == b"dref":
                outside += _refers_outside(file, inner, close)
            elif kind in (b"rmra", b"rmda"):  # QuickTime reference movie
                raise Outside
    if outside:
        raise Outside


def _refers_outside(file: BinaryIO, start: int, end: int) -> bool:
    for _, inner, _ in _boxes(file, start + 8, end):
        file.seek(inner)
        flags = file.read(4)
        if len(flags) == 4 and not flags[3] & 1:
            return True
    return False


# -- the others -------------------------------------------------------------------------------------------------------
def _matroska_end(head: bytes) -> int | None:
    """End of the segment; None when its size is unknown (live recordings)."""
    ebml = _element(head, 0)
    segment = _element(head, ebml[1] + (ebml[2] or 0)) if ebml else None
    if segment is None or segment[0] != 0x18538067 or segment[2] is None:
        return None
    return segment[1] + segment[2]


def _element(data: bytes, at: int) -> tuple[int, int, int | None] | None:
    """(id, start of the content, length or None when unknown)."""
    if at + 12 > len(data) or not data[at]:
        return None
    width = 9 - data[at].bit_length()
    name = int.from_bytes(data[at : at + width], "big")
    at += width
    if not data[at]:
        return None
    width = 9 - data[at].bit_length()
    length = int.from_bytes(data[at : at + width], "big") & ((1 << 7 * width) - 1)
    return name, at + width, None if length == (1 << 7 * width) - 1 else length


def _riff_end(head: bytes) -> int | None:
    if len(head) < 12:
        return None
    if head[:4] in (b"RF64", b"BW64"):
        return int.from_bytes(head[_DS64_AT : _DS64_AT + 8], "little") + 8 if head[12:16] == b"ds64" else None
    length = int.from_bytes(head[4:8], "big" if head[:4] == b"FORM" else "little")
    return None if length in _UNKNOWN_SIZES else length + 8


def _check_mp3(file: BinaryIO, size: int) -> None:
    """The byte count of a Xing or Info header (LAME), in the first frame behind an ID3 tag."""
    tag = file.read(10)
    start = 0
    if tag[:3] == b"ID3" and len(tag) == 10:
        start = 10 + sum((byte & 0x7F) << 7 * place for place, byte in enumerate(reversed(tag[6:10])))
    file.seek(start)
    frame = file.read(256)
    at = max(frame.find(b"Xing"), frame.find(b"Info"))
    flags = int.from_bytes(frame[at + 4 : at + 8], "big") if at >= 0 else 0
    if flags & 2:
        value = at + 8 + 4 * (flags & 1)
        _expect(start + int.from_bytes(frame[value : value + 4], "big") - MP3_SLACK, size)


def _mxf_footer(head: bytes) -> int | None:
    """Start of the footer partition as the header says; None while it is open."""
    at = head.find(_KLV_PARTITION)
    if at < 0 or at + 17 >= len(head):
        return None
    first = head[at + 16]
    value = at + 17 + (first & 0x7F if first & 0x80 else 0)
    footer = int.from_bytes(head[value + 24 : value + 32], "big")
    return at + footer + 1 if footer else None
