"""TIFF and BigTIFF: the packet is tag 700 of the first image directory (ISO 16684-3; TIFF 6.0, section 2).

The directory is written anew at the end with the packet behind it, and the header points there: no strip or tile moves.
"""

from __future__ import annotations

import struct

from acervo.errors import Rejected
from functions.api.carriers.splice import File, Splice

XMP, BYTE = 700, 1
MOST_ENTRIES = 4096
ORDERS = {b"II": "<", b"MM": ">"}


def splice(file: File, size: int, packet: bytes) -> Splice:
    """Raises Rejected: it is no whole TIFF, or would be too long for one with the packet."""
    file.seek(0)
    head = file.read(16)
    order = ORDERS.get(head[:2])
    version = struct.unpack(order + "H", head[2:4])[0] if order and len(head) >= 8 else 0
    if order is None or version not in (42, 43):
        raise Rejected("not-a-tiff", "the picture is not a TIFF")
    big = version == 43
    word = order + ("Q" if big else "I")  # offsets and counts of values
    count_word = order + ("Q" if big else "H")  # number of entries
    entry_bytes, value_bytes = (20, 8) if big else (12, 4)
    pointer_at = 8 if big else 4
    (directory_at,) = _unpack(word, head[pointer_at : pointer_at + value_bytes])
    if directory_at >= size:
        raise Rejected("not-a-tiff", "the picture is not a whole TIFF")
    entries, following = _directory(file, directory_at, count_word, entry_bytes, value_bytes)
    start = size + size % 2  # directories begin at even offsets
    count = len(entries) + 1
    packet_at = start + struct.calcsize(count_word) + count * entry_bytes + value_bytes
    if not big and packet_at + len(packet) >= 1 << 32:
        raise Rejected("too-much-metadata", "the TIFF would be longer than 4 GiB")
    ours = (
        struct.pack(order + "HH", XMP, BYTE) + struct.pack(word, len(packet)) + struct.pack(word, packet_at)
    )
    entries[XMP] = ours
    tail = b"\x00" * (size % 2) + struct.pack(count_word, count) + b"".join(entries[tag] for tag in sorted(entries)) + following + packet  # fmt: skip
    return Splice(((pointer_at, struct.pack(word, start)),), tail)


def _directory(
    file: File, at: int, count_word: str, entry_bytes: int, value_bytes: int
) -> tuple[dict[int, bytes], bytes]:
    """Its entries by tag, without a packet, and the pointer to the next directory."""
    file.seek(at)
    (count,) = _unpack(count_word, file.read(struct.calcsize(count_word)))
    if not 0 < count <= MOST_ENTRIES:
        raise Rejected("not-a-tiff", "the TIFF's first directory is broken")
    data = file.read(count * entry_bytes + value_bytes)
    if len(data) < count * entry_bytes + value_bytes:
        raise Rejected("not-a-tiff", "the picture is not a whole TIFF")
    entries = {}
    for start in range(0, count * entry_bytes, entry_bytes):
        entry = data[start : start + entry_bytes]
        entries[struct.unpack(count_word[0] + "H", entry[:2])[0]] = entry
    if len(entries) != count:
        raise Rejected("not-a-tiff", "the TIFF's first directory has a tag twice")
    entries.pop(XMP, None)
    return entries, data[count * entry_bytes :]


def _unpack(form: str, data: bytes) -> tuple[int, ...]:
    try:
        return struct.unpack(form, data)
    except struct.error as fault:
        raise Rejected("not-a-tiff", "the picture is not a whole TIFF") from fault
