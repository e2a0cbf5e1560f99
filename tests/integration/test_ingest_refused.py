"""What ingest turns away, and what it leaves alone: a reason that an editor understands, and nothing lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from acervo import function
from functions.ingest import main
from tests import fix_ingest as media
from tests.fix_ceph import Ceph
from tests.ingest_desk import PROJECT, Desk, fresh, serve

pytestmark = pytest.mark.ceph


@pytest.fixture(scope="module")
def desk(ceph: Ceph, database_url: str) -> Iterator[Desk]:
    yield from serve(ceph, database_url)


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
