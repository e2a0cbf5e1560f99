"""CMAF-style fragments (ISO/IEC 23000-19): an init segment without samples, then one `moof` + `mdat` a segment.

A segment is one closed GOP (or about as much audio). Its decode times are the sorted presentation times, its composition
offsets are signed, so segments encoded apart join without a seam: `tfdt` is the segment's own start, never a running sum.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from functions.transcode.boxes import (
    Format,
    box,
    full_box,
    movie_header,
    sample_description,
    track_box,
)

NOT_SYNC, SYNC = 0x01010000, 0x02000000
DEFAULT_BASE_IS_MOOF, DEFAULT_FLAGS = 0x020000, 0x20
OFFSET, FIRST_FLAGS, DURATIONS, SIZES, COMPOSITION = 0x1, 0x4, 0x100, 0x200, 0x800


@dataclass(frozen=True)
class Sample:
    """Times in the track's timescale; `shift` is presentation minus decode time."""

    size: int
    duration: int
    shift: int = 0


def build_init(track: Format) -> bytes:
    """The init segment: the same bytes for every chunk of a rendition."""
    empty = box(
        b"stbl", sample_description(track), full_box(b"stts", 0, 0, bytes(4)), full_box(b"stsc", 0, 0, bytes(4)),
        full_box(b"stsz", 0, 0, bytes(8)), full_box(b"stco", 0, 0, bytes(4)),
    )  # fmt: skip
    defaults = full_box(b"trex", 0, 0, struct.pack(">IIIII", 1, 1, 0, 0, 0))
    brands = box(b"ftyp", b"iso6", struct.pack(">I", 0), b"iso6", b"cmfc", b"mp41")
    return brands + box(b"moov", movie_header(0, 2), track_box(1, track, empty), box(b"mvex", defaults))


def build_fragment_header(number: int, start: int, samples: Sequence[Sample], video: bool) -> bytes:
    """`moof` and the head of `mdat`; the samples' bytes follow. The first sample is the sync sample of a video segment."""
    flags = OFFSET | DURATIONS | SIZES | (COMPOSITION | FIRST_FLAGS if video else 0)
    rows = b"".join(
        struct.pack(">IIi", s.duration, s.size, s.shift) if video else struct.pack(">II", s.duration, s.size)
        for s in samples
    )

    def moof(data_offset: int) -> bytes:
        first = struct.pack(">I", SYNC) if video else b""
        run = full_box(b"trun", 1, flags, struct.pack(">Ii", len(samples), data_offset), first, rows)
        header = full_box(
            b"tfhd",
            0,
            DEFAULT_BASE_IS_MOOF | DEFAULT_FLAGS,
            struct.pack(">II", 1, NOT_SYNC if video else SYNC),
        )
        decode_time = full_box(b"tfdt", 1, 0, struct.pack(">Q", start))
        return box(
            b"moof",
            full_box(b"mfhd", 0, 0, struct.pack(">I", number)),
            box(b"traf", header, decode_time, run),
        )

    payload = sum(sample.size for sample in samples)
    return moof(len(moof(0)) + 8) + struct.pack(">I4s", payload + 8, b"mdat")
