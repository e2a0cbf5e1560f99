"""Uploads through the API into a real Ceph: opened, interrupted, resumed, completed twice, refused."""

from __future__ import annotations

import hashlib
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.fix_api import SMALL_QUOTA, Api

MIB = 1 << 20
BYTES = secrets.token_bytes(11 * MIB + 7)  # three parts of 5 MiB, the last one short


def begin(
    client: httpx.Client, size: int = len(BYTES), name: str = "nota.mp4", **more: Any
) -> dict[str, Any]:
    answer = client.post(
        "/assets/upload/init", json={"project_id": "noticias", "name": name, "size_bytes": size, **more}
    )
    assert answer.status_code == 201, answer.text
    opened: dict[str, Any] = answer.json()
    return opened


def put_part(
    client: httpx.Client, opened: dict[str, Any], number: int, data: bytes | None = None
) -> dict[str, Any]:
    size = opened["part_size_bytes"]
    body = BYTES[(number - 1) * size : number * size] if data is None else data
    wanted = {"asset_id": opened["asset_id"], "part_numbers": [number]}
    (signed,) = client.post("/assets/upload/sign-part", json=wanted).json()["urls"]
    answer = httpx.put(signed["url"], content=body, timeout=30)
    assert answer.status_code == 200, answer.text
    return {"part_number": number, "etag": answer.headers["etag"]}


def complete(client: httpx.Client, opened: dict[str, Any], parts: Any = None) -> httpx.Response:
    return client.post("/assets/upload/complete", json={"asset_id": opened["asset_id"], "parts": parts})


def test_a_file_arrives_whole_in_any_order_and_completing_twice_is_answered_as_once(api: Api) -> None:
    client = api.client("editora")
    opened = begin(
        client, name="El niño.mp4", sha256=hashlib.sha256(BYTES).hexdigest(), metadata={"title": "El niño"}
    )
    assert (opened["part_size_bytes"], opened["part_count"]) == (5 * MIB, 3)
    parts = [put_part(client, opened, number) for number in (3, 1, 2)]
    first = complete(client, opened, parts)
    assert first.status_code == 200, first.text
    assert first.json() == {"asset_id": opened["asset_id"], "size_bytes": len(BYTES), "part_count": 3}
    assert complete(client, opened, parts).json() == first.json()
    stored = api.ceph.s3.get_object(Bucket="dam-archive", Key=opened["key"])
    assert hashlib.sha256(stored["Body"].read()).digest() == hashlib.sha256(BYTES).digest()
    shown = client.get(f"/assets/{opened['asset_id']}").json()
    assert (shown["name"], shown["status"], shown["metadata"]) == (
        "El niño.mp4",
        "uploading",
        {"title": "El niño"},
    )
    assert shown["owner"] == "user:editora"
    whats = [
        row["what"]
        for row in api.sql("select what from audit_log where asset_id = %s order by id", opened["asset_id"])
    ]
    assert whats == ["upload.init", *["upload.sign"] * 3, "upload.complete"]


def test_an_interrupted_upload_resumes_with_the_parts_that_are_there(api: Api) -> None:
    client = api.client("editora")
    opened = begin(client)
    put_part(client, opened, 2)
    another_machine = api.client("editora")
    there = another_machine.get("/assets/upload/parts", params={"asset_id": opened["asset_id"]}).json()
    assert [(part["part_number"], part["size_bytes"]) for part in there["items"]] == [(2, 5 * MIB)]
    assert (
        there["items"][0]["etag"] == hashlib.md5(BYTES[5 * MIB : 10 * MIB], usedforsecurity=False).hexdigest()
    )
    assert (there["part_count"], there["next_cursor"]) == (3, None)
    for number in (1, 3):
        put_part(another_machine, opened, number)
    assert complete(another_machine, opened).status_code == 200


def test_a_complete_whose_answer_got_lost_is_found_done(api: Api) -> None:
    client = api.client("editora")
    opened = begin(client, size=5)
    put_part(client, opened, 1, b"12345")
    upload_id = opened["upload_id"]
    assert complete(client, opened).status_code == 200
    api.sql(
        "update assets set upload_id = %s where id = %s", upload_id, opened["asset_id"]
    )  # as if we had died here
    assert complete(client, opened).status_code == 200
    assert api.sql("select upload_id from assets where id = %s", opened["asset_id"])[0]["upload_id"] is None


