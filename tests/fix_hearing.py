"""The service that hears, over real PostgreSQL, Ceph and model: events are posted as a broker does."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from acervo import events, function, keys
from acervo.database import Database, Row, as_json
from acervo.events import Event
from acervo.function import Resources
from acervo.objects import Objects
from functions.enrich import main
from functions.enrich.settings import Settings
from tests.fix_ceph import Broker, Ceph

ROOT = Path(__file__).parent.parent
INGESTED, REQUESTED = "acervo.asset.ingested.v1", "acervo.enrichment.requested.v1"
COMPLETED = "acervo.enrichment.completed.v1"


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
class Hearing:
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


@pytest.fixture
def hearing(
    database_url: str, enrich_database: Database, ceph: Ceph, broker: Broker, models_dir: Path
) -> Iterator[Hearing]:
    broker.up()
    env = {
        "DATABASE_URL": database_url, "S3_ENDPOINT": ceph.endpoint, "S3_PUBLIC_ENDPOINT": ceph.endpoint,
        "S3_ACCESS_KEY": ceph.config.access_key, "S3_SECRET_KEY": ceph.config.secret_key, "K_SINK": broker.url,
        "MODELS_DIR": str(models_dir), "ENRICH_BEAM": "1", "ENRICH_THREADS": "1",
    }  # fmt: skip
    objects = Objects(function.ObjectSettings(
        endpoint=ceph.endpoint, public_endpoint=ceph.endpoint, access_key=ceph.config.access_key, secret_key=ceph.config.secret_key,
    ))  # fmt: skip
    yield Hearing(env, broker, enrich_database, objects)
    objects.client.close()
