"""Frames, objects, text, meaning and people's edits, from an event to rows: real PostgreSQL, Ceph and models, delivered as the triggers say."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest
import yaml
from PIL import Image, ImageDraw, ImageFont

from acervo import edits, events, function, keys
from acervo.database import Database, Row, as_json, query
from acervo.events import Event
from acervo.function import Call, Resources
from acervo.objects import Objects
from functions.enrich import e5, main, models, reprocess
from functions.enrich.embed_step import literal
from functions.enrich.settings import EmbedSettings, FramesSettings, OcrSettings, VisionSettings
from functions.reconcile.steps import ENRICHMENTS
from knative.local.broker.filters import matches
from knative.local.models import Filter
from tests.fix_ceph import Broker, Ceph, wait_for
from tests.fix_media import clip
from tests.media import make

pytestmark = pytest.mark.ceph
ROOT = Path(__file__).parent.parent.parent
INGESTED, CHANGED = "acervo.asset.ingested.v1", "acervo.asset.changed.v1"
REQUESTED, COMPLETED = "acervo.enrichment.requested.v1", "acervo.enrichment.completed.v1"
APPS = {
    "enrich-frames": (main.handler("frames"), main.frames_app, FramesSettings),
    "enrich-vision": (main.handler("objects"), main.vision_app, VisionSettings),
    "enrich-ocr": (main.handler("ocr"), main.ocr_app, OcrSettings),
    "enrich-embed": (main.handler("embed", "names"), main.embed_app, EmbedSettings),
}


def subscriptions() -> list[tuple[str, list[Filter]]]:
    """(service, filters) of the triggers, but those of speech."""
    found = []
    for trigger in yaml.safe_load_all((ROOT / "eventing" / "triggers" / "enrich.yaml").read_text()):
        service = trigger["spec"]["subscriber"]["ref"]["name"]
        if service in APPS:
            found.append((service, [Filter.model_validate(one) for one in trigger["spec"]["filters"]]))
    return found


def attributes_of(event: Event) -> dict[str, str]:
    return {"type": event.type, "source": event.source, "subject": event.subject or "", **event.extensions}


def close(resources: Resources) -> None:
    """What the process of a function keeps until it ends."""
    if "objects" in vars(resources):
        resources.objects.client.close()
    resources.close()


@dataclass
class Newsroom:
    """The enrich services over real parts; `settle` delivers what was said until nothing is left to deliver."""

    env: dict[str, str]
    broker: Broker
    database: Database
    objects: Objects
    delivered: int = 0
    answers: list[tuple[str, str, int]] = field(default_factory=list)
    opened: list[Resources] = field(default_factory=list)

    def post(self, service: str, event: Event, **env: str) -> httpx.Response:
        handle, app, settings = APPS[service]
        made = function.serve(
            handle, name=service, hears=app.state.hears, settings=settings, env={**self.env, **env}
        )
        headers, body = events.to_binary(event)

        async def send() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(made), base_url="http://enrich"
            ) as client:
                return await client.post("/", content=body, headers=headers)

        try:
            return asyncio.run(send())
        finally:
            close(made.state.resources)

    def settle(self, *said: Event, **env: str) -> None:
        self.broker.events += said
        while self.delivered < len(self.broker.events):
            event = self.broker.events[self.delivered]
            self.delivered += 1
            for service, filters in subscriptions():
                if all(matches(one, attributes_of(event)) for one in filters):
                    answer = self.post(service, event, **env)
                    self.answers.append((service, event.type, answer.status_code))

    def add(self, path: Path, kind: str, duration_s: float | None = None, **columns: Any) -> Event:
        """An asset as ingest leaves it, and the event that ingest says."""
        asset_id, sha256 = str(uuid.uuid4()), uuid.uuid4().hex * 2
        project = columns.pop("project", "news")
        key = keys.master(asset_id, sha256, path.suffix[1:])
        self.objects.put_file(self.objects.archive, key, path, "application/octet-stream")
        with self.database.transaction() as connection:
            connection.execute(
                "insert into projects (id, name) values (%s, 'News') on conflict do nothing", (project,)
            )
            connection.execute(
                "insert into assets (id, project_id, name, kind, status, owner, master_key, sha256, technical, metadata)"
                " values (%s, %s, %s, %s, 'ready', 'user:a', %s, %s, %s, %s)",
                (
                    asset_id, project, path.name, kind, key, sha256, as_json({"duration_s": duration_s}),
                    as_json(columns.pop("metadata", {})),
                ),
            )  # fmt: skip
        data = {
            "asset_id": asset_id, "project_id": project, "kind": kind, "sha256": sha256, "master_key": key,
            "mime_type": "video/mp4", "size_bytes": path.stat().st_size, "has_audio": False, "duration_s": duration_s,
        }  # fmt: skip
        return Event(str(uuid.uuid4()), "/acervo/ingest", INGESTED, asset_id, data)

    def rows(self, sql: str, *parameters: Any) -> list[Row]:
        with self.database.transaction() as connection:
            return connection.execute(sql, parameters).fetchall()

    def of(self, table: str, asset_id: str | None) -> list[Row]:
        return self.rows(f"select * from {table} where asset_id = %s order by 2", asset_id)  # noqa: S608  # ours

    def states(self, asset_id: str | None) -> dict[str, str]:
        """The state of the last run of each step."""
        rows = self.rows("select kind, state from jobs where asset_id = %s order by created_at, id", asset_id)
        return {row["kind"]: row["state"] for row in rows}

    def said(self, type_: str, asset_id: str | None) -> list[Event]:
        return [e for e in self.broker.events if e.type == type_ and e.subject == asset_id]

    def call(self) -> Call:
        self.opened.append(Resources(EmbedSettings, self.env))
        return Call(None, "test", self.opened[-1])


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def newsroom(
    database_url: str, database: Database, ceph: Ceph, broker: Broker, models_dir: Path
) -> Iterator[Newsroom]:
    broker.up()
    env = {
        "DATABASE_URL": database_url, "S3_ENDPOINT": ceph.endpoint, "S3_PUBLIC_ENDPOINT": ceph.endpoint,
        "S3_ACCESS_KEY": ceph.config.access_key, "S3_SECRET_KEY": ceph.config.secret_key, "K_SINK": broker.url,
        "MODELS_DIR": str(models_dir), "ENRICH_THREADS": "1",
    }  # fmt: skip
    objects = Objects(function.ObjectSettings(
        endpoint=ceph.endpoint, public_endpoint=ceph.endpoint, access_key=ceph.config.access_key, secret_key=ceph.config.secret_key,
    ))  # fmt: skip
    made = Newsroom(env, broker, database, objects)
    yield made
    for resources in made.opened:
        close(resources)
    objects.client.close()


LOWER_THIRD = "MAYOR OF THE CITY"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds of a street, the last four of them with a lower third."""
    with av.open(str(clip("bikes.mp4"))) as film:
        street = [f.to_ndarray(format="rgb24") for n, f in enumerate(film.decode(video=0)) if 85 <= n < 135]

    def draw(number: int, width: int, height: int) -> Any:
        image = Image.fromarray(street[min(number, len(street) - 1)])
        if number >= 20:
            pen = ImageDraw.Draw(image)
            pen.rectangle((30, 190, 500, 250), fill=(150, 20, 20))
            pen.text((45, 200), LOWER_THIRD, font=ImageFont.load_default(36), fill="white")
        return np.asarray(image)

    height, width = street[0].shape[:2]
    return make.film(
        tmp_path_factory.mktemp("film"), frames=60, size=(width, height), rate=10, gop=10, draw=draw
    )


