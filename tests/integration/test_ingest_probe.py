"""The probe as it runs: in the sandbox, over ranged GETs of a URL. What good files say, and what bad ones get."""

from __future__ import annotations

import io
import socket
import struct
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import pyvips

from acervo import sandbox
from acervo.errors import Rejected, Transient
from functions.ingest import verdict
from tests import fix_ingest as media


def probe(
    data: bytes,
    name: str = "file.bin",
    memory_bytes: int = 2 << 30,
    broken_after: int | None = None,
    **limits: int,
) -> dict[str, Any]:
    with media.served(data, broken_after) as url:
        arguments = {
            "url": url,
            "size": len(data),
            "etag": None,
            "name": name,
            "max_side": 30_000,
            "max_pixels": 400_000_000,
        }
        return sandbox.run(
            "functions.ingest.probe:probe",
            {**arguments, **limits},
            memory_bytes=memory_bytes,
            cpu_s=60,
            wall_s=60,
        )


def refused(data: bytes, name: str = "file.mp4", **limits: int) -> str:
    """The code of the verdict; it must be one that an editor understands."""
    with pytest.raises(Rejected) as caught:
        probe(data, name, **limits)
    assert verdict.sentence(caught.value)
    return caught.value.code


@pytest.fixture
def ear() -> Iterator[media.Ear]:
    listening = media.Ear()
    yield listening
    listening.close()


# -- what is taken ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("container", "codec", "sound", "expected", "extension"),
    [
        ("mp4", "libx264", "aac", "mp4", "mp4"),
        ("mov", "mpeg4", "pcm_s16le", "mov", "mov"),
        ("matroska", "libx264", "flac", "matroska", "mkv"),
        ("webm", "libvpx-vp9", "libopus", "webm", "webm"),
        ("mpegts", "mpeg2video", "mp2", "mpegts", "ts"),
        ("vob", "mpeg2video", "mp2", "mpeg", "mpg"),
        ("mxf", "mpeg2video", "pcm_s16le", "mxf", "mxf"),
        ("avi", "mpeg4", "mp2", "avi", "avi"),
        ("flv", "flv", None, "flv", "flv"),
        ("asf", "msmpeg4v2", None, "asf", "wmv"),
    ],
)
def test_films_of_every_container_are_taken(
    container: str, codec: str, sound: str | None, expected: str, extension: str
) -> None:
    found = probe(media.film(container, 4, codec, sound), f"x.{extension}")
    technical = found["technical"]
    assert (found["kind"], found["extension"], technical["container"]) == ("video", extension, expected)
    assert (technical["video"]["width"], technical["video"]["height"]) == (160, 90)
    assert technical["video"]["fps"] == "25/1"
    assert technical["duration_s"] == pytest.approx(4, abs=0.2)
    assert bool(technical.get("audio")) == bool(sound)
    assert "warnings" not in technical


@pytest.mark.parametrize(
    ("container", "codec", "expected"),
    [
        ("wav", "pcm_s24le", "wav"), ("mp3", "libmp3lame", "mp3"), ("flac", "flac", "flac"), ("ogg", "libopus", "ogg"),
        ("adts", "aac", "aac"), ("ipod", "aac", "mp4"), ("aiff", "pcm_s16be", "aiff"), ("caf", "pcm_s16le", "caf"),
    ],
)  # fmt: skip
def test_sounds_are_taken(container: str, codec: str, expected: str) -> None:
    found = probe(media.recording(container, codec, 4), "x")
    assert (found["kind"], found["technical"]["container"]) == ("audio", expected)
    [track] = found["technical"]["audio"]
    assert (track["channels"], track["sample_rate_hz"]) == (2, 48000)
    assert found["technical"]["duration_s"] == pytest.approx(4, abs=0.2)
    assert "video" not in found["technical"]


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [("jpg", "jpeg"), ("png", "png"), ("gif", "gif"), ("tif", "tiff"), ("webp", "webp"), ("avif", "avif")],
)
def test_pictures_are_taken(suffix: str, kind: str) -> None:
    found = probe(media.picture(suffix), f"x.{suffix}")
    image = found["technical"]["image"]
    assert (found["kind"], image["format"], image["width"], image["height"]) == ("image", kind, 320, 200)
    assert found["extension"] == suffix
    assert "warnings" not in found["technical"]


def test_cmyk_and_sixteen_bits_and_animation_are_understood() -> None:
    cmyk = pyvips.Image.black(64, 64, bands=4).copy(interpretation="cmyk")
    image = probe(cmyk.write_to_buffer(".tif"), "x.tif")["technical"]["image"]
    assert (image["space"], image["bands"]) == ("cmyk", 4)
    deep = pyvips.Image.black(64, 64, bands=3).cast("ushort").copy(interpretation="rgb16")
    assert probe(deep.write_to_buffer(".png"), "x.png")["technical"]["image"]["bit_depth"] == 16
    frames = [pyvips.Image.black(40, 30, bands=3) + number for number in (0, 90, 180)]
    moving = (
        frames[0]
        .join(frames[1], "vertical")
        .join(frames[2], "vertical")
        .cast("uchar")
        .copy(interpretation="srgb")
        .copy()
    )
    moving.set_type(pyvips.GValue.gint_type, "page-height", 30)
    image = probe(moving.write_to_buffer(".gif"), "x.gif")["technical"]["image"]
    assert (image["frames"], image["height"]) == (3, 30)


