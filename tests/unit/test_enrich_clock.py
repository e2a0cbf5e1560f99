"""What is heard and seen has the times of the renditions, whatever clock the master has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from functions.enrich import film_frames
from functions.enrich.decode import DRIFT_S, RATE, decode
from functions.transcode import index
from tests.fix_media import Shelf
from tests.media import make
from tests.media.looks import samples
from tests.media.pipeline import quiet, transcode

GOOD = {"preset": "veryfast", "crf": "12", "bf": "3"}
NEAR_S = DRIFT_S + 0.01


def source(shelf: Shelf, path: Path, clock: Any) -> dict[str, Any]:
    seen = shelf.source(path)
    return {"url": seen["url"], "size": seen["size_bytes"], "etag": None, "clock": clock}


def clicks(sound: npt.NDArray[Any], rate: int) -> list[float]:
    """Seconds at which something loud begins."""
    loud = np.flatnonzero(np.abs(sound) > 0.4)
    return [float(at) / rate for at in loud[np.diff(loud, prepend=-rate) > rate // 2]]


def heard(given: dict[str, Any], directory: Path, start_ms: int = 0) -> list[float]:
    """The clicks from `start_ms` on, in seconds of the asset."""
    path = directory / f"{start_ms}.pcm"
    decode({**given, "ranges": [{"path": str(path), "start_ms": start_ms, "end_ms": None}]}, quiet)
    sound = np.fromfile(path, "<i2").astype(np.float32) / 32768
    return [start_ms / 1000 + at for at in clicks(sound, RATE)]


def published(shelf: Shelf, path: Path, directory: Path) -> list[float]:
    """The clicks of the rendition that people listen to."""
    result = transcode(shelf.source(path), directory)
    return clicks(samples(result.mp4("proxy"), 0.0), 48_000)


@pytest.mark.parametrize("second_s", [900.0, 0.0], ids=["forward", "back"])
def test_a_recording_whose_clock_jumps_is_heard_as_its_renditions_are(
    second_s: float, shelf: Shelf, tmp_path: Path
) -> None:
    path = make.recording(tmp_path, ((100, 20.0), (75, second_s)), options=GOOD, sounds=({},))
    clock = index.index_film({"source": shelf.source(path)}, quiet)["clock"]
    given = source(shelf, path, clock)
    expected = published(shelf, path, tmp_path / "out")
    assert len(expected) == 7
    assert heard(given, tmp_path) == pytest.approx(expected, abs=NEAR_S)
    assert heard(given, tmp_path, 4500) == pytest.approx(expected[5:], abs=NEAR_S), "behind the jump alone"


def test_a_recording_whose_clock_jumps_is_seen_as_its_renditions_are(shelf: Shelf, tmp_path: Path) -> None:
    path = make.recording(tmp_path, ((100, 0.0), (75, 900.0)), options=GOOD)
    clock = index.index_film({"source": shelf.source(path)}, quiet)["clock"]
    part = {"start_ms": 0, "end_ms": None, "most_frames": 100, "most_shots": 100, "threads": 1}
    seen = film_frames.choose({**source(shelf, path, clock), **part, "directory": str(tmp_path)}, quiet)
    assert seen["shots"][0]["start_ms"] == 0
    assert seen["shots"][-1]["end_ms"] == pytest.approx(7000, abs=80)


def test_time_begins_with_the_first_picture_that_can_be_shown(shelf: Shelf, tmp_path: Path) -> None:
    """A recording that was begun between two key frames: its sound is there before its picture is."""
    whole = make.recording(tmp_path, ((150, 0.0),), "whole.ts", gop=50, options=GOOD, sounds=({},))
    path = tmp_path / "begun-late.ts"
    data = whole.read_bytes()
    path.write_bytes(data[len(data) // 8 // 188 * 188 :])
    expected = published(shelf, path, tmp_path / "out")
    found = heard(source(shelf, path, None), tmp_path)
    assert len(expected) >= 3
    assert found == pytest.approx(expected, abs=NEAR_S)
