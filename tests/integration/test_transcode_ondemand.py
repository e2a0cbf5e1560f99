"""Orders through real Ceph and PostgreSQL: clips, sizes, ProRes, renditions that are gone; captions that come late."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from pathlib import Path
from typing import Any

import av
import pytest
import pyvips

from acervo import events
from acervo.events import Event
from tests.fix_media import clip
from tests.media import make
from tests.media.desk import Desk

pytestmark = pytest.mark.ceph


@pytest.fixture(scope="module")
def film(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A film of six seconds with two soundtracks, ready but for its speech."""
    sounds = ({"language": "spa"}, {"language": "eng", "frequency": 880})
    folder = tmp_path_factory.mktemp("film")
    options = {"preset": "veryfast", "crf": "14", "bf": "3"}
    path = make.film(folder, "a.mp4", 150, size=(640, 360), options=options, sounds=sounds)
    asset_id = desk.arrive(path, "video", audio=True)
    desk.post(desk.ingested(asset_id))
    desk.deliver(asset_id)
    assert desk.job(asset_id)["state"] == "done"
    return asset_id


def take(desk: Desk, asset_id: str, profile: str, **changes: Any) -> dict[str, Any]:
    """An order as the API gives it; its job when it is over."""
    job_id = str(uuid.uuid4())
    order = {"profile": profile, **changes}
    desk.connection.execute(
        "insert into jobs (id, asset_id, kind, state, required, spec, cause) values (%s, %s, 'ondemand', 'queued', false, %s, %s)",
        (job_id, asset_id, json.dumps({"order": order}), job_id),
    )
    assert desk.post(desk.order(asset_id, profile, job_id=job_id, **changes)) == 202
    desk.deliver(asset_id)
    return desk.row("select * from jobs where id = %s", job_id)


def made(desk: Desk, job: dict[str, Any], folder: Path) -> tuple[dict[str, Any], Path]:
    assert job["state"] == "done", (job["reason_code"], job["reason"])
    row = desk.renditions(str(job["asset_id"]))[f"ondemand-{job['id']}"]
    path = folder / row["key"].rsplit("/", 1)[1]
    path.write_bytes(desk.objects.get_bytes(row["bucket"], row["key"]))
    return row, path


def shape(path: Path) -> dict[str, Any]:
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        found = {
            "size": (video.width, video.height), "codec": video.codec_context.name, "profile": video.codec_context.profile,
            "tag": video.codec_context.codec_tag, "pixels": video.codec_context.pix_fmt,
            "sounds": [(sound.codec_context.name, sound.channels, sound.language) for sound in container.streams.audio],
        }  # fmt: skip
        return {**found, "frames": sum(1 for _ in container.decode(video))}


def test_a_clip_in_another_size_is_made_beside_the_renditions(desk: Desk, film: str, tmp_path: Path) -> None:
    before = desk.renditions(film)
    job = take(desk, film, "web", clip=[1000, 3500], box=[320, 320])
    row, path = made(desk, job, tmp_path)
    assert row["key"].startswith(f"ondemand/{film}/")
    assert row["detail"]["order"] == {"profile": "web", "clip": [1000, 3500], "box": [320, 320]}
    found = shape(path)
    assert (found["size"], found["frames"], found["codec"]) == ((320, 180), 63, "h264")
    assert [(name, language) for name, _, language in found["sounds"]] == [("aac", "spa")]
    assert {name: row["key"] for name, row in before.items()}.items() <= {
        name: row["key"] for name, row in desk.renditions(film).items()
    }.items()
    left = list(desk.objects.keys(desk.objects.proxies, f"ondemand/{film}/"))
    assert left == [row["key"]], "pieces are swept"
    said = [e for e in desk.said(film) if e.type == "acervo.chunk.requested.v1"]
    assert {e.extensions.get("lane") for e in said if e.data["job_id"] == str(job["id"])} == {"interactive"}
    assert {e.extensions.get("lane") for e in said if e.data["job_id"] != str(job["id"])} == {None}


@pytest.mark.parametrize(
    ("profile", "name", "tag"),
    [("prores-proxy", "Proxy", "apco"), ("prores-lt", "LT", "apcs"), ("prores-422", "Standard", "apcn"), ("prores-hq", "HQ", "apch")],
)  # fmt: skip
def test_prores_has_its_profile_in_the_file_every_frame_and_every_soundtrack_in_24_bit(
    desk: Desk, film: str, tmp_path: Path, profile: str, name: str, tag: str
) -> None:
    _, path = made(desk, take(desk, film, profile, clip=[0, 1000]), tmp_path)
    found = shape(path)
    assert (found["codec"], found["size"], found["frames"]) == ("prores", (640, 360), 25)
    assert (found["profile"], found["tag"], found["pixels"]) == (name, tag, "yuv422p10le")
    assert found["sounds"] == [("pcm_s24be", 2, "spa"), ("pcm_s24be", 2, "eng")]
    with av.open(str(path)) as container:
        heard = sum(frame.samples for frame in container.decode(audio=1))
    assert heard == 48_000


