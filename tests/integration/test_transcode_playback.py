"""The stream in players and parsers that others wrote: Chromium with hls.js and dash.js, m3u8-parser, mpd-parser, mp4box."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import pyvips

from functions.transcode import captions, mpd, playlist
from functions.transcode.playlist import Captions
from tests.fix_media import Shelf
from tests.media import make, node
from tests.media.looks import make_result
from tests.media.pipeline import Result

SOUNDS = ({"language": "spa"}, {"language": "eng", "frequency": 880})
VTT = b"WEBVTT\n\n00:00:01.000 --> 00:00:07.500\nBuenos dias\n"


@pytest.fixture(scope="module")
def stream(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """A film of eight seconds in three chunks, two languages, with captions that came later."""
    folder = tmp_path_factory.mktemp("stream")
    options = {"preset": "veryfast", "crf": "18", "bf": "2"}
    path = make.film(folder, "a.mp4", 200, size=(480, 270), options=options, sounds=SOUNDS)
    made = make_result(shelf, path, folder / "out", [3, 5])
    delay_s = made.film.timeline.delay / made.film.timeline.timescale
    (made.folder / "captions").mkdir()
    (made.folder / "captions/es.vtt").write_bytes(VTT)
    (made.folder / "captions/es-hls.vtt").write_bytes(captions.with_clock(VTT, delay_s))
    (made.folder / "captions-es.m3u8").write_text(playlist.build_captions("captions/es-hls.vtt", 8.0))
    listed = [Captions("captions-es.m3u8", "Español", "es")]
    made.master.write_text(playlist.with_captions(made.master.read_text(), listed))
    manifest = made.folder / "manifest.mpd"
    manifest.write_text(
        mpd.with_captions(manifest.read_text(), [Captions("captions/es.vtt", "Español", "es")])
    )
    return made


class Files(http.server.SimpleHTTPRequestHandler):
    """Two folders, by ranges: /player/ and /stream/."""

    protocol_version = "HTTP/1.1"
    extensions_map = {  # noqa: RUF012  # http.server's own shape
        ".m3u8": "application/vnd.apple.mpegurl", ".mpd": "application/dash+xml", ".m4s": "video/mp4", ".mp4": "video/mp4",
        ".vtt": "text/vtt", ".js": "text/javascript", ".html": "text/html",
    }  # fmt: skip

    def __init__(self, folders: dict[str, Path], *arguments: Any) -> None:
        self.folders = folders
        super().__init__(*arguments)

    def do_GET(self) -> None:  # the name http.server calls
        _, name, rest = self.path.split("?")[0].split("/", 2)
        path = self.folders.get(name, Path("/nowhere")) / rest
        if not path.is_file():
            self.send_error(404)
            return
        data = path.read_bytes()
        asked = self.headers.get("Range", "").removeprefix("bytes=").split("-")
        first = int(asked[0]) if asked[0] else 0
        last = int(asked[1]) if len(asked) > 1 and asked[1] else len(data) - 1
        self.send_response(206 if asked[0] else 200)
        if asked[0]:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        self.wfile.write(data[first : last + 1])

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # http.server's signature
        pass


@pytest.fixture(scope="module")
def site(stream: Result) -> Iterator[str]:
    handler = functools.partial(Files, {"player": node.installed(), "stream": stream.folder})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)


@pytest.mark.parametrize(("player", "file"), [("hls", "master.m3u8"), ("dash", "manifest.mpd")])
def test_it_plays_in_chromium_from_the_beginning_and_after_a_jump_to_its_end(
    player: str, file: str, site: str, stream: Result
) -> None:
    found = node.run("play.mjs", player, node.chromium(), f"{site}/player/page.html", f"{site}/stream/{file}")
    assert found["errors"] == []
    assert found["duration"] == pytest.approx(8.0, abs=0.1)
    assert (found["width"], found["height"]) == (480, 270)
    assert found["levels"] == len(stream.ladder)
    assert sorted(found["sounds"]) == ["en", "es"]
    assert found["captions"] == ["es"]
    assert found["frames"] > 20
    if player == "dash":
        shown = found["thumbnail"]
        assert (shown["x"], shown["y"], shown["width"], shown["height"]) == (320, 0, 160, 90), (
            "the third of four"
        )
        assert f"{site}/stream/thumbnails/sheet-0000-" in shown["url"]


def test_parsers_of_others_find_nothing_wrong_and_the_same_film(stream: Result) -> None:
    found = node.run("conform.mjs", str(stream.folder))
    master = found["master"]
    assert master["warnings"] == []
    assert master["independent"] is True
    assert master["subtitles"] == ["captions"]
    assert [variant["CODECS"].split(".")[0] for variant in master["variants"]] == ["avc1"] * len(
        stream.ladder
    )
    assert {(v["RESOLUTION"]["width"], v["RESOLUTION"]["height"]) for v in master["variants"]} == {(480, 270)}
    names = {each.name for each in stream.stitched.streams}
    assert {name.removesuffix(".m3u8") for name in found["media"]} == names
    for name, media in found["media"].items():
        assert (media["warnings"], media["ended"], media["boxes"]["faults"]) == ([], True, []), name
        assert sum(media["segments"]) == pytest.approx(8.0, abs=0.05)
        assert max(media["segments"]) <= media["target"] + 0.5
    for _, rung in stream.stitched.rungs:
        boxes = found["media"][rung.playlist]["boxes"]
        samples = boxes["samples"]
        assert len(samples) == 200
        tick = Fraction(1, boxes["timescale"])
        shown = sorted(cts * tick for _, cts, _, _ in samples)
        assert {after - at for at, after in pairwise(shown)} == {Fraction(1, 25)}
        assert [dts for dts, *_ in samples] == sorted(dts for dts, *_ in samples)
        assert all(cts >= dts for dts, cts, *_ in samples)
    assert found["mpd"]["duration"] == pytest.approx(8.0, abs=0.01)
    assert len(found["mpd"]["playlists"]) == len(stream.ladder)
    assert sorted(found["mpd"]["sounds"]) == ["en", "es"]
    for each in found["mpd"]["playlists"]:
        assert sum(each["segments"]) == pytest.approx(8.0, abs=0.01)


def test_key_frame_playlists_and_thumbnails_name_what_is_there(stream: Result) -> None:
    master = stream.master.read_text()
    for rung, each in stream.stitched.rungs:
        assert f'URI="{each.key_frame_playlist}"' in master
        text = (stream.folder / each.key_frame_playlist).read_text()
        assert "#EXT-X-I-FRAMES-ONLY" in text
        ranges = [line.split(":")[1] for line in text.splitlines() if line.startswith("#EXT-X-BYTERANGE")]
        uris = [line for line in text.splitlines() if line and not line.startswith("#")]
        assert len(ranges) == len(uris) == len(each.parts)
        size, offset = map(int, ranges[1].split("@"))
        data = (stream.folder / uris[1]).read_bytes()[offset : offset + size]
        assert data[4:8] == b"moof"
        assert size < each.parts[1].size_bytes, f"{rung.name}: one frame of a segment"
    track = (stream.folder / "thumbnails.vtt").read_text()
    cues = [line for line in track.splitlines() if "#xywh=" in line]
    assert len(cues) == 4, "one in two seconds"
    for cue in cues:
        assert (stream.folder / cue.split("#")[0]).stat().st_size > 500
    assert "00:00:06.000 --> 00:00:08.000" in track
    sheets = {cue.split("#")[0] for cue in cues}
    (name,) = sheets
    sheet = pyvips.Image.new_from_file(str(stream.folder / name))
    assert (sheet.width, sheet.height) == (4 * 160, 90)


def test_dash_has_the_same_sheets_as_a_track_of_tiles(stream: Result) -> None:
    root = ElementTree.parse(stream.folder / "manifest.mpd").getroot()  # noqa: S314  # our own
    names = {"d": mpd.NAMESPACE}
    (images,) = root.iterfind(".//d:AdaptationSet[@contentType='image']", names)
    assert images.get("mimeType") == "image/jpeg"
    (shown,) = images.iterfind("d:Representation", names)
    assert (shown.get("width"), shown.get("height")) == ("640", "90")
    tiles = shown.find("d:EssentialProperty", names)
    assert tiles is not None
    assert (tiles.get("schemeIdUri"), tiles.get("value")) == (
        "http://dashif.org/guidelines/thumbnail_tile",
        "4x1",
    )
    (length,) = shown.iterfind(".//d:S", names)
    assert (length.get("t"), length.get("d"), length.get("r")) == ("0", "8000", "0")
    listed = [each.get("media", "") for each in shown.iterfind(".//d:SegmentURL", names)]
    assert [(stream.folder / name).is_file() for name in listed] == [True]


def test_playlists_of_one_stream_have_one_target_duration_but_for_captions(stream: Result) -> None:
    """RFC 8216, 6.2.4; captions are one file for the whole film, which a VOD may have."""

    def lines(name: str) -> list[str]:
        return (stream.folder / name).read_text().splitlines()

    targets = {
        line for each in stream.stitched.streams for line in lines(each.playlist) if "TARGETDURATION" in line
    }
    assert len(targets) == 1
    assert "#EXT-X-PLAYLIST-TYPE:VOD" in lines("captions-es.m3u8")
    assert "#EXT-X-TARGETDURATION:8" in lines("captions-es.m3u8")
    assert sum(line.startswith("#EXTINF") for line in lines("captions-es.m3u8")) == 1
