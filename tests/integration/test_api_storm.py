"""A hundred editors at once, with everything that goes wrong; and every abuse of a presigned URL that we could think of."""

from __future__ import annotations

import hashlib
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit
from uuid import uuid4

import boto3
import httpx
import pytest
from botocore.config import Config

from tests.fix_api import TLS, Api

EDITORS, FILES = 100, 200
MIB = 1 << 20
PART = 5 * MIB


@dataclass
class File:
    """One file that somebody has to get through. Most are small: what is tested is the protocol, not the disk."""

    name: str
    data: bytes
    key: str = field(default_factory=lambda: uuid4().hex)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


class Editor:
    """Uploads files through a bad line: parts get lost, answers get lost, the page is reloaded, things are sent twice."""

    def __init__(self, api: Api, seed: int, mishaps: Counter[str]) -> None:
        self._api, self._random, self.mishaps = api, random.Random(seed), mishaps
        self._client = api.client("editora")
        self._store = httpx.Client(verify=TLS, timeout=60)

    def _ask(self, path: str, body: dict[str, Any], **headers: str) -> httpx.Response:
        """An answer that gets lost is asked for again: everything here is safe to send twice."""
        for _ in range(3):
            try:
                return self._client.post(f"/assets/upload/{path}", json=body, headers=headers)
            except httpx.ReadTimeout:
                continue
        raise AssertionError(f"{path} never answers")

    def _happens(self, what: str, share: float) -> bool:
        happened = self._random.random() < share
        self.mishaps[what] += happened
        return happened

    def upload(self, file: File) -> str:
        """The asset's id."""
        if self._happens("begun and given up", 0.1):
            other = self._init(File(file.name, file.data))
            self._ask("abort", {"asset_id": other["asset_id"]})
        opened = self._init(file)
        if self._happens("init sent twice", 0.2):
            assert self._init(file) == opened
        todo = list(range(1, opened["part_count"] + 1))
        self._random.shuffle(todo)
        for number in todo:
            self._part(opened, file, number)
            if self._happens("reloaded", 0.1):
                opened = self._init(file)
        self._complete(opened, file)
        return str(opened["asset_id"])

    def _init(self, file: File) -> dict[str, Any]:
        body = {
            "project_id": "noticias",
            "name": file.name,
            "size_bytes": len(file.data),
            "sha256": file.sha256,
        }
        answer = self._ask("init", body, **{"idempotency-key": file.key})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def _part(self, opened: dict[str, Any], file: File, number: int) -> None:
        if self._happens("part lost", 0.15):
            return
        body = {"asset_id": opened["asset_id"], "part_numbers": [number]}
        url = self._ask("sign-part", body).json()["urls"][0]["url"]
        data = file.data[(number - 1) * PART : number * PART]
        if self._happens("part cut short", 0.1):
            self._store.put(url, content=data[: len(data) // 2])
            return
        for _ in range(1 + self._happens("part sent twice", 0.1)):
            assert self._store.put(url, content=data).status_code == 200

    def _complete(self, opened: dict[str, Any], file: File) -> None:
        """Complete until it is complete, sending again what is at fault, as clients do."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            answer = self._ask("complete", {"asset_id": opened["asset_id"]})
            if answer.status_code == 200:
                if self._happens("complete sent twice", 0.2):
                    assert self._ask("complete", {"asset_id": opened["asset_id"]}).status_code == 200
                return
            assert answer.status_code == 422, answer.text
            for fault in answer.json()["errors"]:
                self._part(opened, file, int(fault["field"].removeprefix("parts.")))
        raise AssertionError("an upload never became complete")

    def close(self) -> None:
        self._store.close()


def _ours(api: Api, operation: str, items: str) -> set[str]:
    """The keys of this storm's files in the store, which other tests use as well."""
    pages = api.ceph.s3.get_paginator(operation).paginate(Bucket="dam-archive", Prefix="uploads/noticias/")
    keys = (str(item["Key"]) for page in pages for item in page.get(items, []))
    return {key for key in keys if key.rsplit("/", 1)[1].startswith("nota")}


@pytest.mark.slow
def test_a_hundred_editors_with_bad_lines_get_every_file_through_exactly_once(api: Api) -> None:
    chance = random.Random(6)
    files = [
        File(f"nota {n}.mp4", chance.randbytes(2 * PART + 7 if n % 40 == 0 else chance.randrange(1, 60_000)))
        for n in range(FILES)
    ]
    mishaps: Counter[str] = Counter()
    before = api.client("admin").get("/projects/noticias").json()["usage_bytes"]

    def work(number: int) -> list[str]:
        editor = Editor(api, number, mishaps)
        try:
            return [editor.upload(file) for file in files[number::EDITORS]]
        finally:
            editor.close()

    with ThreadPoolExecutor(EDITORS) as threads:
        made = list(threads.map(work, range(EDITORS)))
    ids = {
        file.key: asset_id
        for number in range(EDITORS)
        for file, asset_id in zip(files[number::EDITORS], made[number], strict=True)
    }
    rows = api.sql("select id::text, upload_key, upload_id, declared_sha256, name from assets where project_id = 'noticias' and status = 'uploading'")  # fmt: skip
    assert {row["id"] for row in rows} == set(ids.values())
    assert len(rows) == FILES
    assert _ours(api, "list_objects_v2", "Contents") == {row["upload_key"] for row in rows}
    assert _ours(api, "list_multipart_uploads", "Uploads") == set()
    known = {row["id"]: row for row in rows}
    for file in files:
        row = known[ids[file.key]]
        body = api.ceph.s3.get_object(Bucket="dam-archive", Key=row["upload_key"])["Body"].read()
        assert (row["upload_id"], hashlib.sha256(body).hexdigest()) == (None, file.sha256), file.name
    usage = api.client("admin").get("/projects/noticias").json()["usage_bytes"]
    assert usage - before == sum(len(file.data) for file in files)
    assert all(count > 5 for count in mishaps.values()), mishaps
    assert len(mishaps) == 7, mishaps


# -- two editors ------------------------------------------------------------------------------------------------------
def test_twenty_editors_of_one_asset_lose_no_word_silently(api: Api) -> None:
    asset_id = str(uuid4())
    api.sql(
        "insert into assets (id, project_id, name, owner, status) values (%s, 'noticias', 'a', 'x', 'ready')",
        asset_id,
    )

    def add(word: str) -> int:
        """As a page does: read, add, write; again when somebody was faster. How often."""
        client = api.client("editora")
        for attempt in range(200):
            answer = client.get(f"/assets/{asset_id}")
            words = answer.json()["metadata"].get("keywords", [])
            patch = {"metadata": {"keywords": [*words, word]}}
            edited = client.patch(
                f"/assets/{asset_id}", json=patch, headers={"if-match": answer.headers["etag"]}
            )
            if edited.status_code == 200:
                return attempt
            assert edited.status_code == 412, edited.text
        raise AssertionError("never got through")

    words = [f"palabra {n}" for n in range(20)]
    with ThreadPoolExecutor(20) as threads:
        conflicts = sum(threads.map(add, words))
    shown = api.client("editora").get(f"/assets/{asset_id}").json()
    assert sorted(shown["metadata"]["keywords"]) == sorted(words)
    assert conflicts > 0
    assert len(api.sql("select 1 from asset_edits where asset_id = %s", asset_id)) == 20


# -- presigned URLs ---------------------------------------------------------------------------------------------------
def changed(url: str, **parameters: str | None) -> str:
    """The URL with query parameters changed, added or (None) removed."""
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    known = {**query, **parameters}
    return urlunsplit(parts._replace(query=urlencode({k: v for k, v in known.items() if v is not None})))


@pytest.fixture(scope="module")
def urls(api: Api) -> dict[str, str]:
    """A URL to get a master, and one to put a part."""
    client, asset_id = api.client("editora"), str(uuid4())
    key = f"masters/{asset_id}/x/source.mp4"
    for name in (key, f"masters/{asset_id}/x/other.mp4"):
        api.ceph.s3.put_object(Bucket="dam-archive", Key=name, Body=b"master")
    api.sql("insert into assets (id, project_id, name, owner, status, master_key) values (%s, 'noticias', 'a.mp4', 'x', 'ready', %s)", asset_id, key)  # fmt: skip
    got = client.post(f"/assets/{asset_id}/downloads", json={"what": "master"}).json()["url"]
    opened = client.post(
        "/assets/upload/init", json={"project_id": "noticias", "name": "b", "size_bytes": 5}
    ).json()
    signed = client.post(
        "/assets/upload/sign-part", json={"asset_id": opened["asset_id"], "part_numbers": [1]}
    ).json()
    assert httpx.get(got).content == b"master"
    return {"get": got, "part": signed["urls"][0]["url"]}


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "HEAD", "PATCH"])
def test_a_download_is_for_getting_only(urls: dict[str, str], method: str) -> None:
    answer = httpx.request(method, urls["get"], content=b"x" if method in ("PUT", "POST", "PATCH") else None)
    assert answer.status_code in (403, 405), answer.status_code
    assert httpx.get(urls["get"]).content == b"master"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_part_is_for_putting_only(urls: dict[str, str], method: str) -> None:
    assert httpx.request(method, urls["part"]).status_code in (403, 405)


