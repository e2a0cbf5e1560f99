"""A PostgreSQL server of a benchmark's own: without fsync, gone with the benchmark unless its directory is kept. Not a benchmark by itself."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from acervo.migrate import migrate
from knative.local.postgres import Postgres


@contextmanager
def database(directory: Path) -> Iterator[str]:
    """The URL of the migrated database in `directory`, which may be there from an earlier run."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    directory.mkdir(exist_ok=True)
    server = Postgres(directory, port, _password(directory / "password-of-bench"), durable=False)
    server.prepare()
    with (directory / "log").open("ab") as log:
        process = subprocess.Popen(
            server.command(), stdout=log, stderr=log, start_new_session=True, env={**os.environ, "LC_ALL": "C.UTF-8"}
        )  # fmt: skip
        try:
            server.wait_ready()
            migrate(server.url)
            yield server.url
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


def _password(file: Path) -> str:
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(8))
    return file.read_text()
