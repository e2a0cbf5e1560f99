"""Recordings whose clock wraps, jumps or stands still: every frame once, sound and picture together, and the editor is told."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acervo import ranges, transport
from acervo.clocks import Straight, parse_clock
from acervo.transport import WRAP
from functions.transcode import clock, index, poster
from functions.transcode.clock import ClockFinder, describe
from functions.transcode.film import parse_film
from tests.fix_media import Shelf
from tests.media import make
from tests.media.looks import cuts, decode, lag, make_result, psnr, samples
from tests.media.pipeline import Result, quiet, reader, transcode

GOOD = {"preset": "veryfast", "crf": "12", "bf": "3"}
WRAP_S = WRAP / 90_000
JUMP = (
    "the recording's clock jumps once, first at 0:00:0{}: what lies before and behind follows without a gap"
)


def frames_once(path: Path, result: Result, count: int) -> None:
    """Every picture that was put in comes out once, in step."""
    mp4, hls = decode(result.mp4("proxy")), decode(result.master)
    assert len(mp4.frames) == len(hls.frames) == count == result.stitched.frames == result.stitched.promised
    tick = Fraction(1, result.film.timeline.timescale)
    assert all(abs(b - a - Fraction(1, 25)) <= tick for a, b in pairwise(mp4.times))
    for number, frame in enumerate(mp4.frames):
        image: Any = av.VideoFrame.from_ndarray(make.picture(number, 320, 180), "rgb24")
        assert psnr(image, frame) > 20, f"frame {number} is another"


@pytest.mark.parametrize(
    ("parts", "lost_bytes"),
    [
        (((100, 0.0), (75, 0.0)), 0),
        (((100, WRAP_S - 2), (75, 100.0)), 0),
        (((100, 0.0), (75, 50_000.0)), 100),
    ],
    ids=["back-to-the-beginning", "back-after-a-wrap", "forward-with-lost-bytes"],
)
def test_a_clock_that_jumps_leaves_no_gap_and_no_duplicate(
    parts: tuple[tuple[int, float], ...], lost_bytes: int, shelf: Shelf, tmp_path: Path
) -> None:
    path = make.recording(tmp_path, parts, lost_bytes=lost_bytes, options=GOOD, sounds=({},))
    result = make_result(shelf, path, tmp_path / "out", [2, 5])
    frames_once(path, result, 175)
    assert result.stitched.warnings == [JUMP.format(4)]
    with av.open(str(result.mp4("proxy"))) as container:
        heard = sum(frame.samples for frame in container.decode(audio=0))
    assert heard == pytest.approx(7 * 48_000, abs=4096)


def test_sound_stays_with_its_picture_behind_the_jump(shelf: Shelf, tmp_path: Path) -> None:
    path = make.recording(tmp_path, ((100, 0.0), (75, 900.0)), options=GOOD, sounds=({},))
    result = make_result(shelf, path, tmp_path / "out", [2])
    alone = tmp_path / "part1.ts"
    once, again = samples(alone, float(decode(alone).times[0])), samples(result.mp4("proxy"), 4.0)
    for second in (1, 2):
        assert abs(lag(once, again, second * 48_000)) <= 48


def test_a_clock_that_wraps_is_no_event(shelf: Shelf, tmp_path: Path) -> None:
    path = make.recording(tmp_path, ((150, WRAP_S - 5),), options=GOOD, sounds=({},))
    source = shelf.source(path)
    assert index.index_film({"source": source}, quiet)["clock"] is None, "the demuxer knows it"
    parts_s = 94 * 1024 / 48_000
    result = transcode(source, tmp_path / "out", cuts(source, [2, 5]), sound_range_s=parts_s)
    frames_once(path, result, 150)
    assert result.stitched.warnings == []
    assert result.film.timeline.duration_s == pytest.approx(6.0)
    heard = samples(result.mp4("proxy"), 0.0)
    plain = samples(make.film(tmp_path, "plain.mkv", 150, options=GOOD, sounds=({},)), 0.0)
    for second in (1, 3, 5):
        assert abs(lag(plain, heard, second * 48_000)) <= 48 + 1024


def test_a_gap_stays_a_gap_and_is_told(shelf: Shelf, tmp_path: Path) -> None:
    path = make.recording(tmp_path, ((50, 0.0), (50, 5.0)), options=GOOD)
    found = index.index_film({"source": shelf.source(path)}, quiet)
    assert found["clock"] is None, "its own clock will do"
    film = parse_film(found["film"])
    assert film.timeline.duration_s == pytest.approx(7.0, abs=0.1)
    assert film.warnings == ("the recording has a gap of 2.9 s in all, first at 0:00:02",)


def test_a_recording_with_a_good_clock_is_read_once_and_left_alone(shelf: Shelf, tmp_path: Path) -> None:
    path = make.film(tmp_path, "a.ts", 75, options={**GOOD, "crf": "1"}, sounds=({},))
    before = shelf.served_bytes
    found = index.index_film({"source": shelf.source(path)}, quiet)
    assert found["clock"] is None
    assert shelf.served_bytes - before < path.stat().st_size * 1.2 + (4 << 20)


def test_a_moment_behind_the_jump_is_found_by_the_straight_clock(shelf: Shelf, tmp_path: Path) -> None:
    path = make.recording(tmp_path, ((100, 0.0), (75, 0.0)), options=GOOD)
    found = index.index_film({"source": shelf.source(path)}, quiet)
    source = {**shelf.source(path), "clock": found["clock"]}
    clip = index.index_clip({"source": source, "clip": [5000, 6000]}, quiet)
    timeline = parse_film(clip["film"]).timeline
    assert (timeline.origin - clip["beginning"]) * timeline.time_base == 5
    made = poster.make_poster(
        {"source": source, "film": found["film"], "directory": str(tmp_path), "threads": 1, "at_ms": 5000},
        quiet,
    )
    assert made["at_s"] == 5.0


def test_bytes_are_the_same_but_for_their_times_however_they_are_read(tmp_path: Path) -> None:
    path = make.recording(tmp_path, ((30, 0.0), (30, 0.0)), lost_bytes=77, options=GOOD, sounds=({},))
    data = path.read_bytes()
    finder = ClockFinder()
    for at in range(0, len(data), 1001):
        finder.feed(data[at : at + 1001])
    found = finder.clock()
    assert found is not None
    assert len(found.grids) == 2, "bytes were lost between the parts"
    found = parse_clock(found.to_json())
    whole = Straight(reader(path, 1 << 20), found).read()
    assert len(whole) == len(data)
    pieces = Straight(reader(path, 4096), found)
    assert b"".join(iter(lambda: pieces.read(777), b"")) == whole
    pieces.seek(len(data) // 2 + 13)
    assert pieces.read(500) == whole[len(data) // 2 + 13 :][:500]
    again = ClockFinder()
    again.feed(whole)
    assert again.jumps_at == []


@given(st.integers(0, WRAP - 1), st.integers(0, WRAP - 1), st.binary(min_size=5, max_size=5))
def test_a_time_is_written_as_it_was_read_and_its_markers_stay(one: int, other: int, stamp: bytes) -> None:
    written = transport.build_time(one, stamp)
    assert transport.parse_time(written) == one
    again = transport.build_time(other, written)
    assert transport.parse_time(again) == other
    assert [byte & mask for byte, mask in zip(again, (0xF1, 0, 1, 0, 1), strict=True)] == [
        byte & mask for byte, mask in zip(stamp, (0xF1, 0, 1, 0, 1), strict=True)
    ]
    moved = (one + transport.apart(other, one)) % WRAP
    assert moved == other


def test_what_is_no_transport_stream_has_no_clock() -> None:
    finder = ClockFinder()
    finder.feed(bytes(ranges.PROBE_BLOCK))
    assert finder.lost
    assert finder.clock() is None


def test_a_clock_that_jumps_all_the_time_is_left_alone_and_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(clock, "MAX_JUMPS", 0)
    path = make.recording(tmp_path, ((30, 0.0), (30, 0.0)), size=(64, 64))
    finder = ClockFinder()
    finder.feed(path.read_bytes())
    assert finder.clock() is None
    assert describe(finder) == ["the recording's clock is broken: pictures and sound are where it says"]
