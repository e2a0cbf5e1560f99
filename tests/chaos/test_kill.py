"""kill -9 in the middle of the pipeline: every asset still ends `ready`, exactly once, and no hand is needed.

One victim a test, the same platform for all: whatever was killed before has to have mended itself.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.speech import build_speech
from knative.local.supervise import Platform
from tests.e2e.newsroom import Newsroom
from tests.media import make

pytestmark = [pytest.mark.platform, pytest.mark.slow]

READY_S = 240.0
WIDTHS = itertools.count(1600)  # no two photos are alike: the same bytes twice are a duplicate
VIDEO = {"hls", "proxy", "web", "poster"}
IMAGE = {"thumb-300", "thumb-800", "display"}


@pytest.fixture(scope="module")
def newsroom(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    opened = Newsroom(platform, tmp_path_factory.mktemp("home"))
    yield opened
    opened.close()


def unique(file: Path) -> Path:
    """The same film with other bytes: a `free` box at its end."""
    with file.open("ab") as out:
        out.write((16).to_bytes(4) + b"free" + secrets.token_bytes(8))
    return file


def unique_wav(file: Path) -> Path:
    """The same recording with other bytes: a chunk that no player knows at its end (RIFF)."""
    data = bytearray(file.read_bytes() + b"uniq" + (8).to_bytes(4, "little") + secrets.token_bytes(8))
    data[4:8] = (len(data) - 8).to_bytes(4, "little")
    file.write_bytes(data)
    return file


def send(newsroom: Newsroom, folder: Path) -> list[str]:
    """A silent film of a few chunks of work, and a photo."""
    film = unique(make.film(folder, frames=250, size=(640, 360), gop=25))
    photo = make.photo(folder, size=(next(WIDTHS), 1200))
    return [newsroom.upload(film), newsroom.upload(photo)]


def check_ready_once(newsroom: Newsroom, assets: list[str]) -> None:
    for asset_id in assets:
        asset = newsroom.wait(asset_id, READY_S)
        assert asset["status"] == "ready", (asset["name"], asset["reason_code"], asset["reason"])
        ready = {rendition["profile"] for rendition in asset["renditions"] if rendition["status"] == "ready"}
        assert (VIDEO if asset["kind"] == "video" else IMAGE) <= ready
        said = newsroom.rows(
            "select event from outbox where event ->> 'type' = 'acervo.asset.ready.v1' and event ->> 'subject' = %s",
            asset_id,
        )
        assert len(said) == 1, "ready is said once"
        jobs = newsroom.rows("select kind, state from jobs where required and asset_id = %s", asset_id)
        assert [job["state"] for job in jobs] == ["done"] * len(jobs)
        assert len({job["kind"] for job in jobs}) == len(jobs), "no step was done twice"
        assert not newsroom.rows(
            "select 1 from job_chunks c join jobs j on j.id = c.job_id where j.required and j.asset_id = %s",
            asset_id,
        )


def kill_instances(newsroom: Newsroom, service: str) -> int:
    """How many were killed: one that has just ended by itself is none."""
    killed = 0
    for pid in newsroom.platform.instances()[service]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            killed += 1
    return killed


@pytest.mark.parametrize("service", ["ingest", "transcode", "search-indexer", "api"])
def test_a_killed_function_loses_nothing(newsroom: Newsroom, tmp_path: Path, service: str) -> None:
    assets = send(newsroom, tmp_path)
    newsroom.until(lambda: newsroom.platform.instances()[service], f"an instance of {service}")
    assert newsroom.until(lambda: kill_instances(newsroom, service), f"{service} killed")
    check_ready_once(newsroom, assets)


def test_a_function_killed_again_and_again_in_the_middle_of_a_chunk_loses_nothing(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    assets = send(newsroom, tmp_path)
    running = "select 1 from job_chunks where state = 'running' and lease_until > now()"
    killed = 0
    for _ in range(3):
        newsroom.until(
            lambda: newsroom.rows(running) or newsroom.api.get(f"/assets/{assets[0]}")["status"] == "ready",
            "a chunk at work",
            READY_S,
        )
        killed += kill_instances(newsroom, "transcode")
    assert killed
    check_ready_once(newsroom, assets)


def test_a_killed_transcription_loses_no_word(newsroom: Newsroom, tmp_path: Path) -> None:
    speech, _ = build_speech(tmp_path)
    asset_id = newsroom.upload(unique_wav(speech))
    running = (
        "select 1 from job_chunks c join jobs j on j.id = c.job_id"
        " where j.kind = 'speech' and j.asset_id = %s and c.state = 'running'"
    )
    newsroom.until(lambda: newsroom.rows(running, asset_id), "the recording being heard", READY_S)
    assert kill_instances(newsroom, "enrich-speech")
    asset = newsroom.wait(asset_id, READY_S)
    assert asset["status"] == "ready", asset["reason"]
    heard = " ".join(segment["text"] for segment in asset["transcript"]["segments"]).lower()
    assert "servicio" in heard
    assert "conexión" in heard
    assert len(newsroom.rows("select 1 from jobs where asset_id = %s and kind = 'speech'", asset_id)) == 1


@pytest.mark.parametrize(
    "program", ["runtime", "bridge", "ceph-rgw", "ceph-osd", "ceph-mon", "postgres", "oidc", "openbao"]
)
def test_a_killed_part_of_the_platform_loses_nothing(
    newsroom: Newsroom, tmp_path: Path, program: str
) -> None:
    assets = send(newsroom, tmp_path)
    newsroom.until(
        lambda: newsroom.api.get(f"/assets/{assets[0]}")["status"] != "uploading",
        "the pipeline at work",
        READY_S,
    )
    pid = newsroom.platform.pid(program)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    newsroom.until(lambda: newsroom.platform.pid(program) not in (None, pid), f"{program} to be back")
    check_ready_once(newsroom, assets)


def test_nothing_was_left_for_a_person_to_mend(newsroom: Newsroom) -> None:
    letters = newsroom.rows(
        "select event_type, destination, code, answer from dead_letters where replayed_at is null"
    )
    assert letters == []
