"""The one-machine Ceph and the declaration, against a real gateway."""

from __future__ import annotations

import dataclasses
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from acervo.events import validate
from rgw import admin_socket, cluster, daemons
from rgw.cluster import ClusterError
from rgw.config import Config
from rgw.record import identity
from rgw.store import Access, connect, fill_version
from rgw.sweep import sweep, unannounced
from tests.fix_ceph import ORIGIN, ROOT, Bridge, Broker, Ceph, free_base, wait_for

pytestmark = pytest.mark.ceph

ARCHIVE, PROXIES = "dam-archive", "dam-proxies"
NAMES = [
    "plain.mp4",
    "día de sol (1).mp4",
    "100% + 50%41 &?#=;.mov",
    "emoji 😀 ñandú.jpg",
    "e\u0301 decomposed.wav",
    "a/b//c .mxf",
]


def put_in_parts(s3: Any, bucket: str, key: str, parts: list[bytes], **arguments: Any) -> str:
    """A multipart upload; its version, if it has one."""
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key, **arguments)["UploadId"]
    done = [
        {
            "PartNumber": number,
            "ETag": s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=part)[
                "ETag"
            ],
        }
        for number, part in enumerate(parts, 1)
    ]
    s3.complete_multipart_upload(Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": done})
    return str(s3.head_object(Bucket=bucket, Key=key).get("VersionId", ""))


# -- cluster ----------------------------------------------------------------------------------------------------------
def test_a_cold_start_is_a_matter_of_seconds(ceph: Ceph) -> None:
    print(f"cold start: {ceph.cold_start_s:.1f} s")
    assert ceph.cold_start_s < 30  # 7 to 9 s where nobody else works


def test_preparing_again_does_nothing(ceph: Ceph) -> None:
    assert cluster.prepare(ceph.config) is False


def test_daemons_killed_at_once_come_back_with_everything_that_was_acknowledged(ceph: Ceph) -> None:
    bodies = {f"kept/{number}": bytes([number]) * 100_000 for number in range(10)}
    for key, body in bodies.items():
        ceph.s3.put_object(Bucket=PROXIES, Key=key, Body=body)
    killed = cluster.down(ceph.config, signal_number=signal.SIGKILL)
    assert killed == ["rgw", "osd", "mon"]
    assert not any(state["running"] for state in cluster.status(ceph.config).values())
    cluster.up(ceph.config, dies_with_parent=True)
    assert all(state["running"] for state in cluster.status(ceph.config).values())
    for key, body in bodies.items():
        assert ceph.s3.get_object(Bucket=PROXIES, Key=key)["Body"].read() == body


def test_each_daemon_may_be_killed_alone(ceph: Ceph) -> None:
    for daemon in ("mon", "osd", "rgw", "osd"):
        daemons.stop(ceph.config, daemon, signal_number=signal.SIGKILL)
        cluster.up(ceph.config, dies_with_parent=True)
        ceph.s3.put_object(Bucket=PROXIES, Key=f"after-{daemon}", Body=b"x")
        assert ceph.s3.get_object(Bucket=PROXIES, Key=f"after-{daemon}")["Body"].read() == b"x"


def test_a_daemon_that_is_gone_again_after_its_start_is_said(ceph: Ceph) -> None:
    """The gateway answers without an OSD, so its answer alone says nothing."""
    daemons.stop(ceph.config, "osd")
    code = "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.lockf(f, fcntl.LOCK_EX); print('held', flush=True); sys.stdin.read()"
    words = [sys.executable, "-c", code, str(ceph.config.pid_file("osd"))]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ClusterError, match="osd ended with"):
            cluster.up(ceph.config, dies_with_parent=True)
        holder.communicate(timeout=10)
    cluster.up(ceph.config, dies_with_parent=True)
    ceph.s3.put_object(Bucket=PROXIES, Key="after-the-lock", Body=b"x")


def test_a_gateway_that_was_killed_leaves_nothing_that_slows_its_successor(ceph: Ceph) -> None:
    daemons.stop(ceph.config, "rgw", signal_number=signal.SIGKILL)
    cluster.up(ceph.config, dies_with_parent=True)
    start = time.monotonic()
    ceph.s3.delete_bucket_cors(Bucket=PROXIES)
    ceph.provision()
    assert time.monotonic() - start < 10  # up to 30 s while the old gateway's watches count
    found = admin_socket.pushes(ceph.config.admin_socket("rgw"))
    assert found is not None
    assert found.pid == daemons.find(ceph.config, "rgw")