def test_a_film_becomes_shots_objects_text_and_a_storyboard(newsroom: Newsroom, report: Path) -> None:
    event = newsroom.add(report, "video", 6.0)
    asset_id = event.subject
    newsroom.settle(event)
    assert newsroom.states(asset_id) == {"frames": "done", "objects": "done", "ocr": "done"}
    assert {answer[2] for answer in newsroom.answers} == {202}
    assert not any(
        row["required"] for row in newsroom.rows("select * from jobs where asset_id = %s", asset_id)
    )

    frames = newsroom.of("frames", asset_id)
    assert frames[0]["at_ms"] == 0
    assert all(a["until_ms"] == b["at_ms"] for a, b in itertools.pairwise(frames))
    (rendition,) = newsroom.rows(
        "select * from renditions where asset_id = %s and profile = 'storyboard'", asset_id
    )
    track = newsroom.objects.get_bytes(rendition["bucket"], rendition["key"]).decode()
    shots = newsroom.of("shots", asset_id)
    assert track.startswith("WEBVTT\n\n00:00:00.000 --> ")
    assert track.count("-->") == len(shots) == rendition["detail"]["shots"]
    picture = f"{rendition['key'].rsplit('/', 1)[0]}/{track.split()[4]}"
    assert newsroom.objects.get_bytes(newsroom.objects.proxies, picture)[8:12] == b"WEBP"

    found = newsroom.of("detections", asset_id)
    assert {"person", "car"} & {row["label"] for row in found}
    assert all(0 <= row["start_ms"] < row["end_ms"] <= 6_100 for row in found)
    assert {row["model"] for row in found} == {"yolo11n@8.3.250"}
    with newsroom.database.transaction() as connection:
        tags = list(query.shown_tags(connection, asset_ids=[asset_id]))
    assert {tag["value"] for tag in tags} == {row["label"] for row in found}

    (line,) = [row for row in newsroom.of("ocr_texts", asset_id) if row["text"] == LOWER_THIRD]
    assert 1_900 <= line["start_ms"] <= 4_000
    assert 5_500 <= line["end_ms"] <= 6_100
    assert line["model"] == "pp-ocr-small@6.0.0"
    x, y, width, height = line["box"]
    assert 0 < x < x + width < 1
    assert 0.6 < y < y + height < 1

    done = newsroom.said(COMPLETED, asset_id)
    assert sorted(e.data["step"] for e in done) == ["frames", "objects", "ocr"]
    assert all(e.extensions["step"] == e.data["step"] for e in done + newsroom.said(REQUESTED, asset_id))

    # everything again, and reconcile's event with another id: nothing is done twice
    before = [newsroom.of(table, asset_id) for table in ("frames", "shots", "detections", "ocr_texts")]
    asked = len(newsroom.said(REQUESTED, asset_id))
    newsroom.settle(*newsroom.broker.events, replace(event, id="another"))
    assert [newsroom.of(t, asset_id) for t in ("frames", "shots", "detections", "ocr_texts")] == before
    assert len(newsroom.said(COMPLETED, asset_id)) == 2 * len(done), "only what was delivered again"
    assert len(newsroom.said(REQUESTED, asset_id)) == 2 * asked


