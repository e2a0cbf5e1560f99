"""A film's sound is made as loud as EBU R128 says, by one gain for all of its parts; mono tracks come together."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest

from acervo.orders import Order
from functions.transcode import index, plan
from functions.transcode.film import Soundtrack, parse_film
from functions.transcode.heard import Heard, Loudness, join_heard
from functions.transcode.loudness import Meter
from functions.transcode.pairs import join_monos, part_monos
from functions.transcode.profiles import EBU_R128
from tests.fix_media import Shelf
from tests.media import make
from tests.media.looks import make_result
from tests.media.pipeline import Result, quiet, transcode

RANGE_S = 94 * 1024 / 48_000
SMALL: dict[str, Any] = {"size": (32, 32), "gop": 50}


def meter(path: Path) -> Loudness:
    """By FFmpeg's ebur128, of the file as it plays."""
    found = Meter()
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            found.push(frame)
    return found.measure()


def heard(path: Path, track: int = 0) -> npt.NDArray[Any]:
    """(channels, samples)"""
    planar = av.AudioResampler(format="fltp")
    with av.open(str(path)) as container:
        frames = [each for frame in container.decode(audio=track) for each in planar.resample(frame)]
    return np.concatenate([frame.to_ndarray() for frame in frames], axis=1)


def gains(result: Result) -> list[float]:
    return [track.loudness["gain_db"] for track in result.stitched.soundtracks if track.loudness]


def uneven(seconds: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.where(seconds < 4, 0.004, 0.03)


@pytest.fixture(scope="module")
def parted(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, npt.NDArray[Any]]:
    """A film of eight seconds, much louder in its second half, whose sound was encoded in four parts; and the master's samples."""
    folder = tmp_path_factory.mktemp("parted")
    path = make.film(
        folder, "a.mkv", 200, sounds=({"amplitude": uneven, "clicks": False, "codec": "flac"},), **SMALL
    )
    return transcode(shelf.source(path), folder / "out", sound_range_s=RANGE_S), heard(path)


def test_all_parts_of_a_film_get_the_gain_of_the_whole(parted: tuple[Result, npt.NDArray[Any]]) -> None:
    result, master = parted
    (track,) = result.stitched.soundtracks
    assert len(track.stream.pieces) == 4
    for file in (result.mp4("proxy"), result.folder / "a0.m3u8"):
        assert meter(file).integrated_lufs == pytest.approx(EBU_R128.lufs, abs=0.3)
    out = heard(result.mp4("proxy"))[0]
    (gain_db,) = gains(result)
    assert gain_db > 5
    for second in np.arange(0.25, 7.75, 0.25):
        window = slice(round(second * 48_000), round((second + 0.2) * 48_000))
        if abs(second + 0.1 - 4) < 0.2:
            continue
        before, after = (float(np.sqrt(np.mean(line[window] ** 2))) for line in (master[0], out))
        assert 20 * np.log10(after / before) == pytest.approx(gain_db, abs=0.4), f"at {second} s"


def test_peaks_that_the_gain_would_lift_too_high_are_limited(shelf: Shelf, tmp_path: Path) -> None:
    def peaky(seconds: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.where(abs(seconds - 2) < 0.0012, 0.9, 0.04)

    path = make.film(
        tmp_path, "a.mkv", 100, sounds=({"amplitude": peaky, "clicks": False, "codec": "flac"},), **SMALL
    )
    result = make_result(shelf, path, tmp_path / "out")
    (gain_db,) = gains(result)
    before, after = meter(path), meter(result.mp4("proxy"))
    assert before.peak_dbtp + gain_db > EBU_R128.peak_dbtp + 2, "it would be over the ceiling"
    assert after.peak_dbtp <= EBU_R128.peak_dbtp
    assert after.integrated_lufs > before.integrated_lufs + 3


def test_silence_stays_silence_and_a_clip_of_the_original_stays_as_it_is(
    shelf: Shelf, tmp_path: Path
) -> None:
    def silent(seconds: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return seconds * 0

    path = make.film(tmp_path, "a.mkv", 50, sounds=({"amplitude": silent, "clicks": False},), **SMALL)
    assert gains(make_result(shelf, path, tmp_path / "out")) == [0.0]
    untouched = transcode(shelf.source(path), tmp_path / "raw", untouched=True)
    assert gains(untouched) == []


def test_what_is_ten_lu_quieter_than_the_rest_counts_for_nothing() -> None:
    """ITU-R BS.1770-4's second gate: music under long pauses is not made louder for them."""
    heard = Heard(Counter({-200: 100, -380: 300}), peak=0.5)
    assert heard.loudness.integrated_lufs == pytest.approx(-20.0, abs=0.05)
    assert Heard(Counter({-200: 100, -250: 300}), peak=0.5).loudness.integrated_lufs < -22


def test_a_gain_goes_no_further_than_its_peaks_may_be_limited() -> None:
    room_db = EBU_R128.peak_dbtp + 6.0 + EBU_R128.most_limited_db
    assert Loudness(-23.0 - room_db - 3, 5.0, -6.0).gain_db() == pytest.approx(room_db)
    assert Loudness(-30.0, 5.0, -40.0).gain_db() == pytest.approx(7.0)
    assert Loudness(-30.0, 5.0, EBU_R128.peak_dbtp + EBU_R128.most_limited_db + 1).gain_db() == 0.0
    assert Loudness(-13.0, 5.0, 0.0).gain_db() == pytest.approx(-10.0)


def test_parts_measured_apart_are_one_programme() -> None:
    one, two = {"blocks": {"-300": 10}, "peak": 0.1}, {"blocks": {"-200": 10, "-650": 100}, "peak": 0.5}
    found = join_heard([one, two]).loudness
    assert found.integrated_lufs == pytest.approx(10 * np.log10((10**-3 + 10**-2) / 2), abs=0.01)
    assert found.peak_dbtp == pytest.approx(-6.02, abs=0.01)
    assert join_heard([]).loudness.gain_db() == 0


# -- mono tracks -----------------------------------------------------------------------------------------------------
def mono(stream: int, language: str = "und", title: str = "") -> Soundtrack:
    return Soundtrack(stream, language, 1, title)


@pytest.mark.parametrize(
    ("tracks", "joined"),
    [
        ([mono(1), mono(2)], [(2, (1, 2))]),
        ([mono(n) for n in range(1, 5)], [(2, (1, 2)), (2, (3, 4))]),
        ([mono(n) for n in range(1, 7)], [(6, (1, 2, 3, 4, 5, 6))]),
        ([mono(n) for n in range(1, 9)], [(2, (1, 2)), (2, (3, 4)), (2, (5, 6)), (2, (7, 8))]),
        ([mono(1), mono(2), mono(3)], [(2, (1, 2)), (1, ())]),
        ([mono(1, "spa"), mono(2, "eng")], [(1, ()), (1, ())]),
        ([mono(1, "spa"), mono(2, "spa"), mono(3, "eng"), mono(4, "eng")], [(2, (1, 2)), (2, (3, 4))]),
        ([mono(1, title="boom"), mono(2, title="lavalier")], [(1, ()), (1, ())]),
        ([Soundtrack(1, "spa", 2, ""), mono(2, "spa"), mono(3, "spa")], [(2, ()), (2, (2, 3))]),
        ([mono(1)], [(1, ())]),
        ([], []),
    ],
)
def test_mono_tracks_that_belong_together_are_pairs(tracks: list[Soundtrack], joined: list[Any]) -> None:
    found = join_monos(tracks)
    assert [(track.channels, track.members) for track in found] == joined
    assert part_monos(found) == tuple(tracks)


def strongest(line: npt.NDArray[Any]) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(line[48_000:96_000]))))


