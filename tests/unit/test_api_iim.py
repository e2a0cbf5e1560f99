"""IPTC-IIM written into JPEGs: read back by Pillow and by our own ingest, and not a byte of the picture changed."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest
import pyvips
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, IptcImagePlugin

from acervo.errors import Rejected
from functions.api import iim, xmp
from functions.api.jpeg import APP13, MAX_PAYLOAD, segment, segments
from functions.ingest.iptc import parse

METADATA: dict[str, Any] = {
    "title": "Año <nuevo> & más", "description": "Fuegos\nen la plaza", "byline": "Ana Pérez", "credit": "EFE", "source": "Agencia",
    "keywords": ["fuegos", "plaza"], "places": ["Lima", "Cuzco"], "created_on": "2026-01", "people": ["Luis"],
}  # fmt: skip
RIGHTS = {"holder": "© Acervo", "terms": "Editorial only", "hold": True}
RECORD = iim.build_record(METADATA, RIGHTS)


def jpeg(**more: Any) -> bytes:
    made: bytes = pyvips.Image.black(64, 48, bands=3).jpegsave_buffer(**more)
    return made


def pillow(data: bytes) -> dict[tuple[int, int], Any]:
    with Image.open(io.BytesIO(data)) as image:
        assert isinstance(image, Image.Image)
        return IptcImagePlugin.getiptcinfo(image) or {}  # type: ignore[no-untyped-call, unused-ignore]  # by version of Pillow


def resources(data: bytes) -> dict[int, bytes]:
    with Image.open(io.BytesIO(data)) as image:
        found: dict[int, bytes] = image.info["photoshop"]
        return found


def pixels(data: bytes) -> bytes:
    return bytes(pyvips.Image.new_from_buffer(data, "").write_to_memory())


def test_another_library_reads_what_was_written() -> None:
    made = iim.embed(jpeg(), RECORD)
    found = pillow(made)
    assert found[(1, 90)] == b"\x1b%G"
    text = {
        number: value.decode()
        for (record, number), value in found.items()
        if record == 2 and isinstance(value, bytes) and number
    }
    assert text == {
        5: "Año <nuevo> & más", 40: "Editorial only", 55: "20260100", 80: "Ana Pérez", 92: "Lima, Cuzco", 105: "Año <nuevo> & más",
        110: "EFE", 115: "Agencia", 116: "© Acervo", 120: "Fuegos\nen la plaza",
    }  # fmt: skip
    assert found[(2, 25)] == [b"fuegos", b"plaza"]
    assert pixels(made) == pixels(jpeg())


def test_the_digest_says_that_the_record_is_the_one_that_the_packet_goes_with() -> None:
    found = resources(iim.embed(jpeg(), RECORD))
    assert (found[0x0404], found[0x0425]) == (RECORD, hashlib.md5(RECORD, usedforsecurity=False).digest())


def test_our_own_ingest_reads_it_back() -> None:
    blob = next(
        made[start + 4 : end]
        for made in (iim.embed(jpeg(), RECORD),)
        for marker, start, end in segments(made)
        if marker == APP13
    )
    found = parse(blob)
    assert (found["title"], found["byline"], found["copyright"], found["keywords"]) == (
        "Año <nuevo> & más", "Ana Pérez", "© Acervo", ["fuegos", "plaza"],
    )  # fmt: skip


def test_an_old_record_goes_and_other_photoshop_resources_stay_byte_for_byte() -> None:
    path = b"8BIM" + (2000).to_bytes(2, "big") + b"\x04path\x00" + (3).to_bytes(4, "big") + b"abc\x00"
    old = b"8BIM\x04\x04\x00\x00" + (5).to_bytes(4, "big") + b"\x1c\x02\x05\x00\x00\x00"
    plain = jpeg()
    before = plain[:2] + segment(APP13, iim.SIGNATURE + old + path) + plain[2:]
    made = iim.embed(before, RECORD)
    assert path in made
    assert old not in made
    assert set(resources(made)) == {0x0404, 0x0425, 2000}
    assert made[made.index(b"\xff\xdb") :] == before[before.index(b"\xff\xdb") :]
    assert iim.embed(made, RECORD) == made


def test_resources_longer_than_a_segment_are_read_and_written_across_segments() -> None:
    large = b"8BIM" + (1036).to_bytes(2, "big") + b"\x00\x00" + (100_000).to_bytes(4, "big") + b"t" * 100_000
    plain, room = jpeg(), MAX_PAYLOAD - len(iim.SIGNATURE)
    pieces = [segment(APP13, iim.SIGNATURE + large[at : at + room]) for at in range(0, len(large), room)]
    made = iim.embed(plain[:2] + b"".join(pieces) + plain[2:], RECORD)
    together = b"".join(
        made[start + 4 + len(iim.SIGNATURE) : end] for marker, start, end in segments(made) if marker == APP13
    )
    assert together.endswith(large)
    assert pixels(made) == pixels(plain)


def test_what_is_too_long_is_cut_at_a_character() -> None:
    record = iim.build_record({"title": "ñ" * 40, "byline": "x" + "€" * 20, "keywords": ["k" * 80]}, {})
    found = pillow(iim.embed(jpeg(), record))
    assert found[(2, 5)].decode() == "ñ" * 32
    assert found[(2, 80)].decode() == "x" + "€" * 10
    assert found[(2, 25)] == b"k" * 64


def test_xmp_and_iim_live_together_and_exif_stays_first() -> None:
    image = pyvips.Image.black(8, 8, bands=3).copy()
    image.set_type(pyvips.GValue.gstr_type, "exif-ifd0-Artist", "Ana (Ana, ASCII, 4 components, 4 bytes)")
    made = iim.embed(xmp.embed(image.jpegsave_buffer(), xmp.build_packet("x", METADATA, RIGHTS)), RECORD)
    names = [made[start + 4 : start + 8] for _, start, _ in segments(made)]
    assert names.index(b"Exif") < names.index(b"http") < names.index(b"Phot")
    loaded = pyvips.Image.new_from_buffer(made, "")
    assert "Ana" in loaded.get("exif-ifd0-Artist")
    assert loaded.get("xmp-data")


@given(st.binary(max_size=400))
def test_broken_resources_are_kept_and_break_nothing(rubbish: bytes) -> None:
    plain = jpeg()
    before = plain[:2] + segment(APP13, iim.SIGNATURE + rubbish) + plain[2:]
    made = iim.embed(before, RECORD)
    assert pillow(made)[(2, 110)] == b"EFE"
    assert pixels(made) == pixels(plain)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"\x89PNG\r\n", jpeg()[:40]])
def test_what_is_no_jpeg_is_refused(data: bytes) -> None:
    with pytest.raises(Rejected):
        iim.embed(data, RECORD)


@given(
    st.dictionaries(
        st.sampled_from(["title", "caption", "byline", "credit", "keywords", "places", "created_on"]),
        st.text() | st.lists(st.text(), max_size=300),
    )
)
def test_any_text_makes_a_record_that_can_be_read(metadata: dict[str, Any]) -> None:
    found = pillow(iim.embed(jpeg(), iim.build_record(metadata, {})))
    assert found[(1, 90)] == b"\x1b%G"
