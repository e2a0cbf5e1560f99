"""What planning reads, and what a node without the hardware that it was told to use says."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path

import av
import pytest

from acervo.errors import Permanent
from functions.transcode import encoders, index, plan
from functions.transcode.film import parse_film
from functions.transcode.ladder import build_ladder, build_nvenc_options
from tests.fix_media import Shelf
from tests.media import make
from tests.media.pipeline import quiet


@pytest.mark.parametrize("name", ["big.mkv", "big.mov"])
def test_an_index_spares_reading_the_film(name: str, shelf: Shelf, tmp_path: Path) -> None:
    path = make.film(
        tmp_path,
        name,
        250,
        codec="mjpeg",
        pixels="yuvj444p",
        size=(640, 480),
        gop=1,
        options={"q": "1"},
        rate=5,
    )
    before = shelf.served_bytes
    index.index_film({"source": shelf.source(path)}, quiet)
    read = shelf.served_bytes - before
    assert read < max(4 << 20, path.stat().st_size * 0.05), f"{read} of {path.stat().st_size}"


def test_an_mxf_film_is_cut_on_key_frames_that_its_index_names(shelf: Shelf, tmp_path: Path) -> None:
    path = make.film(
        tmp_path,
        "a.mxf",
        1750,
        codec="mpeg2video",
        pixels="yuv422p",
        size=(64, 48),
        gop=12,
        options={"b": "1M", "bf": "2"},
    )
    found = index.index_film({"source": shelf.source(path)}, quiet)
    film = parse_film(found["film"])
    assert film.timeline.duration_s == pytest.approx(70.0)
    with av.open(str(path)) as opened:
        keys = {frame.pts for frame in opened.decode(video=0) if frame.key_frame}
    starts = [start for start, _ in found["chunks"]]
    assert len(starts) == 2
    assert set(starts) <= keys


def test_a_node_without_a_gpu_says_so(shelf: Shelf, tmp_path: Path) -> None:
    film = parse_film(
        index.index_film({"source": shelf.source(make.film(tmp_path, frames=5))}, quiet)["film"]
    )
    rung = build_ladder(film.picture)[0]
    with pytest.raises(Permanent, match="TRANSCODE_ENCODER=nvenc") as refused:
        encoders.PictureEncoder(rung, film, "veryfast", 1, hardware=True)
    assert refused.value.code == "no-gpu"
    assert encoders.accelerated({"decoder": "cpu"}) is None
    options = build_nvenc_options(rung, reorder=True)
    assert (options["profile"], options["b"]) == (rung.h264_profile, f"{rung.video_kbps}k")


def test_progress_weighs_chunks_by_their_work(shelf: Shelf, tmp_path: Path) -> None:
    path = make.film(tmp_path, "a.mp4", 20, sounds=({"language": "spa"},))
    found = index.index_film({"source": shelf.source(path)}, quiet)
    film = parse_film(found["film"])
    asset = {"id": "a", "kind": "video", "project_id": "p", "sha256": "0" * 64, "master_key": "m"}
    line = film.timeline
    minute = round(60 / line.time_base)
    planned = plan.plan_film(asset, film, [[0, minute], [minute, 2 * minute]])
    weights = {
        (chunk["do"], chunk.get("part")): weight
        for chunk, weight in zip(planned.chunks, planned.weights, strict=True)
    }
    assert weights["pictures", 0] == weights["pictures", 1] > 10 * weights["soundtracks", 0]
    assert planned.chunks[-1] == plan.ASSEMBLE


@pytest.mark.parametrize(("duration_s", "parts"), [(10, 1), (900, 2), (1800, 4), (8 * 3600, 64)])
def test_long_sound_is_cut_into_parts_that_cover_it_once(duration_s: float, parts: int) -> None:
    found = plan.sound_ranges(duration_s)
    assert len(found) == parts
    assert found[0][0] == 0
    assert found[-1][1] is None
    assert all(until == first for (_, until), (first, _) in itertools.pairwise(found))
    assert Fraction(found[-1][0], 48_000) < duration_s
