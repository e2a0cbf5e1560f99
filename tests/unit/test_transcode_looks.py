"""Films that must be turned, squared, deinterlaced or tone-mapped: what they look like afterwards."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from functions.transcode import encode, index
from functions.transcode.film import parse_film
from functions.transcode.pictures import Pictures
from tests.fix_media import Shelf
from tests.media import make
from tests.media.looks import decode, make_result
from tests.media.pipeline import quiet

GOOD = {"preset": "veryfast", "crf": "12", "bf": "3"}


@pytest.mark.parametrize(("turn", "corner"), [(0, (0, 0)), (90, (1, 0)), (180, (1, 1)), (-90, (0, 1))])
def test_turned_films_are_upright(turn: int, corner: tuple[int, int], shelf: Shelf, tmp_path: Path) -> None:
    """The picture's top left corner is white; where it is to be shown is (bottom, right)."""

    def draw(number: int, width: int, height: int) -> make.Image:
        image = np.zeros((height, width, 3), np.uint8)
        image[: height // 2, : width // 2] = 255
        return image

    path = make.film(tmp_path, "a.mp4", 5, rotation=turn, draw=draw)
    frame = decode(make_result(shelf, path, tmp_path / "out").mp4("proxy")).frames[2]
    assert (frame.width, frame.height) == ((320, 180) if turn % 180 == 0 else (180, 320))
    luma = frame.reformat(format="gray").to_ndarray()
    quarter = np.array([[luma[y::2, x::2] for x in (0,)] for y in (0,)])[0, 0]
    height, width = quarter.shape
    means = [
        [quarter[r * height // 2 :][: height // 2, c * width // 2 :][:, : width // 2].mean() for c in (0, 1)]
        for r in (0, 1)
    ]
    brightest = np.unravel_index(int(np.argmax(means)), (2, 2))
    assert (int(brightest[0]), int(brightest[1])) == corner


def test_wide_pixels_become_square_and_odd_sizes_even(shelf: Shelf, tmp_path: Path) -> None:
    wide = make_result(shelf, make.film(tmp_path, "a.mp4", 5, sar=Fraction(64, 45)), tmp_path / "wide")
    with av.open(str(wide.mp4("proxy"))) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (454, 180)
        assert stream.sample_aspect_ratio == 1
    odd = make_result(
        shelf, make.film(tmp_path, "b.mkv", 5, size=(321, 181), pixels="yuv444p"), tmp_path / "odd"
    )
    assert (odd.ladder[0].width, odd.ladder[0].height) == (320, 180)


def test_interlaced_films_are_deinterlaced_the_same_across_a_cut(shelf: Shelf, tmp_path: Path) -> None:
    path = make.film(tmp_path, "a.mp4", 60, options={**GOOD, "x264-params": "interlaced=1", "bf": "0"})
    source = shelf.source(path)
    film = parse_film(index.index_film({"source": source}, quiet)["film"])
    assert film.picture.interlaced

    def shown(start_s: int) -> dict[Fraction, Any]:
        arguments = {
            "source": source,
            "threads": 1,
            "start": film.timeline.origin + round(start_s / film.timeline.time_base),
        }
        found = encode._shown(arguments, film, Pictures(film.picture, [(320, 180)], threads=1), set())
        return {seconds: frame.to_ndarray() for seconds, (frame,) in found}

    whole, from_the_cut = shown(0), shown(1)
    assert len(whole) == 60
    at = [second for second in whole if second >= 1]
    assert len(at) == 35
    assert all((whole[second] == from_the_cut[second]).all() for second in at)


@pytest.mark.parametrize(("transfer", "white"), [(16, 148), (18, 191)], ids=["PQ", "HLG"])
def test_hdr_is_shown_as_sdr_and_says_so(transfer: int, white: int, shelf: Shelf, tmp_path: Path) -> None:
    def draw(number: int, width: int, height: int) -> make.Image:
        return np.full((height, width, 3), white, np.uint8)  # the code of 203 cd/m²: a white sheet of paper

    path = make.film(
        tmp_path, "a.mp4", 5, codec="libx265", pixels="yuv420p10le", colour=(9, transfer, 9), draw=draw,
        options={"preset": "ultrafast", "x265-params": "log-level=none"},
    )  # fmt: skip
    result = make_result(shelf, path, tmp_path / "out")
    frame = decode(result.mp4("proxy")).frames[2]
    assert (frame.color_primaries, frame.color_trc, frame.colorspace) == (1, 1, 1)
    assert 190 < float(frame.reformat(format="gray").to_ndarray().mean()) < 250
    assert any("HDR" in warning for warning in result.stitched.warnings)
