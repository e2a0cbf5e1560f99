"""An ordinary MP4 (moov first, plays while it loads) laid out from sample tables: pure, no media bytes pass through here.

`lay_out` says which header to write and which segments' payloads to copy behind it, in which order. Sizes are known before
the first byte, so the file can be streamed in constant memory.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from functions.transcode.boxes import (
    Edit,
    Format,
    PcmFormat,
    VideoFormat,
    box,
    full_box,
    movie_header,
    sample_description,
    track_box,
)
from functions.transcode.samples import Segment, Table

MP4 = box(b"ftyp", b"isom", struct.pack(">I", 512), b"isom", b"iso2", b"avc1", b"mp41")
QUICKTIME = box(b"ftyp", b"qt  ", struct.pack(">I", 512), b"qt  ")
SMALL_BYTES = (1 << 32) - (1 << 24)  # chunk offsets in 32 bits, header included


@dataclass(frozen=True)
class Track:
    """All segments of one track in order; `skip` is the media time at which the film begins (encoder delay)."""

    format: Format
    segments: Sequence[Segment]
    table: Table
    skip: int


@dataclass(frozen=True)
class Layout:
    """`header`, then the payloads of `order` [(track, segment)], together `size_bytes`."""

    header: bytes
    order: list[tuple[int, int]]
    size_bytes: int


def lay_out(tracks: Sequence[Track]) -> Layout:
    """Interleaved by time, a segment at a time."""
    order = sorted(
        ((t, s) for t, track in enumerate(tracks) for s in range(len(track.segments))),
        key=lambda at: (tracks[at[0]].segments[at[1]].start / tracks[at[0]].format.timescale, at[0]),
    )
    payload = sum(segment.payload_bytes for track in tracks for segment in track.segments)
    brands = QUICKTIME if any(_is_quicktime(track.format) for track in tracks) else MP4
    wide = payload > SMALL_BYTES
    data_head = (
        struct.pack(">I4sQ", 1, b"mdat", payload + 16) if wide else struct.pack(">I4s", payload + 8, b"mdat")
    )
    relative = _offsets(tracks, order)
    size = len(brands) + len(_movie(tracks, relative, 0, wide)) + len(data_head)
    header = brands + _movie(tracks, relative, size, wide) + data_head
    return Layout(header, order, len(header) + payload)


def _is_quicktime(track: Format) -> bool:
    return isinstance(track, PcmFormat) or (isinstance(track, VideoFormat) and track.intra)


def _offsets(tracks: Sequence[Track], order: Sequence[tuple[int, int]]) -> list[npt.NDArray[np.int64]]:
    found = [np.zeros(len(track.segments), np.int64) for track in tracks]
    position = 0
    for track, segment in order:
        found[track][segment] = position
        position += tracks[track].segments[segment].payload_bytes
    return found


def _movie(tracks: Sequence[Track], relative: list[npt.NDArray[np.int64]], start: int, wide: bool) -> bytes:
    longest = max((_edit(track).shown + _edit(track).wait) / track.format.timescale for track in tracks)
    boxes = [
        track_box(number + 1, track.format, _tables(track, offsets + start, wide), _edit(track))
        for number, (track, offsets) in enumerate(zip(tracks, relative, strict=True))
    ]
    return box(b"moov", movie_header(round(longest * 1000), len(tracks) + 1), *boxes)


def _edit(track: Track) -> Edit:
    """What is shown: all media but the encoder's delay; a picture that begins late waits in an empty edit."""
    video = isinstance(track.format, VideoFormat)
    first, last = track.segments[0], track.segments[-1]
    media = last.start + last.duration - first.start
    return Edit(media, media if video else media - track.skip, track.skip, first.start if video else 0)


def _tables(track: Track, offsets: npt.NDArray[np.int64], wide: bool) -> bytes:
    if isinstance(track.format, PcmFormat):
        return _pcm_tables(track, track.format, offsets, wide)
    video = isinstance(track.format, VideoFormat)
    counts = np.array([segment.samples for segment in track.segments], np.int64)
    firsts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    parts = [sample_description(track.format), _runs(b"stts", 0, _durations(track, firsts), ">u4")]
    if video:
        parts.append(_runs(b"ctts", 1, track.table["shift"].astype(np.int64), ">i4"))
        if isinstance(track.format, VideoFormat) and not track.format.intra:
            keys = (firsts + 1).astype(">u4").tobytes()
            parts.append(full_box(b"stss", 0, 0, struct.pack(">I", len(firsts)), keys))
    parts.append(_groups(counts))
    sizes = track.table["size"].astype(">u4")
    parts.append(full_box(b"stsz", 0, 0, struct.pack(">II", 0, len(sizes)), sizes.tobytes()))
    return box(b"stbl", *parts, _chunk_offsets(offsets, wide))


def _pcm_tables(track: Track, sound: PcmFormat, offsets: npt.NDArray[np.int64], wide: bool) -> bytes:
    """Each moment is a sample of its own; `table` has one row a segment."""
    counts = np.array([segment.duration for segment in track.segments], np.int64)
    total = int(counts.sum())
    return box(
        b"stbl", sample_description(sound), full_box(b"stts", 0, 0, struct.pack(">III", 1, total, 1)), _groups(counts),
        full_box(b"stsz", 0, 0, struct.pack(">II", sound.frame_bytes, total)), _chunk_offsets(offsets, wide),
    )  # fmt: skip


def _groups(counts: npt.NDArray[np.int64]) -> bytes:
    """Samples of each segment, told where the number changes."""
    changes = np.flatnonzero(np.diff(counts, prepend=-1))
    groups = np.column_stack((changes + 1, counts[changes], np.ones(len(changes), np.int64)))
    return full_box(b"stsc", 0, 0, struct.pack(">I", len(groups)), groups.astype(">u4").tobytes())


def _chunk_offsets(offsets: npt.NDArray[np.int64], wide: bool) -> bytes:
    kind, width = (b"co64", ">u8") if wide else (b"stco", ">u4")
    return full_box(kind, 0, 0, struct.pack(">I", len(offsets)), offsets.astype(width).tobytes())


def _durations(track: Track, firsts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """As encoded, except that the last sample of a segment lasts until the next begins: a hole keeps its length."""
    durations = track.table["duration"].astype(np.int64)
    for segment, following, first in zip(track.segments, track.segments[1:], firsts[1:], strict=False):
        durations[first - 1] += following.start - segment.start - segment.duration
    return durations


def _runs(kind: bytes, version: int, values: npt.NDArray[np.int64], width: str) -> bytes:
    """(count, value) pairs of equal neighbours."""
    begins = np.flatnonzero(np.diff(values, prepend=values[0] - 1))
    counts = np.diff(begins, append=len(values))
    pairs = np.column_stack((counts, values[begins])).astype(width)
    return full_box(kind, version, 0, struct.pack(">I", len(pairs)), pairs.tobytes())
