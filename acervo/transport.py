"""MPEG transport streams (ISO/IEC 13818-1) as far as their times go: packets on their grid, and the time stamps in PES headers. Pure.

A grid is where packets begin: every 188 bytes, or 192 (M2TS, four bytes before each) or 204 (sixteen behind each). A recording that
lost bytes goes on with another phase, so a file has one grid or several after another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

SYNC, PACKET = 0x47, 188
SIZES = {188: 0, 192: 4, 204: 0}  # of a packet: bytes before its sync byte
ENOUGH = 5  # sync bytes in a row are no accident
STAMP = 5  # bytes
WRAP = 1 << 33
TICKS_A_SECOND = 90_000
PRIVATE, EXTENDED, FIRST_SOUND, FIRST_PICTURE, LAST_PICTURE = 0xBD, 0xFD, 0xC0, 0xE0, 0xEF


@dataclass(frozen=True)
class Stamps:
    """A PES header's times: `places` are those of the five bytes of each in the packet, the presentation time first."""

    pid: int
    stream_id: int
    places: tuple[int, ...]
    times: tuple[int, ...]

    @property
    def is_picture(self) -> bool:
        return FIRST_PICTURE <= self.stream_id <= LAST_PICTURE

    @property
    def decoded_at(self) -> int:
        return self.times[-1]


def find_grid(data: bytes, size: int = 0) -> tuple[int, int] | None:
    """(size of a packet, where the first one begins) in these bytes; None when there is no grid, or too few bytes.

    Args:
        size: of a packet, when it is known.
    """
    for each in (size,) if size else SIZES:
        lead = SIZES[each]
        at = data.find(SYNC, lead)
        while 0 <= at <= len(data) - (ENOUGH - 1) * each - 1:
            if all(data[at + number * each] == SYNC for number in range(ENOUGH)):
                return each, at - lead
            at = data.find(SYNC, at + 1)
    return None


def starts(data: bytes | bytearray, size: int, first: int, count: int) -> tuple[int, Iterator[int]]:
    """How many of `count` packets from `first` on are in step, and the places of those in which a PES packet begins."""
    lead = SIZES[size]
    rows = np.frombuffer(data, np.uint8, count * size, first).reshape(count, size)
    in_step = rows[:, lead] == SYNC
    good = count if in_step.all() else int(np.argmin(in_step))
    begins = np.flatnonzero(rows[:good, lead + 1] & 0x40)
    places = [first + int(number) * size + lead for number in begins]
    return good, iter(places)


def parse_stamps(packet: bytes | bytearray | memoryview) -> Stamps | None:
    """Of a packet of 188 bytes in which a PES packet begins; None when it has no time in it."""
    if not packet[3] & 0x10:
        return None
    at = 4 + (1 + packet[4] if packet[3] & 0x20 else 0)
    if at + 14 > PACKET or bytes(packet[at : at + 3]) != b"\0\0\1":
        return None
    stream_id, flags = packet[at + 3], packet[at + 7] >> 6
    if not (FIRST_SOUND <= stream_id <= LAST_PICTURE or stream_id in (PRIVATE, EXTENDED)) or not flags & 2:
        return None
    places = (at + 9, at + 14) if flags == 3 and at + 19 <= PACKET else (at + 9,)
    pid = (packet[1] & 0x1F) << 8 | packet[2]
    times = tuple(parse_time(packet[place : place + STAMP]) for place in places)
    return Stamps(pid, stream_id, places, times)


def parse_time(stamp: bytes | bytearray | memoryview) -> int:
    """33 bits with marker bits among them (2.4.3.7)."""
    return (stamp[0] >> 1 & 7) << 30 | stamp[1] << 22 | (stamp[2] >> 1) << 15 | stamp[3] << 7 | stamp[4] >> 1


def build_time(time: int, stamp: bytes | bytearray | memoryview) -> bytes:
    """The five bytes again, with another time."""
    return bytes(
        (
            stamp[0] & 0xF1 | (time >> 30 & 7) << 1,
            time >> 22 & 0xFF,
            stamp[2] & 1 | (time >> 15 & 0x7F) << 1,
            time >> 7 & 0xFF,
            stamp[4] & 1 | (time & 0x7F) << 1,
        )
    )


def apart(time: int, other: int) -> int:
    """By how much a time is later than another on a clock of 33 bits: the shorter way round."""
    return (time - other + WRAP // 2) % WRAP - WRAP // 2