def test_the_colours_and_the_shape_of_a_film_are_told() -> None:
    tags = (
        ("title", "Puerto"),
        ("artist", "Ana"),
        ("comment", "Niebla"),
        ("creation_time", "2024-05-17T06:30:00Z"),
    )
    found = probe(media.film(tags=tags), "x.mp4")
    assert found["technical"]["video"]["display_aspect"] == "16:9"
    assert found["technical"]["video"]["vfr"] is False
    assert found["embedded"]["title"] == "Puerto"
    assert found["embedded"]["byline"] == "Ana"
    assert found["embedded"]["caption"] == "Niebla"
    assert found["embedded"]["created_at"] == "2024-05-17T06:30:00Z"


def test_a_film_whose_sound_cannot_be_decoded_is_a_film_with_a_warning() -> None:
    """Cameras write empty tracks of sound; the picture is worth keeping."""
    silent = media.film().replace(b"mp4a", b"xxxx")
    technical = probe(silent, "x.mp4")["technical"]
    assert technical["video"]["codec"] == "h264"


def test_a_picture_of_twenty_thousand_pixels_is_taken() -> None:
    wide = pyvips.Image.black(20_500, 800, bands=3).copy(interpretation="srgb").write_to_buffer(".png")
    assert probe(wide, "x.png")["technical"]["image"]["width"] == 20_500


def test_a_wrong_extension_is_a_warning_not_a_verdict() -> None:
    found = probe(media.picture("png"), "foto.jpg")
    assert (found["media_type"], found["extension"]) == ("image/png", "png")
    assert found["technical"]["warnings"]


# -- what is not ------------------------------------------------------------------------------------------------------
def _zip() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as out:
        out.writestr("film.mp4", b"x" * 1000)
    return target.getvalue()


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: b"", "empty"),
        (lambda: b"x", "text"),
        (lambda: "Notas de la reunión\n".encode() * 20, "text"),
        (lambda: b"\x7fELF\x02\x01\x01" + bytes(500), "executable"),
        (lambda: b"MZ\x90\x00" + bytes(500), "executable"),
        (_zip, "archive"),
        (lambda: b"%PDF-1.7\n" + bytes(100), "document"),
        (lambda: b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "vector-image"),
        (lambda: b"8BPS\x00\x01" + bytes(500), "unsupported-format"),
        (lambda: bytes(100_000), "not-media"),
        (lambda: bytes(range(128, 256)) * 500, "not-media"),
        (lambda: b"\x00\x00\x00\x18ftypisom" + bytes(5000), "truncated"),
        (lambda: b"\xff\xd8\xff\xe0" + bytes(5000), "truncated"),
        (lambda: b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(5000), "damaged"),
    ],
)
def test_what_is_no_media_gets_its_own_reason(make: Callable[[], bytes], code: str) -> None:
    assert refused(make()) == code


@pytest.mark.parametrize(
    "form", ["faststart", "mp4", "matroska", "mxf", "wav", "avi", "flac", "mp3", "jpg", "png", "tif", "webp"]
)
def test_a_file_that_was_cut_off_is_found_out(form: str) -> None:
    make: dict[str, Callable[[], bytes]] = {
        "faststart": media.faststart, "mp4": media.film, "matroska": lambda: media.film("matroska"),
        "mxf": lambda: media.film("mxf", 8, "mpeg2video", "pcm_s16le"), "avi": lambda: media.film("avi", 8, "mpeg4", "mp2"),
        "wav": media.recording, "flac": lambda: media.recording("flac", "flac"), "mp3": lambda: media.recording("mp3", "libmp3lame", 40), "jpg": lambda: media.picture("jpg"),
        "png": lambda: media.picture("png"), "tif": lambda: media.picture("tif"), "webp": lambda: media.picture("webp"),
    }  # fmt: skip
    whole = make[form]()
    parts = [whole[: int(len(whole) * part)] for part in (0.02, 0.3, 0.6, 0.97)]
    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(lambda part: refused(part, f"x.{form}"), parts)) <= {"truncated", "damaged"}


