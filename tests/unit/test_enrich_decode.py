"""Decoding a range of a container: the right samples at the right time, whatever the codec; hostile files refused."""

from __future__ import annotations

import http.server
import re
import threading
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from acervo.errors import Rejected
from demo.speech import encode, write_wav
from functions.enrich.decode import RATE, decode
from functions.enrich.pcm import Recording

CODECS = [
    ("tone.wav", "pcm_s24le", 48_000, "stereo"),
    ("phone.wav", "pcm_mulaw", 8_000, "mono"),
    ("tone.m4a", "aac", 44_100, "stereo"),
    ("surround.mkv", "ac3", 48_000, "5.1"),
    ("tone.mp3", "libmp3lame", 44_100, "stereo"),
    ("tone.ts", "aac", 48_000, "stereo"),
    ("tone.opus", "libopus", 48_000, "stereo"),
    ("tone.flac", "flac", 96_000, "mono"),
]


class Files(http.server.BaseHTTPRequestHandler):
    """Byte ranges of files, as an object store answers them; counts what it sends."""

    folder: Path
    sent = 0

    def do_GET(self) -> None:
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["Range"])
        assert found
        first, last = int(found[1]), int(found[2])
        with (self.folder / self.path[1:]).open("rb") as source:
            source.seek(first)
            data = source.read(last - first + 1)
        type(self).sent += len(data)
        self.send_response(206)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def store(tmp_path: Path) -> Iterator[http.server.ThreadingHTTPServer]:
    handler = type("Handler", (Files,), {"folder": tmp_path})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


