"""What is heard is what the preview plays: of a film of several soundtracks, and of soundtracks that lie in several streams."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest

from acervo import soundtracks
from functions.enrich.decode import RATE, decode
from functions.enrich.placed import SHARES, mix
from tests.fix_media import Shelf
from tests.media import make
from tests.media.looks import samples
from tests.media.pipeline import quiet, transcode

Sound = npt.NDArray[Any]


def heard(shelf: Shelf, path: Path, directory: Path, start_ms: int = 0, end_ms: int | None = None) -> Sound:
    seen, out = shelf.source(path), directory / f"{start_ms}.pcm"
    decode(
        {
            "url": seen["url"], "size": seen["size_bytes"], "etag": None,
            "ranges": [{"path": str(out), "start_ms": start_ms, "end_ms": end_ms}],
        },
        quiet,
    )  # fmt: skip
    assert [each.name for each in directory.glob("*.pcm*")] == [out.name], "nothing else is left behind"
    return np.fromfile(out, "<i2")


def tones(sound: Sound, rate: int, least: float = 0.1) -> set[int]:
    """Frequencies that are in a second of it, to 10 Hz."""
    spectrum = np.abs(np.fft.rfft(sound[rate : 2 * rate].astype(np.float64)))
    return {round(int(at) / 10) * 10 for at in np.flatnonzero(spectrum > least * spectrum.max())}


def played(shelf: Shelf, path: Path, directory: Path) -> set[int]:
    return tones(samples(transcode(shelf.source(path), directory).mp4("proxy"), 0.0), 48_000)


def monos(*frequencies: int) -> tuple[dict[str, Any], ...]:
    return tuple(
        {"layout": "mono", "codec": "pcm_s16le", "frequency": each, "clicks": False} for each in frequencies
    )


def broadcast(directory: Path, *frequencies: int) -> Path:
    return make.film(
        directory, "a.mxf", 75, codec="mpeg2video", pixels="yuv422p", gop=12, options={"b": "10M", "bf": "2"},
        sounds=monos(*frequencies),
    )  # fmt: skip


def test_of_two_soundtracks_that_one_is_heard_which_the_preview_plays(shelf: Shelf, tmp_path: Path) -> None:
    sounds = (
        {"language": "spa", "frequency": 400, "clicks": False},
        {"language": "eng", "frequency": 700, "clicks": False, "codec": "ac3"},
    )
    path = make.film(tmp_path, "two.ts", 75, sounds=sounds)
    with av.open(str(path)) as container:
        (main,) = soundtracks.main(container.streams.audio)
        best = container.streams.best("audio")
        assert best is not None
        assert best.index != main.index, "or this film shows nothing"
    (tmp_path / "heard").mkdir()
    assert tones(heard(shelf, path, tmp_path / "heard"), RATE) == {400}
    assert played(shelf, path, tmp_path / "out") == {400}


@pytest.mark.parametrize(
    ("frequencies", "main"),
    [((300, 500), {300, 500}), ((300, 500, 700, 900), {300, 500}), ((300, 500, 700), {300, 500})],
)
def test_both_streams_of_a_pair_are_heard_and_no_other(
    frequencies: tuple[int, ...], main: set[int], shelf: Shelf, tmp_path: Path
) -> None:
    (tmp_path / "heard").mkdir()
    assert tones(heard(shelf, broadcast(tmp_path, *frequencies), tmp_path / "heard"), RATE) == main


def test_in_surround_of_six_streams_the_middle_is_the_loudest(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "heard").mkdir()
    sound = heard(shelf, broadcast(tmp_path, 300, 500, 700, 60, 900, 1100), tmp_path / "heard")
    assert tones(sound, RATE, 0.2) == {300, 500, 700, 900, 1100}, "all but the LFE"
    assert tones(sound, RATE, 0.9) == {700}


def test_a_part_of_a_pair_has_the_samples_of_its_time(shelf: Shelf, tmp_path: Path) -> None:
    path = broadcast(tmp_path, 300, 500)
    for name in ("whole", "part"):
        (tmp_path / name).mkdir()
    whole, part = heard(shelf, path, tmp_path / "whole"), heard(shelf, path, tmp_path / "part", 1000, 2500)
    assert len(part) == 1.5 * RATE
    assert np.abs(whole[RATE : RATE + len(part)].astype(int) - part).max() <= 2


def test_two_streams_of_the_same_sound_are_as_loud_as_one_and_the_longer_one_goes_on(tmp_path: Path) -> None:
    line = (np.sin(np.arange(RATE) / 10) * 32_767).astype("<i2")
    for name, count in (("a", RATE), ("b", RATE // 2)):
        line[:count].tofile(tmp_path / name)
    assert mix([tmp_path / "a", tmp_path / "b"], tmp_path / "mixed") == RATE
    mixed = np.fromfile(tmp_path / "mixed", "<i2")
    assert np.array_equal(mixed[: RATE // 2], line[: RATE // 2])
    assert np.abs(mixed[RATE // 2 :] - line[RATE // 2 :] / 2).max() <= 1


def test_every_number_of_streams_that_is_one_soundtrack_can_be_mixed() -> None:
    for count in range(2, 20):
        tracks = [soundtracks.Described("und", 1, "")] * count
        sizes = {len(group) for group in soundtracks.join(tracks)} - {1}
        assert sizes <= SHARES.keys()
        assert all(len(shares) == size for size, shares in SHARES.items())
