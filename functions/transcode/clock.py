"""The clock of a recording (MPEG-TS): where it jumps or stands still, and what makes it one that only goes on. Pure.

* A jump is decided by the picture's decode times: backwards, or further on than any pause. What follows is moved so that its first
  frame comes one frame after the last. Sound follows where its own times fit, so that a late packet of the old clock stays with it.
* A gap (frames missing, the clock went on) stays as it is, and is told.
* That a clock of 33 bits wraps after 26.5 hours is no jump, and FFmpeg's demuxer knows it. A clock that was straightened begins where
  it does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from acervo import transport
from acervo.clocks import Clock
from acervo.transport import TICKS_A_SECOND, WRAP, Stamps, apart

BACK = TICKS_A_SECOND // 2  # pictures without decode times come in another order
FORWARD = 10 * TICKS_A_SECOND
GAP = TICKS_A_SECOND
BEGINNING = 10 * TICKS_A_SECOND  # sound may begin before the picture
USUAL_STEP = TICKS_A_SECOND // 25
MAX_JUMPS, MAX_GRIDS, MAX_GAPS = 1000, 1000, 1000
LOOKED_AT = 64 << 10  # bytes in which the first packet must be


@dataclass
class _Track:
    """A PID. `last` is its latest time on the straight clock, `span` the jump that it has followed; `pending` is where it ran away."""

    shifts: list[tuple[int, int]]
    last: int
    span: int
    pending: tuple[int, int] | None = None

    @property
    def shift(self) -> int:
        return self.shifts[-1][1]

    def ahead(self, time: int, shift: int) -> int:
        return apart(time + shift, self.last)

    def follow(self, offset: int, time: int, shift: int, span: int) -> None:
        self.last += self.ahead(time, shift)
        self.shifts.append((offset, shift))
        self.span, self.pending = span, None


@dataclass
class ClockFinder:
    """Takes a file's bytes from front to back; the clock comes at the end. Memory: one packet and what was found."""

    jumps_at: list[int] = field(default_factory=list)  # ticks of the straight clock
    gaps: list[tuple[int, int]] = field(default_factory=list)  # (when, how long)
    lost: bool = False  # no transport stream, or more faults than anybody can mend
    _tracks: dict[int, _Track] = field(default_factory=dict)
    _picture: int | None = None
    _step: int = USUAL_STEP
    _beginning: int = 0
    _size: int = 0
    _grids: list[int] = field(default_factory=list)
    _rest: bytes = b""
    _offset: int = 0  # of the rest, in the file
    _in_step: bool = False

    def feed(self, data: bytes) -> None:
        self._rest += data
        while not self.lost and (self._in_step or self._resume()):
            count = len(self._rest) // self._size
            if not count:
                return
            good, places = transport.starts(self._rest, self._size, 0, count)
            for place in places:
                stamps = transport.parse_stamps(memoryview(self._rest)[place : place + transport.PACKET])
                if stamps is not None:
                    self._see(self._offset + place, stamps)
            self._in_step = good == count
            self._drop(good * self._size)
            if self._in_step:
                return

    @property
    def jumps_s(self) -> tuple[float, ...]:
        """Seconds of the film."""
        return tuple(at / TICKS_A_SECOND for at in self.jumps_at)

    def clock(self) -> Clock | None:
        """None when the file's own will do."""
        if self.lost or self._picture is None or not self.jumps_at:
            return None
        by = BEGINNING - self._beginning
        shifts = {
            pid: tuple((at, (shift + by) % WRAP) for at, shift in track.shifts)
            for pid, track in self._tracks.items()
        }
        return Clock(self._size, tuple(self._grids), shifts)

    def _drop(self, count: int) -> None:
        self._rest = self._rest[count:]
        self._offset += count

    def _resume(self) -> bool:
        """Find the grid, at the beginning and where bytes were lost."""
        found = transport.find_grid(self._rest, self._size)
        if found is None:
            if not self._grids and len(self._rest) > LOOKED_AT:
                self.lost = True
            elif self._grids:
                self._drop(max(0, len(self._rest) - transport.ENOUGH * self._size))
            return False
        self._size, first = found
        self._drop(first)
        if not self._grids or (self._offset - self._grids[-1]) % self._size:
            self._grids.append(self._offset)
        self._in_step = True
        self.lost = len(self._grids) > MAX_GRIDS
        return not self.lost

    def _see(self, offset: int, stamps: Stamps) -> None:
        time = stamps.decoded_at
        if self._picture is None and stamps.is_picture:
            self._picture, self._beginning = stamps.pid, time
            for other in self._tracks.values():
                other.last = time + apart(other.last, time)
        track = self._tracks.get(stamps.pid)
        if track is None:
            shift = self._tracks[self._picture].shift if self._picture in self._tracks else 0
            near = self._tracks[self._picture].last if self._picture in self._tracks else time
            first = near + apart(time + shift, near)
            self._tracks[stamps.pid] = _Track([(0, shift)], first, len(self.jumps_at))
        elif stamps.pid == self._picture:
            self._see_picture(track, offset, time)
        else:
            self._see_other(track, offset, time)

    def _see_picture(self, track: _Track, offset: int, time: int) -> None:
        ahead = track.ahead(time, track.shift)
        if -BACK <= ahead <= FORWARD:
            if ahead > GAP and len(self.gaps) < MAX_GAPS:
                self.gaps.append((track.last + self._step - self._beginning, ahead - self._step))
            elif 0 < ahead <= GAP:
                self._step = ahead
            track.last = max(track.last, track.last + ahead)
            return
        at = track.last + self._step
        self.jumps_at.append(at - self._beginning)
        self.lost = len(self.jumps_at) > MAX_JUMPS
        shift, span = at - time, len(self.jumps_at)
        track.follow(offset, time, shift, span)
        for other in self._tracks.values():
            if other.pending is not None:
                place, when = other.pending
                if -FORWARD <= other.ahead(when, shift) <= FORWARD:
                    other.follow(place, when, shift, span)
                other.pending = None

    def _see_other(self, track: _Track, offset: int, time: int) -> None:
        span = len(self.jumps_at)
        if track.span < span and self._picture is not None:
            shift = self._tracks[self._picture].shift
            if -FORWARD <= track.ahead(time, shift) <= FORWARD:
                track.follow(offset, time, shift, span)
                return
        ahead = track.ahead(time, track.shift)
        if -BACK <= ahead <= FORWARD:
            track.last = max(track.last, track.last + ahead)
            track.pending = None
        elif track.pending is None:
            track.pending = (offset, time)


def describe(finder: ClockFinder) -> list[str]:
    """What an editor should know."""
    found = []
    if finder.lost and finder.jumps_at:
        found.append("the recording's clock is broken: pictures and sound are where it says")
    elif finder.jumps_at:
        many = "once" if len(finder.jumps_at) == 1 else f"{len(finder.jumps_at)} times"
        found.append(
            f"the recording's clock jumps {many}, first at {_at(finder.jumps_at[0])}: what lies before and behind follows without a gap"
        )
    if finder.gaps:
        whole = sum(length for _, length in finder.gaps) / TICKS_A_SECOND
        gaps = "a gap" if len(finder.gaps) == 1 else f"{len(finder.gaps)} gaps"
        found.append(f"the recording has {gaps} of {whole:.1f} s in all, first at {_at(finder.gaps[0][0])}")
    return found


def _at(ticks: int) -> str:
    seconds = ticks // TICKS_A_SECOND
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
