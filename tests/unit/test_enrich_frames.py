"""Frames of real and of damaged films and pictures, decoded in the sandbox: chosen, bounded, or refused with a reason."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips

from acervo import sandbox
from acervo.errors import Rejected
from functions.enrich import frames_step, phash
from functions.enrich.step import Facts, Planning
from tests.fix_media import Shelf, _handler, clip
from tests.media import make


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    made = Shelf(tmp_path_factory.mktemp("shelf"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(made))
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join(5)


def choose(shelf: Shelf, path: Path, directory: Path, **given: Any) -> dict[str, Any]:
    source = shelf.source(path)
    arguments = {
        "url": source["url"], "size": source["size_bytes"], "etag": None, "directory": str(directory), "threads": 1,
        "start_ms": 0, "end_ms": None, "most_frames": 100, "most_shots": 100, **given,
    }  # fmt: skip
    entry = "picture_frames" if given.get("still") else "film_frames"
    return sandbox.run(
        f"functions.enrich.{entry}:choose", arguments, memory_bytes=frames_step.CHILD_MEMORY_BYTES, cpu_s=60, wall_s=60
    )  # fmt: skip


def jpeg(path: Path) -> Any:
    """By its bytes: libvips remembers what it once opened under a name."""
    return pyvips.Image.new_from_buffer(path.read_bytes(), "")


def test_a_real_film_gives_its_shots_and_frames(shelf: Shelf, tmp_path: Path) -> None:
    """The cuts of this film were looked up by eye: 1.2, 3.2, 5.6, 7.6 and 9.8 s."""
    found = choose(shelf, clip("bikes.mp4"), tmp_path)
    assert [shot["start_ms"] for shot in found["shots"]] == [0, 1_200, 3_200, 5_600, 7_600, 9_800]
    assert all(a["end_ms"] == b["start_ms"] for a, b in zip(found["shots"], found["shots"][1:], strict=False))
    assert found["shots"][-1]["end_ms"] == found["frames"][-1]["until_ms"] == 10_000
    kept = [frame["at_ms"] for frame in found["frames"]]
    assert {shot["start_ms"] for shot in found["shots"]} <= set(kept)
    assert all((tmp_path / frame["file"]).read_bytes()[:2] == b"\xff\xd8" for frame in found["frames"])
    board = pyvips.Image.new_from_file(str(tmp_path / found["shots"][1]["file"]))
    assert (board.width, board.height) == (320, 136)
    assert found["dense"]
    assert found["faults"] == 0


def test_parts_of_a_film_join_to_what_the_whole_gives(shelf: Shelf, tmp_path: Path) -> None:
    parts = [
        choose(shelf, clip("bikes.mp4"), tmp_path, start_ms=start, end_ms=end)
        for start, end in ((0, 4_000), (4_000, None))
    ]
    shots = frames_step.joined_shots(parts)
    assert [shot["start_ms"] for shot in shots] == [0, 1_200, 3_200, 5_600, 7_600, 9_800]
    assert [shot["end_ms"] for shot in shots] == [1_200, 3_200, 5_600, 7_600, 9_800, 10_000]
    assert parts[0]["frames"][-1]["until_ms"] <= 4_000 <= parts[1]["frames"][0]["at_ms"]


def test_key_frames_alone_are_decoded_where_they_are_close(shelf: Shelf, tmp_path: Path) -> None:
    film = make.film(tmp_path, frames=100, gop=12)
    found = choose(shelf, film, tmp_path)
    assert not found["dense"]
    assert found["frames"][0]["at_ms"] == 0


def test_an_upright_film_gives_upright_frames(shelf: Shelf, tmp_path: Path) -> None:
    found = choose(shelf, make.film(tmp_path, frames=10, rotation=90), tmp_path)
    frame = jpeg(tmp_path / found["frames"][0]["file"])
    assert (frame.width, frame.height) == (180, 320)


def test_damage_in_the_middle_costs_no_more_than_what_is_there(shelf: Shelf, tmp_path: Path) -> None:
    film = make.film(tmp_path, frames=150, gop=25)
    data = bytearray(film.read_bytes())
    data[len(data) // 3 : len(data) // 3 + 4_000] = bytes(4_000)
    film.write_bytes(data)
    found = choose(shelf, film, tmp_path)
    assert found["frames"][0]["at_ms"] == 0
    assert found["frames"][-1]["until_ms"] > 4_000


def test_what_is_no_film_is_refused_with_the_reason(shelf: Shelf, tmp_path: Path) -> None:
    path = tmp_path / "list.mp4"
    path.write_text("#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(Rejected, match="pictures-unreadable"):
        choose(shelf, path, tmp_path)
    with pytest.raises(Rejected, match="no-pictures"):
        choose(shelf, make.sound(tmp_path, "voice.m4a"), tmp_path)


def test_ten_hours_are_planned_in_bounded_parts() -> None:
    """Planning reads nothing but the row: no database is asked."""
    asset = {"kind": "video", "master_key": "k", "sha256": "s", "technical": {}}
    none: Any = None
    planned = frames_step.Frames().plan(Planning(none, none, asset, Facts(True, 36_000_000)))
    assert planned is not None
    assert len(planned.chunks) == 120
    assert sum(chunk["most_frames"] for chunk in planned.chunks) <= frames_step.MOST_FRAMES
    assert sum(chunk["most_shots"] for chunk in planned.chunks) <= frames_step.MOST_SHOTS
    assert [chunk["end_ms"] for chunk in planned.chunks[:-1]] == [c["start_ms"] for c in planned.chunks[1:]]
    assert planned.chunks[-1]["end_ms"] is None
    assert frames_step.Frames().plan(Planning(none, none, {**asset, "kind": "audio"}, Facts(True, 1))) is None


# -- pictures ---------------------------------------------------------------------------------------------------------
def still(shelf: Shelf, image: Any, path: Path, **options: Any) -> tuple[dict[str, Any], Any]:
    image.write_to_file(str(path), **options)
    found = choose(shelf, path, path.parent, still=True)
    return found, jpeg(path.parent / found["frames"][0]["file"])


def rgb(width: int, height: int, number: int = 1) -> Any:
    return pyvips.Image.new_from_array(make.picture(number, width, height), interpretation="srgb")


@pytest.mark.parametrize(
    ("name", "prepare"),
    [
        ("cmyk.tif", lambda image: image.icc_transform("cmyk")),
        ("print.jpg", lambda image: image.icc_transform("cmyk")),
        ("deep.tif", lambda image: image.colourspace("rgb16")),
        ("deep.png", lambda image: image.colourspace("rgb16")),
        ("grey.png", lambda image: image.colourspace("b-w")),
        ("clear.png", lambda image: image.bandjoin(128)),
    ],
)
def test_any_kind_of_picture_becomes_plain_rgb(name: str, prepare: Any, shelf: Shelf, tmp_path: Path) -> None:
    found, frame = still(shelf, prepare(rgb(320, 200)), tmp_path / name)
    assert (frame.width, frame.height, frame.format) == (320, 200, "uchar")
    assert [(f["at_ms"], f["until_ms"]) for f in found["frames"]] == [(0, 0)]
    assert len(found["shots"][0]["hash"]) == phash.BITS


def test_a_picture_of_one_pixel_and_a_wide_one_are_looked_at(shelf: Shelf, tmp_path: Path) -> None:
    _, tiny = still(shelf, rgb(1, 1), tmp_path / "tiny.png")
    assert (tiny.width, tiny.height) == (1, 1)
    _wide, frame = still(shelf, pyvips.Image.black(20_000, 10_000, bands=3), tmp_path / "wide.jpg")
    assert (frame.width, frame.height) == (1_920, 960)
    _large, frame = still(shelf, pyvips.Image.black(20_000, 10_000, bands=3), tmp_path / "large.png")
    assert (frame.width, frame.height) == (1_920, 960), "which no loader can shrink while it decodes"


def test_a_turned_photo_is_upright_and_like_its_small_copy(shelf: Shelf, tmp_path: Path) -> None:
    photo = make.photo(tmp_path)
    found = choose(shelf, photo, tmp_path, still=True)
    frame = jpeg(tmp_path / "0.jpg")
    assert frame.width < frame.height
    (tmp_path / "small").mkdir()
    copy, _ = still(shelf, frame.resize(0.3), tmp_path / "small" / "copy.jpg")
    other, _ = still(shelf, rgb(300, 500, 77), tmp_path / "small" / "other.png")
    assert phash.distance(found["shots"][0]["hash"], copy["shots"][0]["hash"]) <= phash.NEAR
    assert phash.distance(found["shots"][0]["hash"], other["shots"][0]["hash"]) > phash.NEAR


def test_an_animation_is_looked_at_three_times(shelf: Shelf, tmp_path: Path) -> None:
    pages = [make.picture(number * 40, 64, 48) for number in range(5)]
    image = pyvips.Image.new_from_array(np.concatenate(pages)).copy()
    image.set_type(pyvips.GValue.gint_type, "page-height", 48)
    image.set_type(pyvips.GValue.array_int_type, "delay", [100, 200, 300, 400, 500])
    found, _ = still(shelf, image, tmp_path / "moving.gif")
    assert [(f["at_ms"], f["until_ms"]) for f in found["frames"]] == [(0, 300), (300, 1_000), (1_000, 1_500)]


def test_more_pixels_than_any_honest_picture_are_refused_before_one_is_decoded(
    shelf: Shelf, tmp_path: Path
) -> None:
    with pytest.raises(Rejected, match="too-many-pixels"):
        choose(shelf, make.png_bomb(tmp_path), tmp_path, still=True)
    (tmp_path / "text.jpg").write_text("no picture")
    with pytest.raises(Rejected, match="unreadable"):
        choose(shelf, tmp_path / "text.jpg", tmp_path, still=True)


def test_what_shows_the_same_as_an_earlier_shot_repeats_it() -> None:
    first, other = "01" * 32, "0011" * 16
    one_off = first[:-1] + ("0" if first[-1] == "1" else "1")
    assert phash.repeated([first, other, one_off, first, other]) == [False, False, True, True, True]
    assert phash.repeated([]) == []
