"""A publication on the whole platform: a channel and its secret made with the command line, bytes at a real server, off everywhere again."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from cli.config import Config as ClientConfig
from cli.tokens import Person
from knative.local.supervise import Platform
from tests.e2e.newsroom import Newsroom
from tests.fakes.sftp_server import SftpServer
from tests.media import make

pytestmark = [pytest.mark.platform, pytest.mark.slow]
FOLLOWED_S = "240"


@pytest.fixture(scope="module")
def newsroom(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    opened = Newsroom(platform, tmp_path_factory.mktemp("home"))
    yield opened
    opened.close()


class CommandLine:
    """`acervo` for the machine client (an editor), or for a person with the tokens of a signed-in session."""

    def __init__(self, newsroom: Newsroom, home: Path, person: str | None = None) -> None:
        stack = newsroom.platform.stack
        self._env = {**newsroom.env, "PATH": os.environ["PATH"], "HOME": str(home), "COLUMNS": "200"}
        self._env |= {"VAULT_ADDR": f"http://127.0.0.1:{stack.vault_port}", "VAULT_TOKEN": (stack.vault / "root-token").read_text()}  # fmt: skip
        if person is not None:
            for name in ("ACERVO_CLIENT_ID", "ACERVO_CLIENT_SECRET"):
                del self._env[name]
            with newsroom.person(person) as known:
                token = known.headers["authorization"].removeprefix("Bearer ")
            kept = {"access_token": token, "expires_at": time.time() + 600}
            Person(ClientConfig.read(self._env)).keep(kept)

    def run(self, *words: str, given: Any = None, status: int = 0) -> str:
        ran = subprocess.run(
            [sys.executable, "-m", "cli.main", *words], env=self._env, input=None if given is None else json.dumps(given),
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert ran.returncode == status, f"{ran.returncode}: {ran.stdout}{ran.stderr}"
        return ran.stdout

    def json(self, *words: str, given: Any = None, status: int = 0) -> Any:
        return json.loads(self.run(*words, given=given, status=status))


@pytest.fixture(scope="module")
def operator(newsroom: Newsroom, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    return CommandLine(newsroom, tmp_path_factory.mktemp("operator"), "admin")


@pytest.fixture(scope="module")
def editor(newsroom: Newsroom, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    return CommandLine(newsroom, tmp_path_factory.mktemp("editor"), "editora")


@pytest.fixture
def television(tmp_path: Path) -> Iterator[SftpServer]:
    with SftpServer(tmp_path / "tv") as server:
        server.root.mkdir()
        yield server


def published(newsroom: Newsroom, prefix: str) -> dict[str, bytes]:
    """What lies in the delivery bucket under a prefix."""
    of = newsroom.platform.stack.ceph
    s3 = boto3.client(
        "s3", endpoint_url=of.endpoint, region_name="default", aws_access_key_id=of.access_key, aws_secret_access_key=of.secret_key,
        config=Config(s3={"addressing_style": "path"}),
    )  # fmt: skip
    found = {}
    for item in s3.list_objects_v2(Bucket="dam-delivery", Prefix=prefix).get("Contents", []):
        found[item["Key"]] = s3.get_object(Bucket="dam-delivery", Key=item["Key"])["Body"].read()
    s3.close()
    return found


def test_an_asset_goes_to_television_and_to_the_web_once_and_off_both_with_one_command(
    newsroom: Newsroom, operator: CommandLine, editor: CommandLine, television: SftpServer, tmp_path: Path
) -> None:
    name = secrets.token_hex(4)
    tv, web = f"tv-{name}", f"web-{name}"
    photo = make.photo(tmp_path, f"portada-{name}.jpg", size=(1501 + secrets.randbelow(99), 1000))
    asset_id = newsroom.upload(photo)
    operator.run("channels", "set", tv, "-", given={"type": "sftp", "name": "TV", "profile": "master", "settings": television.settings()})  # fmt: skip
    operator.run("channels", "credentials", tv, "-", given={"username": "acervo", "password": "first"})
    operator.run("channels", "set", web, "-", given={
        "type": "web", "name": "Web", "profile": "display", "settings": {"base_url": "https://cdn.example/dam-delivery", "prefix": web},
    })  # fmt: skip
    assert newsroom.wait(asset_id)["status"] == "ready"

    sent = editor.json(
        "publish", asset_id, tv, "--title", "Portada", "--follow", "--timeout", FOLLOWED_S, "--json"
    )
    assert (sent["state"], sent["live"]) == ("published", True), sent
    again = editor.json(
        "publish", asset_id, tv, "--title", "Portada", "--follow", "--timeout", FOLLOWED_S, "--json"
    )
    assert (again["id"], again["revision"]) == (sent["id"], 1)
    files = television.files()
    assert sorted(files) == sorted([sent["external_id"], sent["external_id"] + ".xml"])
    assert (
        hashlib.sha256(files[sent["external_id"]]).hexdigest()
        == hashlib.sha256(photo.read_bytes()).hexdigest()
    )
    assert television.written < 2 * photo.stat().st_size, "the bytes went once"
    assert b"Portada" in files[sent["external_id"] + ".xml"]

    shown = editor.json("publish", asset_id, web, "--follow", "--timeout", FOLLOWED_S, "--json")
    assert shown["state"] == "published", shown
    delivered = published(newsroom, f"{web}/")
    manifest = json.loads(delivered[shown["external_id"]])
    picture = manifest["url"].removeprefix("https://cdn.example/dam-delivery/")
    assert len(delivered[picture]) == manifest["size_bytes"]

    live = editor.json("recall", asset_id, "--dry-run", "--json", status=1)
    assert {row["channel_id"] for row in live} == {tv, web}
    ended = {
        row["channel_id"]: row for row in editor.json("recall", asset_id, "--timeout", FOLLOWED_S, "--json")
    }
    assert {row["state"] for row in ended.values()} == {"withdrawn"}
    assert ended[tv]["proof"]["path"] == sent["external_id"]
    assert ended[web]["proof"]["manifest"] is None
    assert (television.files(), published(newsroom, f"{web}/")) == ({}, {})
    assert editor.json("recall", asset_id, "--dry-run", "--json") == []


def test_a_wrong_password_says_what_to_do_and_the_right_one_needs_no_restart(
    newsroom: Newsroom, operator: CommandLine, editor: CommandLine, television: SftpServer, tmp_path: Path
) -> None:
    tv, wrong = f"tv-{secrets.token_hex(4)}", secrets.token_hex(12)
    asset_id = newsroom.upload(make.photo(tmp_path, f"{tv}.jpg", size=(1601 + secrets.randbelow(99), 1000)))
    operator.run("channels", "set", tv, "-", given={"type": "sftp", "name": "TV", "profile": "master", "settings": television.settings()})  # fmt: skip
    operator.run("channels", "credentials", tv, "-", given={"username": "acervo", "password": wrong})
    newsroom.wait(asset_id)
    failed = editor.json("publish", asset_id, tv, "--follow", "--timeout", FOLLOWED_S, "--json", status=1)
    assert (failed["state"], failed["reason_code"]) == ("failed", "credentials")
    assert "Vault" in failed["advice"]
    operator.run("channels", "credentials", tv, "-", given={"username": "acervo", "password": "first"})
    newsroom.api.post(f"/publications/{failed['id']}/retry")
    done = editor.json("publish", asset_id, tv, "--follow", "--timeout", FOLLOWED_S, "--json")
    assert (done["id"], done["state"]) == (failed["id"], "published")
    logs = "".join(
        file.read_text(errors="replace") for file in newsroom.platform.stack.logs.rglob("*") if file.is_file()
    )
    assert wrong not in logs


def test_a_rule_is_seen_dry_then_publishes_what_becomes_ready(
    newsroom: Newsroom, operator: CommandLine, television: SftpServer, tmp_path: Path
) -> None:
    tv = f"tv-{secrets.token_hex(4)}"
    operator.run("channels", "set", tv, "-", given={"type": "sftp", "name": "TV", "profile": "master", "settings": television.settings()})  # fmt: skip
    operator.run("channels", "credentials", tv, "-", given={"username": "acervo", "password": "first"})
    made = operator.run("rules", "make", "noticias", tv, "--name", tv, "--tag", tv)
    rule = made.split()[0]
    asset_id = newsroom.upload(make.photo(tmp_path, f"{tv}.jpg", size=(1701 + secrets.randbelow(99), 1000)))
    newsroom.wait(asset_id)
    assert operator.json("rules", "dry-run", rule, "--json") == []
    operator.run("rules", "on", rule, "--yes")
    etag = newsroom.api.http.get(f"/assets/{asset_id}", headers=bearer(newsroom)).headers["etag"]
    edited = newsroom.api.http.patch(f"/assets/{asset_id}", json={"metadata": {"keywords": [tv]}}, headers={**bearer(newsroom), "if-match": etag})  # fmt: skip
    assert edited.status_code == 200, edited.text
    newsroom.until(lambda: len(television.files()) == 2, "the rule to publish", 120)
    operator.run("rules", "rm", rule)


def bearer(newsroom: Newsroom) -> dict[str, str]:
    return {"authorization": f"Bearer {newsroom.api._tokens.access_token()}"}
