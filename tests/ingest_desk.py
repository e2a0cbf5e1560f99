"""Ingest as it runs: the function over a real store and a real database, and what a test wants to know of them."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier, Placeholder
from starlette.testclient import TestClient

from acervo import events, function
from acervo.events import Event
from acervo.objects import NotFound, Objects
from functions.ingest import main
from tests.fix_ceph import Ceph

PROJECT = "noticias"


@dataclass
class Desk:
    """The function with its store and its database, and what a test wants to know of them."""

    client: TestClient
    objects: Objects
    connection: psycopg.Connection[dict[str, Any]]

    def put(self, key: str, data: bytes) -> None:
        self.objects.client.put_object(Bucket=self.objects.archive, Key=key, Body=data)

    def init(self, name: str, data: bytes, project: str = PROJECT, **columns: Any) -> tuple[str, str]:
        """What `api` does: an asset that is `uploading`, its object in place; (asset id, key)."""
        asset_id = str(uuid.uuid4())
        key = f"uploads/{project}/{asset_id}/{name}"
        row = {
            "id": asset_id,
            "project_id": project,
            "name": name,
            "owner": "user:editora",
            "upload_key": key,
            **columns,
        }
        names, places = SQL(", ").join(map(Identifier, row)), SQL(", ").join(map(Placeholder, row))
        self.connection.execute(SQL("insert into assets ({}) values ({})").format(names, places), row)
        self.put(key, data)
        return asset_id, key

    def announce(
        self, key: str, event_id: str | None = None, bucket: str | None = None, wrapped: bool = False
    ) -> int:
        record = {
            "eventName": "ObjectCreated:Put", "userIdentity": {"principalId": "camera7"},
            "s3": {"bucket": {"name": bucket or self.objects.archive}, "object": {"key": key, "size": 1, "versionId": ""}},
        }  # fmt: skip
        event = Event(
            id=event_id or str(uuid.uuid4()), source="ceph:s3.default.dam-archive", type="com.amazonaws.ObjectCreated:Put",
            data={"Records": [record]} if wrapped else record,
        )  # fmt: skip
        headers, body = events.to_binary(event)
        answer = self.client.post("/", headers=headers, content=body)
        return answer.status_code

    def asset(self, asset_id: str) -> dict[str, Any]:
        row = self.connection.execute("select * from assets where id = %s", (asset_id,)).fetchone()
        assert row
        return row

    def by_name(self, name: str) -> list[dict[str, Any]]:
        return self.connection.execute(
            "select * from assets where name = %s order by created_at", (name,)
        ).fetchall()

    def said(self, asset_id: str) -> list[tuple[str, dict[str, Any]]]:
        rows = self.connection.execute(
            "select event from outbox where event->>'subject' = %s order by position", (str(asset_id),)
        ).fetchall()
        return [(row["event"]["type"], row["event"]["data"]) for row in rows]

    def there(self, key: str | None) -> bool:
        if key is None:
            return False
        try:
            self.objects.head(self.objects.archive, key)
        except NotFound:
            return False
        return True


def serve(ceph: Ceph, database_url: str, **more: str) -> Iterator[Desk]:
    """A desk of its own, with the projects `noticias` and `deportes`."""
    env = {
        "DATABASE_URL": database_url, "S3_ENDPOINT": ceph.endpoint, "S3_PUBLIC_ENDPOINT": ceph.endpoint,
        "S3_ACCESS_KEY": ceph.config.access_key, "S3_SECRET_KEY": ceph.config.secret_key, "INGEST_WALL_S": "60", **more,
    }  # fmt: skip
    app = function.serve(
        main.handle, name="ingest", hears={"com.amazonaws.ObjectCreated:*"}, settings=main.Settings, env=env
    )
    with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as connection:
        connection.execute(
            "insert into projects (id, name) values (%s, %s), ('deportes', 'Deportes')", (PROJECT, "Noticias")
        )
        yield Desk(TestClient(app), app.state.resources.objects, connection)
    app.state.resources.database.close()


def fresh(data: bytes) -> bytes:
    """The same film with other bytes: a `free` box that nobody reads at its end."""
    salt = secrets.token_bytes(16)
    return data + (8 + len(salt)).to_bytes(4, "big") + b"free" + salt


class Killed(Exception):
    """Stands for kill -9: nothing after this line of the handler happens."""
