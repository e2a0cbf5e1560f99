"""The clock of a recording (MPEG-TS) that only goes on: what has to be added to a file's times, and the file with it added.

Who finds it is `transcode` (functions/transcode/clock.py), which reads such files through. Whoever decodes the file afterwards has to see the
same clock, or what it says of a moment is of another one.
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from acervo import transport
from acervo.ranges import PassedOn, RangeReader


@dataclass(frozen=True)
class Clock:
    """What to add to the times of a file: `grids` are where packets begin (anew), `shifts` by PID the places from which on a shift
    holds, in order."""

    size: int
    grids: tuple[int, ...]
    shifts: Mapping[int, tuple[tuple[int, int], ...]]

    def to_json(self) -> dict[str, Any]:
        shifts = {str(pid): [list(each) for each in found] for pid, found in self.shifts.items()}
        return {"size": self.size, "grids": list(self.grids), "shifts": shifts}


def parse_clock(value: Mapping[str, Any]) -> Clock:
    shifts = {int(pid): tuple((at, by) for at, by in found) for pid, found in value["shifts"].items()}
    return Clock(value["size"], tuple(value["grids"]), shifts)


class Straight(PassedOn):
    """A recording whose clock only goes on: the same bytes but for the times in its PES headers, wherever one reads."""

    def __init__(self, file: RangeReader, clock: Clock) -> None:
        super().__init__(file)
        self._clock = clock
        self._offsets = {pid: [at for at, _ in shifts] for pid, shifts in clock.shifts.items()}

    def read(self, size: int = -1) -> bytes:
        at, end = self._file.tell(), self._file.size
        until = end if size is None or size < 0 else min(at + size, end)
        if at >= until:
            return b""
        first, last = self._packet(at)[0], min(end, self._packet(until - 1)[1])
        self._file.seek(first)
        data = bytearray(self._file.read(last - first))
        self._straighten(data, first)
        self._file.seek(until)
        return bytes(data[at - first : until - first])

    def _packet(self, offset: int) -> tuple[int, int]:
        """The packet that holds this byte: where it begins and ends; of a byte between grids itself."""
        number = bisect.bisect_right(self._clock.grids, offset) - 1
        if number < 0:
            return offset, offset + 1
        grid, size = self._clock.grids[number], self._clock.size
        begin = grid + (offset - grid) // size * size
        return begin, min(begin + size, self._end(number))

    def _end(self, grid: int) -> int:
        return self._clock.grids[grid + 1] if grid + 1 < len(self._clock.grids) else self._file.size

    def _straighten(self, data: bytearray, offset: int) -> None:
        """Packets of `data`, which begins at `offset` of the file with a whole one."""
        grids, size = self._clock.grids, self._clock.size
        for number in range(max(0, bisect.bisect_right(grids, offset) - 1), len(grids)):
            begin = max(offset, grids[number])
            end = min(offset + len(data), self._end(number))
            if grids[number] >= offset + len(data):
                break
            if (count := (end - begin) // size) <= 0:
                continue
            _, places = transport.starts(data, size, begin - offset, count)
            for place in places:
                self._move(data, place, offset + place)

    def _move(self, data: bytearray, place: int, offset: int) -> None:
        stamps = transport.parse_stamps(data[place : place + transport.PACKET])
        if stamps is None or stamps.pid not in self._offsets:
            return
        number = bisect.bisect_right(self._offsets[stamps.pid], offset) - 1
        shift = self._clock.shifts[stamps.pid][number][1]
        for where, time in zip(stamps.places, stamps.times, strict=True):
            stamp = slice(place + where, place + where + transport.STAMP)
            data[stamp] = transport.build_time((time + shift) % transport.WRAP, data[stamp])
