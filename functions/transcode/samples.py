"""A piece: the fragments of one track that one chunk encoded, as one object, and the table of its samples.

The table (12 bytes a sample) rides in a `free` box behind the last segment, where no playlist points: MP4 files are put
together from it without parsing fragments, and a chunk's database row stays small.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from functions.transcode.fragments import Sample, build_fragment_header

TABLE = np.dtype([("size", ">u4"), ("duration", ">u4"), ("shift", ">i4")])
Table = npt.NDArray[Any]
NAME_DIGITS = 16


@dataclass(frozen=True)
class Segment:
    """Where a segment lies in its piece, and when it plays (ticks of the track, from the film's start)."""

    offset: int
    header_bytes: int
    payload_bytes: int
    start: int
    duration: int
    samples: int
    key_bytes: int = 0  # of the first sample: of a picture, the key frame

    @property
    def size_bytes(self) -> int:
        return self.header_bytes + self.payload_bytes

    def to_json(self) -> list[int]:
        return [
            self.offset, self.header_bytes, self.payload_bytes, self.start, self.duration, self.samples, self.key_bytes,
        ]  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """One object: its segments in order, and where its table lies. `name` is relative to the rendition's folder."""

    name: str
    segments: tuple[Segment, ...]
    table_offset: int
    table_bytes: int

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "segments": [segment.to_json() for segment in self.segments],
            "table": [self.table_offset, self.table_bytes],
        }


def parse_piece(value: dict[str, Any]) -> Piece:
    return Piece(value["name"], tuple(Segment(*row) for row in value["segments"]), *value["table"])


def parse_table(data: bytes) -> Table:
    return np.frombuffer(data, TABLE)


class PieceWriter:
    """Writes segments to a file as they are ready; memory holds the table and no media."""

    def __init__(self, file: BinaryIO, first_number: int, video: bool) -> None:
        self._file, self._number, self._video = file, first_number, video
        self._table = bytearray()
        self._digest = hashlib.sha256()
        self._position = 0
        self.segments: list[Segment] = []

    def add(self, start: int, samples: Sequence[Sample], payload: Sequence[bytes]) -> None:
        """One segment; `start` is its first decode time."""
        header = build_fragment_header(self._number, start, samples, self._video)
        self._number += 1
        for data in (header, *payload):
            self._write(data)
        size = sum(sample.size for sample in samples)
        duration = sum(sample.duration for sample in samples)
        self.segments.append(
            Segment(self._position, len(header), size, start, duration, len(samples), samples[0].size)
        )
        self._position += len(header) + size
        for sample in samples:
            self._table += struct.pack(">IIi", sample.size, sample.duration, sample.shift)

    def close(self, stem: str) -> Piece:
        """The table is written; the file stays the caller's. The name carries a hash: pieces that differ never share a key."""
        self._write(struct.pack(">I4s", 8 + len(self._table), b"free") + self._table)
        name = f"{stem}-{self._digest.hexdigest()[:NAME_DIGITS]}.m4s"
        return Piece(name, tuple(self.segments), self._position + 8, len(self._table))

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
