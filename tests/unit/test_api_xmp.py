"""XMP written into JPEGs: read back by another library, and not a byte of the picture changed."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import pyvips
from hypothesis import given
from hypothesis import strategies as st

from acervo.errors import Rejected
from functions.api import xmp
from functions.ingest.xmp import parse

METADATA: dict[str, Any] = {
    "title": "Año <nuevo> & más", "description": "Uno\x01 dos", "byline": "Ana Pérez", "credit": "EFE", "keywords": ["fuegos", "plaza"],
    "people": ["Luis"], "created_on": "2026-01-01",
}  # fmt: skip
RIGHTS = {"holder": "© Acervo", "terms": "Editorial only"}


def jpeg(**more: Any) -> bytes:
    made: bytes = pyvips.Image.black(64, 48, bands=3).jpegsave_buffer(**more)
    return made


def packet_of(data: bytes) -> bytes:
    image = pyvips.Image.new_from_buffer(data, "")
    return bytes(image.get("xmp-data"))


def test_another_library_reads_what_was_written() -> None:
    packet = xmp.build_packet(str(uuid4()), METADATA, RIGHTS)
    once = xmp.embed(jpeg(), packet)
    assert packet_of(once) == packet
    text = packet.decode()
    for part in (
        "Año &lt;nuevo&gt; &amp; más",
        "Uno dos",
        "Ana Pérez",
        "EFE",
        "fuegos",
        "© Acervo",
        "Editorial only",
    ):
        assert part in text
    before, after = (pyvips.Image.new_from_buffer(data, "") for data in (jpeg(), once))
    assert before.write_to_memory() == after.write_to_memory()


def test_our_own_ingest_reads_it_back() -> None:
    found = parse(xmp.build_packet(str(uuid4()), METADATA, RIGHTS))
    assert (found["byline"], found["keywords"], found["credit"]) == ("Ana Pérez", ["fuegos", "plaza"], "EFE")
    assert (found["title"], found["copyright"], found["date"]) == (
        "Año <nuevo> & más",
        "© Acervo",
        "2026-01-01",
    )


def test_a_second_packet_takes_the_place_of_the_first() -> None:
    first, second = (xmp.build_packet(str(uuid4()), {"title": title}, {}) for title in ("Uno", "Dos"))
    twice = xmp.embed(xmp.embed(jpeg(), first), second)
    assert twice.count(xmp.SIGNATURE) == 1
    assert packet_of(twice) == second


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", b"GIF89a", b"\xff\xd8\xff\xe0\x00\x01", b"\xff\xd8\xff\xe0\xff\xff" + b"x" * 9]
)
def test_what_is_no_jpeg_is_refused(data: bytes) -> None:
    with pytest.raises(Rejected):
        xmp.embed(data, b"x")


def test_too_much_metadata_is_refused() -> None:
    with pytest.raises(Rejected, match="too long"):
        xmp.embed(jpeg(), b"x" * 65_510)


@given(st.dictionaries(st.sampled_from(sorted(METADATA)), st.text() | st.lists(st.text())))
def test_any_text_makes_a_packet_that_is_xml(metadata: dict[str, Any]) -> None:
    from xml.etree import ElementTree

    ElementTree.fromstring(xmp.build_packet(str(uuid4()), metadata, {}))  # noqa: S314  # made a moment ago, by us
