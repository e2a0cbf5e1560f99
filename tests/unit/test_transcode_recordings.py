"""Long recordings in parts: the same as in one go, whatever they are kept in; and the files that are joined out of the parts."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.transcode import recording_index
from functions.transcode.mp3 import crc16, info_frame
from functions.transcode.plan import sound_ranges
from functions.transcode.profiles import RECORDING_RANGE_S
from functions.transcode.recording import Bare, Recording, parse_recording
from functions.transcode.recording_parts import MP3_FRAME, RATE, WARM
from functions.transcode.recording_pieces import wave_format
from functions.transcode.wav import wave_head
from tests.fix_media import Shelf
from tests.media.recorded import look, record

STEP_S = 1.2  # packets of MP3 and points of the waveform begin together
SECONDS = 26
NO_NOISE = {"aac_pns": "0"}  # AAC's substitute for noise is another one each time


def noise(
    directory: Path, name: str, codec: str, rate: int = 48_000, options: dict[str, str] | None = None
) -> Path:
    """Sweeps with noise, louder and softer: no second is like another, and a bitrate that may vary does."""
    path = directory / name
    at = np.arange(SECONDS * rate) / rate
    random = np.random.default_rng(7)
    loud = 0.5 + 0.45 * np.sin(at * 0.9)
    tone = np.sin(2 * math.pi * (200 + 40 * at) * at) + random.normal(0, 0.2, len(at)) * (np.sin(at * 3) > 0)
    both = np.stack([tone * loud, tone * loud[::-1]]) * 9000
    muxing = {"write_xing": "0"} if name.endswith(".mp3") else {}
    with av.open(str(path), "w", options=muxing) as out:
        stream: Any = out.add_stream(codec, rate=rate, layout="stereo", options=options or {})
        for begin in range(0, len(at), 4096):
            part = np.ascontiguousarray(both[:, begin : begin + 4096].astype(np.int16))
            frame: Any = av.AudioFrame.from_ndarray(part, "s16p", "stereo")
            frame.sample_rate, frame.pts = rate, begin
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def heard(path: Path) -> Any:
    with av.open(str(path)) as container:
        found = [frame.to_ndarray() for frame in container.decode(audio=0)]
        planar = found[0].dtype == np.float32
        return (
            np.concatenate(found, axis=1)
            if planar
            else np.concatenate([each.reshape(-1, 2) for each in found])
        )


@pytest.mark.parametrize(
    ("name", "codec", "rate", "options"),
    [
        ("a.wav", "pcm_s16le", 48_000, {}),
        ("a.flac", "flac", 44_100, {}),
        ("a.m4a", "aac", 44_100, NO_NOISE),
        ("a.ogg", "libopus", 48_000, {}),
        ("constant.mp3", "libmp3lame", 44_100, {"b": "96k"}),
        ("varying.mp3", "libmp3lame", 44_100, {"q": "5", "flags": "+qscale", "global_quality": "590"}),
        ("a.aac", "aac", 44_100, NO_NOISE),
    ],
)  # fmt: skip
def test_a_recording_in_parts_is_the_same_as_in_one_go(
    name: str, codec: str, rate: int, options: dict[str, str], shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(recording_index, "EVERY_S", 2)
    source = shelf.source(noise(tmp_path, name, codec, rate, options))
    whole = record(source, tmp_path / "whole", level=False)
    parts = record(source, tmp_path / "parts", 4 * STEP_S, level=False)
    assert (whole["parts"], parts["parts"]) == (1, 5)
    assert parts["duration_s"] == whole["duration_s"] == pytest.approx(SECONDS, abs=0.1)
    one, two = (heard(tmp_path / each / "broadcast.wav") for each in ("whole", "parts"))
    assert one.shape == two.shape
    assert np.abs(one.astype(np.int64) - two).max() < 2**9, (
        "of 32 bits: nothing but rounding, at no seam a sample lost or doubled"
    )
    assert (tmp_path / "whole" / "waveform.json").read_bytes() == (
        tmp_path / "parts" / "waveform.json"
    ).read_bytes()
    once, joined = (heard(tmp_path / each / "preview.mp3") for each in ("whole", "parts"))
    master = (one / 2**31).T
    assert joined.shape == once.shape == master.shape, "the padding is known: not a sample more"
    for seam in range(1, 5):
        near = slice(round(seam * 4 * STEP_S * RATE) - 4800, round(seam * 4 * STEP_S * RATE) + 4800)
        far, close = (
            float(np.sqrt(np.mean((master[:, near] - each[:, near]) ** 2))) for each in (once, joined)
        )
        assert close < far * 1.3 + 1e-4, f"seam {seam}: {close}, in one go {far}"


def test_the_parts_of_a_long_recording_begin_on_its_grid() -> None:
    begin = round(RECORDING_RANGE_S * RATE)
    assert (begin % MP3_FRAME, begin % (RATE // 20), WARM % MP3_FRAME) == (0, 0, 0)
    assert len(sound_ranges(10 * 3600, RECORDING_RANGE_S)) == 40


@given(
    places=st.lists(st.integers(1, 40), min_size=1, max_size=50),
    begin=st.integers(0, 1000),
    length=st.one_of(st.none(), st.integers(1, 300)),
)
def test_a_window_holds_its_part_and_what_a_decoder_needs_before_it(
    places: list[int], begin: int, length: int | None
) -> None:
    times = [sum(places[:number]) for number in range(len(places))]
    bare = Bare("mp3", (1, 1), tuple((100 * at, at) for at in times))
    end = None if length is None else Fraction(begin + length)
    size = 100 * (times[-1] + 40)
    window = bare.window(size, Fraction(begin), end)
    if window is None:
        assert not [at for at in times[1:] if at <= begin - 1]
        return
    assert window.at <= begin - 1
    assert window.first == 100 * window.at
    assert not [at for at in times if window.at < at <= begin - 1], "and no more than that"
    assert window.until == size or (end is not None and window.until >= 100 * (end + 1))


def test_a_bare_recording_is_exactly_as_long_as_its_frames(shelf: Shelf, tmp_path: Path) -> None:
    """The demuxer guesses from the first frames' bitrate, and is wrong."""
    path = noise(tmp_path, "a.mp3", "libmp3lame", 44_100, {"flags": "+qscale", "global_quality": "590"})
    found = look(shelf.source(path))
    assert found.duration_s == pytest.approx(SECONDS, abs=0.06)
    assert found.bare is not None
    data = path.read_bytes()
    assert {data[at : at + 2] for at, _ in found.bare.places} == {b"\xff\xfb"}, "each is where a frame begins"
    assert parse_recording(found.to_json()) == found