def test_a_clip_of_the_original_copies_what_it_can(desk: Desk, film: str, tmp_path: Path) -> None:
    row, path = made(desk, take(desk, film, "original", clip=[480, 4520]), tmp_path)
    assert row["detail"]["copied_frames"] >= 75
    assert shape(path)["frames"] == 101


def test_a_rendition_that_is_gone_is_made_again_in_its_place(desk: Desk, film: str, tmp_path: Path) -> None:
    row = desk.renditions(film)["web"]
    first = desk.objects.get_bytes(row["bucket"], row["key"])
    desk.objects.delete(row["bucket"], row["key"])
    assert desk.post(desk.order(film, "web", reason="publication: missing")) == 202
    desk.deliver(film)
    again = desk.renditions(film)["web"]
    assert again["key"] == row["key"]
    assert desk.objects.get_bytes(again["bucket"], again["key"]) == first
    assert desk.status(film) == "processing", "an order is nobody's required step"


def test_a_rendition_that_is_there_is_only_announced(desk: Desk, film: str) -> None:
    jobs = desk.row("select count(*) from jobs where asset_id = %s", film)["count"]
    before = sum(e.type == "acervo.rendition.ready.v1" for e in desk.said(film))
    assert desk.post(desk.order(film, "proxy")) == 202
    desk.deliver(film)
    assert sum(e.type == "acervo.rendition.ready.v1" for e in desk.said(film)) == before + 1
    assert desk.row("select count(*) from jobs where asset_id = %s", film)["count"] == jobs


def test_an_order_that_cannot_be_made_says_why(desk: Desk, film: str) -> None:
    job = take(desk, film, "web", clip=[60_000, 61_000])
    assert (job["state"], job["reason_code"]) == ("failed", "outside")
    failed = [e.data["profile"] for e in desk.said(film) if e.type == "acervo.rendition.failed.v1"]
    assert failed == [f"ondemand-{job['id']}"]


def test_a_poster_of_a_moment_is_that_frame(desk: Desk, film: str, tmp_path: Path) -> None:
    row, path = made(desk, take(desk, film, "poster", at_ms=2000, box=[320, 180]), tmp_path)
    assert row["detail"]["at_s"] == 2.0
    shown = pyvips.Image.new_from_file(str(path)).numpy().astype(float)
    wanted = pyvips.Image.new_from_array(make.picture(50, 640, 360)).resize(0.5).numpy().astype(float)
    assert abs(shown - wanted).mean() < 12


def test_sound_of_a_film_and_a_clip_of_it_are_delivered_alone(desk: Desk, film: str, tmp_path: Path) -> None:
    row, path = made(desk, take(desk, film, "broadcast", clip=[1000, 2500]), tmp_path)
    with av.open(str(path)) as container:
        assert sum(frame.samples for frame in container.decode(audio=0)) == 72_000
    assert row["mime_type"] == "audio/wav"


def test_an_image_in_another_size(desk: Desk, tmp_path: Path) -> None:
    asset_id = desk.arrive(make.photo(tmp_path), "image")
    desk.post(desk.ingested(asset_id))
    desk.deliver(asset_id)
    row, path = made(desk, take(desk, asset_id, "display", box=[640, 640]), tmp_path)
    image = pyvips.Image.new_from_file(str(path))
    assert (image.width, image.height) == (480, 640) == (row["detail"]["width"], row["detail"]["height"])


def test_the_whole_of_an_image_is_one_file_of_tiles(desk: Desk, tmp_path: Path) -> None:
    asset_id = desk.arrive(make.photo(tmp_path), "image")
    assert take(desk, asset_id, "tiles")["state"] == "done"
    row = desk.renditions(asset_id)["tiles"]
    assert (row["profile"], row["mime_type"], row["key"].rsplit("/", 2)[1:]) == (
        "tiles", "application/zip", ["tiles", "tiles.szi"],
    )  # fmt: skip
    assert {name: row["detail"][name] for name in ("width", "height", "tile", "overlap", "format")} == {
        "width": 1200, "height": 1600, "tile": 512, "overlap": 1, "format": "jpg",
    }  # fmt: skip
    file = io.BytesIO(desk.objects.get_bytes(row["bucket"], row["key"]))
    assert "tiles/tiles_files/11/2_3.jpg" in zipfile.ZipFile(file).namelist()


# -- captions ---------------------------------------------------------------------------------------------------------
VTT = "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n{}\n"


