"""MP4 files laid out from tables: sizes and places without media."""

from __future__ import annotations

import io
import struct

import numpy as np

from functions.transcode.boxes import AudioFormat, VideoFormat, codec_string
from functions.transcode.fragments import Sample, build_init
from functions.transcode.joined import Joined
from functions.transcode.mp4 import Track, lay_out
from functions.transcode.samples import TABLE, PieceWriter, parse_piece, parse_table

AVC = bytes.fromhex("0164001fffe1")
LOOK, SOUND = VideoFormat(640, 360, 12800, AVC), AudioFormat(2, 48000, bytes.fromhex("1190"), "spa")


def track(sizes: list[int], a_segment: int = 2) -> Track:
    file = io.BytesIO()
    writer = PieceWriter(file, 1, video=True)
    for first in range(0, len(sizes), a_segment):
        part = sizes[first : first + a_segment]
        writer.add(first * 512, [Sample(size, 512, 1024) for size in part], [bytes(size) for size in part])
    piece = writer.close("v/000000")
    data = file.getvalue()
    table = parse_table(data[piece.table_offset : piece.table_offset + piece.table_bytes])
    assert parse_piece(piece.to_json()) == piece
    return Track(LOOK, piece.segments, table, 1024)


def test_codec_strings_are_rfc_6381() -> None:
    assert codec_string(LOOK) == "avc1.64001f"
    assert codec_string(SOUND) == "mp4a.40.2"


def test_an_init_segment_has_no_samples_and_is_the_same_each_time() -> None:
    assert build_init(LOOK) == build_init(LOOK)
    assert b"mvex" in build_init(LOOK)
    assert b"mdat" not in build_init(SOUND)


def test_a_piece_is_segments_and_then_their_table_in_a_free_box() -> None:
    file = io.BytesIO()
    writer = PieceWriter(file, 7, video=True)
    writer.add(0, [Sample(3, 512, 1024), Sample(2, 512, 0)], [b"abc", b"de"])
    piece = writer.close("v/000003")
    data, (segment,) = file.getvalue(), piece.segments
    assert piece.name.startswith("v/000003-")
    assert data[segment.offset + segment.header_bytes :][: segment.payload_bytes] == b"abcde"
    assert data[segment.size_bytes :][4:8] == b"free"
    assert parse_table(data[piece.table_offset :]).tolist() == [(3, 512, 1024), (2, 512, 0)]


def test_other_bytes_never_get_the_same_name() -> None:
    names = set()
    for payload in (b"abc", b"abd"):
        writer = PieceWriter(io.BytesIO(), 1, video=True)
        writer.add(0, [Sample(3, 512)], [payload])
        names.add(writer.close("v/000000").name)
    assert len(names) == 2


def test_the_header_says_where_each_segment_begins() -> None:
    layout = lay_out([track([100, 200, 300, 400, 500])])
    assert layout.order == [(0, 0), (0, 1), (0, 2)]
    assert layout.size_bytes == len(layout.header) + 1500
    at = layout.header.index(b"stco") + 8
    assert struct.unpack_from(">IIII", layout.header, at) == (
        3, len(layout.header), len(layout.header) + 300, len(layout.header) + 1000
    )  # fmt: skip


def test_more_than_four_gigabytes_get_long_offsets() -> None:
    tables = np.array([(1 << 31, 512, 0)] * 4, TABLE)
    small = track([1, 1, 1, 1], 1)
    segments = [
        segment.__class__(segment.offset, segment.header_bytes, 1 << 31, segment.start, 512, 1)
        for segment in small.segments
    ]
    layout = lay_out([Track(LOOK, segments, tables, 0)])
    assert b"co64" in layout.header
    assert b"stco" not in layout.header
    assert layout.header[-16:-8] == struct.pack(">I4s", 1, b"mdat")
    last = layout.header.index(b"co64") + 12 + 3 * 8
    assert struct.unpack_from(">Q", layout.header, last)[0] == len(layout.header) + 3 * (1 << 31)


def test_a_hole_between_segments_keeps_its_length() -> None:
    whole = track([1, 1, 1, 1])
    second = whole.segments[1]
    moved = second.__class__(second.offset, second.header_bytes, 2, second.start + 5120, second.duration, 2)
    layout = lay_out([Track(LOOK, [whole.segments[0], moved], whole.table, 0)])
    at = layout.header.index(b"stts") + 8
    assert struct.unpack_from(">7I", layout.header, at) == (3, 1, 512, 1, 512 + 5120, 2, 512)


def test_a_joined_file_reads_whole_parts_whatever_is_asked() -> None:
    joined = Joined(iter([b"ab", b"", b"cdefg", b"h"]))
    assert [joined.read(3), joined.read(3), joined.read(3), joined.read(3)] == [b"abc", b"def", b"gh", b""]
