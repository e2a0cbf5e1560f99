"""What a file is, from its first bytes."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acervo.assets import Kind
from acervo.errors import Rejected
from functions.ingest import kinds, verdict


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\x00\x00\x00\x18ftypisom", "mp4"), (b"\x00\x00\x00\x14ftypqt  ", "mov"), (b"\x00\x00\x00\x20ftypheic", "heic"),
        (b"\x00\x00\x00\x20ftypavif", "avif"), (b"\x00\x00\x00\x08wide\x00\x00\x00\x00mdat", "mov"), (b"\x00\x00\x00\x20ftypM4A ", "mp4"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm", "webm"), (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska", "matroska"),
        ((b"G" + bytes(187)) * 5, "mpegts"), (b"\x00\x00\x00\x00" + (b"G" + bytes(191)) * 5, "mpegts"),
        (b"RIFF\x00\x00\x00\x00WAVE", "wav"), (b"RF64\xff\xff\xff\xffWAVE", "wav"), (b"RIFF\x00\x00\x00\x00AVI ", "avi"),
        (b"RIFF\x00\x00\x00\x00WEBP", "webp"), (b"FORM\x00\x00\x00\x00AIFC", "aiff"), (b"ID3\x04", "mp3"), (b"\xff\xfb\x90\x64", "mp3"),
        (b"\xff\xf1\x50\x80", "aac"), (b"\xff\xd8\xff\xe1", "jpeg"), (b"II*\x00\x08\x00\x00\x00", "tiff"), (b"MM\x00*", "tiff"),
        (bytes(300) + b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02", "mxf"),
    ],
)  # fmt: skip
def test_what_is_taken_is_known_by_its_first_bytes(head: bytes, name: str) -> None:
    assert kinds.sniff(head).name == name


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"", "empty"), (b"hello", "text"), ("¡Olé!".encode(), "text"), ("¡Olé!".encode("latin-1"), "text"), ("Olé".encode("utf-16"), "text"),
        (b"<html><body>", "text"), (b"\xef\xbb\xbf#EXTM3U\n", "playlist"), (b"  #extm3u\n", "playlist"), (b"v=0\r\no=- 0 0", "playlist"),
        (b'<?xml version="1.0"?>\n<MPD xmlns="x">', "playlist"), (b"<?xml version='1.0'?><!-- a --><svg>", "vector-image"),
        (b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg>", "vector-image"), (b"%!PS-Adobe", "vector-image"), (b"#!/bin/sh\n", "executable"),
        (b"PK\x03\x04", "archive"), (bytes(257) + b"ustar", "archive"), (b"\x1f\x8b\x08", "archive"), (b"%PDF-1.4", "document"),
        (b"II*\x00\x10\x00\x00\x00CR\x02\x00", "camera-raw"), (b"\x00\x00\x00\x18ftypcrx ", "camera-raw"), (b"8BPS\x00\x01", "unsupported-format"),
        (b"\xff\xfe\x00\x01\x02", "not-media"), (bytes(4096), "not-media"), (b"\x1b[31mred\x00", "not-media"),
    ],
)  # fmt: skip
def test_what_is_not_taken_is_named(head: bytes, code: str) -> None:
    with pytest.raises(Rejected) as caught:
        kinds.sniff(head)
    assert caught.value.code == code


def test_a_camera_raw_is_told_from_a_tiff_by_its_name() -> None:
    with pytest.raises(Rejected) as caught:
        kinds.sniff(b"II*\x00\x08\x00\x00\x00", "DSC_0001.NEF")
    assert caught.value.code == "camera-raw"
    assert kinds.sniff(b"II*\x00\x08\x00\x00\x00", "scan.tif").name == "tiff"


def code_of(head: bytes) -> str | None:
    try:
        kinds.sniff(head)
    except Rejected as fault:
        return fault.code
    return None


@given(st.binary(max_size=600))
def test_any_bytes_are_something_or_refused_with_a_known_code(head: bytes) -> None:
    assert code_of(head) in (None, *verdict.VERDICTS)


@pytest.mark.parametrize(
    ("name", "form", "kind", "honest"),
    [
        ("a.MP4", "mp4", Kind.VIDEO, True), ("a.mov", "mp4", Kind.VIDEO, True), ("a.m4a", "mp4", Kind.AUDIO, True), ("a", "mp4", Kind.VIDEO, True),
        ("a.jpeg", "jpeg", Kind.IMAGE, True), ("a.png", "jpeg", Kind.IMAGE, False), ("a.mp3", "wav", Kind.AUDIO, False),
    ],
)  # fmt: skip
def test_a_name_is_held_against_the_bytes(name: str, form: str, kind: Kind, honest: bool) -> None:
    assert kinds.is_honest_name(name, kinds.FORMATS[form], kind) is honest


def test_every_format_has_one_reader_and_an_extension_for_a_key() -> None:
    for form in kinds.FORMATS.values():
        assert bool(form.demuxer) != bool(form.loader)
        for media_type, extension in form.files.values():
            assert media_type.split("/")[0] in ("video", "audio", "image", "application")
            assert set(extension) <= set(string.ascii_lowercase + string.digits)


def test_every_verdict_reads_like_a_sentence() -> None:
    for code, each in verdict.VERDICTS.items():
        said = verdict.rejected(code, "a detail").reason
        assert said[0].isupper()
        assert said.endswith(".")
        assert "{" not in said
        assert each.keeps == verdict.keeps_upload(code)


def test_an_unknown_code_never_costs_the_bytes() -> None:
    assert verdict.keeps_upload("something-new")