def test_pictures_have_objects_and_are_found_by_their_copies(
    newsroom: Newsroom, report: Path, tmp_path: Path
) -> None:
    with av.open(str(clip("bikes.mp4"))) as film:
        found = next(f for n, f in enumerate(film.decode(video=0)) if n == 40)
    frame = Image.fromarray(found.to_ndarray(format="rgb24"))
    frame.save(tmp_path / "photo.jpg", quality=92)
    frame.resize((320, 136)).save(tmp_path / "copy.jpg", quality=50)
    make.photo(tmp_path, "other.jpg", (640, 480))
    photo, copy, other, elsewhere = (
        newsroom.add(tmp_path / name, "image", project=project)
        for name, project in (
            ("photo.jpg", "pictures"), ("copy.jpg", "pictures"), ("other.jpg", "pictures"), ("copy.jpg", "secret"),
        )
    )  # fmt: skip
    newsroom.settle(photo, copy, other, elsewhere)
    assert "person" in {row["label"] for row in newsroom.of("detections", photo.subject)}
    assert newsroom.states(other.subject) == {"frames": "done", "objects": "done", "ocr": "done"}

    def alike(projects: list[str] | None) -> set[str]:
        with newsroom.database.transaction() as connection:
            rows = query.near_duplicates(
                connection,
                asset_id=photo.subject,
                projects=projects,
                most_bits=8,
                after_bits=None,
                after_id=None,
                limit=10,
            )
            return {str(row["asset_id"]) for row in rows}

    assert alike(["pictures"]) == {copy.subject}
    assert alike(None) == {copy.subject, elsewhere.subject}


def test_a_killed_instance_loses_its_chunk_and_another_does_it_once(
    newsroom: Newsroom, report: Path, tmp_path: Path
) -> None:
    event = newsroom.add(report, "video", 6.0)
    assert newsroom.post("enrich-frames", event).status_code == 202
    (request,) = newsroom.said(REQUESTED, event.subject)
    headers, body = events.to_binary(request)
    script = tmp_path / "instance.py"
    script.write_text(
        "import asyncio, json, httpx\nfrom functions.enrich.main import frames_app\n"
        "async def go():\n    async with httpx.AsyncClient(transport=httpx.ASGITransport(frames_app), base_url='http://x') as c:\n"
        f"        await c.post('/', content={body!r}, headers=json.loads({json.dumps(headers)!r}))\nasyncio.run(go())\n"
    )
    chunk = "select c.* from job_chunks c join jobs j on j.id = c.job_id where j.asset_id = %s"
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(
        [sys.executable, str(script)], cwd=ROOT, stderr=log,
        env={**os.environ, **newsroom.env, "PYTHONPATH": str(ROOT)},
    ) as instance:  # fmt: skip
        wait_for(lambda: newsroom.rows(chunk, event.subject)[0]["state"] == "running", "the chunk begins", 60)
        instance.send_signal(signal.SIGKILL)
    assert newsroom.post("enrich-frames", request).status_code == 503, "its lease still runs"
    with newsroom.database.transaction() as connection:  # half a minute later
        connection.execute(
            "update job_chunks set lease_until = now() - interval '1 second' where job_id = %s",
            (request.data["job_id"],),
        )
    assert newsroom.post("enrich-frames", request).status_code == 202
    assert len(newsroom.said(COMPLETED, event.subject)) == 1
    assert newsroom.of("shots", event.subject)