@pytest.mark.slow
def test_what_hangs_in_the_gateway_because_the_bridge_was_down_arrives_after_all(
    ceph: Ceph, ceph_bridge: Bridge, broker: Broker
) -> None:
    broker.up()
    ceph_bridge.start()
    ceph.s3.put_object(Bucket=ARCHIVE, Key="uploads/hang/first", Body=b"x")
    # until the durable topic has told it too: its queue is served
    wait_for(lambda: ceph_bridge.metric("bridge_received_total") >= 2, "the durable topic says nothing", 60)
    ceph_bridge.stop(signal.SIGKILL)
    ceph.s3.put_object(Bucket=ARCHIVE, Key="uploads/hang/second", Body=b"x")
    ceph_bridge.start(BRIDGE_GATEWAY_SOCKET=str(ceph.config.admin_socket("rgw")))

    def arrived() -> bool:
        if not daemons.find(ceph.config, "rgw"):  # this test is the supervisor
            cluster.up(ceph.config, dies_with_parent=True)
        return "uploads/hang/second" in {event.subject for event in list(broker.events)}

    wait_for(arrived, "the event was lost", 90)


@pytest.mark.slow
def test_a_preparation_that_was_killed_is_done_again_and_then_follows_new_ports_and_keys(
    tmp_path: Path,
) -> None:
    base = free_base()
    config = Config(tmp_path / "a directory whose name is long and has blanks in it so that sockets need another place" / "ceph",
                    base + 1, base, "first-key", "first-secret")  # fmt: skip
    code = (
        "import sys; from pathlib import Path; from rgw import cluster; from rgw.config import Config;"
        f"cluster.prepare(Config(Path({str(config.data)!r}), {base + 1}, {base}, 'first-key', 'first-secret'))"
    )
    env = {"PYTHONPATH": f"{ROOT}:{ROOT / 'ceph-notifications'}", "PATH": "/usr/bin:/bin"}
    half = subprocess.Popen([sys.executable, "-c", code], env=env)
    wait_for(lambda: (config.data / "osd.0" / "block").exists(), "mkfs of the OSD was not begun", 20)
    half.kill()
    half.wait()
    assert not (config.data / "ready").exists()
    try:
        assert cluster.prepare(config) is True
        moved = dataclasses.replace(
            config, rgw_port=base + 2, base=free_base_after(base), access_key="second-key"
        )
        cluster.up(moved, dies_with_parent=True)
        assert connect(Access(moved.endpoint, "second-key", "first-secret")).list_buckets()["Buckets"] == []
        with pytest.raises(Exception, match="InvalidAccessKeyId"):
            connect(Access(moved.endpoint, "first-key", "first-secret")).list_buckets()
    finally:
        cluster.down(config)


def free_base_after(base: int) -> int:
    """Another monitor port of the same free range."""
    return base + 3


def test_a_directory_with_somebody_elses_monitor_is_refused_and_left_alone(tmp_path: Path) -> None:
    store = tmp_path / "mon.a" / "store.db"
    store.mkdir(parents=True)
    with pytest.raises(ClusterError, match="not made here"):
        cluster.prepare(Config(tmp_path, 1, 1, "key", "secret"))
    assert store.exists()


# -- declaration ------------------------------------------------------------------------------------------------------
def test_applying_the_declaration_again_changes_nothing(ceph: Ceph) -> None:
    assert ceph.provision() == []


def test_a_dry_run_says_what_would_change_and_changes_nothing(ceph: Ceph) -> None:
    ceph.s3.delete_bucket_cors(Bucket=PROXIES)
    said = [str(change) for change in ceph.provision(dry_run=True)]
    assert said == [f"bucket {PROXIES}: CORS for {ORIGIN}"]
    assert [str(change) for change in ceph.provision()] == said
    assert ceph.provision() == []


def test_going_to_a_broker_and_back_leaves_exactly_the_notifications_of_each(ceph: Ceph) -> None:
    def notified() -> list[str]:
        found = ceph.s3.get_bucket_notification_configuration(Bucket=ARCHIVE)["TopicConfigurations"]
        return sorted(item["Id"] for item in found)

    ceph.provision("broker")
    assert notified() == ["acervo-uploads-durable"]
    assert ceph.provision("broker") == []
    ceph.provision()
    assert notified() == ["acervo-uploads-durable", "acervo-uploads-instant"]
    assert ceph.provision() == []


def test_objects_take_the_storage_class_of_their_bucket(ceph: Ceph) -> None:
    ceph.s3.put_object(Bucket=PROXIES, Key="proxies/put", Body=b"x")
    put_in_parts(ceph.s3, PROXIES, "proxies/parts", [b"x"])
    assert ceph.s3.head_object(Bucket=PROXIES, Key="proxies/put")["StorageClass"] == "HOT-STORAGE"
    assert ceph.s3.head_object(Bucket=PROXIES, Key="proxies/parts")["StorageClass"] == "HOT-STORAGE"
    ceph.s3.put_object(Bucket=ARCHIVE, Key="masters/put", Body=b"x")
    assert (
        ceph.s3.head_object(Bucket=ARCHIVE, Key="masters/put").get("StorageClass", "STANDARD") == "STANDARD"
    )


