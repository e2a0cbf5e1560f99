"""Editorial metadata as IPTC-IIM 4.2 inside a JPEG's Photoshop resources: for picture desks whose tools do not read XMP. Pure.

Of our own making: the libraries that write it are GPL (exiv2) or write the whole file anew and lose what they do not know (iptcinfo3).
IIM's fields are short; what is longer is cut at a character, and whole in the XMP packet beside it. The digest of the record is written
as well, or a reader would take the two for different (Metadata Working Group, 2.0, section 5.4).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from functions.api.jpeg import APP0, APP1, APP13, MAX_PAYLOAD, segment, segments

SIGNATURE = b"Photoshop 3.0\x00"
_BLOCK = b"8BIM"
_IIM, _DIGEST = 0x0404, 0x0425
_UTF8 = b"\x1b%G"
MAX_VALUES = 200
# dataset of record 2 → (field, octets), in the order of the record; a list gives several datasets
_FIELDS: tuple[tuple[int, str, int], ...] = (
    (5, "title", 64), (25, "keywords", 64), (40, "terms", 256), (55, "created_on", 8), (80, "byline", 32), (92, "places", 32),
    (105, "title", 256), (110, "credit", 32), (115, "source", 32), (116, "holder", 128), (120, "description", 2000),
)  # fmt: skip
_REPEATED = (25, 80)


def build_record(metadata: Mapping[str, Any], rights: Mapping[str, Any]) -> bytes:
    """Records 1 and 2: UTF-8, version 4, and every field that is there."""
    known = {"description": metadata.get("caption"), **{k: v for k, v in {**metadata, **rights}.items() if v}}
    datasets = [_dataset(1, 90, _UTF8), _dataset(2, 0, (4).to_bytes(2, "big"))]
    for number, field, octets in _FIELDS:
        value = known.get(field)
        if not value:
            continue
        for text in _values(number, field, value):
            if cut := _cut(text, octets):
                datasets.append(_dataset(2, number, cut))
    return b"".join(datasets)


def _values(number: int, field: str, value: Any) -> list[str]:
    if field == "created_on":  # CCYYMMDD, zeros for what nobody knows
        return [str(value).replace("-", "").ljust(8, "0")]
    if isinstance(value, list):
        return (
            [str(item) for item in value[:MAX_VALUES]]
            if number in _REPEATED
            else [", ".join(map(str, value))]
        )
    return [str(value)]


def _cut(text: str, octets: int) -> bytes:
    return text.replace("\x00", "").encode("utf-8", "ignore")[:octets].decode("utf-8", "ignore").encode()


def _dataset(record: int, number: int, value: bytes) -> bytes:
    return bytes((0x1C, record, number)) + len(value).to_bytes(2, "big") + value


def embed(jpeg: bytes, record: bytes) -> bytes:
    """The JPEG with this record instead of the one that it had; other Photoshop resources (paths, guides) and every other byte stay.

    Raises:
        Rejected: it is not a JPEG.
    """
    kept, photoshop, rest, place = [], b"", 2, 0
    for marker, start, end in segments(jpeg):
        rest = end
        if marker == APP13 and jpeg[start + 4 :].startswith(SIGNATURE):
            photoshop += jpeg[
                start + 4 + len(SIGNATURE) : end
            ]  # one list of resources may go on in the next segment
            continue
        kept.append(jpeg[start:end])
        if marker in (APP0, APP1) and place == len(kept) - 1:
            place = len(kept)
    found, tail = _blocks(photoshop)
    others = b"".join(block for number, block in found if number not in (_IIM, _DIGEST))
    ours = _block(_IIM, record) + _block(_DIGEST, hashlib.md5(record, usedforsecurity=False).digest())
    resources = ours + others + tail
    room = MAX_PAYLOAD - len(SIGNATURE)
    pieces = [segment(APP13, SIGNATURE + resources[at : at + room]) for at in range(0, len(resources), room)]
    return b"".join([jpeg[:2], *kept[:place], *pieces, *kept[place:], jpeg[rest:]])


def _block(number: int, data: bytes) -> bytes:
    """A resource without a name, padded to an even length."""
    return (
        _BLOCK
        + number.to_bytes(2, "big")
        + b"\x00\x00"
        + len(data).to_bytes(4, "big")
        + data
        + b"\x00" * (len(data) % 2)
    )


def _blocks(resources: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Resources with their numbers, and what comes after the last whole one."""
    found = list(_walk(resources))
    return found, resources[sum(len(block) for _, block in found) :]


def _walk(resources: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while resources[at : at + 4] == _BLOCK and at + 12 <= len(resources):
        named = (
            at + 6 + ((resources[at + 6] + 2) & ~1)
        )  # a Pascal string with its length, padded to an even length
        size = int.from_bytes(resources[named : named + 4], "big")
        end = named + 4 + size + size % 2
        if named + 4 + size > len(resources):
            return
        yield int.from_bytes(resources[at + 4 : at + 6], "big"), resources[at:end]
        at = end
