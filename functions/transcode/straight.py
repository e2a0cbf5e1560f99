"""Files that pass their bytes on: to somebody who listens, or with the time stamps of a recording straightened. Child side only."""

from __future__ import annotations

import bisect
import io
from collections.abc import Callable

from acervo.ranges import RangeReader
from functions.transcode import transport
from functions.transcode.clock import Clock

CATCH_UP_BYTES = 4 << 20


class Straight(io.RawIOBase):
    """A recording whose clock only goes on: the same bytes but for the times in its PES headers, wherever one reads."""

    def __init__(self, file: RangeReader, clock: Clock) -> None:
        self._file, self._clock = file, clock
        self._offsets = {pid: [at for at, _ in shifts] for pid, shifts in clock.shifts.items()}

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

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


class Overheard(io.RawIOBase):
    """A file that somebody else hears as well: every byte once, in order, however it is read."""

    def __init__(self, file: RangeReader, hear: Callable[[bytes], None]) -> None:
        self._file, self._hear, self._heard = file, hear, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        at = self._file.tell()
        data = self._file.read(size)
        if at <= self._heard < at + len(data):
            self._hear(data[self._heard - at :])
            self._heard = at + len(data)
        return data

    def finish(self) -> None:
        """What nobody read."""
        self._file.seek(self._heard)
        while self.read(CATCH_UP_BYTES):
            pass
