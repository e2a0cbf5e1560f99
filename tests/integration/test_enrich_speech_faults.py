"""A part of a recording that is killed, cancelled, unreadable, without a model, or not needed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from acervo import events
from acervo.database import query
from demo.speech import write_wav
from functions.enrich import whisper
from functions.enrich.pcm import Samples
from functions.enrich.transcript import Segment, Word, build_segment
from tests.fix_hearing import COMPLETED, REQUESTED, ROOT, Hearing
from tests.fix_speech import Speech

pytestmark = pytest.mark.ceph

# a recogniser that is in the middle of its part until it is killed, two minutes at most: a real one may be over before anybody looks
SLOW = """
from functions.enrich.transcript import Word, build_segment
class Slow:
    label = "slow@1"
    def recognise(self, samples, language=None):
        end = time.monotonic() + 120
        while time.monotonic() < end:
            yield build_segment([Word("otra", 0, 10_000)], "es")
            time.sleep(0.1)
"""


def test_a_killed_instance_loses_its_part_and_another_does_it_once(
    hearing: Hearing, spanish_speech: Speech, tmp_path: Path
) -> None:
    event = hearing.add(spanish_speech.path, 35.2)
    assert event.subject
    hearing.post(event)
    (request,) = hearing.heard(REQUESTED, event.subject)
    headers, body = events.to_binary(request)
    script = tmp_path / "instance.py"
    script.write_text(
        "import asyncio, json, sys, time, httpx\nfrom functions.enrich import whisper\nfrom functions.enrich.main import app\n"
        f"{SLOW}\nwhisper.load = lambda *_, **__: Slow()\n"
        "async def go():\n    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url='http://x') as c:\n"
        f"        await c.post('/', content={body!r}, headers=json.loads({json.dumps(headers)!r}))\nasyncio.run(go())\n"
    )
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(
        [sys.executable, str(script)], cwd=ROOT, stderr=log,
        env={**os.environ, **hearing.env, "PYTHONPATH": str(ROOT)},
    ) as instance:  # fmt: skip
        chunk = "select * from job_chunks c join jobs j on j.id = c.job_id where j.asset_id = %s"
        end = time.monotonic() + 60
        while not any(row["progress"] > 0.1 for row in hearing.rows(chunk, event.subject)):
            assert time.monotonic() < end, "the part does not begin"
            assert instance.poll() is None, (tmp_path / "log").read_text()
            time.sleep(0.05)
        instance.send_signal(signal.SIGKILL)
    assert hearing.segments(event.subject) == []
    refused = hearing.post(request)
    assert refused.status_code == 503, "the lease of the killed instance still runs"
    assert int(refused.headers["retry-after"]) <= 30
    with hearing.database.transaction() as connection:  # half a minute later
        connection.execute("update job_chunks set lease_until = now() - interval '1 second'")
    assert hearing.post(request).status_code == 202
    assert spanish_speech.word in hearing.text(event.subject)
    assert len(hearing.heard(COMPLETED, event.subject)) == 1


class Endless:
    """A recogniser that hears a word a moment until somebody stops it, ten seconds at most."""

    label = "endless@1"

    def __init__(self) -> None:
        self.began, self.stopped = threading.Event(), threading.Event()

    def recognise(
        self,
        samples: Samples,  # noqa: ARG002  # the Protocol's
        language: str | None = None,
    ) -> Generator[Segment, None, None]:
        end = time.monotonic() + 10
        try:
            while time.monotonic() < end:
                self.began.set()
                yield build_segment([Word("otra", 0, 100)], language or "es")
                time.sleep(0.02)
        finally:
            self.stopped.set()


def test_a_cancelled_job_stops_within_seconds_and_leaves_no_transcript(
    hearing: Hearing, spanish_speech: Speech, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = Endless()
    monkeypatch.setattr(whisper, "load", lambda *_, **__: endless)
    event = hearing.add(spanish_speech.path, 35.2)
    assert event.subject
    hearing.post(event)
    (request,) = hearing.heard(REQUESTED, event.subject)
    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.append(hearing.post(request).status_code))
    thread.start()
    assert endless.began.wait(20)
    with hearing.database.transaction() as connection:
        assert query.request_cancel(connection, job_id=hearing.job(event.subject)["id"])
    assert endless.stopped.wait(5)
    thread.join(10)
    assert answers == [202]
    assert hearing.segments(event.subject) == []
    assert hearing.heard(COMPLETED, event.subject) == []
    assert [
        row["state"]
        for row in hearing.rows(
            "select c.state from job_chunks c join jobs j on j.id = job_id where asset_id = %s", event.subject
        )
    ] == ["queued"]


def test_a_missing_model_fails_the_job_and_names_itself(hearing: Hearing, tmp_path: Path) -> None:
    write_wav(tmp_path / "silence.wav", bytes(32_000))
    event = hearing.add(tmp_path / "silence.wav", 1.0)
    assert event.subject
    hearing.post(event)
    (request,) = hearing.heard(REQUESTED, event.subject)
    answer = hearing.post(request, MODELS_DIR=str(tmp_path))
    assert (answer.status_code, answer.json()["title"]) == (422, "model-missing")
    assert "whisper-base" in hearing.job(event.subject)["reason"]
    (asset,) = hearing.rows("select status, reason from assets where id = %s", event.subject)
    assert asset["status"] == "error"

    # mended, and asked again: a new job, and the asset is processing again
    assert hearing.post(replace(event, id="again")).status_code == 202
    assert hearing.rows("select status from assets where id = %s", event.subject) == [
        {"status": "processing"}
    ]
    assert len(hearing.heard(REQUESTED, event.subject)) == 2


def test_sound_that_cannot_be_decoded_fails_the_step_with_a_reason(hearing: Hearing, tmp_path: Path) -> None:
    (tmp_path / "list.mp4").write_text("#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n")
    asset_id = hearing.run(hearing.add(tmp_path / "list.mp4", 10.0))
    assert (hearing.job(asset_id)["state"], hearing.job(asset_id)["reason_code"]) == (
        "failed",
        "sound-unreadable",
    )


@pytest.mark.parametrize(
    ("status", "has_audio"), [("deleted", True), ("rejected", True), ("processing", False)]
)
def test_what_needs_no_speech_step_gets_none(
    status: str, has_audio: bool, hearing: Hearing, tmp_path: Path
) -> None:
    write_wav(tmp_path / "silence.wav", bytes(3_200))
    event = hearing.add(tmp_path / "silence.wav", 0.1, "video")
    with hearing.database.transaction() as connection:
        connection.execute("update assets set status = %s where id = %s", (status, event.subject))
    data: dict[str, Any] = {**event.data, "has_audio": has_audio}
    assert hearing.post(replace(event, data=data)).status_code == 202
    assert hearing.rows("select * from jobs where asset_id = %s", event.subject) == []
