"""The command line against the real API, store and identity provider: interruption, bad networks, expired addresses."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from rich.console import Console
from typer.testing import CliRunner

from cli import login, output
from cli.client import Api, ApiError
from cli.config import Config, read_json
from cli.download import Corrupt, download
from cli.main import app
from cli.tokens import Machine, NotSignedIn, Person
from cli.upload import Changed, PartFailed, Stopped, upload
from functions.api.main import build
from tests.fix_api import Api as Server
from tests.fix_api import environment
from tests.fix_flaky import Flaky
from tests.fix_oidc import Oidc, pkce

MIB = 1 << 20
SIZE = 23 * MIB + 5  # five parts
ROOT = Path(__file__).parent.parent.parent


class Fixed:
    """A token that is good."""

    def __init__(self, token: str) -> None:
        self.token = token

    def access_token(self, refused: str | None = None) -> str:  # noqa: ARG002  # the protocol's
        return self.token


class Seen(list[int]):
    """What progress was told."""

    def __call__(self, sent: int, size: int) -> None:  # noqa: ARG002  # the signature of a progress call
        self.append(sent)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    file = tmp_path / "película.mp4"
    file.write_bytes(secrets.token_bytes(SIZE))
    return file


@pytest.fixture
def client(api: Server) -> Iterator[Api]:
    with Api(api.url, Fixed(api.oidc.token("editora"))) as made:
        yield made


@pytest.fixture
def through(api: Server, flaky: Flaky) -> Iterator[str]:
    """URL of an API that presigns addresses of the flaky proxy in front of the store."""
    port = httpx.URL(api.ceph.endpoint).port
    assert port
    flaky.target = ("127.0.0.1", port)
    access = api.ceph.access
    env = environment(api.database_url, access.endpoint, access.access_key, access.secret_key, api.oidc)
    served = build({**env, "S3_PUBLIC_ENDPOINT": flaky.url})
    server = uvicorn.Server(
        uvicorn.Config(served, host="127.0.0.1", port=0, log_level="warning", lifespan="off", ws="none")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)
    served.state.resources.database.close()


def stored(api: Server, asset_id: str) -> str:
    """SHA-256 of what arrived."""
    key = api.sql("select upload_key from assets where id = %s", asset_id)[0]["upload_key"]
    digest = hashlib.sha256()
    for block in api.ceph.s3.get_object(Bucket="dam-archive", Key=key)["Body"].iter_chunks(MIB):
        digest.update(block)
    return digest.hexdigest()


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_file_arrives_and_its_progress_is_true(
    api: Server, client: Api, film: Path, tmp_path: Path
) -> None:
    seen = Seen()
    asset_id = upload(client, film, "noticias", seen, verify=True, states=tmp_path)
    assert stored(api, asset_id) == sha256(film)
    assert (seen[0], seen[-1]) == (0, SIZE)
    assert seen == sorted(seen)
    assert client.get(f"/assets/{asset_id}")["declared_sha256"] == sha256(film)
    assert list(tmp_path.glob("*.json")) == []


def test_a_stopped_upload_goes_on_with_the_parts_that_are_there(
    api: Server, client: Api, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.upload.PARALLEL", 2)
    stop = threading.Event()

    def until_half(sent: int, size: int) -> None:
        if sent > size // 2:
            stop.set()

    with pytest.raises(Stopped):
        upload(client, film, "noticias", until_half, states=tmp_path, stop=stop)
    (note,) = tmp_path.glob("*.json")
    begun = read_json(note)["asset_id"]
    seen = Seen()
    assert upload(client, film, "noticias", seen, states=tmp_path) == begun
    assert seen[0] >= 5 * MIB  # what had arrived was not sent again
    assert stored(api, begun) == sha256(film)
    # killed between the answer to `complete` and forgetting the note: the next run only finds it done
    note.write_text(json.dumps({"asset_id": begun, "part_size_bytes": 5 * MIB, "part_count": 5}))
    assert upload(client, film, "noticias", states=tmp_path) == begun


def test_an_upload_that_is_gone_begins_again(client: Api, film: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        upload(client, film, "noticias", states=tmp_path, stop=stop)
    (note,) = tmp_path.glob("*.json")
    begun = read_json(note)["asset_id"]
    client.post("/assets/upload/abort", {"asset_id": begun})
    assert upload(client, film, "noticias", states=tmp_path) != begun


def test_broken_connections_cost_only_their_parts(
    api: Server, through: str, flaky: Flaky, film: Path, tmp_path: Path
) -> None:
    flaky.break_after = [0, MIB, 3 * MIB, 100_000, 2 * MIB, 5 * MIB]
    with Api(through, Fixed(api.oidc.token("editora"))) as client:
        seen = Seen()
        asset_id = upload(client, film, "noticias", seen, states=tmp_path)
    assert flaky.broken >= 4
    assert stored(api, asset_id) == sha256(film)
    assert seen[-1] == SIZE


def test_expired_addresses_are_signed_again(
    api: Server, client: Api, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, signed = client.post, 0

    def post(path: str, body: Any = None, headers: Any = None) -> Any:
        nonlocal signed
        answer = real(path, body, headers)
        if path.endswith("sign-part"):
            signed += 1
            if signed == 1:  # as an address looks whose time is over
                for one in answer["urls"]:
                    one["url"] = one["url"].replace("X-Amz-Signature=", "X-Amz-Signature=0")
        return answer

    monkeypatch.setattr(client, "post", post)
    asset_id = upload(client, film, "noticias", states=tmp_path)
    assert signed > 1
    assert stored(api, asset_id) == sha256(film)


def test_a_file_that_changes_under_way_is_not_completed(client: Api, film: Path, tmp_path: Path) -> None:
    def meddle(sent: int, size: int) -> None:
        if sent == size:
            os.utime(film, ns=(1, 1))

    with pytest.raises(Changed):
        upload(client, film, "noticias", meddle, states=tmp_path)


def test_what_the_platform_refuses_is_said_as_it_says_it(client: Api, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    with pytest.raises(ApiError, match="size_bytes"):
        upload(client, empty, "noticias", states=tmp_path)
    with pytest.raises(ApiError) as fault:
        upload(client, Path(__file__), "deportes", states=tmp_path)
    assert fault.value.status == 404


def environ(api: Server, home: Path) -> dict[str, str]:
    """Of the machine client `cms`."""
    return {
        "PATH": os.environ["PATH"], "HOME": str(home), "ACERVO_URL": api.url, "ACERVO_ISSUER": api.oidc.issuer,
        "XDG_STATE_HOME": str(home / "state"), "XDG_CONFIG_HOME": str(home / "config"),
        "ACERVO_CLIENT_ID": "cms", "ACERVO_CLIENT_SECRET": api.oidc.machines["cms"]["client_secret"],
    }  # fmt: skip


def run(api: Server, home: Path, *words: str, code: int = 0, **more: str) -> str:
    """What a command prints: its output, or its complaint when it is expected to fail."""
    known = {**environ(api, home), **more}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in known.items():
            patch.setenv(name, value)
        patch.setattr(output, "out", Console(width=200, highlight=False))
        patch.setattr(output, "err", Console(width=200, highlight=False, stderr=True))
        result = CliRunner().invoke(app, words)
    assert result.exit_code == code, result.output
    return result.stdout if code == 0 else result.stderr


def test_a_killed_command_line_goes_on_where_it_was(
    api: Server, through: str, flaky: Flaky, film: Path, tmp_path: Path
) -> None:
    flaky.bytes_per_s = 3e6
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "upload", str(film), "-p", "noticias"], cwd=ROOT, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, env={**environ(api, tmp_path), "ACERVO_URL": through},
    )  # fmt: skip
    notes = tmp_path / "state" / "acervo" / "uploads"
    deadline = time.monotonic() + 30
    begun = None
    with Api(api.url, Fixed(api.oidc.machine_token("cms"))) as client:
        while time.monotonic() < deadline:  # until the store has a part
            begun = next((read_json(note)["asset_id"] for note in notes.glob("*.json")), None)
            if begun and client.get("/assets/upload/parts", asset_id=begun)["items"]:
                break
            time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=10)
    flaky.bytes_per_s = None
    (made,) = json.loads(
        run(api, tmp_path, "upload", str(film), "-p", "noticias", "--json", ACERVO_URL=through)
    )
    assert made["asset_id"] == begun
    assert stored(api, made["asset_id"]) == sha256(film)


def test_every_command_says_what_people_need(api: Server, film: Path, tmp_path: Path) -> None:
    small = tmp_path / "nota [1].txt"
    small.write_text("hola")
    asset_id = run(api, tmp_path, "upload", str(small), "-p", "noticias", "--title", "Nota").split()[0]
    assert asset_id in run(api, tmp_path, "ls", "-n", "5")
    shown = run(api, tmp_path, "show", asset_id)
    assert "nota [1].txt" in shown
    assert "Nota" in shown
    assert json.loads(run(api, tmp_path, "show", asset_id, "--json"))["id"] == asset_id
    assert "noticias" in run(api, tmp_path, "projects")
    assert "cms" in run(api, tmp_path, "me")
    assert run(api, tmp_path, "jobs", asset_id)
    assert "no-master" in run(api, tmp_path, "download", asset_id, code=1)
    assert "not-found" in run(api, tmp_path, "show", "0" * 8, code=1)
    assert "acervo login" in run(api, tmp_path, "ls", code=1, ACERVO_CLIENT_ID="")
    assert "refused" in run(api, tmp_path, "ls", code=1, ACERVO_CLIENT_SECRET="wrong")
    assert "does not answer" in run(api, tmp_path, "ls", code=1, ACERVO_URL="http://127.0.0.1:1")


def test_a_master_is_checked_before_it_gets_its_name(api: Server, client: Api, tmp_path: Path) -> None:
    data = secrets.token_bytes(3 * MIB)
    digest = hashlib.sha256(data).hexdigest()
    (row,) = api.sql(
        """insert into assets (id, project_id, name, kind, status, owner, size_bytes, mime_type, sha256, master_key)
           values (gen_random_uuid(), 'noticias', 'día.mp4', 'video', 'ready', 'user:x', %s, 'video/mp4', %s, %s) returning id::text""",
        len(data), digest, f"masters/x/{digest}/source.mp4",
    )  # fmt: skip
    key = f"masters/x/{digest}/source.mp4"
    api.ceph.s3.put_object(Bucket="dam-archive", Key=key, Body=data)
    (tmp_path / f"día.mp4.{row['id']}.part").write_bytes(data[:MIB])  # as an interrupted download leaves it
    assert download(client, row["id"], target=tmp_path) == tmp_path / "día.mp4"
    assert (tmp_path / "día.mp4").read_bytes() == data
    api.ceph.s3.put_object(Bucket="dam-archive", Key=key, Body=data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(Corrupt):
        download(client, row["id"], target=tmp_path / "second.mp4")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["día.mp4"]


# -- tokens -----------------------------------------------------------------------------------------------------------
def config(oidc: Oidc, home: Path, **env: str) -> Config:
    return Config.read({"HOME": str(home), "ACERVO_ISSUER": oidc.issuer, "ACERVO_OIDC_CLIENT": "web", **env})


def test_a_person_stays_signed_in_by_refreshing_once_however_many_ask(oidc: Oidc, tmp_path: Path) -> None:
    verifier, challenge = pkce()
    tokens = oidc.exchange(oidc.authorize("editora", challenge=challenge), verifier).json()
    known = config(oidc, tmp_path)
    Person(known).keep({**tokens, "expires_at": time.time() - 1})
    assert known.tokens.stat().st_mode & 0o777 == 0o600
    found: list[str] = []
    people = [Person(known) for _ in range(4)]  # as four processes
    threads = [
        threading.Thread(target=lambda person=person: found.append(person.access_token()))
        for person in people
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert found[0] != tokens["access_token"]
    assert Person(known).access_token(refused=found[0]) != found[0]
    Person(known).forget()
    with pytest.raises(NotSignedIn):
        Person(known).access_token()


def test_a_machine_gets_one_token_and_a_new_one_when_it_is_refused(oidc: Oidc, tmp_path: Path) -> None:
    known = oidc.machines["cms"]
    machine = Machine(config(oidc, tmp_path), "cms", known["client_secret"])
    first = machine.access_token()
    assert machine.access_token() == first
    assert machine.access_token(refused=first) != first


def test_a_store_that_never_takes_a_part_is_given_up(
    api: Server, through: str, flaky: Flaky, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.upload.ATTEMPTS", 2)
    flaky.break_after = [0] * 100
    small = tmp_path / "a"
    small.write_bytes(b"x" * 100)
    with Api(through, Fixed(api.oidc.token("editora"))) as client, pytest.raises(PartFailed):
        upload(client, small, "noticias", states=tmp_path / "states")


def test_a_person_signs_in_with_the_browser_of_this_machine(
    oidc: Oidc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages: list[str] = []

    def open_browser(address: str) -> bool:
        threading.Thread(target=lambda: pages.append(oidc.browse(address, "editora"))).start()
        return True

    monkeypatch.setattr("webbrowser.open", open_browser)
    known = config(oidc, tmp_path, ACERVO_OIDC_CLIENT="cli")
    shown: list[str] = []
    tokens = login.by_browser(known, shown.append)
    assert shown[0].startswith(oidc.endpoint("auth"))
    assert tokens["refresh_token"]
    Person(known).keep({**tokens, "expires_at": 0.0})
    assert Person(known).access_token() != tokens["access_token"]


def test_a_person_signs_in_with_a_code_on_another_machine(
    oidc: Oidc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    known = config(oidc, tmp_path, ACERVO_OIDC_CLIENT="cli")
    tokens = login.by_device(known, lambda address, code: _ignore(oidc.browse(address, "editora", code)))
    assert tokens["access_token"]


def _ignore(page: str) -> None:
    assert "Puede cerrar" in page


def test_a_browser_where_nobody_signs_in_is_given_up(
    oidc: Oidc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webbrowser.open", lambda _: False)
    monkeypatch.setattr(login, "BROWSER_WAIT_S", 0.1)
    monkeypatch.setattr(login, "LOOK_S", 0.05)
    with pytest.raises(NotSignedIn, match="nobody"):
        login.by_browser(config(oidc, tmp_path, ACERVO_OIDC_CLIENT="cli"), lambda _: None)


def test_administrators_check_the_audit_log_and_fill_projects(api: Server, tmp_path: Path) -> None:
    robot = {
        "ACERVO_CLIENT_ID": "robot-admin",
        "ACERVO_CLIENT_SECRET": api.oidc.machines["robot-admin"]["client_secret"],
    }
    run(api, tmp_path, "project", "make", "clima", "El clima", **robot)
    run(api, tmp_path, "project", "add", "clima", "group:clima", **robot)
    assert "group:clima" in run(api, tmp_path, "project", "members", "clima", **robot)
    run(api, tmp_path, "project", "remove", "clima", "group:clima", **robot)
    assert json.loads(run(api, tmp_path, "project", "members", "clima", "--json", **robot)) == []
    assert "AWS_SECRET_ACCESS_KEY=" in run(
        api, tmp_path, "project", "credentials", "make", "clima", "Agencia", **robot
    )
    made = json.loads(
        run(api, tmp_path, "project", "credentials", "make", "clima", "Otra", "--json", **robot)
    )
    assert (made["prefix"], made["state"]) == ("uploads/clima/", "active")
    run(api, tmp_path, "project", "credentials", "revoke", "clima", made["id"], **robot)
    assert "Agencia" in run(api, tmp_path, "project", "credentials", "ls", "clima", **robot)
    keys = json.loads(run(api, tmp_path, "project", "credentials", "ls", "clima", "--json", **robot))
    assert [(key["name"], key["state"]) for key in keys] == [("Otra", "revoked"), ("Agencia", "active")]
    rows = json.loads(run(api, tmp_path, "audit", "search", "--what", "member.add", "--json", **robot))
    assert rows[0]["detail"]["principal"] == "group:clima"
    whole = run(api, tmp_path, "audit", "verify", **robot)
    head = whole.split()[-1]
    assert whole.startswith("whole: ")
    assert "whole" in run(api, tmp_path, "audit", "verify", "--head", head, **robot)
    assert "made anew" in run(api, tmp_path, "audit", "verify", "--head", "00" * 32, code=1, **robot)
    run(api, tmp_path, "audit", "export", str(tmp_path / "log.csv"), **robot)
    assert (tmp_path / "log.csv").read_text().startswith("id,at,who")
    assert "forbidden" in run(api, tmp_path, "audit", "verify", code=1)
    assert run(api, tmp_path, "letters", "ls", **robot)
    assert "0 sent again" in run(api, tmp_path, "letters", "replay", "--type", "none", **robot)
