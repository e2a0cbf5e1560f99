"""Ingest as it runs: events posted to the app, a real Ceph, a real PostgreSQL."""

from __future__ import annotations

import hashlib
import io
import secrets
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier, Placeholder
from starlette.testclient import TestClient

from acervo import events, function
from acervo.digest import sha256_of
from acervo.errors import Transient
from acervo.events import Event
from acervo.objects import NotFound, Objects
from functions.ingest import custody, main
from tests import fix_ingest as media
from tests.fix_ceph import Ceph

pytestmark = pytest.mark.ceph
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


@pytest.fixture(scope="module")
def desk(ceph: Ceph, database_url: str) -> Iterator[Desk]:
    env = {
        "DATABASE_URL": database_url, "S3_ENDPOINT": ceph.endpoint, "S3_PUBLIC_ENDPOINT": ceph.endpoint,
        "S3_ACCESS_KEY": ceph.config.access_key, "S3_SECRET_KEY": ceph.config.secret_key, "INGEST_WALL_S": "60",
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


def commit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two deliveries have both hashed, probed and copied before either commits."""
    barrier, commit = threading.Barrier(2, timeout=60), custody._commit

    def together(*arguments: Any) -> bool:
        barrier.wait()
        return commit(*arguments)

    monkeypatch.setattr(custody, "_commit", together)


# -- the good end -----------------------------------------------------------------------------------------------------
def test_an_announced_film_becomes_a_master_and_its_upload_goes(desk: Desk) -> None:
    data = fresh(media.film(tags=(("title", "Puerto"), ("artist", "Ana"))))
    sha256 = hashlib.sha256(data).hexdigest()
    asset_id, key = desk.init(
        "puerto.mp4", data, declared_sha256=sha256, size_bytes=len(data), metadata='{"byline": "Editora"}'
    )
    assert desk.announce(key) == 202
    row = desk.asset(asset_id)
    assert (row["status"], row["kind"], row["sha256"], row["upload_key"]) == (
        "processing",
        "video",
        sha256,
        None,
    )
    assert row["master_key"] == f"masters/{asset_id}/{sha256}/source.mp4"
    assert row["mime_type"] == "video/mp4"
    assert row["size_bytes"] == len(data)
    assert desk.objects.get_bytes(desk.objects.archive, row["master_key"]) == data
    assert desk.objects.head(desk.objects.archive, row["master_key"]).content_type == "video/mp4"
    assert not desk.there(key)
    assert row["metadata"] == {"title": "Puerto", "byline": "Editora"}
    assert row["technical"]["video"]["codec"] == "h264"
    [(type_, said)] = desk.said(asset_id)
    assert type_ == "acervo.asset.ingested.v1"
    assert (said["has_audio"], said["kind"], said["sha256"]) == (True, "video", sha256)
    assert said["duration_s"] == pytest.approx(8, abs=0.1)


def test_a_dropped_object_becomes_an_asset_of_the_project_in_its_key(desk: Desk) -> None:
    data = fresh(media.film())
    key = "uploads/noticias/cámara 7/día uno+dos &%41 🎬.mp4"
    desk.put(key, data)
    assert desk.announce(key, wrapped=True) == 202
    [row] = desk.by_name("día uno+dos &%41 🎬.mp4")
    assert (row["status"], row["owner"], row["project_id"]) == ("processing", "s3:camera7", PROJECT)
    assert desk.objects.get_bytes(desk.objects.archive, row["master_key"]) == data
    assert not desk.there(key)


def test_a_picture_brings_its_caption_but_never_overwrites_the_editors(desk: Desk) -> None:
    asset_id, key = desk.init("foto.jpg", media.captioned(), metadata='{"caption": "De la editora"}')
    assert desk.announce(key) == 202
    row = desk.asset(asset_id)
    assert (row["kind"], row["mime_type"]) == ("image", "image/jpeg")
    assert row["metadata"]["caption"] == "De la editora"
    assert row["metadata"]["title"] == "Amanecer"
    assert row["metadata"]["keywords"] == ["puerto", "niebla"]
    [(_, said)] = desk.said(asset_id)
    assert (said["has_audio"], said["duration_s"]) == (False, None)


def test_the_same_event_twice_is_done_once(desk: Desk) -> None:
    asset_id, key = desk.init("dos.mp4", fresh(media.film()))
    event_id = str(uuid.uuid4())
    assert [desk.announce(key, event_id), desk.announce(key, event_id), desk.announce(key)] == [202, 202, 202]
    assert len(desk.said(asset_id)) == 1
    assert len(desk.by_name("dos.mp4")) == 1


@pytest.mark.parametrize("same_id", [True, False])
def test_two_deliveries_at_the_same_moment_make_one_master(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, same_id: bool
) -> None:
    asset_id, key = desk.init(f"a la vez {same_id}.mp4", fresh(media.film()))
    commit_together(monkeypatch)
    ids = ["same", "same"] if same_id else ["one", "two"]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda name: desk.announce(key, key + name), ids)) == [202, 202]
    row = desk.asset(asset_id)
    assert row["status"] == "processing"
    assert len(desk.said(asset_id)) == 1
    assert desk.there(row["master_key"])
    assert not desk.there(key)


def test_two_deliveries_of_a_dropped_object_make_one_asset(desk: Desk) -> None:
    key = f"uploads/{PROJECT}/una sola.mp4"
    desk.put(key, fresh(media.film()))
    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(lambda name: desk.announce(key, key + name), ["one", "two"])) <= {202, 503}
    assert desk.announce(key) == 202
    [row] = desk.by_name("una sola.mp4")
    assert (row["status"], len(desk.said(row["id"]))) == ("processing", 1)


def test_an_upload_that_another_delivery_promotes_meanwhile_is_looked_at_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the dead letters: between hash and copy the object may go."""
    _, key = desk.init("ya no.mp4", fresh(media.film()))
    copy = Objects.copy

    def too_late(objects: Objects, *arguments: Any, **named: Any) -> None:
        objects.delete(objects.archive, key)
        copy(objects, *arguments, **named)

    monkeypatch.setattr(Objects, "copy", too_late)
    assert desk.announce(key) == 503


def test_a_large_object_is_hashed_in_ranges_and_pinned_by_its_etag(desk: Desk) -> None:
    data = secrets.token_bytes(21_000_003)
    bucket, key = desk.objects.archive, "bench/large"
    desk.objects.put_stream(bucket, key, io.BytesIO(data), "application/octet-stream")
    stored = desk.objects.head(bucket, key)
    url = desk.objects.presign_internal_get(bucket, key, 60)
    assert sha256_of(url, stored.size, stored.etag) == hashlib.sha256(data).hexdigest()
    with pytest.raises(Transient):
        sha256_of(url, stored.size, '"another"')


# -- killed anywhere --------------------------------------------------------------------------------------------------
class Killed(Exception):
    """Stands for kill -9: nothing after this line of the handler happens."""


@pytest.mark.parametrize(
    ("owner", "step"),
    [(Objects, "copy"), (custody, "_commit"), (custody, "_keep_whole"), (Objects, "delete")],
)
def test_killed_at_any_step_the_next_delivery_ends_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, owner: Any, step: str
) -> None:
    data = fresh(media.film())
    dropped = f"uploads/{PROJECT}/{uuid.uuid4()}.mp4"
    desk.put(dropped, data)
    event_id = str(uuid.uuid4())
    with monkeypatch.context() as patch:
        patch.setattr(owner, step, lambda *_, **__: (_ for _ in ()).throw(Killed()))
        assert desk.announce(dropped, event_id) == 500
    assert desk.announce(dropped, event_id) == 202
    [row] = desk.by_name(dropped.rsplit("/", 1)[-1])
    assert row["status"] == "processing"
    assert desk.objects.get_bytes(desk.objects.archive, row["master_key"]) == data
    assert not desk.there(dropped)
    assert len(desk.said(row["id"])) == 1


