"""Speech from an event to a transcript: real PostgreSQL, Ceph, model and human voices."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import unicodedata
import uuid
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from acervo import events, function, keys
from acervo.database import Database, Row, as_json, query
from acervo.events import Event
from acervo.function import Resources
from acervo.objects import Objects
from demo.speech import encode, write_wav
from functions.enrich import main, parts, whisper
from functions.enrich.pcm import Samples
from functions.enrich.settings import Settings
from functions.enrich.transcript import Segment, Word, build_segment
from tests.fix_ceph import Broker, Ceph
from tests.fix_speech import Speech

pytestmark = pytest.mark.ceph
ROOT = Path(__file__).parent.parent.parent
INGESTED, REQUESTED = "acervo.asset.ingested.v1", "acervo.enrichment.requested.v1"
COMPLETED = "acervo.enrichment.completed.v1"


def plain_words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"\w+", "".join(c for c in folded if not unicodedata.combining(c)))


def close(resources: Resources) -> None:
    """What the process of a function keeps until it ends."""
    opened = vars(resources)
    if "database" in opened:
        resources.database.close()
    if "objects" in opened:
        resources.objects.client.close()
    if opened.get("sender"):
        opened["sender"]._client.close()


@dataclass
class Enrich:
    """The function over real parts; `post` is what a broker does, `run` delivers its own requests to it."""

    env: dict[str, str]
    broker: Broker
    database: Database
    objects: Objects

    def post(self, event: Event, **env: str) -> httpx.Response:
        app = function.serve(
            main.handle,
            name="enrich",
            hears=main.app.state.hears,
            settings=Settings,
            env={**self.env, **env},
        )
        headers, body = events.to_binary(event)

        async def send() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(app), base_url="http://enrich"
            ) as client:
                return await client.post("/", content=body, headers=headers)

        try:
            return asyncio.run(send())
        finally:
            close(app.state.resources)

    def heard(self, type_: str, asset_id: str) -> list[Event]:
        """What the broker has been given about an asset."""
        return [event for event in self.broker.events if event.type == type_ and event.subject == asset_id]

    def add(self, path: Path, duration_s: float | None, kind: str = "audio") -> Event:
        """An asset as ingest leaves it, and the event that ingest says."""
        asset_id, sha256 = str(uuid.uuid4()), uuid.uuid4().hex * 2
        key = keys.master(asset_id, sha256, path.suffix[1:])
        self.objects.put_file(self.objects.archive, key, path, "application/octet-stream")
        with self.database.transaction() as connection:
            connection.execute(
                "insert into projects (id, name) values ('news', 'News') on conflict do nothing"
            )
            connection.execute(
                "insert into assets (id, project_id, name, kind, status, owner, master_key, sha256, technical)"
                " values (%s, 'news', %s, %s, 'processing', 'user:a', %s, %s, %s)",
                (asset_id, path.name, kind, key, sha256, as_json({"audio": [{"codec": "x"}]})),
            )
        data = {
            "asset_id": asset_id, "project_id": "news", "kind": kind, "sha256": sha256, "master_key": key,
            "mime_type": "audio/wav", "size_bytes": path.stat().st_size, "has_audio": True, "duration_s": duration_s,
        }  # fmt: skip
        return Event(str(uuid.uuid4()), "/acervo/ingest", INGESTED, asset_id, data)

    def run(self, event: Event) -> str:
        """Plan, then do every part; the asset's id."""
        assert event.subject
        assert self.post(event).status_code == 202
        for request in self.heard(REQUESTED, event.subject):
            answer = self.post(request)
            assert (answer.status_code, answer.content) == (202, b"")
        return event.subject

    def rows(self, sql: str, *parameters: Any) -> list[Row]:
        with self.database.transaction() as connection:
            return connection.execute(sql, parameters).fetchall()

    def segments(self, asset_id: str) -> list[Row]:
        return self.rows("select * from transcript_segments where asset_id = %s order by number", asset_id)

    def text(self, asset_id: str) -> str:
        return " ".join(row["text"] for row in self.segments(asset_id))

    def job(self, asset_id: str) -> Row:
        (row,) = self.rows("select * from jobs where asset_id = %s and kind = 'speech'", asset_id)
        return row


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def enrich(
    database_url: str, database: Database, ceph: Ceph, broker: Broker, models_dir: Path
) -> Iterator[Enrich]:
    broker.up()
    env = {
        "DATABASE_URL": database_url, "S3_ENDPOINT": ceph.endpoint, "S3_PUBLIC_ENDPOINT": ceph.endpoint,
        "S3_ACCESS_KEY": ceph.config.access_key, "S3_SECRET_KEY": ceph.config.secret_key, "K_SINK": broker.url,
        "MODELS_DIR": str(models_dir), "ENRICH_BEAM": "1", "ENRICH_THREADS": "1",
    }  # fmt: skip
    objects = Objects(function.ObjectSettings(
        endpoint=ceph.endpoint, public_endpoint=ceph.endpoint, access_key=ceph.config.access_key, secret_key=ceph.config.secret_key,
    ))  # fmt: skip
    yield Enrich(env, broker, database, objects)
    objects.client.close()


