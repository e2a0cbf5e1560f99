"""Sound by itself, as far as encoding it goes: values that travel as JSON in a job's spec. Pure.

A *bare* file (MP3, ADTS) is frames and nothing else: it does not say when a frame is heard, and a demuxer that leaps in it reads all that is
before, or guesses. It was read through once, and where its frames are is known from then on: a part of it is a window on its bytes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from functions.transcode.film import Soundtrack, parse_soundtrack

PREROLL_S = 1  # what a decoder needs to be in step: MP3 frames have bits in the ones before them
EVERY_S = 20


@dataclass(frozen=True)
class Window:
    """Bytes [first, until) of a bare file, whose first frame is heard at `at` (in the stream's time base)."""

    demuxer: str
    first: int
    until: int
    at: int


@dataclass(frozen=True)
class Bare:
    """Where frames are: `places` are (byte, time in `base` seconds), in order, EVERY_S apart."""

    demuxer: str
    base: tuple[int, int]
    places: tuple[tuple[int, int], ...]

    def window(self, size_bytes: int, begin_s: Fraction, end_s: Fraction | None) -> Window | None:
        """What a part is decoded from; None is the file from its beginning, which says how much of it is padding."""
        base = Fraction(*self.base)
        times = [at for _, at in self.places]
        first = bisect_right(times, (begin_s - PREROLL_S) / base) - 1
        if first <= 0:
            return None
        last = len(times) if end_s is None else bisect_left(times, (end_s + PREROLL_S) / base)
        until = self.places[last][0] if last < len(times) else size_bytes
        return Window(self.demuxer, self.places[first][0], until, self.places[first][1])


@dataclass(frozen=True)
class Recording:
    """`begin_s` and `duration_s` are what is wanted of it, on the master's clock; `clipped` where that ends inside the master.

    `entire`: its clock jumps, so that it can only be decoded from its beginning on.
    """

    soundtracks: tuple[Soundtrack, ...]
    begin_s: Fraction
    duration_s: float
    clipped: bool = False
    entire: bool = False
    bare: Bare | None = None
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        begin = [self.begin_s.numerator, self.begin_s.denominator]
        return {**asdict(self), "begin_s": begin}


def parse_recording(value: Mapping[str, Any]) -> Recording:
    return Recording(
        tuple(parse_soundtrack(track) for track in value["soundtracks"]), Fraction(*value["begin_s"]), value["duration_s"],
        value["clipped"], value["entire"], parse_bare(value["bare"]), tuple(value["warnings"]),
    )  # fmt: skip


def parse_bare(value: Mapping[str, Any] | None) -> Bare | None:
    if value is None:
        return None
    num, den = value["base"]
    return Bare(value["demuxer"], (num, den), tuple((byte, at) for byte, at in value["places"]))
