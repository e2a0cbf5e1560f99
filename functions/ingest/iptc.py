"""IPTC-IIM (version 4.2), bare as in TIFF or inside Photoshop resources as in JPEG, to plain values. Pure.

Records are `1C record dataset length value`; 1:90 says whether text is UTF-8.
"""

from __future__ import annotations

from collections.abc import Iterator

from functions.ingest.exif import text

_PHOTOSHOP = b"Photoshop 3.0\x00"
_IIM_RESOURCE = 0x0404
_UTF8 = b"\x1b%G"
_NAMES = {5: "title", 55: "date", 60: "time", 80: "byline", 90: "city", 101: "country", 105: "headline", 110: "credit", 115: "source",
          116: "copyright", 120: "caption"}  # fmt: skip
_KEYWORDS = 25
MAX_RECORDS = 2000


def parse(blob: bytes) -> dict[str, str | list[str]]:
    """Fields by our names; `keywords` is a list. Rubbish gives fewer fields, never an error."""
    found: dict[str, str | list[str]] = {}
    keywords: list[str] = []
    utf8 = False
    for record, dataset, value in _records(_iim(blob)):
        if (record, dataset) == (1, 90):
            utf8 = value == _UTF8
        elif record == 2:
            said = value.decode("utf-8", "replace").strip("\x00 \r\n\t") if utf8 else text(value)
            if dataset == _KEYWORDS:
                keywords.append(said)
            elif dataset in _NAMES and said:
                found.setdefault(_NAMES[dataset], said)
    return {**found, "keywords": keywords} if keywords else found


def _iim(blob: bytes) -> bytes:
    """The IIM records inside Photoshop's image resources, or the blob itself."""
    if not blob.startswith((_PHOTOSHOP, b"8BIM")):
        return blob
    at = len(_PHOTOSHOP) if blob.startswith(_PHOTOSHOP) else 0
    while blob[at : at + 4] == b"8BIM" and at + 12 <= len(blob):
        number = int.from_bytes(blob[at + 4 : at + 6], "big")
        at += 6 + (blob[at + 6] // 2 + 1) * 2  # a Pascal string, padded to even
        length = int.from_bytes(blob[at : at + 4], "big")
        if number == _IIM_RESOURCE:
            return blob[at + 4 : at + 4 + length]
        at += 4 + length + length % 2
    return b""


def _records(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    for _ in range(MAX_RECORDS):
        if at + 5 > len(data) or data[at] != 0x1C:
            return
        record, dataset, length = data[at + 1], data[at + 2], int.from_bytes(data[at + 3 : at + 5], "big")
        at += 5
        if length & 0x8000:  # extended: the low bits count the bytes of the length
            width = length & 0x7FFF
            length, at = int.from_bytes(data[at : at + width], "big"), at + width
            if width > 4:
                return
        yield record, dataset, data[at : at + length]
        at += length
