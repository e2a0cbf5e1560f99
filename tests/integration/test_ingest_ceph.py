"""Ingest as it runs: events posted to the app, a real Ceph, a real PostgreSQL."""

from __future__ import annotations

import hashlib
import io
import secrets
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from acervo.digest import sha256_of
from acervo.errors import Transient
from acervo.objects import Objects
from functions.ingest import custody
from tests import fix_ingest as media
from tests.fix_ceph import Ceph
from tests.ingest_desk import PROJECT, Desk, Killed, fresh, serve

pytestmark = pytest.mark.ceph


@pytest.fixture(scope="module")
def desk(ceph: Ceph, database_url: str) -> Iterator[Desk]:
    yield from serve(ceph, database_url)


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
