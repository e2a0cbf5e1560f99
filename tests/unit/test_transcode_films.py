"""Films of every kind through the encoders, cut into chunks at awkward places: frame by frame the same as their masters."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from acervo import sandbox
from acervo.errors import Rejected
from functions.transcode import index
from functions.transcode.pictures import Pictures
from tests.fix_media import Shelf, clip
from tests.media import make
from tests.media.looks import decode, lag, make_result, psnr, samples
from tests.media.pipeline import Result, quiet

GOOD = {"preset": "veryfast", "crf": "12", "bf": "3"}
SOUNDS = (
    {"language": "spa", "frequency": 440},
    {"language": "eng", "layout": "5.1", "codec": "ac3", "frequency": 880},
)


def uneven(number: int) -> int:
    return number * 40 + number % 7 * 5 + (300 if number > 80 else 0)


Make = Callable[[Path], Path]
MASTERS: dict[str, tuple[Make, list[float]]] = {
    "closed-gop.mp4": (lambda d: make.film(d, "a.mp4", options=GOOD), [2, 3]),
    "open-gop.mp4": (lambda d: make.film(d, "a.mp4", options={**GOOD, "x264-params": "open-gop=1"}), [2, 3]),
    "open-gop.ts": (lambda d: make.film(d, "a.ts", options={**GOOD, "x264-params": "open-gop=1"}), [2, 3]),
    "vfr.mkv": (lambda d: make.film(d, "a.mkv", options=GOOD, times=uneven, time_base=Fraction(1, 1000)), [2, 4]),
    "vfr.mp4": (lambda d: make.film(d, "a.mp4", options=GOOD, times=uneven, time_base=Fraction(1, 1000)), [2, 4]),
    "slides.mp4": (lambda d: make.film(d, "a.mp4", 6, times=lambda n: n * 4000, time_base=Fraction(1, 1000)), [9]),
    "23.976.mp4": (lambda d: make.film(d, "a.mp4", rate=Fraction(24000, 1001), options=GOOD), [2]),
    "29.97.mov": (lambda d: make.film(d, "a.mov", rate=Fraction(30000, 1001), options=GOOD), [1.5]),
    "59.94.mkv": (lambda d: make.film(d, "a.mkv", rate=Fraction(60000, 1001), options=GOOD), [1]),
    "xdcam.mxf": (
        lambda d: make.film(
            d, "a.mxf", codec="mpeg2video", pixels="yuv422p", gop=12, options={"b": "20M", "bf": "2"}
        ),
        [1.92],
    ),
    "no-times.avi": (lambda d: make.film(d, "a.avi", codec="mpeg4", gop=12, options={"b": "8M", "bf": "2"}), [2]),
    "prores.mov": (lambda d: make.film(d, "a.mov", 50, codec="prores_ks", pixels="yuv422p10le"), [1]),
    "hevc-10-bit.mp4": (
        lambda d: make.film(
            d, "a.mp4", 50, codec="libx265", pixels="yuv420p10le",
            options={"preset": "ultrafast", "crf": "10", "x265-params": "log-level=none"},
        ),
        [1],
    ),
    "vp9.webm": (
        lambda d: make.film(
            d, "a.webm", 50, codec="libvpx-vp9", options={"deadline": "realtime", "cpu-used": "8", "b": "4M"}
        ),
        [1],
    ),
    "screen-rgb.mov": (lambda d: make.film(d, "a.mov", 30, codec="qtrle", pixels="rgb24"), [0.5]),
    "one-key-frame.mp4": (lambda d: make.film(d, "a.mp4", gop=1000, options=GOOD), [1.01, 2.53]),
    "fragmented.mp4": (
        lambda d: make.film(d, "a.mp4", options=GOOD, muxer_options={"movflags": "frag_keyframe+empty_moov"}),
        [2],
    ),
    "one-frame.mp4": (lambda d: make.film(d, "a.mp4", 1), []),
    "same-times.mkv": (
        lambda d: make.film(
            d, "a.mkv", 60, options={**GOOD, "bf": "0"}, time_base=Fraction(1, 1000), times=lambda n: n * 40 - (39 if n % 10 == 5 else 0)
        ),
        [1],
    ),
    "bikes.mp4": (lambda _: clip("bikes.mp4"), [3, 6.5]),
}  # fmt: skip


@pytest.mark.parametrize("kind", MASTERS)
def test_every_frame_is_there_once_at_its_time_and_looks_the_same(
    kind: str, shelf: Shelf, tmp_path: Path
) -> None:
    build, at_s = MASTERS[kind]
    path = build(tmp_path)
    result = make_result(shelf, path, tmp_path / "out", at_s)
    master, mp4, hls = decode(path), decode(result.mp4("proxy")), decode(result.master)
    assert (
        len(master.frames)
        == len(mp4.frames)
        == len(hls.frames)
        == result.stitched.promised
        == result.stitched.frames
    )
    assert result.stitched.warnings == []
    assert result.film.timeline.duration_s > float(master.times[-1] - master.times[0]), (
        "the last frame has a length"
    )
    tick = Fraction(1, result.film.timeline.timescale)
    for at, in_mp4, in_hls in zip(master.times, mp4.times, hls.times, strict=True):
        assert abs(at - master.times[0] - in_mp4) <= tick
        assert in_hls - in_mp4 == result.film.timeline.delay * tick
    likeness = [psnr(one, other) for one, other in zip(master.frames, mp4.frames, strict=True)]
    assert min(likeness) > 22, "a neighbour's picture has about 15 dB"
    assert float(np.mean(likeness)) > 30


@pytest.fixture(scope="module")
def chunked(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """A film with two soundtracks in three chunks."""
    folder = tmp_path_factory.mktemp("chunked")
    path = make.film(folder, "a.mkv", 200, options=GOOD, sounds=SOUNDS)
    return make_result(shelf, path, folder / "out", [3, 5])


def test_segments_of_all_rungs_are_aligned_and_follow_without_a_gap(chunked: Result) -> None:
    plans = [
        [(s.start, s.duration, s.samples) for piece in stream.pieces for s in piece.segments]
        for _, stream in chunked.stitched.rungs
    ]
    assert len(plans) == 2
    assert plans[0] == plans[1]
    assert all(
        start + duration == following for (start, duration, _), (following, _, _) in pairwise(plans[0])
    )
    assert sum(samples for _, _, samples in plans[0]) == 200
    assert max(Fraction(duration, chunked.film.timeline.timescale) for _, duration, _ in plans[0]) <= 3


def test_every_segment_can_be_decoded_by_itself(chunked: Result, tmp_path: Path) -> None:
    rung, stream = chunked.stitched.rungs[0]
    for piece in stream.pieces:
        data = (chunked.folder / piece.name).read_bytes()
        for segment in piece.segments:
            alone = tmp_path / "alone.mp4"
            init = (chunked.folder / stream.init).read_bytes()
            alone.write_bytes(init + data[segment.offset : segment.offset + segment.size_bytes])
            decoded = decode(alone)
            assert len(decoded.frames) == segment.samples
            assert decoded.frames[0].key_frame
            assert (
                decoded.times[0] * chunked.film.timeline.timescale
                == segment.start + chunked.film.timeline.delay
            )
            assert (decoded.frames[0].width, decoded.frames[0].height) == (rung.width, rung.height)


def test_a_chunk_encoded_again_is_the_same_to_the_byte(shelf: Shelf, tmp_path: Path) -> None:
    path = make.film(tmp_path, "a.mp4", 60)
    one, two = (make_result(shelf, path, tmp_path / name, [1]) for name in ("one", "two"))
    names = [
        [piece.name for stream in result.stitched.streams for piece in stream.pieces] for result in (one, two)
    ]
    assert names[0] == names[1], "names carry a hash of the bytes"


def test_all_soundtracks_are_in_the_playlist_and_the_first_is_in_the_file(chunked: Result) -> None:
    master = chunked.master.read_text()
    assert 'NAME="Español",LANGUAGE="es",DEFAULT=YES' in master
    assert 'NAME="English",LANGUAGE="en",DEFAULT=NO' in master
    with av.open(str(chunked.mp4("web"))) as container:
        (audio,) = container.streams.audio
        assert (audio.language, audio.channels, audio.rate) == ("spa", 2, 48000)
    with av.open(str(chunked.folder / "a1.m3u8")) as container:
        assert container.streams.audio[0].channels == 2, "5.1 is mixed down"


@pytest.mark.parametrize("container", ["mp4", "ts", "mkv"])
@pytest.mark.parametrize("start_s", [0.0, 0.5])
def test_sound_and_picture_stay_together_to_the_millisecond(
    container: str, start_s: float, shelf: Shelf, tmp_path: Path
) -> None:
    path = make.film(tmp_path, f"a.{container}", 120, options=GOOD, sounds=({"start_s": start_s},))
    result = make_result(shelf, path, tmp_path / "out", [2])
    picture_s = float(decode(path).times[0])
    heard = samples(path, picture_s)
    delay_s = result.film.timeline.delay / result.film.timeline.timescale
    for file, zero_s in ((result.mp4("proxy"), 0.0), (result.folder / "a0.m3u8", delay_s)):
        again = samples(file, zero_s)
        for second in (1, 4):
            assert abs(lag(heard, again, round((second + start_s) * 48000))) <= 48


def test_soundtracks_have_no_hole(chunked: Result) -> None:
    (piece,) = chunked.stitched.soundtracks[0].stream.pieces
    assert all(a.start + a.duration == b.start for a, b in pairwise(piece.segments))
    with av.open(str(chunked.mp4("proxy"))) as container:
        times = [(frame.pts or 0, frame.samples) for frame in container.decode(audio=0)]
    assert all(pts + count == following for (pts, count), (following, _) in pairwise(times))
    assert times[0][0] == 0


def test_damage_in_the_middle_is_found_and_told(shelf: Shelf, tmp_path: Path) -> None:
    path = make.film(tmp_path, "a.mp4", 100, options={**GOOD, "bf": "0"}, gop=10)
    data = bytearray(path.read_bytes())
    start = data.find(b"mdat") + len(data) // 3
    data[start : start + len(data) // 8] = b"\x55" * (len(data) // 8)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(data)
    result = make_result(shelf, broken, tmp_path / "out", [1, 2, 3])
    assert 0 < result.stitched.frames < 100
    assert result.stitched.warnings == [
        f"{100 - result.stitched.frames} of 100 frames of the master cannot be decoded"
    ]
    mp4 = decode(result.mp4("proxy"))
    assert mp4.times[-1] == Fraction(99, 25), "what is there stays at its time"


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
        "ffconcat version 1.0\nfile '/etc/passwd'\n",
        "no media at all" * 100,
    ],
    ids=["playlist", "sdp", "concat", "text"],
)
def test_files_that_only_pretend_are_refused(text: str, shelf: Shelf, tmp_path: Path) -> None:
    path = tmp_path / "evil.mp4"
    path.write_text(text)
    with pytest.raises(Rejected) as refused:
        sandbox.run(
            "functions.transcode.index:index_film",
            {"source": shelf.source(path)},
            memory_bytes=2 << 30,
            cpu_s=10,
            wall_s=12,
        )
    assert refused.value.code == "unreadable", (
        "an SDP that is followed waits 20 s for packets from the network"
    )


def test_a_film_with_an_index_is_planned_without_reading_it(shelf: Shelf, tmp_path: Path) -> None:
    path = make.film(tmp_path, "big.mov", 250, codec="rawvideo", pixels="yuv444p", size=(320, 240))
    before = shelf.served_bytes
    found = index.index_film({"source": shelf.source(path)}, quiet)
    read = shelf.served_bytes - before
    assert found["film"]["frames"] == 250
    assert read < path.stat().st_size * 0.15, "the file has 58 MB; blocks of 256 KiB"


@pytest.mark.parametrize("container", ["mp4", "mkv"])
def test_a_long_film_is_cut_at_the_times_of_its_key_frames(
    container: str, shelf: Shelf, tmp_path: Path
) -> None:
    path = make.film(tmp_path, f"a.{container}", 500, size=(64, 36), rate=5, gop=37, options=GOOD)
    found = index.index_film({"source": shelf.source(path)}, quiet)
    with av.open(str(path)) as opened:
        keys = {frame.pts for frame in opened.decode(video=0) if frame.key_frame}
    starts = [start for start, _ in found["chunks"]]
    assert len(starts) == 3
    assert set(starts) <= keys
    assert found["film"]["frames"] == (500 if container == "mp4" else 0), (
        "cues do not count frames: chunks do"
    )


def test_pictures_that_change_their_size_half_way_keep_the_rung(shelf: Shelf, tmp_path: Path) -> None:
    path = make.film(tmp_path, "a.mp4", 3)
    film = make_result(shelf, path, tmp_path / "out").film
    pictures = Pictures(film.picture, [(160, 90)], threads=1)
    shown: list[list[Any]] = []
    for size in ((320, 180), (320, 180), (640, 360)):
        frame: Any = av.VideoFrame.from_ndarray(make.picture(1, *size), "rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = len(shown), Fraction(1, 25)
        shown += [found for _, found in pictures.push(frame)]
    assert [(frame.width, frame.height) for (frame,) in shown] == [(160, 90)] * 3
