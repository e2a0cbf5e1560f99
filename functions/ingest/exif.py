"""EXIF (and the first directory of a TIFF file) to plain values. Pure; every offset in it may lie.

Source: TIFF 6.0, section 2; EXIF 2.32 (CIPA DC-008), 4.6.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

MAX_ENTRIES, MAX_VALUE_BYTES = 512, 64 << 10
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8}
_CODES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i"}
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_NAMES = {
    0x010E: "description", 0x010F: "make", 0x0110: "model", 0x0112: "orientation", 0x0131: "software", 0x0132: "modified",
    0x013B: "artist", 0x8298: "copyright", 0x9003: "taken", 0x9011: "offset", 0x829A: "exposure_s", 0x829D: "f_number",
    0x8827: "iso", 0x920A: "focal_length_mm", 0xA434: "lens",
}  # fmt: skip
_GPS_NAMES = {1: "lat_ref", 2: "lat", 3: "lon_ref", 4: "lon", 5: "alt_ref", 6: "alt"}
Value = str | list[float]


def parse(file: BinaryIO) -> dict[str, Value]:
    """Tags by our names: text, or lists of numbers; GPS tags begin with `gps_`. Rubbish gives fewer tags, never an error."""
    head = file.read(8)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 8 or struct.unpack(order + "H", head[2:4])[0] != 42:
        return {}
    found: dict[str, Value] = {}
    directories = [(struct.unpack(order + "I", head[4:8])[0], _NAMES, "")]
    seen: set[int] = set()
    while directories:
        offset, names, prefix = directories.pop()
        if offset in seen:
            continue
        seen.add(offset)
        for tag, value in _directory(file, offset, order):
            if tag in (_EXIF_IFD, _GPS_IFD) and not prefix and isinstance(value, list) and value:
                directories.append(
                    (
                        int(value[0]),
                        _GPS_NAMES if tag == _GPS_IFD else _NAMES,
                        "gps_" if tag == _GPS_IFD else "exif",
                    )
                )
            elif tag in names:
                found.setdefault(("gps_" if prefix == "gps_" else "") + names[tag], value)
    return found


def _directory(file: BinaryIO, offset: int, order: str) -> list[tuple[int, Value]]:
    file.seek(offset)
    count = file.read(2)
    if len(count) < 2:
        return []
    entries = min(struct.unpack(order + "H", count)[0], MAX_ENTRIES)
    block = file.read(entries * 12)
    values: list[tuple[int, Value]] = []
    for at in range(0, len(block) - 11, 12):
        tag, kind, number = struct.unpack(order + "HHI", block[at : at + 8])
        length = _SIZES.get(kind, 0) * number
        if not 0 < length <= MAX_VALUE_BYTES:
            continue
        raw = block[at + 8 : at + 8 + length]
        if length > 4:
            file.seek(struct.unpack(order + "I", block[at + 8 : at + 12])[0])
            raw = file.read(length)
        if len(raw) == length:
            values.append((tag, _value(raw, kind, number, order)))
    return values


def _value(raw: bytes, kind: int, number: int, order: str) -> Value:
    if kind in (2, 7):
        return text(raw.split(b"\x00")[0] if kind == 2 else raw)
    if kind in (5, 10):
        parts = struct.unpack(f"{order}{number * 2}{'I' if kind == 5 else 'i'}", raw)
        return [above / below if below else 0.0 for above, below in zip(parts[::2], parts[1::2], strict=True)]
    return [float(item) for item in struct.unpack(f"{order}{number}{_CODES[kind]}", raw)]


def text(raw: bytes) -> str:
    """UTF-8 as everybody writes it, else Windows' Latin."""
    try:
        return raw.decode().strip("\x00 \r\n\t")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace").strip("\x00 \r\n\t")


def degrees(parts: Value | None, reference: Value | None) -> float | None:
    """Degrees, minutes, seconds and N, S, E or W as a signed number."""
    if not isinstance(parts, list) or len(parts) != 3:
        return None
    value = parts[0] + parts[1] / 60 + parts[2] / 3600
    if not 0 <= value <= 180:
        return None
    return round(-value if isinstance(reference, str) and reference[:1].upper() in ("S", "W") else value, 6)
