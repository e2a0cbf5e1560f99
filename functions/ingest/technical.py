"""Technical metadata: what a probe found, as the JSON that is stored, shown and planned with. Pure.

{"container", "duration_s", "size_bytes", "bit_rate_bps", "video": {…}, "audio": [{…}], "subtitles": [{…}], "timecode",
 "image": {…}, "warnings": […]}; what is not known is left out. Numbers of colours are ITU-T H.273's.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

PRIMARIES = {1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "film", 9: "bt2020", 10: "smpte428",
             11: "smpte431", 12: "smpte432", 22: "ebu3213"}  # fmt: skip
TRANSFERS = {1: "bt709", 4: "gamma22", 5: "gamma28", 6: "smpte170m", 7: "smpte240m", 8: "linear", 11: "iec61966-2-4",
             13: "srgb", 14: "bt2020-10", 15: "bt2020-12", 16: "smpte2084", 17: "smpte428", 18: "arib-std-b67"}  # fmt: skip
SPACES = {0: "rgb", 1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "ycgco", 9: "bt2020nc",
          10: "bt2020c", 14: "ictcp"}  # fmt: skip
RANGES = {1: "limited", 2: "full"}
HDR = {"smpte2084": "pq", "arib-std-b67": "hlg"}
STEADY = 0.02  # of frame distances that may differ before a rate counts as variable


def ratio(value: Fraction | None, sign: str = "/") -> str | None:
    """`25/1`, `16:9`; None for what is not known."""
    return f"{value.numerator}{sign}{value.denominator}" if value else None


def known(**values: Any) -> dict[str, Any]:
    """Only what is known."""
    return {name: value for name, value in values.items() if value is not None}


def colour(primaries: int, transfer: int, space: int, range_: int) -> dict[str, Any]:
    name = TRANSFERS.get(transfer)
    return known(
        primaries=PRIMARIES.get(primaries),
        transfer=name,
        space=SPACES.get(space),
        range=RANGES.get(range_),
        hdr=HDR.get(name or ""),
    )


def display_aspect(width: int, height: int, sample: Fraction | None, rotation: int = 0) -> str | None:
    """The shape on the screen, after rotation."""
    if not width or not height:
        return None
    shape = Fraction(width, height) * (sample or 1)
    return ratio(1 / shape if rotation % 180 else shape, ":")


def is_variable(times: Sequence[int]) -> bool | None:
    """Whether the distances of these presentation times differ by more than rounding; None when there are too few."""
    ordered = sorted(set(times))
    if len(ordered) < 8:
        return None
    steps = [later - earlier for earlier, later in pairwise(ordered)]
    usual = sorted(steps)[len(steps) // 2]
    odd = sum(1 for step in steps if abs(step - usual) > max(1, usual * 0.1))
    return odd > len(steps) * STEADY


def missing_tail_s(declared_s: float, end_s: float, tolerance_s: float) -> float | None:
    """Seconds that the header promises and the packets do not keep; None within the tolerance."""
    short = declared_s - end_s
    return round(short, 1) if short > tolerance_s else None


def icc_name(profile: bytes) -> str | None:
    """The description of an ICC profile (ICC.1:2022, 7.3 and 9.2.41; `mluc` and the older `desc`)."""
    count = min(int.from_bytes(profile[128:132], "big"), 100)
    for at in range(132, 132 + 12 * count, 12):
        if profile[at : at + 4] != b"desc":
            continue
        offset = int.from_bytes(profile[at + 4 : at + 8], "big")
        tag = profile[offset : offset + int.from_bytes(profile[at + 8 : at + 12], "big")]
        if tag[:4] == b"desc":
            return (
                tag[12 : 12 + int.from_bytes(tag[8:12], "big")]
                .split(b"\x00")[0]
                .decode("ascii", "replace")[:200]
                or None
            )
        if tag[:4] == b"mluc":
            length, start = int.from_bytes(tag[20:24], "big"), int.from_bytes(tag[24:28], "big")
            return tag[start : start + length].decode("utf-16-be", "replace").strip("\x00")[:200] or None
    return None
