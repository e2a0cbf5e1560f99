"""What got stuck is restarted, and only that: on a real PostgreSQL and a real Ceph."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from acervo.database import as_json, query
from acervo.digest import sha256_of
from acervo.errors import Transient
from acervo.events import Event, to_binary
from acervo.function import Call, Resources
from acervo.ranges import STREAM_BLOCK
from functions.reconcile import fixity, steps, uploads
from functions.reconcile import main as reconcile
from functions.reconcile.main import Settings, app
from tests.fix_ceph import Ceph

ASSET: dict[str, Any] = {"kind": "video", "technical": {"audio": [{"codec": "aac"}], "duration_s": 3.0}}


@pytest.fixture
def resources(database_url: str, ceph: Ceph) -> Iterator[Resources]:
    env = {
        "DATABASE_URL": database_url, "S3_ENDPOINT": ceph.endpoint, "S3_PUBLIC_ENDPOINT": ceph.endpoint,
        "S3_ACCESS_KEY": ceph.config.access_key, "S3_SECRET_KEY": ceph.config.secret_key, "RECONCILE_GRACE_S": "0", "FIXITY_DAYS": "0",
    }  # fmt: skip
    opened = Resources(Settings, env)
    with opened.database.transaction() as connection:
        connection.execute(
            "truncate assets, jobs, job_chunks, renditions, outbox, inbox, nudges, dead_letters, transcript_segments cascade"
        )
        connection.execute(
            "insert into projects (id, name) values ('noticias', 'Noticias') on conflict do nothing"
        )
    yield opened
    opened.close()


@pytest.fixture
def call(resources: Resources) -> Call:
    return Call(
        Event(
            id=str(uuid.uuid4()), source="/tick", type="dev.knative.sources.ping", data={"every": "minute"}
        ),
        "reconcile",
        resources,
    )


def put_asset(call: Call, status: str = "processing", **more: Any) -> str:
    asset_id = str(uuid.uuid4())
    values = {
        "id": asset_id,
        "status": status,
        "master_key": None,
        "sha256": uuid.uuid4().hex * 2,
        "upload_key": None,
        "size_bytes": 5,
        **ASSET,
        **more,
    }
    values["technical"] = as_json(values["technical"])
    with call.database.transaction() as connection:
        connection.execute(
            "insert into assets (id, project_id, name, kind, status, owner, technical, master_key, sha256, upload_key, size_bytes, mime_type)"
            " values (%(id)s, 'noticias', 'a.mp4', %(kind)s, %(status)s, 'user:a', %(technical)s, %(master_key)s, %(sha256)s, %(upload_key)s, %(size_bytes)s, 'video/mp4')",
            values,
        )
    return asset_id


def put_job(call: Call, asset_id: str, kind: str, state: str, chunks: int = 0, done: int = 0) -> str:
    job_id = str(uuid.uuid4())
    with call.database.transaction() as connection:
        query.put_job(
            connection,
            id=job_id,
            asset_id=asset_id,
            kind=kind,
            state=state,
            required=True,
            spec=as_json({}),
            chunks_total=chunks,
            cause=job_id,
        )
        connection.execute("update jobs set chunks_done = %s where id = %s", (done, job_id))
        for number in range(chunks):
            query.put_chunk(connection, job_id=job_id, number=number, spec=as_json({}))
    return job_id


def said(call: Call) -> list[dict[str, Any]]:
    with call.database.transaction() as connection:
        return [row["event"] for row in query.take_unsent(connection, limit=1000)]


def key_of(event: dict[str, Any]) -> str:
    """Of an event of Ceph's; other tests' objects may lie in the same bucket."""
    return str(event["data"]["s3"]["object"]["key"])


def test_a_step_that_never_began_is_asked_for_and_one_that_did_is_not(call: Call) -> None:
    stuck = put_asset(call, master_key="masters/x")
    put_job(call, stuck, "transcode", "running")
    put_asset(call, "ready", master_key="masters/y")
    assert steps.restart_lost_steps(call) == 1
    (event,) = said(call)
    assert (event["type"], event["subject"], event["data"]["has_audio"]) == (
        "acervo.asset.ingested.v1",
        stuck,
        True,
    )


def test_what_was_asked_for_is_not_asked_for_again_at_once(call: Call) -> None:
    put_asset(call, kind="image", technical={}, master_key="masters/x")
    object.__setattr__(call.settings, "grace_s", 30)
    with call.database.transaction() as connection:
        connection.execute("alter table assets disable trigger assets_touch")
        connection.execute("update assets set updated_at = now() - interval '1 hour'")
        connection.execute("alter table assets enable trigger assets_touch")
    assert [steps.restart_lost_steps(call) for _ in range(3)] == [1, 0, 0]


def test_a_lost_chunk_is_asked_for_and_a_held_one_is_not(call: Call) -> None:
    job = put_job(call, put_asset(call), "transcode", "running", chunks=2)
    with call.database.transaction() as connection:
        assert query.claim_chunk(connection, job_id=job, number=1, owner="somebody", lease_s=60)
    assert steps.restart_lost_chunks(call) == 1
    assert said(call)[0]["data"]["number"] == 0
    with call.database.transaction() as connection:
        connection.execute("update job_chunks set lease_until = now() - interval '1 second' where number = 1")
    steps.restart_lost_chunks(call)
    assert {event["data"]["number"] for event in said(call)} == {0, 1}


def test_a_lost_speech_part_is_asked_for_in_its_own_words(call: Call) -> None:
    put_job(call, put_asset(call), "speech", "running", chunks=1)
    assert steps.restart_lost_chunks(call) == 1
    assert (said(call)[0]["type"], said(call)[0]["data"]["step"]) == (
        "acervo.enrichment.requested.v1",
        "speech",
    )


def test_a_job_that_is_encoded_but_not_assembled_is_assembled(call: Call) -> None:
    job = put_job(call, put_asset(call), "transcode", "running", chunks=1, done=1)
    assert steps.assemble_what_is_encoded(call) == 1
    assert said(call)[0]["data"]["job_id"] == job


def test_a_cancelled_job_that_nobody_works_on_ends_and_the_asset_says_why(call: Call) -> None:
    asset = put_asset(call)
    job = put_job(call, asset, "transcode", "running", chunks=1)
    with call.database.transaction() as connection:
        query.request_cancel(connection, job_id=job)
    assert steps.end_cancelled(call) == 1
    with call.database.transaction() as connection:
        assert query.get_job(connection, job_id=job)["state"] == "cancelled"
        row = query.get_asset(connection, asset_id=asset)
    assert (row["status"], row["reason"]) == ("error", "transcode: cancelled by a person")


def test_an_object_that_no_event_announced_is_announced_once(call: Call, ceph: Ceph) -> None:
    key = f"uploads/noticias/{uuid.uuid4()}/a b+ñ.mp4"
    call.objects.put_bytes("dam-archive", key, b"hello", "video/mp4")
    put_asset(call, "uploading", upload_key=key)
    uploads.announce_unannounced(call)
    uploads.announce_unannounced(call)  # the grace of these tests is zero: it may be asked for again
    assert len({event["id"] for event in said(call) if key_of(event) == key}) == 1
    call.objects.delete("dam-archive", key)


def test_an_object_whose_event_is_a_dead_letter_is_left_to_people(call: Call, ceph: Ceph) -> None:
    key = f"uploads/noticias/{uuid.uuid4()}/a.mp4"
    call.objects.put_bytes("dam-archive", key, b"hello", "video/mp4")
    uploads.announce_unannounced(call)
    (event,) = (event for event in said(call) if key_of(event) == key)
    with call.database.transaction() as connection:
        query.put_dead_letter(
            connection,
            event=as_json(event),
            event_id=event["id"],
            event_type=event["type"],
            destination="x",
            code=422,
            answer="",
        )
        connection.execute("truncate outbox")
    uploads.announce_unannounced(call)
    assert key not in map(key_of, said(call))
    call.objects.delete("dam-archive", key)


def test_an_upload_that_nobody_finishes_is_closed_and_its_parts_are_freed(call: Call, ceph: Ceph) -> None:
    key = f"uploads/noticias/{uuid.uuid4()}/a.mp4"
    upload_id = call.objects.create_multipart("dam-archive", key, "video/mp4")
    asset = put_asset(call, "uploading", upload_key=key, sha256=None)
    with call.database.transaction() as connection:
        connection.execute("update assets set upload_id = %s where id = %s", (upload_id, asset))
    object.__setattr__(call.settings, "abandoned_days", 0)
    assert uploads.close_abandoned(call) == 1
    assert not ceph.s3.list_multipart_uploads(Bucket="dam-archive", Prefix=key).get("Uploads")
    with call.database.transaction() as connection:
        assert query.get_asset(connection, asset_id=asset)["reason_code"] == "abandoned"


def test_a_master_whose_bytes_changed_is_an_alarm_and_is_not_touched(call: Call, ceph: Ceph) -> None:
    good = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"  # of b"hello"
    for sha256, key in ((good, "masters/good"), ("0" * 64, "masters/bad")):
        call.objects.put_bytes("dam-archive", key, b"hello", "video/mp4")
        put_asset(call, "ready", master_key=key, sha256=sha256)
    assert fixity.verify(call) == 2
    (event,) = said(call)
    assert (event["type"], event["data"]["found"]) == ("acervo.asset.corrupted.v1", good)
    assert call.objects.get_bytes("dam-archive", "masters/bad") == b"hello"
    with call.database.transaction() as connection:
        rows = connection.execute("select result from audit_log where what = 'verify'").fetchall()
    assert [row["result"] for row in rows] == ["corrupted"]


def test_a_master_too_large_for_a_tick_is_verified_over_several(call: Call) -> None:
    data = b"hello" * (2 << 20)
    call.objects.put_bytes("dam-archive", "masters/large", data, "video/mp4")
    asset = put_asset(call, "ready", master_key="masters/large", sha256=hashlib.sha256(data).hexdigest())
    object.__setattr__(call.settings, "fixity_budget_s", 0)
    ticks = 0
    while not fixity.verify(call):
        with call.database.transaction() as connection:
            (row,) = connection.execute("select offset_bytes, size_bytes from hash_progress where asset_id = %s", (asset,)).fetchall()  # fmt: skip
        assert row["offset_bytes"] == min((ticks + 1) * STREAM_BLOCK, row["size_bytes"])
        ticks += 1
    assert ticks > 1
    assert said(call) == []
    with call.database.transaction() as connection:
        assert connection.execute("select 1 from hash_progress").fetchall() == []
        assert query.get_asset(connection, asset_id=asset)["fixity_at"] is not None


def test_a_master_that_cannot_be_read_hides_no_other(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    assets = []
    for key in ("masters/first", "masters/second"):
        data = key.encode()
        call.objects.put_bytes("dam-archive", key, data, "video/mp4")
        assets.append(put_asset(call, "ready", master_key=key, sha256=hashlib.sha256(data).hexdigest()))
    read, tried = sha256_of, 0

    def broken_at_first(*known: Any) -> str:
        nonlocal tried
        tried += 1
        if tried == 1:
            raise Transient("objects-unavailable", "no such luck")
        return read(*known)

    monkeypatch.setattr(fixity, "sha256_of", broken_at_first)
    with pytest.raises(Transient, match="no such luck"):
        fixity.verify(call)
    with call.database.transaction() as connection:
        known = [query.get_asset(connection, asset_id=asset)["fixity_at"] for asset in assets]
    assert sorted(at is None for at in known) == [False, True]


def test_a_master_that_another_tick_has_is_left_to_it(call: Call) -> None:
    asset = put_asset(call, "ready", master_key="masters/held")
    call.objects.put_bytes("dam-archive", "masters/held", b"x", "video/mp4")
    etag = call.objects.head("dam-archive", "masters/held").etag
    with call.database.transaction() as connection:
        query.hold_hash(connection, asset_id=asset, etag=etag, size_bytes=1, holder="another", holds_s=60)
    assert fixity.verify(call) == 0
    assert said(call) == []


def test_a_dead_letter_is_kept_once_while_it_waits(call: Call, resources: Resources) -> None:
    app.state.resources = resources
    sent = Event(
        id="dead-1", source="/x", type="acervo.asset.ingested.v1", subject="s", data={"a": 1},
        extensions={"knativeerrordest": "http://transcode/", "knativeerrorcode": "422", "knativeerrordata": "bm8gbW9kZWw="},
    )  # fmt: skip
    headers, body = to_binary(sent)
    with TestClient(app) as client:
        for _ in range(2):
            assert client.post("/dead-letters", headers=headers, content=body).status_code == 202
    with call.database.transaction() as connection:
        (row,) = connection.execute("select * from dead_letters").fetchall()
    assert (row["code"], row["answer"], row["destination"]) == (422, "no model", "http://transcode/")
    assert "knativeerrorcode" not in row["event"]


def test_one_broken_repair_does_not_keep_the_others_from_working(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Call) -> int:
        raise RuntimeError("broken")

    put_asset(call, master_key="masters/x")
    monkeypatch.setattr(reconcile, "REPAIRS", (broken, steps.restart_lost_steps))
    assert call.event is not None
    with pytest.raises(RuntimeError, match="broken"):
        reconcile.handle(call.event, call)
    assert [event["type"] for event in said(call)] == ["acervo.asset.ingested.v1"] * 2