def test_spanish_speech_becomes_transcript_captions_and_one_event(
    enrich: Enrich, spanish_speech: Speech, tmp_path: Path
) -> None:
    film = tmp_path / "sound.m4a"
    encode(spanish_speech.path, film, "aac")
    event = enrich.add(film, 35.2)
    assert event.subject
    with enrich.database.transaction() as connection:
        query.put_job(
            connection, id=str(uuid.uuid4()), asset_id=event.subject, kind="transcode", state="done", required=True,
            spec=as_json({}), chunks_total=0, cause="test",
        )  # fmt: skip
    asset_id = enrich.run(event)
    segments = enrich.segments(asset_id)
    heard = plain_words(enrich.text(asset_id))
    said = plain_words(spanish_speech.text)
    assert len(set(said) & set(heard)) >= 0.85 * len(set(said))
    assert plain_words(spanish_speech.word)[0] in heard
    (at,) = [w for s in segments for w in s["words"] if w["word"].startswith(spanish_speech.word)]
    assert 22_000 < at["start_ms"] < 26_000
    assert {s["language"] for s in segments} == {"es"}
    assert {s["model"] for s in segments} == {"whisper-base@1.0.0"}
    times = [t for s in segments for w in s["words"] for t in (w["start_ms"], w["end_ms"])]
    assert times == sorted(times)
    assert all(
        s["start_ms"] == s["words"][0]["start_ms"] and s["end_ms"] == s["words"][-1]["end_ms"]
        for s in segments
    )
    assert enrich.job(asset_id)["state"] == "done"
    (asset,) = enrich.rows("select * from assets where id = %s", asset_id)
    assert (asset["language"], asset["status"]) == ("es", "ready")
    (captions,) = enrich.rows(
        "select * from renditions where asset_id = %s and profile = 'captions'", asset_id
    )
    vtt = enrich.objects.get_bytes(captions["bucket"], captions["key"]).decode()
    srt = enrich.objects.get_bytes(captions["bucket"], captions["detail"]["srt_key"]).decode()
    assert captions["key"] == f"proxies/{asset_id}/{asset['sha256']}/captions/es.vtt"
    assert vtt.startswith("WEBVTT\n\n00:00:0")
    assert srt.startswith("1\n00:00:0")
    assert spanish_speech.word in vtt.replace("\n", " ")
    (completed,) = enrich.heard(COMPLETED, asset_id)
    assert completed.data == {
        "asset_id": asset_id, "project_id": "news", "step": "speech", "language": "es", "results": len(segments),
    }  # fmt: skip
    assert len(enrich.heard("acervo.asset.ready.v1", asset_id)) == 1

    # everything again: the same events, and reconcile's with another id
    again = [event, *enrich.heard(REQUESTED, asset_id), replace(event, id="another")]
    assert [enrich.post(each).status_code for each in again] == [202, 202, 202]
    assert enrich.segments(asset_id) == segments
    assert len(enrich.heard(COMPLETED, asset_id)) == len(enrich.heard(REQUESTED, asset_id)) == 1
    assert enrich.job(asset_id)["state"] == "done"