def test_completing_at_the_same_moment_gives_everybody_the_same_answer(api: Api) -> None:
    client = api.client("editora")
    opened = begin(client, size=5)
    put_part(client, opened, 1, b"12345")
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: complete(client, opened), range(4)))
    assert {(answer.status_code, answer.text) for answer in answers} == {(200, answers[0].text)}


def test_a_part_at_fault_is_named(api: Api) -> None:
    client = api.client("editora")
    opened = begin(client)
    parts = [put_part(client, opened, number) for number in (1, 3)]

    def faults(given: Any) -> dict[str, str]:
        answer = complete(client, opened, given)
        assert answer.status_code == 422, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        return {fault["field"]: fault["detail"] for fault in answer.json()["errors"]}

    assert "missing" in faults(parts)["parts.2"]
    assert "missing" in faults(None)["parts.2"]
    assert "not in the store" in faults([*parts, {"part_number": 2, "etag": "x"}])["parts.2"]
    assert "this upload has 3 parts" in faults([*parts, {"part_number": 4, "etag": "x"}])["parts.4"]
    put_part(client, opened, 2, b"too short")
    assert "too small" in faults(None)["parts.2"]
    whole = [*parts, put_part(client, opened, 2)]
    wrong = [{**part, "etag": '"' + "0" * 32 + '"'} if part["part_number"] == 3 else part for part in whole]
    assert "ETag" in faults(wrong)["parts.3"]
    assert "twice" in faults([*whole, whole[0]])["parts.1"]
    assert complete(client, opened, whole).status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("size_bytes", 0), ("size_bytes", -1), ("size_bytes", 10 << 40), ("size_bytes", "5"), ("size_bytes", 1.5), ("name", ""),
        ("name", "a\u0000b"), ("name", "x" * 1025), ("sha256", "ABC"), ("mime_type", "text"), ("project_id", "../x"), ("unknown", 1),
    ],
)  # fmt: skip
def test_a_bad_init_names_the_field(api: Api, field: str, value: Any) -> None:
    body = {"project_id": "noticias", "name": "a.mp4", "size_bytes": 5, field: value}
    answer = api.client("editora").post("/assets/upload/init", json=body)
    assert answer.status_code == 422
    assert answer.json()["field"] == field


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "🎬 día.mov", "a" * 1024, "..", "C:\\x\\y.mp4", "a/b\nc.mp4", "%2e%2e%2f"]
)
def test_any_name_is_kept_and_its_key_is_safe(api: Api, name: str) -> None:
    client = api.client("editora")
    opened = begin(client, size=3, name=name)
    assert opened["key"].startswith(f"uploads/noticias/{opened['asset_id']}/")
    assert len(opened["key"].split("/")) == 4
    put_part(client, opened, 1, b"abc")
    assert complete(client, opened).status_code == 200
    assert client.get(f"/assets/{opened['asset_id']}").json()["name"] == name


def test_part_numbers_that_the_upload_does_not_have_are_not_signed(api: Api) -> None:
    client = api.client("editora")
    opened = begin(client)
    for numbers in ([4], [0], [10_001], [], list(range(1, 102)), ["1"]):
        answer = client.post(
            "/assets/upload/sign-part", json={"asset_id": opened["asset_id"], "part_numbers": numbers}
        )
        assert answer.status_code == 422, numbers
        assert answer.json()["field"].startswith("part_numbers")


def test_a_signed_part_is_for_one_method_and_one_key(api: Api) -> None:
    client = api.client("editora")
    opened = begin(client)
    body = {"asset_id": opened["asset_id"], "part_numbers": [1]}
    url = client.post("/assets/upload/sign-part", json=body).json()["urls"][0]["url"]
    assert httpx.get(url).status_code == 403
    assert httpx.put(url.replace(opened["asset_id"], "0" * 36), content=b"x").status_code == 403
    assert httpx.put(url.replace("partNumber=1", "partNumber=2"), content=b"x").status_code == 403


def test_aborting_frees_the_parts_and_the_asset_is_gone(api: Api) -> None:
    client = api.client("editora")
    opened = begin(client)
    put_part(client, opened, 1)
    assert client.post("/assets/upload/abort", json={"asset_id": opened["asset_id"]}).status_code == 204
    uploads = api.ceph.s3.list_multipart_uploads(Bucket="dam-archive").get("Uploads", [])
    assert opened["upload_id"] not in [upload["UploadId"] for upload in uploads]
    assert client.get(f"/assets/{opened['asset_id']}").status_code == 404
    events = api.sql(
        "select event->>'type' as type from outbox where event->>'subject' = %s", opened["asset_id"]
    )
    assert events == [{"type": "acervo.asset.deleted.v1"}]


