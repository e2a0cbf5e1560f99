"""Clips out of masters of every kind: exactly the frames between the borders, as they are in the master, and no others."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from functions.transcode import cut, h264, index
from tests.fix_media import Shelf
from tests.media import make
from tests.media.looks import decode, psnr
from tests.media.pipeline import quiet

CLOSED = {"preset": "veryfast", "crf": "14", "bf": "3"}
FULL_SOUND = ({"language": "spa"},)
Make = Callable[[Path], Path]
MASTERS: dict[str, tuple[Make, bool]] = {
    "h264.mp4": (lambda d: make.film(d, "a.mp4", 150, options=CLOSED, sounds=FULL_SOUND), True),
    "h264.mkv": (lambda d: make.film(d, "a.mkv", 150, options=CLOSED), True),
    "10-bit.mp4": (lambda d: make.film(d, "a.mp4", 150, options=CLOSED, pixels="yuv422p10le"), True),
    "29.97.mov": (lambda d: make.film(d, "a.mov", 150, rate=Fraction(30000, 1001), options=CLOSED), True),
    "upright.mp4": (lambda d: make.film(d, "a.mp4", 150, options=CLOSED, rotation=90), True),
    "open-gop.mp4": (lambda d: make.film(d, "a.mp4", 150, options={**CLOSED, "x264-params": "open-gop=1"}), False),
    "h264.ts": (lambda d: make.film(d, "a.ts", 150, options=CLOSED), False),
    "xdcam.mxf": (
        lambda d: make.film(d, "a.mxf", 150, codec="mpeg2video", pixels="yuv422p", gop=12, options={"b": "20M", "bf": "2"}),
        False,
    ),
    "prores.mov": (lambda d: make.film(d, "a.mov", 150, codec="prores_ks", pixels="yuv422p10le", sounds=FULL_SOUND), True),
}  # fmt: skip


def cut_out(
    shelf: Shelf, path: Path, folder: Path, start_ms: int, end_ms: int
) -> tuple[dict[str, Any], Path]:
    folder.mkdir()
    arguments = {
        "source": shelf.source(path), "clip": [start_ms, end_ms], "directory": str(folder), "preset": "veryfast", "threads": 2,
    }  # fmt: skip
    found = cut.cut_clip(arguments, quiet)
    return found, folder / found["file"]


@pytest.mark.parametrize("kind", MASTERS)
def test_a_clip_has_exactly_the_frames_between_its_borders(kind: str, shelf: Shelf, tmp_path: Path) -> None:
    build, smart = MASTERS[kind]
    path = build(tmp_path)
    found, clip = cut_out(shelf, path, tmp_path / "out", 1320, 4480)
    whole, piece = decode(path), decode(clip)
    shown = [
        frame for at, frame in zip(whole.times, whole.frames, strict=True)
        if 1.319 <= float(at - whole.times[0]) < 4.479
    ]  # fmt: skip
    assert len(piece.frames) == len(shown) == found["detail"]["frames"]
    likeness = [psnr(one, other) for one, other in zip(shown, piece.frames, strict=True)]
    assert min(likeness) > 28, likeness
    assert piece.times[0] == 0
    steps = {b - a for a, b in zip(piece.times, piece.times[1:], strict=False)}
    assert max(steps) - min(steps) <= Fraction(1, 1000), "no gap, no frame twice"
    copied = found["detail"]["copied_frames"]
    assert (copied > 0) is smart
    if smart and "prores" not in kind:
        same = sum(
            np.array_equal(a.to_ndarray(), b.to_ndarray()) for a, b in zip(shown, piece.frames, strict=True)
        )
        assert same >= copied >= 50, "whole groups of pictures are the master's own"
    if "upright" in kind:
        assert piece.frames[0].rotation == whole.frames[0].rotation


def test_the_sound_of_a_clip_lasts_as_long_as_its_pictures(shelf: Shelf, tmp_path: Path) -> None:
    path = make.film(tmp_path, "a.mp4", 150, options=CLOSED, sounds=FULL_SOUND)
    _, clip = cut_out(shelf, path, tmp_path / "out", 1500, 4480)
    with av.open(str(clip)) as container:
        heard = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    assert len(heard) == pytest.approx(2.96 * 48_000, abs=1024 + 960)
    clicks = np.flatnonzero(np.abs(heard) > 0.3)
    assert clicks[0] == pytest.approx(0.48 * 48_000, abs=60), (
        "the click of the second whole second, on its frame"
    )


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_clip_has_every_soundtrack_of_its_master_in_its_language(
    name: str, shelf: Shelf, tmp_path: Path
) -> None:
    tracks = (
        {"language": "spa", "frequency": 400},
        {"language": "eng", "frequency": 1000},
        {"language": "por", "frequency": 2500},
    )
    path = make.film(tmp_path, name, 150, options=CLOSED, sounds=tracks)
    found, clip = cut_out(shelf, path, tmp_path / "out", 1500, 4480)
    assert found["detail"]["copied_frames"] > 0
    with av.open(str(clip), "r") as container:
        assert [stream.language for stream in container.streams.audio] == ["spa", "eng", "por"]
    for number, track in enumerate(tracks):
        with av.open(str(clip), "r") as container:
            heard = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=number)])
        assert len(heard) == pytest.approx(2.96 * 48_000, abs=1024 + 960)
        tone = np.fft.rfftfreq(len(heard), 1 / 48_000)[np.abs(np.fft.rfft(heard)).argmax()]
        assert tone == pytest.approx(track["frequency"], abs=5)


def test_a_short_clip_reads_little_of_a_long_master(shelf: Shelf, tmp_path: Path) -> None:
    path = make.film(
        tmp_path, "big.mov", 500, codec="mjpeg", pixels="yuvj444p", size=(640, 480), gop=1, options={"q": "1"}
    )
    before = shelf.served_bytes
    found, _ = cut_out(shelf, path, tmp_path / "out", 10_000, 11_000)
    assert found["detail"]["copied_frames"] == 25
    assert shelf.served_bytes - before < path.stat().st_size * 0.25


def test_the_index_of_a_clip_begins_with_its_first_frame(shelf: Shelf, tmp_path: Path) -> None:
    path = make.film(tmp_path, "a.mp4", 150, rate=Fraction(30000, 1001), options=CLOSED)
    for asked_ms in (1001, 1000, 999, 970):
        found = index.index_clip({"source": shelf.source(path), "clip": [asked_ms, 2000]}, quiet)
        timeline = found["film"]["timeline"]
        at_s = Fraction(timeline["origin"] - found["beginning"]) * Fraction(*timeline["base"])
        assert float(at_s) == pytest.approx(30 * 1001 / 30000, abs=1e-3), asked_ms


def test_parameter_sets_are_read_and_written() -> None:
    sps, pps = (
        bytes.fromhex("67640028acd940780227e5c044000003000400000300c83c60c658"),
        bytes.fromhex("68ebe3cb22c0"),
    )
    config = h264.Config(4, (sps,), (pps,), b"\xfd\xf8\xf8\0")
    assert h264.parse_config(h264.build_config(config)) == config
    assert config.ids == {0}
    with pytest.raises(ValueError, match="cut off"):
        h264.parse_config(h264.build_config(config)[:12])
