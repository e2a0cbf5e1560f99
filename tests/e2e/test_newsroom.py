"""A newsroom's day on the whole platform: films in, words found, and nobody sees what they may not."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config

from demo.__main__ import Demo
from knative.local.supervise import Platform
from tests.e2e.newsroom import Newsroom
from tests.media import make

pytestmark = [pytest.mark.platform, pytest.mark.slow]


@pytest.fixture(scope="module")
def newsroom(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    opened = Newsroom(platform, tmp_path_factory.mktemp("home"))
    yield opened
    opened.close()


def test_the_demo_holds_every_one_of_its_checks(platform: Platform, tmp_path: Path) -> None:
    demo = Demo(platform, tmp_path)
    try:
        demo.run()
    finally:
        demo.tidy()
    assert len(demo.steps.rows) == 7


def test_the_command_line_uploads_lists_and_finds(newsroom: Newsroom, tmp_path: Path) -> None:
    def acervo(*words: str) -> str:
        ran = subprocess.run(
            [sys.executable, "-m", "cli.main", *words], env={**newsroom.env, "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    photo = make.photo(tmp_path, f"vecinos-{secrets.token_hex(4)}.jpg", size=(1201, 900))
    acervo("upload", str(photo), "--project", "noticias")
    listed = newsroom.api.get("/assets", project="noticias", limit=1)["items"][0]
    assert listed["name"] == photo.name
    newsroom.wait(listed["id"])
    newsroom.find("vecinos", listed["id"])
    assert photo.name in acervo("ls", "--project", "noticias")
    assert listed["id"] in acervo("show", listed["id"])
    assert photo.name in acervo("search", "vecinos")
    acervo("download", listed["id"], "-o", str(tmp_path / "back.jpg"))
    assert (tmp_path / "back.jpg").read_bytes() == photo.read_bytes()


def test_an_object_that_any_s3_client_drops_becomes_an_asset_of_its_project(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    stack = newsroom.platform.stack
    name = f"caído {secrets.token_hex(4)} ñ+%.jpg"
    s3 = boto3.client(
        "s3", endpoint_url=stack.ceph.endpoint, region_name="default", aws_access_key_id=stack.ceph.access_key,
        aws_secret_access_key=stack.ceph.secret_key, config=Config(s3={"addressing_style": "path"}),
    )  # fmt: skip
    s3.upload_file(
        str(make.photo(tmp_path, size=(1301 + secrets.randbelow(99), 900))),
        "dam-archive",
        f"uploads/deportes/{name}",
    )
    s3.close()

    def dropped() -> list[dict[str, Any]]:
        return [
            item
            for item in newsroom.api.get("/assets", project="deportes", limit=50)["items"]
            if item["name"] == name
        ]

    found = newsroom.until(dropped, "the dropped object to be an asset")
    asset = newsroom.wait(found[0]["id"])
    assert (asset["status"], asset["project_id"]) == ("ready", "deportes")
    assert asset["owner"].startswith("s3:")


def test_nobody_sees_hears_or_fetches_what_they_may_not(newsroom: Newsroom, tmp_path: Path) -> None:
    word = f"zafiro{secrets.token_hex(3)}"
    secret = newsroom.upload(
        make.photo(tmp_path, f"{word}.jpg", size=(1401 + secrets.randbelow(99), 900)), "deportes"
    )
    newsroom.wait(secret)
    newsroom.find(word, secret)
    with newsroom.person("editora") as editora, newsroom.person("archivista") as archivista:
        assert editora.get("/me").json()["roles"] == ["editor"]
        for path in (f"/assets/{secret}", f"/assets/{secret}/transcript", f"/assets/{secret}/events"):
            assert editora.get(path).status_code == 404, path
        assert editora.post(f"/assets/{secret}/downloads", json={"what": "master"}).status_code == 404
        assert editora.get("/search/assets", params={"q": word}).json()["total"] == 0
        assert editora.get("/search/suggest", params={"q": word[:6]}).json()["assets"] == []
        assert not [
            item
            for item in editora.get("/assets", params={"limit": 200}).json()["items"]
            if item["id"] == secret
        ]
        assert archivista.get(f"/assets/{secret}").status_code == 200
        assert archivista.get("/search/assets", params={"q": word}).json()["total"] == 1
        url = archivista.post(f"/assets/{secret}/downloads", json={"what": "master"}).json()["url"]
    assert httpx.get(url).status_code == 200
    assert httpx.put(url, content=b"x").status_code == 403, "a URL to read is no URL to write"
    assert httpx.get(url.replace("source.", "other.")).status_code == 403


def test_without_a_token_there_is_nothing(newsroom: Newsroom) -> None:
    for path in ("/assets", "/me", "/projects", "/search/assets?q=a", "/dead-letters"):
        answer = httpx.get(f"{newsroom.platform.stack.origin}/api/v1{path}")
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json"), path
