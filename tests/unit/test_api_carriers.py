"""XMP written into PNG, WebP, TIFF and MP4: read back by other libraries, and neither a pixel nor a frame changed."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import uuid4

import av
import pytest
import pyvips
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from acervo.errors import Rejected
from functions.api import xmp
from functions.api.carriers import CARRIERS, Inside
from functions.api.carriers.splice import CELL, MOST_COPIED, Splice
from tests.media import make

METADATA: dict[str, Any] = {"title": "Año <nuevo> & más", "byline": "Ana Pérez", "keywords": ["fuegos"]}


def packet_for(title: str) -> bytes:
    return xmp.build_packet(str(uuid4()), {**METADATA, "title": title}, {})


def inscribed(suffix: str, data: bytes, packet: bytes) -> bytes:
    carrier = CARRIERS[suffix]
    if isinstance(carrier, Inside):
        return carrier.embed(data, packet, METADATA, {})
    spliced = carrier.splice(io.BytesIO(data), len(data), packet)
    return spliced.applied(data) + spliced.tail


def scene(bands: int = 3, width: int = 65, height: int = 47) -> pyvips.Image:
    """Odd sizes, so that nothing is aligned by chance."""
    noise = pyvips.Image.gaussnoise(width, height, mean=128, sigma=50, seed=7).cast("uchar")
    return noise.bandjoin([noise.rot180()] * (bands - 1)).copy(interpretation="srgb")


def pages(count: int) -> pyvips.Image:
    joined = scene(height=40 * count).copy()
    joined.set_type(pyvips.GValue.gint_type, "page-height", 40)
    return joined


PICTURES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "png": (".png", lambda: scene().pngsave_buffer()),
    "interlaced png with alpha": (".png", lambda: scene(4).pngsave_buffer(interlace=True)),
    "palette png": (".png", lambda: scene().pngsave_buffer(palette=True)),
    "webp": (".webp", lambda: scene().webpsave_buffer()),
    "lossless webp": (".webp", lambda: scene().webpsave_buffer(lossless=True)),
    "lossless webp with alpha": (".webp", lambda: scene(4).webpsave_buffer(lossless=True)),
    "webp with alpha": (".webp", lambda: scene(4).webpsave_buffer()),
    "webp with a profile": (".webp", lambda: scene().webpsave_buffer(profile="srgb")),
    "animated webp": (".webp", lambda: pages(3).webpsave_buffer()),
    "tiff": (".tif", lambda: scene().tiffsave_buffer()),
    "tiled tiff": (".tif", lambda: scene().tiffsave_buffer(tile=True, tile_width=16, tile_height=16, compression="lzw")),
    "big tiff": (".tiff", lambda: scene().tiffsave_buffer(bigtiff=True)),
    "tiff of several pages": (".tif", lambda: pages(3).tiffsave_buffer()),
    "big-endian tiff": (".tif", lambda: big_endian()),
}  # fmt: skip


def big_endian() -> bytes:
    """A grey picture of one strip, as a Macintosh wrote it."""
    pixels = bytes(range(64))
    tags = [(256, 3, 8 << 16), (257, 3, 8 << 16), (258, 3, 8 << 16), (259, 3, 1 << 16), (262, 3, 1 << 16), (273, 4, 8), (277, 3, 1 << 16), (278, 3, 8 << 16), (279, 4, 64)]  # fmt: skip
    head = b"MM\x00\x2a" + (8 + len(pixels)).to_bytes(4, "big")
    entries = b"".join(t.to_bytes(2, "big") + k.to_bytes(2, "big") + (1).to_bytes(4, "big") + v.to_bytes(4, "big") for t, k, v in tags)  # fmt: skip
    return head + pixels + len(tags).to_bytes(2, "big") + entries + b"\x00" * 4


def film(folder: Path) -> bytes:
    return make.film(folder, name="a.mp4", frames=12, size=(64, 48), rate=Fraction(25)).read_bytes()


def frames_of(data: bytes) -> list[bytes]:
    with av.open(io.BytesIO(data), "r") as opened:
        return [bytes(frame.to_ndarray().tobytes()) for frame in opened.decode(video=0)]


def packet_of(data: bytes) -> bytes:
    return bytes(pyvips.Image.new_from_buffer(data, "").get("xmp-data"))


def pixels_of(data: bytes, **options: Any) -> bytes:
    return bytes(pyvips.Image.new_from_buffer(data, "", **options).write_to_memory())


@pytest.mark.parametrize("name", PICTURES)
def test_another_library_reads_the_last_packet_and_the_same_pixels(name: str) -> None:
    suffix, build = PICTURES[name]
    data, first, second = build(), packet_for("uno"), packet_for("Año <nuevo> & más")
    made = inscribed(suffix, inscribed(suffix, data, first), second)
    assert packet_of(made) == second
    every = {"n": -1} if "several" in name or "animated" in name else {}
    assert pixels_of(made, **every) == pixels_of(data, **every)
    with Image.open(io.BytesIO(made)) as picture:
        picture.load()
        tags = getattr(picture, "tag_v2", None)
        assert bytes(picture.info["xmp"] if tags is None else tags[700]) == second
    assert b"uno" not in packet_of(made)


def test_a_film_keeps_its_frames_and_says_the_last_packet(tmp_path: Path) -> None:
    data, first, second = film(tmp_path), packet_for("uno"), packet_for("dos")
    once = inscribed(".mp4", data, first)
    made = inscribed(".mp4", once, second)
    assert frames_of(made) == frames_of(data) != []
    for copy, packet in ((once, first), (made, second)):
        with av.open(io.BytesIO(copy), options={"export_xmp": "1"}) as opened:
            assert opened.metadata["xmp"].encode() == packet
    assert (
        made.count(bytes.fromhex("be7acfcb97a942e89c71999491e3afac")) == 2
    )  # the first is in a `free` box now
    assert data == made[: len(data)]


def test_what_can_take_no_end_is_refused_with_the_reason(tmp_path: Path) -> None:
    data, packet = film(tmp_path), packet_for("uno")
    endless = data + b"\x00\x00\x00\x00free"
    quicktime = data.replace(b"ftypisom", b"ftypqt  ", 1)
    assert quicktime != data
    for what, reason in (
        (endless, "no end"),
        (quicktime, "QuickTime"),
        (data[:-5], "whole"),
        (b"", "not an MP4"),
    ):
        with pytest.raises(Rejected, match=reason):
            inscribed(".mp4", what, packet)


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif", ".mp4"])
@given(data=st.binary(max_size=200), cut=st.integers(0, 400), flip=st.integers(0, 400))
def test_broken_files_are_refused_or_stay_as_broken_as_they_were(
    suffix: str, data: bytes, cut: int, flip: int
) -> None:
    known = {".png": "png", ".webp": "webp", ".tif": "big tiff", ".mp4": "png"}[suffix]
    whole = bytearray(PICTURES[known][1]())
    whole[flip % len(whole)] ^= 0xFF
    for broken in (data, whole[:cut], whole, PICTURES[known][1]()[:12] + data):
        with contextlib.suppress(Rejected):
            assert packet_for("uno")[:10] in inscribed(suffix, bytes(broken), packet_for("uno"))


@given(size=st.integers(1, 5 * MOST_COPIED), at=st.lists(st.integers(0, 5 * MOST_COPIED), max_size=4))
def test_parts_cover_the_file_once_and_are_as_long_as_the_store_wants(size: int, at: list[int]) -> None:
    patches = tuple((offset % size, b"x") for offset in at)
    parts = list(Splice(patches, b"tail").parts(size))
    assert [start for start, _, _ in parts] == [0, *(end for _, end, _ in parts[:-1])]
    assert parts[-1][1] == size
    assert all(CELL <= end - start <= MOST_COPIED for start, end, _ in parts[:-1])
    assert not parts[-1][2]
    sent = [(start, end) for start, end, copied in parts if not copied]
    assert all(any(start <= offset < end for start, end in sent) for offset, _ in patches)
    assert sum(end - start for start, end in sent) <= CELL * (len(patches) + 1)
