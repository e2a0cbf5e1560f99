"""Sound by itself: previews, broadcast copies, waveforms; and the poster, a film's silent part."""

from __future__ import annotations

import json
import wave
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import pyvips

from acervo.errors import Rejected
from functions.transcode import index, poster
from functions.transcode.heard import Loudness
from functions.transcode.loudness import Meter
from functions.transcode.profiles import SOUND_RANGE_S
from functions.transcode.waveform import Peaks
from tests.fix_media import Shelf
from tests.media import make
from tests.media.looks import samples
from tests.media.pipeline import quiet, transcode
from tests.media.recorded import record


def encode(shelf: Shelf, path: Path, folder: Path) -> dict[str, Any]:
    return record(shelf.source(path), folder)


@pytest.mark.parametrize(
    ("name", "layout", "channels"),
    [("a.wav", "mono", (1, 1)), ("a.flac", "stereo", (2, 2)), ("a.wav", "5.1", (2, 6)), ("a.mp3", "stereo", (2, 2)), ("a.m4a", "mono", (1, 1))],
)  # fmt: skip
def test_a_recording_becomes_mp3_and_wav_of_the_same_length(
    name: str, layout: str, channels: tuple[int, int], shelf: Shelf, tmp_path: Path
) -> None:
    path = make.sound(tmp_path, name, 3, layout)
    made = encode(shelf, path, tmp_path / "out")
    assert made["duration_s"] == pytest.approx(3, abs=0.06)
    assert made["channels"] == {"preview": channels[0], "broadcast": channels[1]}
    with av.open(str(tmp_path / "out" / "preview.mp3")) as container:
        stream = container.streams.audio[0]
        assert (stream.rate, stream.channels) == (48000, channels[0])
        sizes = {packet.size for packet in container.demux(stream) if packet.size}
        assert sizes == {384}, "128 kb/s, every packet the same"
    with av.open(str(tmp_path / "out" / "broadcast.wav")) as container:
        stream = container.streams.audio[0]
        assert (stream.codec_context.name, stream.rate, stream.channels) == ("pcm_s24le", 48000, channels[1])
        assert sum(frame.samples for frame in container.decode(stream)) == pytest.approx(144_000, abs=2500)


def test_a_waveform_shows_where_it_is_loud(shelf: Shelf, tmp_path: Path) -> None:
    encode(shelf, make.sound(tmp_path), tmp_path / "out")
    wave = json.loads((tmp_path / "out" / "waveform.json").read_text())
    assert {name: wave[name] for name in ("version", "channels", "sample_rate", "samples_per_pixel", "bits", "length")} == {
        "version": 2, "channels": 1, "sample_rate": 48000, "samples_per_pixel": 2400, "bits": 8, "length": 60,
    }  # fmt: skip
    highs = wave["data"][1::2]
    assert [at for at, high in enumerate(highs) if high > 60] == [0, 20, 40], "a click each second"
    assert all(-128 <= value <= 127 for value in wave["data"])


def test_peaks_do_not_depend_on_how_samples_arrive() -> None:
    samples = np.random.default_rng(3).uniform(-1, 1, (2, 10_000)).astype(np.float32)
    whole, parts = Peaks(48000), Peaks(48000)
    whole.add(samples)
    for start in range(0, 10_000, 777):
        parts.add(samples[:, start : start + 777])
    assert whole.to_json() == parts.to_json()
    assert whole.to_json()["length"] == 5


def test_a_hole_in_a_recording_stays_a_silence(shelf: Shelf, tmp_path: Path) -> None:
    path = tmp_path / "hole.mkv"
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("pcm_s16le", rate=48000, layout="mono")
        for number in (*range(50), *range(100, 150)):
            frame: Any = av.AudioFrame.from_ndarray(np.full((1, 960), 8000, np.int16), "s16", "mono")
            frame.sample_rate, frame.pts = 48000, number * 960
            out.mux(stream.encode(frame))
    assert encode(shelf, path, tmp_path / "out")["duration_s"] == pytest.approx(3, abs=0.05)