# -- what clients do --------------------------------------------------------------------------------------------------
def test_a_page_of_another_origin_uploads_in_presigned_parts_and_reads_ranges(ceph: Ceph) -> None:
    key = "uploads/p/from a page.bin"
    upload = ceph.s3.create_multipart_upload(Bucket=ARCHIVE, Key=key)["UploadId"]
    parts = [b"a" * (5 << 20), b"b" * 1000]
    done = []
    for number, part in enumerate(parts, 1):
        url = ceph.s3.generate_presigned_url(
            "upload_part",
            Params={"Bucket": ARCHIVE, "Key": key, "UploadId": upload, "PartNumber": number},
            ExpiresIn=900,
        )
        asked = {
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "content-type",
        }
        preflight = httpx.options(url, headers=asked)
        assert preflight.status_code == 200
        assert preflight.headers["access-control-allow-origin"] == ORIGIN
        answer = httpx.put(url, content=part, headers={"Origin": ORIGIN})
        assert answer.status_code == 200
        assert "ETag" in answer.headers["access-control-expose-headers"]
        done.append({"PartNumber": number, "ETag": answer.headers["etag"]})
    ceph.s3.complete_multipart_upload(
        Bucket=ARCHIVE, Key=key, UploadId=upload, MultipartUpload={"Parts": done}
    )
    url = ceph.s3.generate_presigned_url("get_object", Params={"Bucket": ARCHIVE, "Key": key}, ExpiresIn=900)
    answer = httpx.get(url, headers={"Origin": ORIGIN, "Range": f"bytes={(5 << 20) - 1}-{5 << 20}"})
    assert (answer.status_code, answer.content) == (206, b"ab")
    assert "Content-Range" in answer.headers["access-control-expose-headers"]
    foreign = {"Origin": "http://evil.example", "Access-Control-Request-Method": "PUT"}
    assert "access-control-allow-origin" not in httpx.options(url, headers=foreign).headers


def test_an_upload_is_promoted_by_a_copy_that_moves_no_bytes_and_outlives_its_source(ceph: Ceph) -> None:
    body = b"m" * (6 << 20)
    put_in_parts(ceph.s3, ARCHIVE, "uploads/p/promoted.bin", [body[: 5 << 20], body[5 << 20 :]])
    source = {"Bucket": ARCHIVE, "Key": "uploads/p/promoted.bin"}
    ceph.s3.copy_object(Bucket=ARCHIVE, Key="masters/promoted.bin", CopySource=source)
    ceph.s3.delete_object(Bucket=ARCHIVE, Key="uploads/p/promoted.bin")
    assert ceph.s3.get_object(Bucket=ARCHIVE, Key="masters/promoted.bin")["Body"].read() == body


def test_objects_of_a_notified_bucket_are_deleted_one_by_one_and_the_gateway_lives(ceph: Ceph) -> None:
    # DeleteObjects on a notified bucket kills RGW 16; single deletes are the only ones that the code may use
    pid = daemons.find(ceph.config, "rgw")
    for number in range(5):
        ceph.s3.put_object(Bucket=ARCHIVE, Key=f"uploads/gone/{number}", Body=b"x")
    for page in ceph.s3.get_paginator("list_object_versions").paginate(
        Bucket=ARCHIVE, Prefix="uploads/gone/"
    ):
        for item in page["Versions"]:
            ceph.s3.delete_object(Bucket=ARCHIVE, Key=item["Key"], VersionId=item["VersionId"])
    assert "Versions" not in ceph.s3.list_object_versions(Bucket=ARCHIVE, Prefix="uploads/gone/")
    assert daemons.find(ceph.config, "rgw") == pid


def test_no_code_deletes_several_objects_in_one_request() -> None:
    forbidden = "delete_" + "objects"
    sources = [
        path
        for folder in ("acervo", "functions", "ceph-notifications", "knative", "cli")
        for path in (ROOT / folder).rglob("*.py")
    ]
    assert [str(path) for path in sources if forbidden in path.read_text()] == []


