"""The enrich services over real PostgreSQL, Ceph and models: events are delivered as the triggers say, until nothing is left to deliver."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest
import yaml
from PIL import Image, ImageDraw, ImageFont

from acervo import events, function, keys
from acervo.database import Database, Row, as_json, query
from acervo.events import Event
from acervo.function import Call, Resources
from acervo.objects import Objects
from functions.enrich import main
from functions.enrich.settings import EmbedSettings, FramesSettings, OcrSettings, VisionSettings
from knative.local.broker.filters import matches
from knative.local.models import Filter
from tests.fix_ceph import Broker, Ceph
from tests.fix_media import clip
from tests.media import make

ROOT = Path(__file__).parent.parent
INGESTED, CHANGED = "acervo.asset.ingested.v1", "acervo.asset.changed.v1"
REQUESTED, COMPLETED = "acervo.enrichment.requested.v1", "acervo.enrichment.completed.v1"
APPS = {
    "enrich-frames": (main.handler("frames"), main.frames_app, FramesSettings),
    "enrich-vision": (main.handler("objects", "pictures"), main.vision_app, VisionSettings),
    "enrich-ocr": (main.handler("ocr"), main.ocr_app, OcrSettings),
    "enrich-embed": (main.handler("embed", "names", "speakers"), main.embed_app, EmbedSettings),
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
class Enrichment:
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
                    asset_id, project, path.name, kind, key, sha256, as_json({"duration_s": duration_s, "audio": [{"codec": "x"}] if kind == "audio" else []}),
                    as_json(columns.pop("metadata", {})),
                ),
            )  # fmt: skip
        data = {
            "asset_id": asset_id, "project_id": project, "kind": kind, "sha256": sha256, "master_key": key,
            "mime_type": "video/mp4", "size_bytes": path.stat().st_size, "has_audio": kind == "audio", "duration_s": duration_s,
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


def put_speech(enrichment: Enrichment, asset_id: str | None, *texts: str) -> None:
    with enrichment.database.transaction() as connection:
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


@pytest.fixture(scope="module")
def enrich_database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def enrichment(
    database_url: str, enrich_database: Database, ceph: Ceph, broker: Broker, models_dir: Path
) -> Iterator[Enrichment]:
    broker.up()
    env = {
        "DATABASE_URL": database_url, "S3_ENDPOINT": ceph.endpoint, "S3_PUBLIC_ENDPOINT": ceph.endpoint,
        "S3_ACCESS_KEY": ceph.config.access_key, "S3_SECRET_KEY": ceph.config.secret_key, "K_SINK": broker.url,
        "MODELS_DIR": str(models_dir), "ENRICH_THREADS": "1",
    }  # fmt: skip
    objects = Objects(function.ObjectSettings(
        endpoint=ceph.endpoint, public_endpoint=ceph.endpoint, access_key=ceph.config.access_key, secret_key=ceph.config.secret_key,
    ))  # fmt: skip
    made = Enrichment(env, broker, enrich_database, objects)
    yield made
    for resources in made.opened:
        close(resources)
    objects.client.close()


LOWER_THIRD = "MAYOR OF THE CITY"


@pytest.fixture(scope="module")
def street_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
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