def test_silence_is_not_enough(shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(Rejected) as refused:
        encode(shelf, make.film(tmp_path, "a.mp4", 3), tmp_path / "out")
    assert refused.value.code == "no-sound"


def test_the_poster_is_not_black_when_there_is_anything_to_see(shelf: Shelf, tmp_path: Path) -> None:
    def draw(number: int, width: int, height: int) -> make.Image:
        return (
            make.picture(number, width, height)
            if 60 <= number < 90
            else np.zeros((height, width, 3), np.uint8)
        )

    source = shelf.source(make.film(tmp_path, "a.mp4", 100, gop=10, draw=draw))
    film = index.index_film({"source": source}, quiet)["film"]
    made = poster.make_poster(
        {"source": source, "film": film, "directory": str(tmp_path), "threads": 1}, quiet
    )
    assert 2.3 < made["at_s"] < 3.6
    image = pyvips.Image.new_from_file(str(tmp_path / "poster.jpg"))
    assert (image.width, image.height) == (made["width"], made["height"]) == (320, 180)
    assert image.avg() > 60


def test_a_black_film_still_has_a_poster(shelf: Shelf, tmp_path: Path) -> None:
    source = shelf.source(make.film(tmp_path, "a.mp4", 5, draw=lambda _, w, h: np.zeros((h, w, 3), np.uint8)))
    film = index.index_film({"source": source}, quiet)["film"]
    poster.make_poster({"source": source, "film": film, "directory": str(tmp_path), "threads": 1}, quiet)
    assert pyvips.Image.new_from_file(str(tmp_path / "poster.jpg")).avg() < 5


def test_white_letters_on_black_are_less_interesting_than_a_dull_picture() -> None:
    letters = np.zeros((54, 96))
    letters[20:25] = 255
    dull = np.tile(np.linspace(90, 150, 96), (54, 1))
    assert poster.interest(letters) < poster.interest(dull)


def test_sound_encoded_in_parts_joins_without_a_seam(shelf: Shelf, tmp_path: Path) -> None:
    """Parts begin on packets of one grid: 2.005 s (94 packets) here, seven and a half minutes in real life."""
    path = make.film(tmp_path, "a.mp4", 200, sounds=({"language": "spa", "clicks": False},), size=(32, 32))
    source = shelf.source(path)
    range_s = 94 * 1024 / 48_000
    assert SOUND_RANGE_S * 48_000 % (94 * 1024) == 0
    assert SOUND_RANGE_S * 20 % 1 == 0, "and on a point of the waveform"
    whole = transcode(source, tmp_path / "whole", untouched=True)
    parts = transcode(source, tmp_path / "parts", sound_range_s=range_s, untouched=True)
    one, two = (result.stitched.soundtracks[0].stream for result in (whole, parts))
    assert (len(one.pieces), len(two.pieces)) == (1, 4)
    assert sum(len(piece.segments) for piece in two.pieces) == len(one.parts)
    assert [part.duration for part in one.parts] == [part.duration for part in two.parts]
    master = samples(path, 0.0)
    heard = [samples(result.mp4("proxy"), 0.0) for result in (whole, parts)]
    for seam in (1, 2, 3):
        at = round(seam * range_s * 48_000)
        near = slice(at - 4800, at + 4800)
        once, joined = (float(np.sqrt(np.mean((master[near] - each[near]) ** 2))) for each in heard)
        assert joined < once * 1.3, f"seam {seam}: {joined}, in one go {once}"
        step = np.abs(np.diff(heard[1][at - 3 : at + 3])).max()
        assert step < 3 * np.abs(np.diff(heard[0][near])).max()


@pytest.mark.parametrize(("level_db", "heard_lufs"), [(-36.0, -23.0), (-6.0, -23.0)])
def test_the_preview_is_as_loud_as_ebu_r128_says(
    level_db: float, heard_lufs: float, shelf: Shelf, tmp_path: Path
) -> None:
    path = tmp_path / "tone.wav"
    tone = np.sin(np.arange(4 * 48_000) * (2 * np.pi * 997 / 48_000)) * 10 ** (level_db / 20)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(np.repeat(np.round(tone * 32767).astype("<i2"), 2).tobytes())
    found = encode(shelf, path, tmp_path / "out")
    assert found["loudness"]["integrated_lufs"] == pytest.approx(level_db, abs=0.2)
    meter, untouched = Meter(), Meter()
    for name, listener in (("preview.mp3", meter), ("broadcast.wav", untouched)):
        with av.open(str(tmp_path / "out" / name)) as container:
            for frame in container.decode(audio=0):
                listener.push(frame)
    assert meter.measure().integrated_lufs == pytest.approx(heard_lufs, abs=0.5)
    assert untouched.measure().integrated_lufs == pytest.approx(level_db, abs=0.2), "the master's own"


@pytest.mark.parametrize(
    ("lufs", "peak", "gain"),
    [
        (-30.0, -20.0, 7.0),
        (-30.0, -4.0, 7.0),
        (-30.0, 2.0, 3.0),
        (-30.0, 9.0, 0.0),
        (-12.0, 0.5, -11.0),
        (-70.0, -60.0, 0.0),
        (-59.0, -58.0, 30.0),
    ],
)
def test_one_gain_brings_a_programme_to_the_target_as_far_as_its_peaks_allow(
    lufs: float, peak: float, gain: float
) -> None:
    assert Loudness(lufs, 3.0, peak).gain_db() == gain


def tone(samples_: Any, rate: int = 48_000) -> int:
    """Hertz of what is heard most."""
    spectrum = np.abs(np.fft.rfft(samples_ * np.hanning(len(samples_))))
    return round(float(np.argmax(spectrum)) * rate / len(samples_))


def every_channel(path: Path, stream: int = 0) -> Any:
    """Samples of 32 bits, a row a moment."""
    with av.open(str(path)) as container:
        chosen = container.streams.audio[stream]
        return np.concatenate(
            [each.to_ndarray().reshape(-1, chosen.channels) for each in container.decode(chosen)]
        )


LANGUAGES = (
    {"language": "spa", "layout": "5.1", "frequency": 500, "clicks": False},
    {"language": "eng", "layout": "stereo", "frequency": 900, "clicks": False},
    {"language": "por", "layout": "mono", "frequency": 1300, "clicks": False, "start_s": 0.5},
)


def test_the_broadcast_copy_has_every_language_and_the_preview_the_main_one(
    shelf: Shelf, tmp_path: Path
) -> None:
    path = make.film(tmp_path, "film.mkv", 75, size=(64, 64), sounds=LANGUAGES)
    made = encode(shelf, path, tmp_path / "out")
    assert made["channels"] == {"preview": 2, "broadcast": 9}
    assert [(each["language"], each["first_channel"], each["channels"]) for each in made["soundtracks"]] == [
        ("spa", 0, 6), ("eng", 6, 2), ("por", 8, 1),
    ]  # fmt: skip
    whole = every_channel(tmp_path / "out" / "broadcast.wav") / 2**31
    assert whole.shape == (pytest.approx(3.5 * 48_000, abs=2500), 9), "as long as the last one"
    heard = {channel: tone(whole[60_000:108_000, channel]) for channel in (0, 1, 2, 6, 7, 8)}
    assert heard == {0: 500, 1: 500, 2: 500, 6: 900, 7: 900, 8: 1300}
    assert np.abs(whole[:20_000, 8]).max() < 0.001, "it begins later: in step with the others"
    with av.open(str(tmp_path / "out" / "preview.mp3")) as container:
        mono = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    assert tone(mono[60_000:108_000]) == 500


def test_mono_tracks_of_one_language_are_one_soundtrack(shelf: Shelf, tmp_path: Path) -> None:
    """As cameras and MXF have them."""
    sides = tuple(
        {"codec": "pcm_s24le", "layout": "mono", "frequency": each, "clicks": False} for each in (400, 800)
    )
    made = encode(shelf, make.film(tmp_path, "film.mov", 50, size=(64, 64), sounds=sides), tmp_path / "out")
    assert made["channels"] == {"preview": 2, "broadcast": 2}
    with av.open(str(tmp_path / "out" / "preview.mp3")) as container:
        both = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)
    assert [tone(side[24_000:72_000]) for side in both] == [400, 800]
    with av.open(str(tmp_path / "out" / "broadcast.wav")) as container:
        assert container.streams.audio[0].layout.name == "stereo"


def test_side_by_side_is_no_sound_field(shelf: Shelf, tmp_path: Path) -> None:
    """Three stereo languages have six channels, and are not 5.1: nobody may mix them."""
    sounds = tuple({"language": each} for each in ("spa", "eng", "por"))
    encode(shelf, make.film(tmp_path, "film.mp4", 25, size=(64, 64), sounds=sounds), tmp_path / "out")
    with av.open(str(tmp_path / "out" / "broadcast.wav")) as container:
        assert container.streams.audio[0].layout.name == "6 channels"


def test_samples_of_24_bits_stay_as_they_are_beside_others(shelf: Shelf, tmp_path: Path) -> None:
    sounds = tuple({"codec": "pcm_s24le", "language": each, "frequency": 333} for each in ("spa", "eng"))
    path = make.film(tmp_path, "film.mov", 25, size=(64, 64), sounds=sounds)
    encode(shelf, path, tmp_path / "out")

    copy = every_channel(tmp_path / "out" / "broadcast.wav")
    for number in range(2):
        assert np.array_equal(
            copy[:48_000, 2 * number : 2 * number + 2], every_channel(path, number)[:48_000]
        )
