"""Transcode as it runs: events posted to the app, its own events fed back to it, a real Ceph, a real PostgreSQL."""

from __future__ import annotations

import functools
import json
import threading
from pathlib import Path

import av
import numpy as np
import pytest
import pyvips
from starlette.testclient import TestClient

from acervo import events, function, keys
from functions.transcode import main, plan
from functions.transcode.limits import Settings
from functions.transcode.loudness import Meter
from tests.fix_ceph import wait_for
from tests.fix_media import clip
from tests.media import make
from tests.media.desk import HEARD, Desk

pytestmark = pytest.mark.ceph


def frames(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_a_silent_film_becomes_ready_with_every_rendition(desk: Desk, tmp_path: Path) -> None:
    asset_id = desk.arrive(clip("bikes.mp4"), "video")
    assert desk.post(desk.ingested(asset_id)) == 202
    desk.deliver(asset_id)
    assert desk.status(asset_id) == "ready"
    found = desk.renditions(asset_id)
    assert set(found) == {"hls", "proxy", "web", "poster"}
    assert {row["status"] for row in found.values()} == {"ready"}
    assert frames(desk.fetch(found["hls"], tmp_path)) == 250
    assert frames(desk.fetch(found["proxy"], tmp_path)) == 250
    poster = pyvips.Image.new_from_file(str(desk.fetch(found["poster"], tmp_path)))
    assert (poster.width, poster.height) == (640, 272)
    for profile in ("proxy", "web", "poster"):
        stored = desk.objects.head(found[profile]["bucket"], found[profile]["key"])
        assert (stored.size, stored.content_type) == (
            found[profile]["size_bytes"],
            found[profile]["mime_type"],
        )
    assert (
        desk.row("select count(*) from job_chunks where job_id = %s", desk.job(asset_id)["id"])["count"] == 0
    )
    types = [event.type for event in desk.said(asset_id)]
    assert types.count("acervo.rendition.ready.v1") == 4
    assert types.count("acervo.asset.ready.v1") == 1


def test_a_film_with_sound_keeps_picture_and_sound_together(desk: Desk, tmp_path: Path) -> None:
    asset_id = desk.arrive(clip("bigbuckbunny.mp4"), "video", audio=True)
    desk.post(desk.ingested(asset_id))
    desk.deliver(asset_id)
    assert desk.job(asset_id)["state"] == "done"
    assert desk.status(asset_id) == "processing", "speech is still to come"
    found = desk.renditions(asset_id)
    assert set(found) == {"hls", "proxy", "web", "poster", "waveform"}
    with av.open(str(desk.fetch(found["web"], tmp_path))) as container:
        assert [stream.codec_context.name for stream in container.streams] == ["h264", "aac"]
        assert container.streams.audio[0].channels == 2
    wave = json.loads(desk.fetch(found["waveform"], tmp_path).read_bytes())
    assert wave["version"] == 2
    assert wave["length"] * 2 == len(wave["data"])
    assert wave["length"] / 20 == pytest.approx(5.3, abs=0.1)


def test_an_image_becomes_ready_with_thumbnails_and_a_display_copy(desk: Desk, tmp_path: Path) -> None:
    asset_id = desk.arrive(make.photo(tmp_path), "image")
    desk.post(desk.ingested(asset_id))
    desk.deliver(asset_id)
    assert desk.status(asset_id) == "ready"
    found = desk.renditions(asset_id)
    assert set(found) == {"thumb-300", "thumb-800", "thumb-1200", "display"}
    for profile, row in found.items():
        image = pyvips.Image.new_from_buffer(desk.objects.get_bytes(row["bucket"], row["key"]), "")
        assert (image.width, image.height) == (row["detail"]["width"], row["detail"]["height"])
        assert image.height > image.width, f"{profile} is upright"


def test_audio_gets_a_preview_a_broadcast_copy_and_a_waveform(desk: Desk, tmp_path: Path) -> None:
    asset_id = desk.arrive(make.sound(tmp_path), "audio", audio=True)
    desk.post(desk.ingested(asset_id))
    desk.deliver(asset_id)
    found = desk.renditions(asset_id)
    assert set(found) == {"preview", "broadcast", "waveform"}
    with av.open(str(desk.fetch(found["broadcast"], tmp_path))) as container:
        stream = container.streams.audio[0]
        assert (stream.codec_context.name, stream.rate, stream.channels) == ("pcm_s24le", 48000, 1)


def test_a_long_recording_is_heard_and_encoded_in_parts(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "RECORDING_RANGE_S", 2.4)
    path = make.sound(tmp_path, "voice.mp3", 10, "stereo")
    asset_id = desk.arrive(path, "audio", audio=True)
    desk.post(desk.ingested(asset_id))
    job = desk.job(asset_id)
    done = desk.connection.execute(
        "select spec ->> 'do' as do from job_chunks where job_id = %s", (job["id"],)
    ).fetchall()
    assert [row["do"] for row in done] == ["hear"] * 4 + ["recording"] * 4 + ["assemble"]
    desk.deliver(asset_id)
    assert desk.job(asset_id)["state"] == "done"
    assert desk.row(
        "select (technical ->> 'duration_s')::float as duration_s from assets where id = %s", asset_id
    )["duration_s"] == pytest.approx(10, abs=0.1)
    found = desk.renditions(asset_id)
    assert set(found) == {"preview", "broadcast", "waveform"}
    with av.open(str(desk.fetch(found["broadcast"], tmp_path))) as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
    with av.open(str(desk.fetch(found["preview"], tmp_path))) as container:
        assert (
            sum(frame.samples for frame in container.decode(audio=0))
            == samples
            == pytest.approx(480_000, abs=5000)
        )
    wave = json.loads(desk.fetch(found["waveform"], tmp_path).read_bytes())
    assert wave["length"] == pytest.approx(200, abs=2)
    for row in found.values():
        assert desk.objects.head(row["bucket"], row["key"]).size == row["size_bytes"]
    assert list(desk.objects.keys(desk.objects.proxies, f"ondemand/{asset_id}/")) == [], "no piece is left"

    desk.post(desk.order(asset_id, "broadcast", clip=[4_000, 9_000]))
    desk.deliver(asset_id)
    ordered = next(row for row in desk.renditions(asset_id).values() if row["key"].startswith("ondemand/"))
    with av.open(str(desk.fetch(ordered, tmp_path))) as container:
        assert sum(frame.samples for frame in container.decode(audio=0)) == 5 * 48_000


def test_a_part_that_fails_three_times_fails_the_job_and_leaves_nothing_behind(
    desk: Desk, tmp_path: Path
) -> None:
    asset_id = desk.arrive(make.film(tmp_path, "short.mp4", 20), "video")
    desk.post(desk.ingested(asset_id))
    job_id = desk.job(asset_id)["id"]
    asked = [event for event in desk.said(asset_id) if event.type == "acervo.chunk.requested.v1"]
    assert desk.post(asked[0]) == 202
    folder = f"proxies/{asset_id}/"
    assert list(desk.objects.keys(desk.objects.proxies, folder)), "a piece is there"
    desk.connection.execute(
        """update job_chunks set spec = '{"do": "nothing that there is"}' where job_id = %s and number = 1""",
        (job_id,),
    )
    assert [desk.post(asked[1]) for _ in range(3)] == [500, 500, 500]
    job = desk.job(asset_id)
    assert (job["state"], job["reason_code"]) == ("failed", "chunk-failed")
    assert desk.status(asset_id) == "error"
    assert desk.row("select count(*) from job_chunks where job_id = %s", job_id)["count"] == 0
    assert list(desk.objects.keys(desk.objects.proxies, folder)) == []


def test_every_event_twice_still_makes_one_job_and_says_ready_once(desk: Desk, tmp_path: Path) -> None:
    asset_id = desk.arrive(make.photo(tmp_path), "image")
    first, again = desk.ingested(asset_id), desk.ingested(asset_id)
    assert [desk.post(first), desk.post(first), desk.post(again)] == [202, 202, 202]
    desk.deliver(asset_id)
    for event in [e for e in desk.said(asset_id) if e.type in HEARD]:
        assert desk.post(event) == 202
    assert desk.row("select count(*) from jobs where asset_id = %s", asset_id)["count"] == 1
    types = [event.type for event in desk.said(asset_id)]
    assert types.count("acervo.asset.ready.v1") == 1
    assert types.count("acervo.rendition.ready.v1") == 4


def test_a_chunk_that_another_instance_holds_is_asked_for_later(desk: Desk, tmp_path: Path) -> None:
    asset_id = desk.arrive(make.photo(tmp_path), "image")
    desk.post(desk.ingested(asset_id))
    job_id = desk.job(asset_id)["id"]
    desk.connection.execute(
        "update job_chunks set state = 'running', lease_owner = 'x', lease_until = now() + interval '20 s' where job_id = %s",
        (job_id,),
    )
    request = next(e for e in desk.said(asset_id) if e.type == "acervo.chunk.requested.v1")
    assert desk.post(request) == 503
    desk.connection.execute(
        "update job_chunks set lease_until = now() - interval '1 s' where job_id = %s", (job_id,)
    )
    desk.deliver(asset_id)
    assert desk.status(asset_id) == "ready", "a dead instance's chunk is done by the next"


def test_a_film_that_is_no_film_ends_as_an_error_that_says_why(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "evil.mp4"
    path.write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n"
    )
    asset_id = desk.arrive(path, "video")
    assert desk.post(desk.ingested(asset_id)) == 202
    assert desk.status(asset_id) == "error"
    assert desk.job(asset_id)["reason_code"] == "unreadable"
    failed = [event for event in desk.said(asset_id) if event.type == "acervo.rendition.failed.v1"]
    assert {event.data["profile"] for event in failed} == {"hls", "proxy", "web", "poster"}


def test_a_hostile_image_fails_its_job_and_leaves_no_chunks(desk: Desk, tmp_path: Path) -> None:
    asset_id = desk.arrive(make.png_bomb(tmp_path), "image")
    desk.post(desk.ingested(asset_id))
    desk.deliver(asset_id)
    assert desk.status(asset_id) == "error"
    job = desk.job(asset_id)
    assert (job["state"], job["reason_code"]) == ("failed", "too-many-pixels")
    assert desk.row("select count(*) from job_chunks where job_id = %s", job["id"])["count"] == 0


def test_an_asset_asked_again_after_a_failure_gets_a_new_job(desk: Desk, tmp_path: Path) -> None:
    asset_id = desk.arrive(make.photo(tmp_path), "image")
    desk.post(desk.ingested(asset_id))
    desk.connection.execute(
        "update jobs set state = 'cancelled', cancel_requested = true where asset_id = %s", (asset_id,)
    )
    desk.deliver(asset_id)
    assert desk.status(asset_id) == "processing", "chunks of a cancelled job are not done"
    desk.post(desk.ingested(asset_id))
    desk.deliver(asset_id)
    assert desk.status(asset_id) == "ready"


def test_cancelling_stops_an_encode_within_seconds_and_leaves_nothing_ready(
    desk: Desk, tmp_path: Path
) -> None:
    path = make.film(
        tmp_path,
        "long.mp4",
        1500,
        options={"preset": "ultrafast"},
        draw=lambda n, w, h: make.picture(n % 9, w, h),
    )
    asset_id = desk.arrive(path, "video")
    desk.post(desk.ingested(asset_id))
    job_id = desk.job(asset_id)["id"]
    request = next(e for e in desk.said(asset_id) if e.type == "acervo.chunk.requested.v1")
    answers: list[int] = []
    app = function.serve(
        main.handle,
        name="transcode",
        hears=main.DOES,
        settings=Settings,
        env={**desk.env, "TRANSCODE_PRESET": "placebo"},
    )

    def work() -> None:
        with TestClient(app) as slow:
            headers, body = events.to_binary(request)
            answers.append(slow.post("/", headers=headers, content=body).status_code)
        app.state.resources.database.close()

    worker = threading.Thread(target=work)
    worker.start()

    def progress() -> bool:
        chunk = desk.row("select * from job_chunks where job_id = %s and number = 0", job_id)
        return bool(chunk["state"] == "running" and chunk["progress"] > 0)

    wait_for(progress, "progress is told while the chunk is encoded", 30)
    desk.connection.execute("update jobs set cancel_requested = true where id = %s", (job_id,))
    worker.join(timeout=5)
    assert not worker.is_alive()
    assert answers == [202]
    assert desk.row("select * from job_chunks where job_id = %s and number = 0", job_id)["state"] == "queued"
    assert desk.renditions(asset_id) == {}
    assert list(desk.objects.keys(desk.objects.proxies, f"proxies/{asset_id}/")) == []


def test_what_an_attempt_that_was_not_first_left_is_swept(desk: Desk, tmp_path: Path) -> None:
    asset_id = desk.arrive(make.film(tmp_path, "short.mp4", 10), "video")
    sha256 = desk.row("select sha256 from assets where id = %s", asset_id)["sha256"]
    stray = keys.proxy(asset_id, sha256, "hls", "320x180-high/000000-0123456789abcdef.m4s")
    desk.objects.put_bytes(desk.objects.proxies, stray, b"of a slower worker", "video/mp4")
    desk.post(desk.ingested(asset_id))
    desk.deliver(asset_id)
    left = list(desk.objects.keys(desk.objects.proxies, f"proxies/{asset_id}/"))
    assert stray not in left
    assert desk.renditions(asset_id)["hls"]["key"] in left


def test_a_long_films_sound_is_heard_as_a_whole_before_any_of_it_is_encoded(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = functools.partial(plan.sound_ranges, range_s=94 * 1024 / 48_000)
    monkeypatch.setattr(plan, "sound_ranges", short)
    loud = {"amplitude": lambda seconds: np.where(seconds < 4, 0.004, 0.03), "clicks": False}
    path = make.film(tmp_path, "long.mp4", 200, size=(64, 64), gop=50, sounds=(loud,))
    asset_id = desk.arrive(path, "video", audio=True)
    assert desk.post(desk.ingested(asset_id)) == 202
    job_id = desk.job(asset_id)["id"]
    rows = desk.connection.execute(
        "select number, spec ->> 'do' as do, state from job_chunks where job_id = %s order by number",
        (job_id,),
    ).fetchall()
    waiting = {row["number"] for row in rows if row["do"] == "soundtracks"}
    assert [row["state"] for row in rows if row["do"] == "soundtracks"] == ["waiting"] * 4
    asked = {e.data["number"] for e in desk.said(asset_id) if e.type == "acervo.chunk.requested.v1"}
    assert not asked & waiting, "nobody is asked to do what cannot be done yet"
    desk.deliver(asset_id)
    assert desk.job(asset_id)["state"] == "done"
    asked_later = [e.data["number"] for e in desk.said(asset_id) if e.type == "acervo.chunk.requested.v1"]
    assert sorted(number for number in asked_later if number in waiting) == sorted(waiting), "each once"
    found = desk.renditions(asset_id)
    (audio,) = found["hls"]["detail"]["audio"]
    assert audio["loudness"]["gain_db"] > 5
    meter = Meter()
    with av.open(str(desk.fetch(found["web"], tmp_path))) as container:
        for frame in container.decode(audio=0):
            meter.push(frame)
    assert meter.measure().integrated_lufs == pytest.approx(-23, abs=0.3)


def test_a_recording_whose_clock_jumps_is_cut_and_played_by_a_straight_one(
    desk: Desk, tmp_path: Path
) -> None:
    path = make.recording(tmp_path, ((50, 0.0), (50, 0.0)), size=(64, 64), sounds=({},))
    asset_id = desk.arrive(path, "video", audio=True)
    assert desk.post(desk.ingested(asset_id)) == 202
    desk.deliver(asset_id)
    found = desk.renditions(asset_id)
    assert frames(desk.fetch(found["proxy"], tmp_path)) == 100
    (warning,) = found["proxy"]["detail"]["warnings"]
    assert warning.startswith("the recording's clock jumps once")
    known = desk.row("select technical from assets where id = %s", asset_id)["technical"]
    assert known["duration_s"] == pytest.approx(4.0, abs=0.05), "not what its own clock says"
    assert "audio" in known
    (changed,) = (event for event in desk.said(asset_id) if event.type == "acervo.asset.changed.v1")
    assert changed.extensions["clock"] == "straightened", "who took times from its own clock hears of it"
    assert desk.post(desk.order(asset_id, "web", clip=[2400, 3600])) == 202
    desk.deliver(asset_id)
    job = desk.job(asset_id)
    assert job["state"] == "done"
    row = desk.renditions(asset_id)[f"ondemand-{job['id']}"]
    assert frames(desk.fetch(row, tmp_path)) == 30, "a clip behind the jump"