@pytest.mark.parametrize(
    "abuse",
    [
        lambda u: u["get"].replace("source.mp4", "other.mp4"), lambda u: u["get"].replace("/dam-archive/", "/dam-proxies/"),
        lambda u: u["get"].rsplit("/", 1)[0] + "/?" + u["get"].split("?")[1],
        lambda u: changed(u["get"], **{"X-Amz-Expires": "604800"}), lambda u: changed(u["get"], **{"X-Amz-Date": "20300101T000000Z"}),
        lambda u: changed(u["get"], **{"X-Amz-Signature": "0" * 64}), lambda u: changed(u["get"], **{"X-Amz-Signature": None}),
        lambda u: changed(u["get"], **{"X-Amz-SignedHeaders": ""}), lambda u: changed(u["get"], **{"response-content-type": "text/html"}),
        lambda u: changed(u["get"], **{"response-content-disposition": "inline"}), lambda u: changed(u["get"], versionId="null"),
        lambda u: changed(u["get"], acl=""), lambda u: changed(u["get"], uploads=""), lambda u: u["get"].split("?")[0],
    ],
)  # fmt: skip
def test_a_changed_download_opens_nothing(urls: dict[str, str], abuse: Any) -> None:
    answer = httpx.get(abuse(urls))
    assert answer.status_code in (400, 401, 403, 404), (answer.status_code, answer.text[:200])
    assert answer.content != b"master"