def write_captions(desk: Desk, asset_id: str, text: str) -> None:
    """What `enrich` leaves."""
    sha256 = desk.row("select sha256 from assets where id = %s", asset_id)["sha256"]
    key = f"proxies/{asset_id}/{sha256}/captions/es.vtt"
    desk.objects.put_bytes(desk.objects.proxies, key, VTT.format(text).encode(), "text/vtt", immutable=False)
    desk.connection.execute(
        "insert into renditions (asset_id, profile, status, bucket, key, mime_type, detail) values (%s, 'captions', 'ready', %s, %s, 'text/vtt', %s)"
        " on conflict (asset_id, profile) do nothing",
        (asset_id, desk.objects.proxies, key, json.dumps({"language": "es"})),
    )


def completed(desk: Desk, asset_id: str, step: str = "speech") -> Event:
    project = desk.row("select project_id from assets where id = %s", asset_id)["project_id"]
    data = {"asset_id": asset_id, "project_id": project, "step": step, "language": "es", "results": 1}
    return Event(
        str(uuid.uuid4()),
        "/acervo/enrich",
        "acervo.enrichment.completed.v1",
        asset_id,
        data,
        extensions={"step": step},
    )


def text_of(desk: Desk, asset_id: str, name: str) -> str:
    row = desk.renditions(asset_id)["hls"]
    return desk.objects.get_bytes(row["bucket"], f"{row['key'].rsplit('/', 1)[0]}/{name}").decode()


def test_captions_come_into_the_stream_and_its_fragments_stay(desk: Desk, film: str) -> None:
    row = desk.renditions(film)["hls"]
    folder = row["key"].rsplit("/", 1)[0] + "/"

    def fragments() -> dict[str, str]:
        keys = desk.objects.keys(row["bucket"], folder)
        return {
            key: desk.objects.head(row["bucket"], key).etag for key in keys if key.endswith((".m4s", ".mp4"))
        }

    before, master = fragments(), text_of(desk, film, "master.m3u8")
    assert "SUBTITLES" not in master
    write_captions(desk, film, "Buenos días")
    assert desk.post(completed(desk, film)) == 202
    again = text_of(desk, film, "master.m3u8")
    assert 'TYPE=SUBTITLES,GROUP-ID="captions",NAME="Español",LANGUAGE="es"' in again
    assert again.count(',SUBTITLES="captions"') == again.count("#EXT-X-STREAM-INF:")
    assert "captions/es-hls.vtt" in text_of(desk, film, "captions-es.m3u8")
    served = text_of(desk, film, "captions/es-hls.vtt")
    assert "X-TIMESTAMP-MAP=MPEGTS:" in served
    assert "Buenos días" in served
    assert "Buenos días" in text_of(desk, film, "captions/es.vtt")
    assert "captions/es.vtt" in text_of(desk, film, "manifest.mpd")
    assert fragments() == before
    assert desk.renditions(film)["hls"]["updated_at"] == row["updated_at"], "it expires with its fragments"
    event = completed(desk, film, "captions")
    write_captions(desk, film, "Buenas tardes")
    assert [desk.post(event), desk.post(event)] == [202, 202]
    assert text_of(desk, film, "master.m3u8") == again
    assert "Buenas tardes" in text_of(desk, film, "captions/es-hls.vtt"), "a correction reaches the stream"
    assert text_of(desk, film, "manifest.mpd").count("captions/es.vtt") == 1


def test_captions_that_came_before_the_film_are_in_it_from_the_start(desk: Desk, tmp_path: Path) -> None:
    asset_id = desk.arrive(clip("bigbuckbunny.mp4"), "video", audio=True)
    write_captions(desk, asset_id, "Hola")
    assert desk.post(completed(desk, asset_id)) == 202
    desk.post(desk.ingested(asset_id))
    desk.deliver(asset_id)
    assert "TYPE=SUBTITLES" in text_of(desk, asset_id, "master.m3u8")


def test_a_damaged_film_says_which_renditions_failed(desk: Desk, tmp_path: Path) -> None:
    asset_id = desk.arrive(make.png_bomb(tmp_path), "image")
    desk.post(desk.ingested(asset_id))
    desk.deliver(asset_id)
    failed = {e.data["profile"] for e in desk.said(asset_id) if e.type == "acervo.rendition.failed.v1"}
    assert failed == {"thumb-300", "thumb-800", "thumb-1200", "display"}


def test_events_of_orders_go_to_the_function_for_people_who_wait() -> None:
    order = events.to_binary(
        Event(
            "1", "/acervo/transcode", "acervo.chunk.requested.v1", "x", {}, extensions={"lane": "interactive"}
        )
    )
    assert order[0]["ce-lane"] == "interactive"