def mxf(folder: Path, frequencies: tuple[int, ...]) -> Path:
    sounds = tuple(
        {"layout": "mono", "codec": "pcm_s16le", "frequency": each, "clicks": False} for each in frequencies
    )
    return make.film(
        folder, "a.mxf", 75, codec="mpeg2video", pixels="yuv422p", gop=12, options={"b": "10M", "bf": "2"}, sounds=sounds,
    )  # fmt: skip


def test_four_mono_tracks_of_an_mxf_are_two_stereo_soundtracks(shelf: Shelf, tmp_path: Path) -> None:
    path = mxf(tmp_path, (300, 500, 700, 900))
    result = make_result(shelf, path, tmp_path / "out", [1])
    assert len(result.stitched.soundtracks) == 2
    for number, (left, right) in enumerate([(300, 500), (700, 900)]):
        line = heard(result.folder / f"a{number}.m3u8")
        assert len(line) == 2
        assert [strongest(channel) for channel in line] == [left, right]
    assert result.master.read_text().count("TYPE=AUDIO") == 2
    order = Order("prores-lt")
    film = parse_film(index.index_film({"source": shelf.source(path)}, quiet)["film"])
    asset = {"id": "a", "kind": "video", "project_id": "p", "sha256": "0" * 64, "master_key": "m"}
    spec = plan.plan_order(asset, order, "job", film, [[0, 1]]).spec
    kept = [track["stream"] for track in spec["film"]["soundtracks"]]
    assert kept == [1, 2, 3, 4], "an editor gets them as they are"


def test_six_mono_tracks_are_surround_sound_in_stereo(shelf: Shelf, tmp_path: Path) -> None:
    result = make_result(shelf, mxf(tmp_path, (300, 500, 700, 60, 900, 1100)), tmp_path / "out")
    (track,) = result.stitched.soundtracks
    assert track.channels == 2
    left, right = (np.abs(np.fft.rfft(channel[48_000:96_000])) for channel in heard(result.mp4("proxy")))
    for frequency, in_left, in_right in ((300, 1, 0), (500, 0, 1), (700, 1, 1), (900, 1, 0), (1100, 0, 1)):
        for spectrum, there in ((left, in_left), (right, in_right)):
            assert (spectrum[frequency] > spectrum.max() / 5) == bool(there), frequency


def test_a_long_film_is_heard_before_its_sound_is_encoded(shelf: Shelf, tmp_path: Path) -> None:
    path = make.film(tmp_path, "a.mp4", 50, sounds=({}, {"language": "eng"}), **SMALL)
    film = parse_film(index.index_film({"source": shelf.source(path)}, quiet)["film"])
    timeline = film.timeline
    long = parse_film({**film.to_json(), "timeline": {**film.to_json()["timeline"], "end": timeline.origin + round(3600 / timeline.time_base)}})  # fmt: skip
    asset = {"id": "a", "kind": "video", "project_id": "p", "sha256": "0" * 64, "master_key": "m"}
    kinds = [(chunk["do"], plan.waits(chunk)) for chunk in plan.plan_film(asset, long, [[0, 1]]).chunks]
    assert kinds[:16] == [("listen", False)] * 8 + [("soundtracks", True)] * 8
    kinds = [(chunk["do"], plan.waits(chunk)) for chunk in plan.plan_film(asset, film, [[0, 1]]).chunks]
    assert kinds[:1] == [("soundtracks", False)], "one part listens by itself"