def pulses(path: Path, seconds: int = 40) -> None:
    """A tone of 100 ms at each second, of a height that tells which."""
    at = np.arange(seconds * RATE)
    tone = np.sin(2 * np.pi * (300 + 40 * (at // RATE)) * at / RATE) * ((at % RATE) < RATE // 10)
    write_wav(path, (tone * 20_000).astype("<i2").tobytes())


def heard(
    store: http.server.ThreadingHTTPServer, path: Path, *ranges: tuple[int, int | None]
) -> tuple[list[np.ndarray[Any, Any]], dict[str, Any]]:
    items: list[dict[str, Any]] = [
        {"path": str(path.with_suffix(f".{n}.pcm")), "start_ms": a, "end_ms": b}
        for n, (a, b) in enumerate(ranges)
    ]
    url = f"http://127.0.0.1:{store.server_address[1]}/{path.name}"
    done = decode({"url": url, "size": path.stat().st_size, "etag": None, "ranges": items}, lambda _: None)
    return [Recording.open(Path(item["path"])).read() for item in items], done


def onsets_ms(samples: np.ndarray[Any, Any]) -> list[int]:
    """Where tones begin."""
    loud = np.abs(samples.astype(np.int32)).reshape(-1, RATE // 1000).max(axis=1) > 2_000
    began = np.flatnonzero(loud & ~np.concatenate([[False], loud[:-1]]))
    return [int(at) for n, at in enumerate(began) if n == 0 or at - began[n - 1] > 300]


def likeness(samples: np.ndarray[Any, Any], within: np.ndarray[Any, Any]) -> float:
    """The best correlation at any place, 1 for the same sound."""
    sound = samples.astype(np.float64)
    places = np.lib.stride_tricks.sliding_window_view(within.astype(np.float64), len(sound))
    scale = np.linalg.norm(places, axis=1) * np.linalg.norm(sound)
    return float((places @ sound / scale).max())


@pytest.mark.parametrize(("name", "codec", "rate", "layout"), CODECS)
def test_a_range_has_the_samples_of_its_time(
    name: str, codec: str, rate: int, layout: str, store: http.server.ThreadingHTTPServer, tmp_path: Path
) -> None:
    pulses(tmp_path / "pulses.wav")
    encode(tmp_path / "pulses.wav", tmp_path / name, codec, rate, layout)
    (whole, part, again, rest, tone), done = heard(
        store,
        tmp_path / name,
        (0, None),
        (20_500, 25_500),
        (20_500, 22_500),
        (38_000, None),
        (20_030, 20_090),
    )
    assert done["faults"] == 0
    assert len(part) == 5 * RATE
    trimmed = whole[: len(whole) // 16 * 16]
    began = onsets_ms(trimmed)
    assert len(began) == 40
    lead = began[1] - 1000  # a codec's own delay or pre-echo, where the container does not say it
    assert abs(lead) <= 60
    assert began[0] <= 60
    assert all(abs(at - second * 1000 - lead) <= 3 for second, at in enumerate(began[1:], 1))
    assert [round((at - lead) / 10) * 10 for at in onsets_ms(part)] == pytest.approx(
        [500, 1500, 2500, 3500, 4500], abs=11
    )
    assert np.array_equal(again, part[: len(again)]), "the same place gives the same samples"
    assert likeness(tone, whole[20_020 * 16 : 20_100 * 16]) > 0.99, "a codec has what it needs before a range"
    assert 1.9 * RATE < len(rest) < 2.2 * RATE


def test_time_without_sound_is_silence(store: http.server.ThreadingHTTPServer, tmp_path: Path) -> None:
    """A track that pauses for 20 s (its timestamps jump)."""
    pulses(tmp_path / "pulses.wav", 4)
    path = tmp_path / "gap.mkv"
    with av.open(str(tmp_path / "pulses.wav")) as source, av.open(str(path), "w") as out:
        stream: Any = out.add_stream("pcm_s16le", rate=RATE, layout="mono")
        for frame in source.decode(audio=0):
            assert frame.pts is not None
            frame.pts += 20 * RATE if frame.pts >= 2 * RATE else 0
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    (whole, late), _ = heard(store, path, (0, None), (21_500, 23_200))
    assert len(whole) / RATE == pytest.approx(24, abs=0.2)
    began = onsets_ms(whole[: len(whole) // 16 * 16])
    assert [at for at in began if at not in range(1_950, 2_070)] == pytest.approx(
        [0, 1000, 22_000, 23_000], abs=70
    )
    assert onsets_ms(late[: len(late) // 16 * 16]) == pytest.approx([500, 1500], abs=70)


def test_damage_in_the_middle_loses_only_the_damage(
    store: http.server.ThreadingHTTPServer, tmp_path: Path
) -> None:
    pulses(tmp_path / "pulses.wav")
    path = tmp_path / "damaged.m4a"
    encode(tmp_path / "pulses.wav", path, "aac")
    data = bytearray(path.read_bytes())
    middle = data.index(b"mdat") + (data.index(b"moov") - data.index(b"mdat")) // 2
    data[middle : middle + 4_000] = np.random.default_rng(1).bytes(4_000)
    path.write_bytes(data)
    (whole,), done = heard(store, path, (0, None))
    assert done["faults"] > 0
    assert len(whole) / RATE == pytest.approx(40, abs=0.2)
    seconds = {round(at / 1000) for at in onsets_ms(whole[: len(whole) // 16 * 16]) if at % 1000 < 60}
    assert len(seconds) >= 33
    assert {1, 2, 38, 39} <= seconds


def test_the_end_of_a_film_is_heard_without_reading_its_beginning(
    store: http.server.ThreadingHTTPServer, tmp_path: Path
) -> None:
    path = tmp_path / "film.mov"
    pulses(tmp_path / "pulses.wav", 10)
    with av.open(str(tmp_path / "pulses.wav")) as source, av.open(str(path), "w") as out:
        picture: Any = out.add_stream("rawvideo", rate=5, width=640, height=480, pix_fmt="yuv420p")
        stream: Any = out.add_stream("pcm_s16le", rate=RATE, layout="mono")
        noise = np.random.default_rng(1)
        frames = source.decode(audio=0)
        for number in range(50):
            image = av.VideoFrame.from_ndarray(noise.integers(0, 255, (720, 640), np.uint8), format="yuv420p")
            image.pts = number
            out.mux(picture.encode(image))
            for frame in frames:
                out.mux(stream.encode(frame))
                if (frame.time or 0) > (number + 1) / 5:
                    break
        out.mux(stream.encode(None))
    before = store.RequestHandlerClass.sent  # type: ignore[attr-defined]  # of our own handler
    (whole,), _ = heard(store, path, (9_000, None))
    assert len(whole) / RATE == pytest.approx(1, abs=0.2)
    assert store.RequestHandlerClass.sent - before < path.stat().st_size / 2  # type: ignore[attr-defined]  # as above


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/secret.ts\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile /etc/passwd\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n",
        "",
        "no sound at all" * 1000,
    ],
)
def test_a_file_that_is_no_sound_is_rejected(
    text: str, store: http.server.ThreadingHTTPServer, tmp_path: Path
) -> None:
    (tmp_path / "sound.mp4").write_text(text)
    with pytest.raises(Rejected, match="sound"):
        heard(store, tmp_path / "sound.mp4", (0, None))


def test_a_film_without_sound_is_rejected(store: http.server.ThreadingHTTPServer, tmp_path: Path) -> None:
    path = tmp_path / "mute.mkv"
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("rawvideo", rate=5, width=16, height=16, pix_fmt="yuv420p")
        out.mux(stream.encode(av.VideoFrame(16, 16, "yuv420p")))
        out.mux(stream.encode(None))
    with pytest.raises(Rejected, match="no-sound"):
        heard(store, path, (0, None))


@pytest.mark.parametrize("count", [0, 1, 3_200])
def test_a_recording_of_almost_nothing_is_no_fault(
    count: int, store: http.server.ThreadingHTTPServer, tmp_path: Path
) -> None:
    with wave.open(str(tmp_path / "short.wav"), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(bytes(2 * count))
    (whole,), _ = heard(store, tmp_path / "short.wav", (0, None))
    assert len(whole) == count
