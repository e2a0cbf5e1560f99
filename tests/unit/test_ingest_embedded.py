"""What files say about themselves, and what becomes of it."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.ingest import embedded, exif, iptc, technical, xmp
from tests import fix_ingest as media


# -- IPTC, XMP, EXIF --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("wrap", [lambda records: records, media.photoshop])
def test_iptc_is_read_bare_and_inside_photoshop_resources(wrap: object) -> None:
    assert callable(wrap)
    found = iptc.parse(wrap(media.iim()))
    assert found == {
        "caption": "Pie de foto en español",
        "byline": "IPTC Name",
        "keywords": ["barcos", "puerto"],
        "city": "Montevideo",
    }


def test_iptc_without_a_charset_is_read_as_it_was_meant() -> None:
    assert iptc.parse(b"\x1c\x02\x78\x00\x04" + "Olé!".encode("cp1252")) == {"caption": "Olé!"}


def test_xmp_gives_the_default_language_and_lists() -> None:
    found = xmp.parse(media.XMP)
    assert found == {
        "title": "Amanecer",
        "byline": "Ana Pérez, Luis Gil",
        "credit": "Agencia Ñ",
        "keywords": ["puerto", "niebla", "puerto"],
    }


@pytest.mark.parametrize(
    "packet",
    [
        b"", b"<", b"<x:xmpmeta>", b"\xff\xfe<\x00",
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
    ],
)  # fmt: skip
def test_an_xmp_packet_that_is_broken_or_hostile_gives_nothing(packet: bytes) -> None:
    assert xmp.parse(packet) == {}


@given(st.binary(max_size=400))
def test_rubbish_in_any_block_gives_less_never_an_error(data: bytes) -> None:
    iptc.parse(data)
    iptc.parse(b"Photoshop 3.0\x00" + data)
    iptc.parse(b"\x1c\x02\x78" + data)
    xmp.parse(data)
    technical.icc_name(data)
    for order in (b"II*\x00\x08\x00\x00\x00", b"MM\x00*\x00\x00\x00\x08"):
        embedded.of_image(exif.parse(io.BytesIO(order + data)), {}, {})


def test_a_directory_that_points_at_itself_ends() -> None:
    loop = b"II*\x00\x08\x00\x00\x00\x01\x00\x69\x87\x04\x00\x01\x00\x00\x00\x08\x00\x00\x00"
    assert exif.parse(io.BytesIO(loop)) == {}


def test_xmp_is_believed_before_iptc_and_iptc_before_exif() -> None:
    tags: dict[str, exif.Value] = {"description": "exif", "artist": "exif", "copyright": "exif"}
    found = embedded.of_image(tags, {"caption": "iptc", "byline": "iptc"}, {"byline": "xmp"})
    assert (found["byline"], found["caption"], found["copyright"]) == ("xmp", "iptc", "exif")


@pytest.mark.parametrize(
    ("parts", "reference", "expected"),
    [
        ([34.0, 36.0, 0.0], "S", -34.6),
        ([58.0, 22.5, 0.0], "W", -58.375),
        ([1.0, 2.0], "N", None),
        ([999.0, 0.0, 0.0], "E", None),
        (None, "N", None),
    ],
)
def test_places_become_signed_degrees(
    parts: list[float] | None, reference: str, expected: float | None
) -> None:
    assert exif.degrees(parts, reference) == expected


# -- containers -------------------------------------------------------------------------------------------------------
def test_tags_of_a_telephone_are_understood() -> None:
    found = embedded.of_container({
        "com.apple.quicktime.creationdate": "2024-05-17T06:30:00-0300", "creation_time": "2024-05-17T09:30:00Z",
        "com.apple.quicktime.location.ISO6709": "-34.6037-058.3816+025.1/", "com.apple.quicktime.keywords": "puerto, niebla; puerto",
    })  # fmt: skip
    assert found["created_at"] == "2024-05-17T06:30:00-03:00"
    assert found["gps"] == {"lat": -34.6037, "lon": -58.3816, "alt_m": 25.1}
    assert found["keywords"] == ["puerto", "niebla"]


def test_a_clock_that_was_never_set_is_no_date() -> None:
    assert "created_at" not in embedded.of_container({"creation_time": "1904-01-01T00:00:00Z"})


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2024:05:17 06:30:00", "2024-05-17T06:30:00"), ("20240517", "2024-05-17"), ("2024-05-17T06:30Z", "2024-05-17T06:30:00Z"),
        ("2024-05-17 06:30:00+02:00", "2024-05-17T06:30:00+02:00"), ("0000:00:00 00:00:00", None), ("yesterday", None), ("", None),
        ("2024-13-41", None),
    ],
)  # fmt: skip
def test_dates_are_read_as_files_write_them(said: str, meant: str | None) -> None:
    assert embedded.date(said) == meant


def test_text_is_bounded_and_without_control_characters() -> None:
    found = embedded.of_container({"title": "a\x00b\x1b[31m‮c" + "x" * 50_000})
    assert len(found["title"]) <= embedded.MAX_TEXT
    assert found["title"].startswith("ab[31mc")
    assert len(embedded.split_keywords([str(number) for number in range(5000)])) == embedded.MAX_KEYWORDS


# -- what the editor has ----------------------------------------------------------------------------------------------
def test_only_empty_fields_are_filled() -> None:
    metadata = {"title": "De la editora", "caption": "", "rights": "x"}
    filled = embedded.prefill(
        metadata, {"title": "a", "caption": "b", "keywords": ["k"], "gps": {"lat": 1}, "headline": "h"}
    )
    assert filled == {"title": "De la editora", "caption": "b", "rights": "x", "keywords": ["k"]}


def test_a_headline_stands_in_for_a_title() -> None:
    assert embedded.prefill({}, {"headline": "Puerto"}) == {"title": "Puerto"}


# -- technical --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("times", "variable"),
    [
        (list(range(0, 6000, 40)), False), ([t + t % 3 // 2 for t in range(0, 6000, 33)], False), ([0, 40, 20, 60, 100, 80, 120, 140, 160], False),
        ([0, 40, 80, 200, 240, 400, 440, 480, 600], True), ([0, 40], None),
    ],
)  # fmt: skip
def test_a_variable_rate_is_told_from_rounding(times: list[int], variable: bool | None) -> None:
    assert technical.is_variable(times) is variable


def test_colours_have_names_and_hdr_is_said() -> None:
    assert technical.colour(9, 16, 9, 1) == {
        "primaries": "bt2020",
        "transfer": "smpte2084",
        "space": "bt2020nc",
        "range": "limited",
        "hdr": "pq",
    }
    assert technical.colour(9, 18, 9, 0)["hdr"] == "hlg"
    assert technical.colour(2, 2, 2, 0) == {}


def test_the_shape_follows_the_rotation() -> None:
    assert technical.display_aspect(1920, 1080, None) == "16:9"
    assert technical.display_aspect(1920, 1080, None, 270) == "9:16"
    assert technical.display_aspect(0, 0, None) is None


def test_a_tail_that_is_missing_is_measured() -> None:
    assert technical.missing_tail_s(60.0, 36.0, 2.0) == 24.0
    assert technical.missing_tail_s(60.0, 58.5, 2.0) is None