# -- notifications ----------------------------------------------------------------------------------------------------
def test_each_way_of_making_an_object_becomes_one_right_event_whatever_its_name(
    ceph: Ceph, ceph_bridge: Bridge, broker: Broker
) -> None:
    broker.up()
    ceph_bridge.start()
    wanted: dict[str, tuple[str, str]] = {}
    for name in NAMES:
        key = f"uploads/p/put {name}"
        version = ceph.s3.put_object(Bucket=ARCHIVE, Key=key, Body=b"abc")["VersionId"]
        wanted[key] = ("com.amazonaws.ObjectCreated:Put", version)
    for name in NAMES:
        key = f"uploads/p/parts {name}"
        wanted[key] = (
            "com.amazonaws.ObjectCreated:CompleteMultipartUpload",
            put_in_parts(ceph.s3, ARCHIVE, key, [b"abc"]),
        )
    ceph.s3.copy_object(Bucket=ARCHIVE, Key="uploads/p/copied", CopySource={"Bucket": ARCHIVE, "Key": key})
    copied = ceph.s3.head_object(Bucket=ARCHIVE, Key="uploads/p/copied")["VersionId"]
    wanted["uploads/p/copied"] = ("com.amazonaws.ObjectCreated:Copy", copied)
    ceph.s3.put_object(Bucket=ARCHIVE, Key="masters/not announced", Body=b"abc")

    def arrived() -> dict[str, Any]:
        return {
            unquote(event.subject or ""): event
            for event in list(broker.events)
            if unquote(event.subject or "") in wanted
        }

    wait_for(lambda: len(arrived()) == len(wanted), "not all events arrived")
    for key, event in arrived().items():
        validate(event)
        told = event.data["s3"]
        assert (event.type, told["object"]["versionId"]) == wanted[key]
        assert event.source == f"ceph:s3.default.{ARCHIVE}"
        assert (told["bucket"]["name"], told["object"]["key"], told["object"]["size"]) == (ARCHIVE, key, 3)
        assert event.time == event.data["eventTime"]
    assert not [event for event in broker.events if (event.subject or "").startswith("masters/")]


def test_the_version_of_an_overwritten_or_deleted_object_is_still_found(ceph: Ceph) -> None:
    versions = []
    for body in (b"one", b"two"):
        versions.append(put_in_parts(ceph.s3, ARCHIVE, "uploads/p/twice", [body]))
    ceph.s3.delete_object(Bucket=ARCHIVE, Key="uploads/p/twice")
    found = ceph.s3.list_object_versions(Bucket=ARCHIVE, Prefix="uploads/p/twice")["Versions"]
    for item in found:
        told = {
            "eventName": "ObjectCreated:CompleteMultipartUpload", "eventTime": item["LastModified"].isoformat(),
            "s3": {"bucket": {"name": ARCHIVE}, "object": {"key": "uploads/p/twice", "eTag": item["ETag"].strip('"'), "versionId": ""}},
        }  # fmt: skip
        assert fill_version(ceph.s3, told)["s3"]["object"]["versionId"] == item["VersionId"]
    assert {item["VersionId"] for item in found} == set(versions)
    told["s3"]["object"]["key"] = "uploads/p/never"
    assert fill_version(ceph.s3, told) is told


# -- sweep ------------------------------------------------------------------------------------------------------------
def test_the_sweep_tells_of_what_nobody_knows_under_the_id_that_the_notification_had(
    ceph: Ceph, ceph_bridge: Bridge, broker: Broker
) -> None:
    broker.up()
    ceph_bridge.start()
    keys = ["uploads/sweep/put", "uploads/sweep/parts", "uploads/sweep/known"]
    ceph.s3.put_object(Bucket=ARCHIVE, Key=keys[0], Body=b"abc")
    put_in_parts(ceph.s3, ARCHIVE, keys[1], [b"abc"])
    ceph.s3.put_object(Bucket=ARCHIVE, Key=keys[2], Body=b"abc")
    ceph.s3.put_object(Bucket=ARCHIVE, Key="uploads/sweep/deleted", Body=b"abc")
    ceph.s3.delete_object(Bucket=ARCHIVE, Key="uploads/sweep/deleted")
    wait_for(lambda: set(keys) <= {unquote(event.subject or "") for event in broker.events}, "not announced")
    announced = {unquote(event.subject or ""): event for event in broker.events}
    later = datetime.now(UTC) + timedelta(hours=1)
    found = list(sweep(ceph.s3, ARCHIVE, lambda _: {keys[2]}, later, prefix="uploads/sweep/"))
    assert {unquote(event.subject or "") for event in found} == set(keys[:2])
    for event in found:
        validate(event)
        assert event.id == announced[unquote(event.subject or "")].id
        assert event.type == announced[unquote(event.subject or "")].type
    assert list(unannounced(ceph.s3, ARCHIVE, lambda _: (), datetime.now(UTC), prefix="uploads/sweep/")) == []


def test_what_the_gateway_could_not_say_while_the_bridge_was_down_the_sweep_says(ceph: Ceph) -> None:
    start = time.monotonic()
    version = ceph.s3.put_object(Bucket=ARCHIVE, Key="uploads/down/a", Body=b"abc")["VersionId"]
    assert time.monotonic() - start < 5  # a bridge that is down fails no upload
    later = datetime.now(UTC) + timedelta(hours=1)
    [record] = unannounced(ceph.s3, ARCHIVE, lambda _: (), later, prefix="uploads/down/")
    assert record["s3"]["object"]["versionId"] == version
    assert identity(record)