def test_a_clip_is_cut_to_the_sample_out_of_several_parts(shelf: Shelf, tmp_path: Path) -> None:
    source = shelf.source(noise(tmp_path, "a.wav", "pcm_s16le"))
    whole = record(source, tmp_path / "whole", level=False)
    clip = record(source, tmp_path / "clip", 2 * STEP_S, (7_250, 14_750), level=False)
    assert whole["parts"] == 1 < clip["parts"]
    master = heard(tmp_path / "whole" / "broadcast.wav")[round(7.25 * RATE) : round(14.75 * RATE)]
    assert np.array_equal(master, heard(tmp_path / "clip" / "broadcast.wav"))
    assert heard(tmp_path / "clip" / "preview.mp3").shape == (2, len(master))


def test_where_a_recording_ends_before_it_says_nothing_is_made_up(shelf: Shelf, tmp_path: Path) -> None:
    """Its head promises more than there is: the parts behind its end are empty, and are not looked for from the beginning on."""
    path = noise(tmp_path, "a.mka", "pcm_s16le")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    made = record(shelf.source(path), tmp_path / "out", 4 * STEP_S)
    assert made["parts"] == 5
    assert made["duration_s"] == pytest.approx(SECONDS / 2, abs=0.5)


def test_a_recording_whose_clock_jumps_is_one_part(shelf: Shelf, tmp_path: Path) -> None:
    both = b""
    for number in range(2):
        both += noise(tmp_path, f"{number}.ts", "mp2").read_bytes()
    path = tmp_path / "jumps.ts"
    path.write_bytes(both)
    found = look(shelf.source(path))
    assert found.entire
    assert "clock" in found.warnings[0]
    steady = look(shelf.source(tmp_path / "0.ts"))
    assert (steady.entire, steady.warnings) == (False, ())
    assert steady.duration_s == pytest.approx(SECONDS, abs=0.1)


def test_loudness_of_parts_is_that_of_the_whole(shelf: Shelf, tmp_path: Path) -> None:
    source = shelf.source(noise(tmp_path, "a.wav", "pcm_s16le"))
    once, parts = record(source, tmp_path / "whole"), record(source, tmp_path / "parts", 4 * STEP_S)
    assert parts["loudness"]["integrated_lufs"] == pytest.approx(
        once["loudness"]["integrated_lufs"], abs=0.15
    )
    assert parts["loudness"]["gain_db"] == pytest.approx(once["loudness"]["gain_db"], abs=0.15)
    assert parts["loudness"]["range_lu"] == pytest.approx(once["loudness"]["range_lu"], abs=0.5)
    assert once["loudness"]["range_lu"] > 1


def test_a_frame_that_is_none_of_ours_has_no_tag() -> None:
    with pytest.raises(ValueError, match="49443304"):
        info_frame(b"ID3\x04", 1, 1152, 1105)
    assert crc16(b"123456789") == 0xBB3D


@pytest.mark.parametrize("layout", ["mono", "stereo", "5.1", "3 channels"])
@pytest.mark.parametrize("data_bytes", [0, 9, 4_294_967_200, 5_000_000_001])
def test_the_head_of_a_wave_file_says_how_long_it_is(layout: str, data_bytes: int, tmp_path: Path) -> None:
    """Of any length: what lies behind is a hole on the disk."""
    form = wave_format(layout)
    channels = int.from_bytes(form[10:12], "little")
    data_bytes -= data_bytes % (3 * channels)
    head = wave_head(form, data_bytes, 3 * channels)
    assert head[:4] == (b"RF64" if len(head) - 8 + data_bytes + data_bytes % 2 >= 1 << 32 else b"RIFF")
    path = tmp_path / "a.wav"
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + data_bytes + data_bytes % 2)
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        assert (stream.codec_context.name, stream.rate, stream.channels) == ("pcm_s24le", 48_000, channels)
        if data_bytes:
            assert stream.duration == data_bytes // (3 * channels)
        assert path.stat().st_size % 2 == 0


def test_what_is_known_of_a_recording_survives_a_job() -> None:
    recording = Recording(
        (), Fraction(1, 3), 7.5, True, False, Bare("aac", (1, 28224000), ((0, 0), (9, 8))), ("w",)
    )
    assert parse_recording(recording.to_json()) == recording
