"""How far a container says that it goes."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.ingest.extent import Cut, Outside, check_extent


def box(name: bytes, content: bytes = b"", claims: int | None = None) -> bytes:
    return struct.pack(">I4s", 8 + len(content) if claims is None else claims, name) + content


def movie(flags: int, kind: bytes = b"url ") -> bytes:
    """A `moov` with one data reference."""
    inner = box(b"dref", b"\x00" * 7 + b"\x01" + box(kind, struct.pack(">I", flags)))
    for name in (b"dinf", b"minf", b"mdia", b"trak", b"moov"):
        inner = box(name, inner)
    return inner


FTYP = box(b"ftyp", b"isom")


@pytest.mark.parametrize(
    "data",
    [
        FTYP + movie(1) + box(b"mdat", bytes(50)),
        FTYP + box(b"mdat", bytes(50)) + movie(1),
        FTYP + movie(1) + box(b"mdat", bytes(50), claims=0),  # to the end of the file
        FTYP + movie(1) + struct.pack(">I4sQ", 1, b"mdat", 66) + bytes(50),  # 64 bits
        FTYP + movie(1) + box(b"mdat", bytes(50)) + b"\x00\x00\x00\x00",  # rubbish behind
    ],
)
def test_a_whole_movie_passes(data: bytes) -> None:
    check_extent(io.BytesIO(data), len(data), "mp4")


@pytest.mark.parametrize(
    "data",
    [
        FTYP,
        FTYP + box(b"mdat", bytes(50)),
        FTYP + movie(1) + box(b"mdat", bytes(50))[:-1],
        FTYP + movie(1)[:-5],
        FTYP + movie(1),
        FTYP + movie(1) + struct.pack(">I4sQ", 1, b"mdat", 1 << 40) + bytes(50),
    ],
)
def test_a_movie_that_was_cut_off_does_not(data: bytes) -> None:
    with pytest.raises(Cut):
        check_extent(io.BytesIO(data), len(data), "mp4")


@pytest.mark.parametrize("kind", [b"url ", b"urn ", b"alis"])
def test_media_in_other_files_are_seen(kind: bytes) -> None:
    data = FTYP + movie(0, kind) + box(b"mdat", bytes(50))
    with pytest.raises(Outside):
        check_extent(io.BytesIO(data), len(data), "mov")


@pytest.mark.parametrize(
    ("form", "head", "whole"),
    [
        ("wav", b"RIFF" + struct.pack("<I", 92) + b"WAVEfmt ", True),
        ("wav", b"RIFF" + struct.pack("<I", 93) + b"WAVEfmt ", False),
        ("wav", b"RIFF\xff\xff\xff\xffWAVEfmt ", True),  # written while it was recorded
        ("wav", b"RF64\xff\xff\xff\xffWAVEds64\x1c\x00\x00\x00" + struct.pack("<Q", 5000), False),
        ("aiff", b"FORM" + struct.pack(">I", 200) + b"AIFF", False),
        ("matroska", b"\x1a\x45\xdf\xa3\x84\x42\x86\x81\x01\x18\x53\x80\x67\x40\x50", True),
        ("matroska", b"\x1a\x45\xdf\xa3\x84\x42\x86\x81\x01\x18\x53\x80\x67\x48\x50", False),
        ("matroska", b"\x1a\x45\xdf\xa3\x84\x42\x86\x81\x01\x18\x53\x80\x67\x01" + b"\xff" * 7, True),
    ],
)  # fmt: skip
def test_other_containers_are_held_to_their_word(form: str, head: bytes, whole: bool) -> None:
    data = head.ljust(100, b"\x00")
    if whole:
        check_extent(io.BytesIO(data), len(data), form)
    else:
        with pytest.raises(Cut):
            check_extent(io.BytesIO(data), len(data), form)


@given(st.sampled_from(["mp4", "matroska", "wav", "aiff", "mxf", "gif", "mp3"]), st.binary(max_size=300))
def test_lies_end_in_a_verdict_or_in_silence(form: str, data: bytes) -> None:
    try:
        check_extent(io.BytesIO(data), len(data), form)
    except (Cut, Outside):
        return


@given(st.integers(0, 1000), st.binary(min_size=1, max_size=20))
def test_a_movie_with_a_lie_inside_ends_too(at: int, lie: bytes) -> None:
    data = bytearray(FTYP + movie(1) + box(b"mdat", bytes(50)))
    at %= len(data)
    data[at : at + len(lie)] = lie
    try:
        check_extent(io.BytesIO(bytes(data)), len(data), "mov")
    except (Cut, Outside):
        return
