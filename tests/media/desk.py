"""The transcode function with its store and its database, and a broker that is this process: what its tests sit at."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from starlette.testclient import TestClient

from acervo import events, keys
from acervo.events import Event
from acervo.objects import Objects
from functions.transcode import main

HEARD = tuple(main.DOES)


@dataclass
class Desk:
    """The function with its store and its database; it plays broker for the function's own events."""

    client: TestClient
    objects: Objects
    connection: psycopg.Connection[dict[str, Any]]
    env: dict[str, str]
    seen: set[str] = field(default_factory=set)

    def arrive(self, path: Path, kind: str, audio: bool = False) -> str:
        """What `ingest` leaves: a `processing` asset whose master is in its place; of a new project, as bytes are unique in one."""
        asset_id, data = str(uuid.uuid4()), path.read_bytes()
        project = f"p-{asset_id}"
        self.connection.execute("insert into projects (id, name) values (%s, 'Noticias')", (project,))
        sha256 = hashlib.sha256(data).hexdigest()
        key = keys.master(asset_id, sha256, path.suffix.lstrip("."))
        self.objects.client.put_object(Bucket=self.objects.archive, Key=key, Body=data)
        self.connection.execute(
            "insert into assets (id, project_id, name, owner, kind, status, master_key, size_bytes, sha256, technical)"
            " values (%s, %s, %s, 'user:editora', %s, 'processing', %s, %s, %s, %s)",
            (asset_id, project, path.name, kind, key, len(data), sha256, json.dumps({"audio": [{}] if audio else []})),
        )  # fmt: skip
        return asset_id

    def ingested(self, asset_id: str, event_id: str | None = None) -> Event:
        row = self.row("select * from assets where id = %s", asset_id)
        data = {
            "asset_id": asset_id, "project_id": row["project_id"], "kind": row["kind"], "sha256": row["sha256"], "master_key": row["master_key"],
            "mime_type": "video/mp4", "size_bytes": row["size_bytes"], "has_audio": False, "duration_s": None,
        }  # fmt: skip
        return Event(
            event_id or str(uuid.uuid4()), "/acervo/ingest", "acervo.asset.ingested.v1", asset_id, data
        )

    def post(self, event: Event) -> int:
        headers, body = events.to_binary(event)
        return self.client.post("/", headers=headers, content=body).status_code

    def said(self, asset_id: str) -> list[Event]:
        rows = self.connection.execute(
            "select event from outbox where event->>'subject' = %s order by position", (asset_id,)
        ).fetchall()
        return [events.parse_structured(row["event"]) for row in rows]

    def deliver(self, asset_id: str) -> None:
        """Every event that the function said and hears, until there is none left."""
        while waiting := [e for e in self.said(asset_id) if e.type in HEARD and e.id not in self.seen]:
            for event in waiting:
                assert self.post(event) == 202, event
                self.seen.add(event.id)

    def row(self, sql: str, *values: Any) -> dict[str, Any]:
        found = self.connection.execute(sql, values).fetchone()
        assert found
        return found

    def status(self, asset_id: str) -> str:
        return str(self.row("select status from assets where id = %s", asset_id)["status"])

    def job(self, asset_id: str) -> dict[str, Any]:
        return self.row("select * from jobs where asset_id = %s order by created_at desc limit 1", asset_id)

    def renditions(self, asset_id: str) -> dict[str, dict[str, Any]]:
        rows = self.connection.execute("select * from renditions where asset_id = %s", (asset_id,)).fetchall()
        return {row["profile"]: row for row in rows}

    def fetch(self, rendition: dict[str, Any], folder: Path) -> Path:
        """The rendition's file; of a playlist its whole folder."""
        prefix = rendition["key"].rsplit("/", 1)[0] + "/"
        for key in self.objects.keys(rendition["bucket"], prefix):
            target = folder / rendition["profile"] / key.removeprefix(prefix)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self.objects.get_bytes(rendition["bucket"], key))
        return folder / str(rendition["profile"]) / str(rendition["key"]).rsplit("/", 1)[1]

    def order(self, asset_id: str, profile: str, **changes: Any) -> Event:
        """What the API says of an order."""
        project = self.row("select project_id from assets where id = %s", asset_id)["project_id"]
        data = {"asset_id": asset_id, "project_id": project, "profile": profile, **changes}
        return Event(str(uuid.uuid4()), "/acervo/api", "acervo.rendition.requested.v1", asset_id, data)