def test_parts_heard_by_themselves_and_in_any_order_join_to_the_whole(
    enrich: Enrich, spanish_speech: Speech, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut in two, the second part first; compared with the same recording as one part."""
    path = tmp_path / "two.wav"
    prompts = ("queue-periodic-announce", "ss-noservice")
    write_wav(path, bytes(16_000).join(spanish_speech.prompt(name) for name in prompts))
    whole = plain_words(enrich.text(enrich.run(enrich.add(path, 16.7))))
    monkeypatch.setattr(parts, "plan_parts", partial(parts.plan_parts, whole_ms=10_000, part_ms=8_000))
    monkeypatch.setattr(parts, "WINDOW_MS", 3_000)
    event = enrich.add(path, 16.7)
    assert event.subject
    enrich.post(event)
    first, second = enrich.heard(REQUESTED, event.subject)
    assert enrich.post(second).status_code == 202
    assert enrich.segments(event.subject) == []
    assert (enrich.job(event.subject)["chunks_done"], enrich.job(event.subject)["chunks_total"]) == (1, 2)
    assert enrich.post(first).status_code == 202
    segments = enrich.segments(event.subject)
    joined = plain_words(enrich.text(event.subject))
    assert abs(len(joined) - len(whole)) <= 1
    assert distance(joined, whole) <= 3
    times = [t for s in segments for w in s["words"] for t in (w["start_ms"], w["end_ms"])]
    assert times == sorted(times)
    assert [event.data["results"] for event in enrich.heard(COMPLETED, event.subject)] == [len(segments)]
    assert enrich.rows("select * from job_chunks where job_id = %s", enrich.job(event.subject)["id"]) == []


def distance(a: list[str], b: list[str]) -> int:
    """Words to change, add or drop."""
    row = list(range(len(b) + 1))
    for i, word in enumerate(a, 1):
        row, above = [i], row
        for j, other in enumerate(b, 1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (word != other)))
    return row[-1]


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.2, 4.0])
def test_a_recording_in_which_nobody_speaks_is_done_without_segments(
    seconds: float, enrich: Enrich, tmp_path: Path
) -> None:
    write_wav(tmp_path / "silence.wav", bytes(2 * round(seconds * 16_000)))
    asset_id = enrich.run(enrich.add(tmp_path / "silence.wav", seconds))
    assert enrich.segments(asset_id) == []
    assert enrich.job(asset_id)["state"] == "done"
    assert enrich.rows("select * from renditions where asset_id = %s", asset_id) == []
    (completed,) = enrich.heard(COMPLETED, asset_id)
    assert (completed.data["language"], completed.data["results"]) == (None, 0)


def test_noise_and_a_tone_are_not_speech(enrich: Enrich, tmp_path: Path) -> None:
    noise = np.cumsum(np.random.default_rng(1).normal(0, 200, 16_000 * 6)) % 9_000
    tone = 8_000 * np.sin(np.arange(16_000 * 6) * 440 * 2 * np.pi / 16_000)
    write_wav(tmp_path / "noise.wav", np.concatenate([noise, tone]).astype("<i2").tobytes())
    asset_id = enrich.run(enrich.add(tmp_path / "noise.wav", 12.0))
    assert enrich.segments(asset_id) == []
    assert len(enrich.heard(COMPLETED, asset_id)) == 1


def test_a_telephone_recording_of_unknown_length_is_heard(
    enrich: Enrich, spanish_speech: Speech, tmp_path: Path
) -> None:
    write_wav(tmp_path / "prompt.wav", spanish_speech.prompt("ss-noservice"))
    encode(tmp_path / "prompt.wav", tmp_path / "phone.wav", "pcm_mulaw", 8_000, "mono")
    asset_id = enrich.run(enrich.add(tmp_path / "phone.wav", None))
    assert {"numero", "marcado", "fuera", "servicio"} <= set(plain_words(enrich.text(asset_id)))


def test_what_is_around_damaged_packets_is_heard(
    enrich: Enrich, spanish_speech: Speech, tmp_path: Path
) -> None:
    silence = bytes(32_000)
    sound = silence.join(spanish_speech.prompt(name) for name in ("queue-periodic-announce", "tt-weasels"))
    write_wav(tmp_path / "sound.wav", sound)
    path = tmp_path / "damaged.m4a"
    encode(tmp_path / "sound.wav", path, "aac")
    data = bytearray(path.read_bytes())
    middle = data.index(b"mdat") + (data.index(b"moov") - data.index(b"mdat")) // 2
    data[middle : middle + 2_000] = bytes(range(1, 251)) * 8
    path.write_bytes(data)
    heard = plain_words(enrich.text(enrich.run(enrich.add(path, len(sound) / 32_000))))
    assert {"representantes", "ocupados", "comido", "sistema"} <= set(heard)


def test_a_killed_instance_loses_its_part_and_another_does_it_once(
    enrich: Enrich, spanish_speech: Speech, tmp_path: Path
) -> None:
    event = enrich.add(spanish_speech.path, 35.2)
    assert event.subject
    enrich.post(event)
    (request,) = enrich.heard(REQUESTED, event.subject)
    headers, body = events.to_binary(request)
    script = tmp_path / "instance.py"
    script.write_text(
        "import asyncio, json, sys, httpx\nfrom functions.enrich.main import app\n"
        "async def go():\n    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url='http://x') as c:\n"
        f"        await c.post('/', content={body!r}, headers=json.loads({json.dumps(headers)!r}))\nasyncio.run(go())\n"
    )
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(
        [sys.executable, str(script)], cwd=ROOT, stderr=log,
        env={**os.environ, **enrich.env, "PYTHONPATH": str(ROOT)},
    ) as instance:  # fmt: skip
        chunk = "select * from job_chunks c join jobs j on j.id = c.job_id where j.asset_id = %s"
        end = time.monotonic() + 60
        while not any(row["progress"] > 0.1 for row in enrich.rows(chunk, event.subject)):
            assert time.monotonic() < end, "the part does not begin"
            assert instance.poll() is None, (tmp_path / "log").read_text()
            time.sleep(0.05)
        instance.send_signal(signal.SIGKILL)
    assert enrich.segments(event.subject) == []
    refused = enrich.post(request)
    assert refused.status_code == 503, "the lease of the killed instance still runs"
    assert int(refused.headers["retry-after"]) <= 30
    with enrich.database.transaction() as connection:  # half a minute later
        connection.execute("update job_chunks set lease_until = now() - interval '1 second'")
    assert enrich.post(request).status_code == 202
    assert spanish_speech.word in enrich.text(event.subject)
    assert len(enrich.heard(COMPLETED, event.subject)) == 1


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
    enrich: Enrich, spanish_speech: Speech, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = Endless()
    monkeypatch.setattr(whisper, "load", lambda *_, **__: endless)
    event = enrich.add(spanish_speech.path, 35.2)
    assert event.subject
    enrich.post(event)
    (request,) = enrich.heard(REQUESTED, event.subject)
    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.append(enrich.post(request).status_code))
    thread.start()
    assert endless.began.wait(20)
    with enrich.database.transaction() as connection:
        assert query.request_cancel(connection, job_id=enrich.job(event.subject)["id"])
    assert endless.stopped.wait(5)
    thread.join(10)
    assert answers == [202]
    assert enrich.segments(event.subject) == []
    assert enrich.heard(COMPLETED, event.subject) == []
    assert [
        row["state"]
        for row in enrich.rows(
            "select c.state from job_chunks c join jobs j on j.id = job_id where asset_id = %s", event.subject
        )
    ] == ["queued"]


def test_a_missing_model_fails_the_job_and_names_itself(enrich: Enrich, tmp_path: Path) -> None:
    write_wav(tmp_path / "silence.wav", bytes(32_000))
    event = enrich.add(tmp_path / "silence.wav", 1.0)
    assert event.subject
    enrich.post(event)
    (request,) = enrich.heard(REQUESTED, event.subject)
    answer = enrich.post(request, MODELS_DIR=str(tmp_path))
    assert (answer.status_code, answer.json()["title"]) == (422, "model-missing")
    assert "whisper-base" in enrich.job(event.subject)["reason"]
    (asset,) = enrich.rows("select status, reason from assets where id = %s", event.subject)
    assert asset["status"] == "error"

    # mended, and asked again: a new job, and the asset is processing again
    assert enrich.post(replace(event, id="again")).status_code == 202
    assert enrich.rows("select status from assets where id = %s", event.subject) == [{"status": "processing"}]
    assert len(enrich.heard(REQUESTED, event.subject)) == 2


def test_sound_that_cannot_be_decoded_fails_the_step_with_a_reason(enrich: Enrich, tmp_path: Path) -> None:
    (tmp_path / "list.mp4").write_text("#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n")
    asset_id = enrich.run(enrich.add(tmp_path / "list.mp4", 10.0))
    assert (enrich.job(asset_id)["state"], enrich.job(asset_id)["reason_code"]) == (
        "failed",
        "sound-unreadable",
    )


@pytest.mark.parametrize(
    ("status", "has_audio"), [("deleted", True), ("rejected", True), ("processing", False)]
)
def test_what_needs_no_speech_step_gets_none(
    status: str, has_audio: bool, enrich: Enrich, tmp_path: Path
) -> None:
    write_wav(tmp_path / "silence.wav", bytes(3_200))
    event = enrich.add(tmp_path / "silence.wav", 0.1, "video")
    with enrich.database.transaction() as connection:
        connection.execute("update assets set status = %s where id = %s", (status, event.subject))
    data: dict[str, Any] = {**event.data, "has_audio": has_audio}
    assert enrich.post(replace(event, data=data)).status_code == 202
    assert enrich.rows("select * from jobs where asset_id = %s", event.subject) == []