def test_a_step_that_fails_says_why_and_holds_no_asset_back(newsroom: Newsroom, tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"no film at all")
    event = newsroom.add(tmp_path / "film.mp4", "video", 5.0)
    newsroom.settle(event)
    (job,) = newsroom.rows("select * from jobs where asset_id = %s", event.subject)
    assert (job["kind"], job["state"], job["reason_code"]) == ("frames", "failed", "pictures-unreadable")
    assert newsroom.rows("select status from assets where id = %s", event.subject) == [{"status": "ready"}]


def test_a_missing_model_fails_its_step_and_names_itself(newsroom: Newsroom, tmp_path: Path) -> None:
    make.photo(tmp_path, "photo.jpg", (320, 240))
    event = newsroom.add(tmp_path / "photo.jpg", "image")
    newsroom.settle(event, MODELS_DIR=str(tmp_path))
    assert newsroom.states(event.subject) == {"frames": "done", "objects": "failed", "ocr": "failed"}
    assert ("enrich-vision", REQUESTED, 422) in newsroom.answers
    reasons = {row["reason"] for row in newsroom.rows("select reason from jobs where reason is not null and asset_id = %s", event.subject)}  # fmt: skip
    assert all("is not there" in reason for reason in reasons)

    # mended: the step is asked for again, and only it
    work = reprocess.Reprocess(newsroom.call(), "objects", None, 5, 10)
    assert work.run() >= 1
    newsroom.settle()
    assert newsroom.states(event.subject)["objects"] == "done"
    assert newsroom.states(event.subject)["ocr"] == "failed"

    # said again, as somebody who asks for the failed steps once more does: what is done is left alone
    newsroom.settle(replace(event, id="again"))
    assert newsroom.states(event.subject) == {"frames": "done", "objects": "done", "ocr": "done"}
    kinds = [row["kind"] for row in newsroom.rows("select kind from jobs where asset_id = %s", event.subject)]
    assert sorted(kinds) == ["frames", "objects", "objects", "ocr", "ocr"]


# -- meaning ----------------------------------------------------------------------------------------------------------
def put_speech(newsroom: Newsroom, asset_id: str | None, *texts: str) -> None:
    with newsroom.database.transaction() as connection:
        query.put_segment(
            connection,
            [
                {
                    "asset_id": asset_id, "number": n, "start_ms": n * 10_000, "end_ms": n * 10_000 + 4_000, "language": "es",
                    "text": text, "words": as_json([{"word": w, "start_ms": n * 10_000, "end_ms": n * 10_000 + 4_000, "probability": 1} for w in text.split()]),
                    "speaker": None, "model": "m@1",
                }
                for n, text in enumerate(texts)
            ],
        )  # fmt: skip


def nearest(newsroom: Newsroom, question: str, projects: list[str] | None) -> list[Row]:
    embedder = e5.load("multilingual-e5-small", Path(newsroom.env["MODELS_DIR"]), 1)
    with newsroom.database.transaction() as connection:
        return list(
            query.nearest_passages(
                connection, vector=literal(embedder.questions([question])[0]), model=embedder.label, projects=projects, limit=5,
            )
        )  # fmt: skip