def test_a_complete_upload_cannot_be_aborted_or_signed_again(api: Api) -> None:
    client = api.client("editora")
    opened = begin(client, size=3)
    put_part(client, opened, 1, b"abc")
    complete(client, opened)
    known = {"asset_id": opened["asset_id"]}
    assert client.post("/assets/upload/abort", json=known).json()["title"] == "upload-over"
    assert client.post("/assets/upload/sign-part", json={**known, "part_numbers": [1]}).status_code == 409


def test_the_same_idempotency_key_opens_one_upload(api: Api) -> None:
    key = secrets.token_hex(8)
    client = api.client("editora", **{"idempotency-key": key})
    with ThreadPoolExecutor(6) as threads:
        opened = list(threads.map(lambda _: begin(client), range(6)))
    assert len({one["asset_id"] for one in opened}) == 1
    assert len({one["upload_id"] for one in opened}) == 1
    uploads = api.ceph.s3.list_multipart_uploads(Bucket="dam-archive").get("Uploads", [])
    ours = [upload for upload in uploads if upload["Key"].endswith(opened[0]["asset_id"] + "/nota.mp4")]
    assert len(ours) == 1
    other = client.post("/assets/upload/init", json={"project_id": "noticias", "name": "b", "size_bytes": 9})
    assert (other.status_code, other.json()["field"]) == (422, "Idempotency-Key")


def test_a_project_takes_no_more_than_its_quota(api: Api) -> None:
    client = api.client("editora")
    body = {"project_id": "vacio", "name": "a.mp4", "size_bytes": SMALL_QUOTA // 2 + 1}
    assert client.post("/assets/upload/init", json=body).status_code == 201
    refused = client.post("/assets/upload/init", json=body)
    assert refused.status_code == 413
    assert refused.json()["title"] == "quota-exceeded"
    assert refused.json()["field"] == "size_bytes"


def test_uploads_at_the_same_moment_do_not_pass_the_quota_together(api: Api) -> None:
    api.sql("insert into projects (id, name, quota_bytes) values ('justo', 'Justo', 1000)")
    api.sql("insert into project_members values ('justo', 'group:noticias')")
    client = api.client("editora")
    body = {"project_id": "justo", "name": "a.mp4", "size_bytes": 600}
    with ThreadPoolExecutor(6) as threads:
        statuses = list(
            threads.map(lambda _: client.post("/assets/upload/init", json=body).status_code, range(6))
        )
    assert sorted(statuses) == [201, 413, 413, 413, 413, 413]


def test_an_upload_is_continued_only_by_who_began_it_or_an_archivist(api: Api) -> None:
    opened = begin(api.client("editora"))
    body = {"asset_id": opened["asset_id"], "part_numbers": [1]}
    assert (
        api.client("cms").post("/assets/upload/sign-part", json=body).status_code == 403
    )  # a colleague of the project
    assert (
        api.client("otro").post("/assets/upload/sign-part", json=body).status_code == 404
    )  # of another project
    assert api.client("archivista").post("/assets/upload/sign-part", json=body).status_code == 200
    assert (
        api.client("otro")
        .post("/assets/upload/init", json={"project_id": "noticias", "name": "a", "size_bytes": 1})
        .status_code
        == 404
    )


def test_bodies_are_bounded_and_json(api: Api) -> None:
    client = api.client("editora")
    huge = b'{"name": "' + b"x" * 10_000_000 + b'"}'
    assert (
        client.post(
            "/assets/upload/init", content=huge, headers={"content-type": "application/json"}
        ).status_code
        == 413
    )

    def endless() -> Any:
        for _ in range(12):
            yield b" " * MIB

    streamed = client.post(
        "/assets/upload/init", content=endless(), headers={"content-type": "application/json"}
    )
    assert streamed.status_code == 413
    assert (
        client.post("/assets/upload/init", content=b"{}", headers={"content-type": "text/plain"}).status_code
        == 415
    )
    for broken in (b"", b"{", b"[]", b"null", b'{"size_bytes": NaN}', b"\xff"):
        answer = client.post(
            "/assets/upload/init", content=broken, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 422, broken
