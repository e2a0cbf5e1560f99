"""The API on a real port, over a real PostgreSQL, Ceph and identity provider; projects and callers of the tests."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import httpx
import psycopg
import pytest
import uvicorn
from psycopg.rows import dict_row

from functions.api.main import build
from tests.fix_ceph import ADMIN_ACCESS, ADMIN_SECRET, Ceph
from tests.fix_oidc import AUDIENCE, Oidc

PROJECTS = {"noticias": "group:noticias", "deportes": "group:deportes", "vacio": "user:nobody"}
SMALL_QUOTA = 20 << 20
TLS = ssl.create_default_context()  # made once: it is most of what a client costs


@dataclass
class Api:
    """A running API. `client(user)` speaks as that person, `client(None)` as nobody."""

    url: str
    database_url: str
    oidc: Oidc
    ceph: Ceph
    app: Any = None
    clients: list[httpx.Client] = field(default_factory=list)

    def client(self, user: str | None, **headers: str) -> httpx.Client:
        if user is not None:
            machine = user in self.oidc.machines
            token = self.oidc.machine_token(user) if machine else self.oidc.token(user)
            headers["authorization"] = f"Bearer {token}"
        made = httpx.Client(base_url=self.url + "/api/v1", headers=headers, timeout=30, verify=TLS)
        self.clients.append(made)
        return made

    def sql(self, statement: str, *parameters: Any) -> list[dict[str, Any]]:
        cursor = self.connection.execute(statement.encode(), parameters)
        return cursor.fetchall() if cursor.description else []

    @cached_property
    def connection(self) -> psycopg.Connection[dict[str, Any]]:
        return psycopg.connect(self.database_url, autocommit=True, row_factory=dict_row)


def environment(
    database_url: str, ceph_endpoint: str, access: str, secret: str, oidc: Oidc
) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url, "S3_ENDPOINT": ceph_endpoint, "S3_PUBLIC_ENDPOINT": ceph_endpoint,
        "S3_ACCESS_KEY": access, "S3_SECRET_KEY": secret, "S3_ADMIN_ACCESS_KEY": ADMIN_ACCESS, "S3_ADMIN_SECRET_KEY": ADMIN_SECRET, "S3_CREDENTIALS_ON_OPEN_GATEWAY": "true",
        "OIDC_ISSUER": oidc.issuer, "OIDC_JWKS_URL": oidc.jwks_url,
        "RATE_CALLER": "0", "RATE_CLIENT": "0", "OIDC_AUDIENCE": AUDIENCE, "STREAM_SECRET": "a secret of tests that is long enough for HMAC",
    }  # fmt: skip


def forget_uploads(ceph: Ceph) -> None:
    """What no ingest took: the store is the session's, and others look at what lies there."""
    for page in ceph.s3.get_paginator("list_objects_v2").paginate(Bucket="dam-archive", Prefix="uploads/"):
        for item in page.get("Contents", ()):
            ceph.s3.delete_object(Bucket="dam-archive", Key=item["Key"])


@pytest.fixture(scope="module")
def more_environment() -> dict[str, str]:
    """More environment for a module's API; overridden where it is wanted."""
    return {}


@pytest.fixture(scope="module")
def api(database_url: str, ceph: Ceph, oidc: Oidc, more_environment: dict[str, str]) -> Iterator[Api]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        for project, principal in PROJECTS.items():
            connection.execute("insert into projects (id, name) values (%s, %s)", (project, project.title()))
            connection.execute("insert into project_members values (%s, %s)", (project, principal))
        connection.execute("update projects set quota_bytes = %s where id = 'vacio'", (SMALL_QUOTA,))
        connection.execute("insert into project_members values ('vacio', 'user:editora')")
    access = ceph.access
    env = environment(database_url, access.endpoint, access.access_key, access.secret_key, oidc)
    app = build({**env, **more_environment})
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        assert time.monotonic() < deadline, "the API does not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    running = Api(f"http://127.0.0.1:{port}", database_url, oidc, ceph, app)
    yield running
    for client in running.clients:
        client.close()
    running.connection.close()
    forget_uploads(ceph)
    server.should_exit = True
    thread.join(timeout=10)
    app.state.resources.database.close()