def test_an_animation_that_was_cut_off_is_found_out() -> None:
    frames = (
        pyvips.Image.gaussnoise(60, 400)
        .cast("uchar")
        .bandjoin([pyvips.Image.gaussnoise(60, 400).cast("uchar")] * 2)
    )
    frames = frames.copy(interpretation="srgb").copy()
    frames.set_type(pyvips.GValue.gint_type, "page-height", 40)
    whole = frames.write_to_buffer(".gif")
    assert probe(whole, "x.gif")["technical"]["image"]["frames"] == 10
    assert refused(whole[: len(whole) * 6 // 10], "x.gif") in ("truncated", "damaged")


def test_bombs_are_refused_from_their_header() -> None:
    for interlaced in (False, True):
        assert refused(media.png_bomb(50_000, 50_000, interlaced), "x.png") == "too-many-pixels"
    assert refused(media.png_bomb(29_000, 29_000, True), "x.png") == "too-many-pixels"
    assert refused(media.picture("png"), "x.png", max_side=100) == "too-many-pixels"
    assert refused(media.film(), max_pixels=1000) == "too-many-pixels"


def test_a_bomb_within_the_limits_meets_the_limit_of_memory() -> None:
    """Interlaced, it must be unpacked as a whole: 27,000 × 14,000 × 3 bytes."""
    code = refused(media.png_bomb(27_000, 14_000, True), "x.png", memory_bytes=900 << 20)
    assert code in ("too-much-memory", "damaged", "truncated", "decoder-crashed")


# -- no request leaves ------------------------------------------------------------------------------------------------
def _playlists(port: int) -> dict[str, bytes]:
    there = f"http://127.0.0.1:{port}"
    return {
        "m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{there}/x.ts\n#EXT-X-ENDLIST\n".encode(),
        "sdp": f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\na=rtpmap:96 H264/90000\n".encode(),
        "ffconcat": f"ffconcat version 1.0\nfile '{there}/x.mp4'\n".encode(),
        "mpd": f'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{there}/</BaseURL></MPD>'.encode(),
        "svg": f'<svg xmlns:x="http://www.w3.org/1999/xlink"><image x:href="{there}/a.png"/></svg>'.encode(),
        "mvg": f"push graphic-context\nfill 'url({there}/x.jpg)'\npop graphic-context\n".encode(),
        "disguised": b"ID3\x03\x00\x00\x00\x00\x00\x00"
        + f"#EXTM3U\n#EXTINF:10,\n{there}/x.ts\n".encode() * 50,
    }


@pytest.mark.parametrize("form", ["m3u8", "sdp", "ffconcat", "mpd", "svg", "mvg", "disguised"])
@pytest.mark.parametrize("name", ["film.mp4", "film.m3u8", "foto.jpg"])
def test_a_list_that_points_elsewhere_is_refused_and_asks_nobody(
    ear: media.Ear, form: str, name: str
) -> None:
    refused(_playlists(ear.port)[form], name)
    assert not ear.heard()


def test_the_ear_hears() -> None:
    """The test above could not fail with a deaf one."""
    listening = media.Ear()
    with socket.create_connection(("127.0.0.1", listening.port)):
        assert listening.heard()
    listening.close()


def test_a_movie_whose_media_lie_in_other_files_is_refused(ear: media.Ear) -> None:
    """`dref` with a URL, and the bit that says "in this file" off."""
    whole = media.film("mov")
    at = whole.index(b"url ", whole.index(b"dref"))
    outside = whole[: at + 4] + b"\x00\x00\x00\x00" + whole[at + 8 :]
    assert refused(outside, "x.mov") == "external-media"
    address = f"http://127.0.0.1:{ear.port}/x.mov\x00".encode()
    reference = struct.pack(">I4s", 12 + len(address), b"url ") + b"\x00\x00\x00\x00" + address
    for name, prefix in (
        (b"dref", b"\x00" * 7 + b"\x01"),
        (b"dinf", b""),
        (b"minf", b""),
        (b"mdia", b""),
        (b"trak", b""),
        (b"moov", b""),
    ):
        reference = struct.pack(">I4s", 8 + len(prefix) + len(reference), name) + prefix + reference
    assert refused(struct.pack(">I4s4s", 12, b"ftyp", b"qt  ") + reference, "x.mov") == "external-media"
    assert not ear.heard()


# -- the store, and the fuzz ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["x.mp4", "x.png"])
def test_a_store_that_breaks_off_is_no_verdict_about_the_file(name: str) -> None:
    """Whole when it was announced, gone while it is read: to be tried again."""
    data = media.film() if name == "x.mp4" else media.picture("png", 1200, 1200)
    with pytest.raises(Transient):
        probe(data, name, broken_after=len(data) - 1)


def _verdict_of(seed: int) -> str:
    whole = media.faststart(4)
    index = whole.index(b"mdat")
    broken = media.flipped(whole, seed, 30, 0, index if seed % 3 else len(whole))
    try:
        return str(probe(broken, "x.mp4")["kind"])
    except Rejected as fault:
        return fault.code


def test_a_fuzzed_film_always_gets_a_verdict() -> None:
    with ThreadPoolExecutor(3) as pool:
        codes = list(pool.map(_verdict_of, range(60)))
    assert set(codes) <= {*verdict.VERDICTS, "video", "audio"}
    assert len(set(codes)) > 2
