"""MP4 files joined out of pieces in the object store, packet by packet and in constant memory: nothing is encoded again."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from acervo import ranges
from functions.transcode.mp4 import Layout, Track, lay_out
from functions.transcode.samples import Piece, Segment, Table, parse_table
from functions.transcode.stitched import Stream

if TYPE_CHECKING:
    from acervo.ranges import RangeReader

Open = Callable[[str, int], "RangeReader"]  # name of a piece and a block size → its bytes
TABLE_BLOCK = 64 << 10


def plan(streams: Sequence[Stream], opened: Open) -> Layout:
    """The layout of a file with these tracks; reads the pieces' sample tables."""
    return lay_out(
        [
            Track(
                stream.format,
                [segment for piece in stream.pieces for segment in piece.segments],
                np.concatenate([_table(piece, opened) for piece in stream.pieces]),
                stream.skip,
            )
            for stream in streams
        ]
    )


def _table(piece: Piece, opened: Open) -> Table:
    reader = opened(piece.name, TABLE_BLOCK)
    try:
        reader.seek(piece.table_offset)
        return parse_table(reader.read(piece.table_bytes))
    finally:
        reader.close()


def payloads(streams: Sequence[Stream], layout: Layout, opened: Open) -> Iterator[bytes]:
    """The header, then each segment's samples in the layout's order. Each piece is opened once and read from front to back."""
    yield layout.header
    sources = [_Payloads(stream, opened) for stream in streams]
    try:
        for track, _ in layout.order:
            yield next(sources[track])
    finally:
        for source in sources:
            source.close()


def write(streams: Sequence[Stream], files: Mapping[str, Path], path: Path) -> None:
    """One file on this disk out of pieces on this disk, which are found by their names."""

    def opened(name: str, block: int) -> ranges.RangeReader:
        def fetch(first: int, last: int) -> bytes:
            with files[name].open("rb") as file:
                file.seek(first)
                return file.read(last - first + 1)

        return ranges.RangeReader(fetch, files[name].stat().st_size, block=block)

    with path.open("wb") as out:
        for part in payloads(streams, plan(streams, opened), opened):
            out.write(part)


class _Payloads:
    """The payloads of one track, a segment at a time."""

    def __init__(self, stream: Stream, opened: Open) -> None:
        self._opened = opened
        self._left: Iterator[tuple[Piece, Segment]] = (
            (piece, segment) for piece in stream.pieces for segment in piece.segments
        )
        self._reader: RangeReader | None = None
        self._name = ""

    def __next__(self) -> bytes:
        piece, segment = next(self._left)
        if self._reader is None or piece.name != self._name:
            self.close()
            self._reader, self._name = self._opened(piece.name, ranges.STREAM_BLOCK), piece.name
        self._reader.seek(segment.offset + segment.header_bytes)
        return self._reader.read(segment.payload_bytes)

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()


class Joined(io.RawIOBase):
    """A file object over parts that are made as they are read; `read(n)` gives n bytes until the end."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts, self._rest = parts, bytearray()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._rest) < size:
            part = next(self._parts, None)
            if part is None:
                break
            self._rest += part
        taken = bytes(self._rest if size < 0 else self._rest[:size])
        del self._rest[: len(taken)]
        return taken