@pytest.mark.parametrize(
    "abuse",
    [
        lambda u: changed(u["part"], partNumber="2"), lambda u: changed(u["part"], uploadId="2~other"),
        lambda u: changed(u["part"], partNumber=None, uploadId=None), lambda u: changed(u["part"], **{"X-Amz-Expires": "86400"}),
        lambda u: u["part"].replace("/uploads/noticias/", "/uploads/deportes/"), lambda u: u["part"].replace("/uploads/", "/masters/"),
    ],
)  # fmt: skip
def test_a_changed_part_writes_nothing(urls: dict[str, str], abuse: Any) -> None:
    assert httpx.put(abuse(urls), content=b"evil").status_code in (400, 403, 404)


def test_a_url_is_worth_nothing_after_its_time(api: Api) -> None:
    access = api.ceph.access
    api.ceph.s3.put_object(Bucket="dam-archive", Key="masters/old/x", Body=b"x")
    signer = boto3.client(
        "s3", endpoint_url=access.endpoint, region_name="default", aws_access_key_id=access.access_key, aws_secret_access_key=access.secret_key,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )  # fmt: skip
    url = signer.generate_presigned_url(
        "get_object", Params={"Bucket": "dam-archive", "Key": "masters/old/x"}, ExpiresIn=6
    )
    assert httpx.get(url).status_code == 200
    deadline = time.monotonic() + 30
    while httpx.get(url).status_code == 200:
        assert time.monotonic() < deadline, "it never expires"
        time.sleep(0.2)
    assert httpx.get(url).status_code == 403


def test_every_url_lives_fifteen_minutes_at_most_and_is_in_the_audit_log(
    api: Api, urls: dict[str, str]
) -> None:
    assert all(int(parse_qs(urlsplit(url).query)["X-Amz-Expires"][0]) <= 900 for url in urls.values())
    assert api.sql("select 1 from audit_log where what = 'download'")
    assert api.sql("select 1 from audit_log where what = 'upload.sign'")


def test_secrets_are_in_no_url(api: Api, urls: dict[str, str]) -> None:
    assert all(api.ceph.access.secret_key not in url for url in urls.values())
