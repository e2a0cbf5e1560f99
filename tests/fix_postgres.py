"""A real PostgreSQL for a test session, and a fresh, migrated database for each test module that asks."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from acervo.migrate import migrate
from knative.local.postgres import Postgres


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """The server; not durable, so tests of durability start their own."""
    server = Postgres(
        Path(tmp_path_factory.mktemp("postgres")), free_port(), secrets.token_hex(8), durable=False
    )
    server.prepare()
    log = (server.directory / "log").open("wb")
    process = subprocess.Popen(
        server.command(),
        stdout=log,
        stderr=log,
        start_new_session=True,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    try:
        server.wait_ready()
        yield server
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        log.close()


@pytest.fixture(scope="module")
def database_url(postgres: Postgres) -> Iterator[str]:
    """URL of an empty, migrated database of this module's own."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')  # the name is ours
    url = postgres.url.removesuffix("/acervo") + f"/{name}"
    migrate(url)
    yield url
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f'drop database "{name}" with (force)')