def test_a_master_that_is_gone_is_made_again_from_the_leftover_upload(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = fresh(media.film())
    asset_id, key = desk.init("otra vez.mp4", data)
    with monkeypatch.context() as patch:
        patch.setattr(custody, "_keep_whole", lambda *_, **__: (_ for _ in ()).throw(Killed()))
        assert desk.announce(key) == 500
    row = desk.asset(asset_id)
    desk.objects.delete(desk.objects.archive, row["master_key"])
    assert desk.announce(key) == 202
    assert desk.objects.get_bytes(desk.objects.archive, row["master_key"]) == data
    assert not desk.there(key)


def test_an_object_that_is_gone_is_no_fault(desk: Desk) -> None:
    assert desk.announce(f"uploads/{PROJECT}/nothing here.mp4") == 202
    assert desk.by_name("nothing here.mp4") == []


# -- duplicates -------------------------------------------------------------------------------------------------------
def test_the_same_bytes_in_one_project_are_recognised(desk: Desk) -> None:
    data = fresh(media.film())
    first, first_key = desk.init("primera.mp4", data)
    second, second_key = desk.init("segunda.mp4", data)
    assert [desk.announce(first_key), desk.announce(second_key)] == [202, 202]
    row = desk.asset(second)
    assert (row["status"], row["reason_code"], str(row["duplicate_of"])) == ("rejected", "duplicate", first)
    assert "primera.mp4" in row["reason"]
    assert not desk.there(second_key)
    assert desk.there(desk.asset(first)["master_key"])
    [(type_, said)] = desk.said(second)
    assert (type_, said["code"], said["duplicate_of"]) == ("acervo.asset.rejected.v1", "duplicate", first)


def test_of_two_equal_uploads_at_the_same_moment_one_wins(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both pass the look for a twin before either commits: the unique index decides."""
    data = fresh(media.film())
    uploads = [desk.init(f"gemelo {number}.mp4", data) for number in (1, 2)]
    commit_together(monkeypatch)
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda upload: desk.announce(upload[1]), uploads)) == [202, 202]
    rows = sorted((desk.asset(asset_id) for asset_id, _ in uploads), key=lambda row: row["status"])
    assert [row["status"] for row in rows] == ["processing", "rejected"]
    assert rows[1]["duplicate_of"] == rows[0]["id"]
    assert desk.there(rows[0]["master_key"])
    assert not list(desk.objects.keys(desk.objects.archive, f"masters/{rows[1]['id']}/"))


def test_the_same_bytes_in_another_project_are_their_own_asset(desk: Desk) -> None:
    data = fresh(media.film())
    first, first_key = desk.init("de aquí.mp4", data)
    second, second_key = desk.init("de allí.mp4", data, project="deportes")
    assert [desk.announce(first_key), desk.announce(second_key)] == [202, 202]
    rows = [desk.asset(first), desk.asset(second)]
    assert [row["status"] for row in rows] == ["processing", "processing"]
    assert rows[0]["sha256"] == rows[1]["sha256"]
    assert desk.objects.get_bytes(desk.objects.archive, rows[1]["master_key"]) == data


# -- what is turned away ----------------------------------------------------------------------------------------------
def test_another_object_of_the_same_name_is_another_asset(desk: Desk) -> None:
    key = f"uploads/{PROJECT}/toma.mp4"
    for _ in range(2):
        desk.put(key, fresh(media.film()))
        assert desk.announce(key) == 202
    assert [row["status"] for row in desk.by_name("toma.mp4")] == ["processing", "processing"]


def test_a_corrected_object_over_a_rejected_one_is_taken(desk: Desk) -> None:
    key = f"uploads/{PROJECT}/corregida.mp4"
    desk.put(key, b"\x00\x01\x02\x03 garbage" * 1000)
    assert desk.announce(key) == 202
    desk.put(key, fresh(media.film()))
    assert desk.announce(key) == 202
    assert [row["status"] for row in desk.by_name("corregida.mp4")] == ["rejected", "processing"]


def test_a_wrong_checksum_is_rejected_and_the_object_stays(desk: Desk) -> None:
    asset_id, key = desk.init("suma.mp4", fresh(media.film()), declared_sha256="0" * 64)
    assert desk.announce(key) == 202
    row = desk.asset(asset_id)
    assert (row["status"], row["reason_code"], row["upload_key"]) == ("rejected", "checksum-mismatch", key)
    assert desk.there(key)
    assert desk.announce(key) == 202
    assert desk.there(key)
    assert len(desk.said(asset_id)) == 1


def test_a_wrong_size_is_rejected(desk: Desk) -> None:
    data = fresh(media.film())
    asset_id, key = desk.init("medida.mp4", data, size_bytes=len(data) + 1)
    assert desk.announce(key) == 202
    assert desk.asset(asset_id)["reason_code"] == "size-mismatch"


@pytest.mark.parametrize(
    ("name", "make", "code"),
    [
        ("vacío.mp4", lambda: b"", "empty"),
        ("notas.mp4", lambda: "Texto de la nota, con eñe.\n".encode() * 50, "text"),
        ("lista.mp4", lambda: b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/x.ts\n", "playlist"),
        ("programa.mov", lambda: b"\x7fELF" + bytes(200), "executable"),
        ("bomba.png", lambda: media.png_bomb(50_000, 50_000), "too-many-pixels"),
        ("cortada.mp4", lambda: media.faststart()[:60_000], "truncated"),
    ],
)
def test_what_is_no_media_is_rejected_with_a_reason(
    desk: Desk, name: str, make: Callable[[], bytes], code: str
) -> None:
    asset_id, key = desk.init(name, make())
    assert desk.announce(key) == 202
    row = desk.asset(asset_id)
    assert (row["status"], row["reason_code"]) == ("rejected", code)
    assert len(row["reason"]) > 20
    [(type_, said)] = desk.said(asset_id)
    assert (type_, said["code"], said["reason"]) == ("acervo.asset.rejected.v1", code, row["reason"])
    assert desk.there(key) == (row["upload_key"] == key)


@pytest.mark.parametrize(
    "key",
    ["uploads/nobody/film.mp4", "uploads/film.mp4", "uploads/../etc/film.mp4", "uploads/NO PROJECT/film.mp4"],
)
def test_an_object_of_no_project_goes_to_the_dead_letters_and_stays(desk: Desk, key: str) -> None:
    desk.objects.client.put_object(Bucket=desk.objects.archive, Key=key, Body=b"x")
    assert desk.announce(key) == 422
    assert desk.there(key)


@pytest.mark.parametrize(
    "name", ["x" * 900 + ".mp4", "../../../etc/passwd.mp4", "ñandú‮4pm.mp4", "a'b\"c;drop table assets.mp4"]
)
def test_odd_names_are_only_names(desk: Desk, name: str) -> None:
    key = f"uploads/{PROJECT}/{name}"
    desk.put(key, fresh(media.film()))
    assert desk.announce(key) == 202
    [row] = desk.by_name(name.rsplit("/", 1)[-1])
    assert row["status"] == "processing"
    assert row["master_key"].startswith(f"masters/{row['id']}/")


def test_a_key_with_a_nul_is_no_crash(desk: Desk) -> None:
    assert desk.announce(f"uploads/{PROJECT}/a\x00b.mp4") in (202, 422)


def test_other_objects_are_none_of_its_business(desk: Desk) -> None:
    desk.put("masters/x/y/source.mp4", b"x")
    desk.put(f"uploads/{PROJECT}/folder/", b"")
    assert desk.announce("masters/x/y/source.mp4") == 202
    assert desk.announce(f"uploads/{PROJECT}/x.mp4", bucket="dam-proxies") == 202
    assert desk.announce(f"uploads/{PROJECT}/folder/") == 202
    assert desk.by_name("folder") == []


def test_an_asset_deleted_while_its_bytes_were_on_their_way_stays_deleted(desk: Desk) -> None:
    asset_id, key = desk.init("borrada.mp4", fresh(media.film()), status="deleted")
    assert desk.announce(key) == 202
    assert desk.asset(asset_id)["status"] == "deleted"
    assert not desk.there(key)
    assert desk.said(asset_id) == []


def test_a_store_that_is_away_is_tried_again_later(desk: Desk, database_url: str) -> None:
    env = {
        "DATABASE_URL": database_url, "S3_ENDPOINT": "http://127.0.0.1:9", "S3_PUBLIC_ENDPOINT": "http://127.0.0.1:9",
        "S3_ACCESS_KEY": "a", "S3_SECRET_KEY": "b",
    }  # fmt: skip
    app = function.serve(
        main.handle, name="ingest", hears={"com.amazonaws.ObjectCreated:*"}, settings=main.Settings, env=env
    )
    away = Desk(TestClient(app), desk.objects, desk.connection)
    assert away.announce(f"uploads/{PROJECT}/x.mp4") == 503
