"""What a film is, as far as encoding it goes: values that travel as JSON in a job's spec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any


@dataclass(frozen=True)
class Picture:
    """One decoded frame's properties. `rotation` is clockwise degrees to turn it upright; colours as numbered by ISO/IEC 23091-2."""

    width: int
    height: int
    sar: tuple[int, int]
    rotation: int
    pixel_format: str
    interlaced: bool
    primaries: int
    transfer: int
    matrix: int
    full_range: bool

    @property
    def hdr(self) -> bool:
        """PQ (SMPTE ST 2084) or HLG (ARIB STD-B67)."""
        return self.transfer in (16, 18)


@dataclass(frozen=True)
class Soundtrack:
    """An audio stream of the master; `members` are the mono streams that it is made of, when it is (the first is `stream`)."""

    stream: int
    language: str
    channels: int
    title: str
    members: tuple[int, ...] = ()

    @property
    def streams(self) -> tuple[int, ...]:
        return self.members or (self.stream,)


@dataclass(frozen=True)
class Timeline:
    """From the master's clock to the renditions'.

    `origin` and `end` are presentation times in the master's time base (`base`); a rendition counts in `1/timescale` s from the
    first frame. `delay` (in `timescale`) is added to every presentation time, so that decode times are never negative.
    """

    base: tuple[int, int]
    origin: int
    end: int
    timescale: int
    delay: int
    rate: tuple[int, int]
    reorder: bool
    clipped: bool = False  # it begins or ends inside the master

    @property
    def time_base(self) -> Fraction:
        return Fraction(*self.base)

    @property
    def fps(self) -> Fraction:
        return Fraction(*self.rate)

    @property
    def duration_s(self) -> float:
        return float((self.end - self.origin) * self.time_base)

    @property
    def frame_ticks(self) -> int:
        return max(1, round(self.timescale / self.fps))

    def ticks(self, pts: int) -> int:
        """A presentation time of the master on the renditions' clock, without `delay`."""
        return round((pts - self.origin) * self.time_base * self.timescale)


@dataclass(frozen=True)
class Film:
    """`frames` is what the container's index promises; 0 where it does not say. `jumps_s` is where the master's clock was straightened."""

    picture: Picture
    timeline: Timeline
    soundtracks: tuple[Soundtrack, ...]
    frames: int
    warnings: tuple[str, ...] = ()
    jumps_s: tuple[float, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def parse_film(value: Mapping[str, Any]) -> Film:
    return Film(
        Picture(**{**value["picture"], "sar": tuple(value["picture"]["sar"])}),
        parse_timeline(value["timeline"]),
        tuple(parse_soundtrack(track) for track in value["soundtracks"]),
        value["frames"],
        tuple(value["warnings"]),
        tuple(value.get("jumps_s", ())),
    )


def parse_soundtrack(value: Mapping[str, Any]) -> Soundtrack:
    return Soundtrack(**{**value, "members": tuple(value.get("members", ()))})


def parse_timeline(value: Mapping[str, Any]) -> Timeline:
    return Timeline(**{**value, "base": tuple(value["base"]), "rate": tuple(value["rate"])})


def build_timeline(
    base: Fraction, origin: int, end: int, rate: Fraction, widest_gap_s: float, audio_delay_s: float
) -> Timeline:
    """The clock of the renditions.

    Args:
        widest_gap_s: the longest time that two frames in a row take: what a reordered frame can be late.
        audio_delay_s: priming of the audio encoder, which must fit before the first frame.
    """
    timescale = base.denominator * max(1, -(-MIN_TIMESCALE // base.denominator))
    reorder = widest_gap_s <= MAX_REORDER_S
    delay_s = max(widest_gap_s * SAFETY if reorder else 0.0, audio_delay_s)
    ticks = -(-Fraction(delay_s).limit_denominator(1 << 20) * timescale // 1)
    return Timeline(
        (base.numerator, base.denominator), origin, max(end, origin + 1), timescale, int(ticks),
        (rate.numerator, rate.denominator), reorder,
    )  # fmt: skip


MIN_TIMESCALE = 1000
MAX_REORDER_S = 1.0  # films whose frames last longer are encoded without B-frames: nothing to wait for
SAFETY = 1.05  # container times are rounded