def test_a_question_finds_the_passage_that_means_it_in_the_callers_projects(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    make.sound(tmp_path, "voice.wav", 0.1)
    drought = newsroom.add(
        tmp_path / "voice.wav", "audio", 20.0, project="talk", metadata={"title": "Informativo del martes"}
    )
    put_speech(
        newsroom, drought.subject,
        "El gobierno anuncia ayudas a los agricultores por la sequía en Andalucía.",
        "El Real Betis gana con dos goles en la segunda parte.",
    )  # fmt: skip
    hidden = newsroom.add(
        tmp_path / "voice.wav", "audio", 1.0, project="hidden", metadata={"title": "Ayudas por la sequía"}
    )
    newsroom.settle(drought, hidden)
    assert newsroom.states(drought.subject) == {"embed": "done"}
    first = nearest(newsroom, "subsidies for farmers because it does not rain", ["talk"])[0]
    assert (str(first["asset_id"]), first["field"], first["start_ms"]) == (drought.subject, "speech", 0)
    football = nearest(newsroom, "partido de fútbol", ["talk"])[0]
    assert (football["start_ms"], football["end_ms"]) == (10_000, 14_000)
    assert {str(row["asset_id"]) for row in nearest(newsroom, "sequía", ["talk"])} == {drought.subject}
    assert nearest(newsroom, "sequía", []) == []
    assert hidden.subject in {str(row["asset_id"]) for row in nearest(newsroom, "sequía", None)}

    # a change that changes no text embeds nothing; a new title does, in one run that takes the place of the old
    changed = Event("c1", "/acervo/api", CHANGED, drought.subject, {"asset_id": drought.subject, "project_id": "talk", "status": "ready"})  # fmt: skip
    newsroom.settle(changed)
    assert len(newsroom.said(REQUESTED, drought.subject)) == 1
    with newsroom.database.transaction() as connection:
        connection.execute(
            "update assets set metadata = %s where id = %s",
            (as_json({"title": "Una exposición de Goya"}), drought.subject),
        )
    newsroom.settle(replace(changed, id="c2"))
    assert nearest(newsroom, "art museum", ["talk"])[0]["field"] == "title"
    assert len(newsroom.rows("select * from jobs where asset_id = %s", drought.subject)) == 1


# -- people -----------------------------------------------------------------------------------------------------------
def test_a_corrected_line_is_shown_captioned_and_found_and_can_be_taken_back(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    make.sound(tmp_path, "voice.wav", 0.1)
    event = newsroom.add(tmp_path / "voice.wav", "audio", 30.0, project="people")
    asset_id = str(event.subject)
    put_speech(newsroom, asset_id, "el pebe equis llama", "otra cosa")
    call = newsroom.call()
    with call.change() as work:
        asset = query.lock_asset(work.connection, asset_id=asset_id)
        from functions.enrich import completion

        completion.put_captions(
            call, work, asset, list(query.transcript_lines(work.connection, asset_id=asset_id)), "es"
        )
    newsroom.settle(event)
    (version,) = newsroom.rows("select version from assets where id = %s", asset_id)

    with call.change() as work:
        edit = edits.correct_line(work, asset_id, 0, "el PBX  llama", "user:ana")
    newsroom.settle()
    shown = newsroom.of("transcript_segments", asset_id)
    assert [(row["text"], row["model"]) for row in shown] == [
        ("el PBX llama", "person:user:ana"),
        ("otra cosa", "m@1"),
    ]
    assert (edit["author"], edit["before"]["text"]) == ("user:ana", "el pebe equis llama")
    (after,) = newsroom.rows("select version from assets where id = %s", asset_id)
    assert after["version"] > version["version"]
    assert len(newsroom.said(CHANGED, asset_id)) == 1
    (captions,) = newsroom.rows(
        "select * from renditions where asset_id = %s and profile = 'captions'", asset_id
    )
    assert "el PBX llama" in newsroom.objects.get_bytes(captions["bucket"], captions["key"]).decode()
    assert "el PBX llama" in newsroom.of("embeddings", asset_id)[0]["text"]

    # corrected again by somebody else, and taken back: what the machine had is shown
    with call.change() as work:
        second = edits.correct_line(work, asset_id, 0, "el PBX no llama", "user:eva")
    with call.change() as work:
        edits.restore_line(work, asset_id, second["id"], "user:eva")
    assert [row["text"] for row in newsroom.of("transcript_segments", asset_id)] == [
        "el pebe equis llama",
        "otra cosa",
    ]
    with call.change() as work, pytest.raises(edits.NoSuchLine):
        edits.correct_line(work, asset_id, 77, "x", "user:eva")

    # when nothing is left to embed, the empty captions go into the stream all the same
    newsroom.settle()
    embedded = len(newsroom.said(COMPLETED, asset_id))
    with call.change() as work:
        for number in range(2):
            edits.correct_line(work, asset_id, number, "", "user:eva")
    newsroom.settle()
    assert newsroom.objects.get_bytes(captions["bucket"], captions["key"]).decode().strip() == "WEBVTT"
    assert newsroom.of("embeddings", asset_id) == []
    told = newsroom.said(COMPLETED, asset_id)[embedded:]
    assert [(event.data["step"], event.data["results"]) for event in told] == [("embed", 0)]


def test_a_correction_and_a_rejected_tag_survive_a_run_of_the_step(newsroom: Newsroom, report: Path) -> None:
    from functions.enrich import completion
    from functions.enrich.transcript import Word, build_segment

    event = newsroom.add(report, "video", 6.0, project="people")
    asset_id = str(event.subject)
    newsroom.settle(event)
    put_speech(newsroom, asset_id, "uno", "dos", "tres")
    call = newsroom.call()
    with call.change() as work:
        edits.correct_line(work, asset_id, 1, "DOS", "user:ana")
        edits.judge_tag(work, asset_id, "object", "person", "rejected", "user:ana")
        edits.judge_tag(work, asset_id, "person", "Ana Pérez", "added", "user:ana")
    with call.change() as work:  # the end of another run, which heard it all as one line
        words = [Word("uno", 0, 4_000), Word("doz", 10_000, 14_000), Word("tres", 20_000, 24_000)]
        completion.put_transcript(work, asset_id, [build_segment(words, "es")], "new@2")
    assert [(r["number"], r["text"]) for r in newsroom.of("transcript_segments", asset_id)] == [
        (0, "uno"),
        (1, "DOS"),
        (2, "tres"),
    ]
    with newsroom.database.transaction() as connection:
        connection.execute(
            "update jobs set spec = spec || '{\"used\": \"old@0\"}' where asset_id = %s and kind = 'objects'",
            (asset_id,),
        )
    assert asset_id in set(reprocess.Reprocess(newsroom.call(), "objects", None, 5, 10).waiting())
    reprocess.Reprocess(newsroom.call(), "objects", None, 5, 10).run()
    newsroom.settle()
    assert len(newsroom.rows("select * from jobs where asset_id = %s and kind = 'objects'", asset_id)) == 2
    assert "person" in {row["value"] for row in newsroom.of("tags", asset_id) if row["kind"] == "object"}
    with newsroom.database.transaction() as connection:
        shown = list(query.shown_tags(connection, asset_ids=[asset_id]))
        boxes = list(
            query.shown_detections(
                connection, asset_id=asset_id, label=None, from_ms=None, until_ms=None, after=-1, limit=100
            )
        )
    assert "person" not in {tag["value"] for tag in shown} | {box["label"] for box in boxes}
    assert ("person", "Ana Pérez", "user:ana") in {(t["kind"], t["value"], t["author"]) for t in shown}

    with newsroom.database.transaction() as connection:
        query.forget_enrichment(connection, asset_id=asset_id)
    tables = (
        "shots",
        "frames",
        "detections",
        "tags",
        "tag_edits",
        "transcript_segments",
        "transcript_edits",
        "embeddings",
    )
    assert {table: newsroom.of(table, asset_id) for table in tables} == {table: [] for table in tables}


# -- again with another model -----------------------------------------------------------------------------------------
def test_reprocessing_is_throttled_and_goes_on_where_it_was_stopped(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    make.sound(tmp_path, "voice.wav", 0.1)
    added = [
        newsroom.add(tmp_path / "voice.wav", "audio", 1.0, project="again", metadata={"title": f"Pieza {n}"})
        for n in range(4)
    ]
    with newsroom.database.transaction() as connection:  # of other tests
        connection.execute("delete from job_chunks")
        connection.execute("update jobs set state = 'cancelled' where state in ('queued', 'running')")
    ours = {str(event.subject) for event in added}
    work = reprocess.Reprocess(newsroom.call(), "embed", None, 2, 0.5)
    assert ours <= set(work.waiting())
    with pytest.raises(Exception, match="2 runs of embed are open"):
        work.run()
    again = reprocess.Reprocess(newsroom.call(), "embed", None, 100, 5)
    again.run()
    newsroom.settle()
    assert ours & set(again.waiting()) == set()
    assert {newsroom.states(asset_id)["embed"] for asset_id in ours} == {"done"}
    assert reprocess.Reprocess(newsroom.call(), "embed", None, 100, 5).run() == 0


def test_reconcile_knows_every_step_and_every_step_is_in_the_catalogue() -> None:
    schema = events.catalogue()[REQUESTED]
    assert set(ENRICHMENTS) == set(main.STEPS) == set(schema["properties"]["step"]["enum"])
    assert {model.kind for model in models.registry().values()} >= {"speech", "vision", "ocr", "embedding"}
