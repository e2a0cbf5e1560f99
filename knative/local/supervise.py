"""Brings the one-machine platform up and down: `python -m knative.local.supervise up|down|status|logs|urls`.

Every step is safe to repeat; `up` on a platform that runs changes nothing but what is missing.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import httpx
import psycopg
import typer
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from acervo.migrate import migrate
from functions.publish import secrets_setup
from knative.local import programs
from knative.local.stack import Stack, as_yaml, write_private
from rgw import cluster
from rgw.declaration import parse
from rgw.provision import Provision
from rgw.store import Access, connect

BUCKETS = Path(__file__).parent.parent.parent / "ceph-notifications" / "buckets.yaml"
SEED = Path(__file__).parent / "seed.sql"
KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "VIRTUAL_ENV",
    "NODE_PATH",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
)
PATIENCE_S = 90.0

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)


class NotUp(Exception):
    """A part did not come up in time; its log says why."""


class Platform:
    """The processes of one stack, through supervisord."""

    def __init__(self, stack: Stack, say: Callable[[str], None] = lambda _: None) -> None:
        self.stack, self._say = stack, say
        self._conf = stack.data / "supervisord.conf"

    # -- up and down --------------------------------------------------------------------------------------------------
    def up(self) -> None:
        """Everything, in order; returns when the API answers.

        Raises:
            NotUp: names the part.
        """
        stack, started = self.stack, time.monotonic()
        self.write_files()
        if not self.running():
            with ThreadPoolExecutor(3) as together:
                for preparation in (
                    together.submit(stack.postgres.prepare),
                    together.submit(cluster.prepare, stack.ceph),
                    together.submit(secrets_setup.prepare, stack.vault, stack.vault_port),
                ):
                    preparation.result()
            self._say(f"prepared PostgreSQL and Ceph ({time.monotonic() - started:.1f} s)")
            self._control_server()
        self.start("bridge")
        stack.postgres.wait_ready(PATIENCE_S)
        for name in migrate(stack.postgres.url):
            self._say(f"migration {name}")
        with psycopg.connect(stack.postgres.url) as connection:
            connection.execute(SEED.read_text())
        self._set_up_vault()
        self.write_files()  # the Secret with the AppRole is whole now
        cluster.wait_ready(stack.ceph)
        self.provision()
        self._wait_http("oidc", f"http://127.0.0.1:{stack.oidc_port}/healthz")
        self.start("runtime")
        self._wait_http("runtime", f"{stack.origin}/api/v1/openapi.json")
        self._say(f"up in {time.monotonic() - started:.1f} s")

    def _set_up_vault(self) -> None:
        vault, port = self.stack.vault, self.stack.vault_port
        try:
            secrets_setup.setup(vault, port)
        except secrets_setup.TokenLost:  # a start that was killed half way: begin again, nothing can be lost
            self.control("stop", "openbao")
            shutil.rmtree(vault / "raft", ignore_errors=True)
            secrets_setup.prepare(vault, port)
            self.start("openbao")
            secrets_setup.setup(vault, port)

    def down(self) -> None:
        """Stop everything in order; data stays."""
        if self.running():
            self.control("stop", "runtime", "bridge")
            self.control("shutdown")
        self._wait(lambda: not self.running(), "supervisord", "it did not stop")

    def restart(self, *names: str) -> None:
        self.control("restart", *names)

    def start(self, name: str) -> None:
        self.control("start", name)

    def pid(self, name: str) -> int | None:
        """Of a supervised process; None while it does not run."""
        said = self.control("pid", name).strip()
        return int(said) if said.isdigit() and said != "0" else None

    def instances(self) -> dict[str, list[int]]:
        """Process ids of every function's instances, by service."""
        answer = httpx.get(f"http://127.0.0.1:{self.stack.broker_port}/status", timeout=10, trust_env=False)
        services = answer.raise_for_status().json()["services"]
        return {known["service"]: [instance["pid"] for instance in known["instances"]] for known in services}

    def provision(self) -> None:
        """Buckets, life cycles, CORS, topics and notifications as declared."""
        stack = self.stack
        environment = {
            **os.environ,
            "NOTIFY_URL": f"http://127.0.0.1:{stack.bridge_port}/",
            "CORS_ORIGINS": f"{stack.origin},http://127.0.0.1:{stack.port}",
        }
        access = Access(
            stack.ceph.endpoint, stack.ceph.access_key, stack.ceph.secret_key, stack.config_map()["s3-region"]
        )
        for change in Provision(
            connect(access), connect(access, "sns"), parse(BUCKETS.read_text(), environment), "bridge"
        ).apply():
            self._say(str(change))

    def write_files(self) -> None:
        """What the processes read."""
        stack = self.stack
        stack.logs.mkdir(parents=True, exist_ok=True)
        (stack.data / "search").mkdir(exist_ok=True)
        config = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "acervo"},
            "data": stack.config_map(),
        }
        secrets: list[dict[str, Any]] = [
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": values}
            for name, values in stack.secret_manifests().items()
        ]
        write_private(stack.data / "config.yaml", as_yaml([config]))
        write_private(stack.data / "secrets.yaml", as_yaml(secrets))
        write_private(stack.data / "oidc" / "users.json", json.dumps(stack.users(), indent=2))
        write_private(stack.data / "oidc" / "clients.json", json.dumps(self._clients(), indent=2))
        base = {name: os.environ[name] for name in KEPT if name in os.environ}
        write_private(
            self._conf, programs.supervisord_conf(stack, self._socket, programs.programs(stack, base))
        )

    def _clients(self) -> list[dict[str, Any]]:
        return [self.stack.machine_client()]

    # -- supervisord --------------------------------------------------------------------------------------------------
    @property
    def _socket(self) -> Path:
        inside = self.stack.data / "supervisor.sock"
        if len(str(inside)) <= programs.LONGEST_SOCKET:
            return inside
        return (
            Path(tempfile.gettempdir())
            / f"acervo-{hashlib.sha256(str(inside).encode()).hexdigest()[:16]}.sock"
        )

    def running(self) -> bool:
        """Whether the supervisor answers."""
        return self._conf.exists() and self._supervisorctl("pid").returncode == 0

    def control(self, *words: str) -> str:
        """supervisorctl; what it says."""
        return self._supervisorctl(*words).stdout

    def _supervisorctl(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "supervisor.supervisorctl",
            "-c",
            str(self._conf),
            *words,
        ]
        return subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)

    def _control_server(self) -> None:
        command = [sys.executable, "-W", "ignore", "-m", "supervisor.supervisord", "-c", str(self._conf)]
        subprocess.run(command, check=True, timeout=60, capture_output=True)
        self._wait(self.running, "supervisord", "it does not answer")

    # -- waiting ------------------------------------------------------------------------------------------------------
    def _wait(self, ready: Callable[[], bool], part: str, complaint: str) -> None:
        until = time.monotonic() + PATIENCE_S
        while not ready():
            if time.monotonic() > until:
                raise NotUp(
                    f"{part}: {complaint} within {PATIENCE_S:.0f} s; see {self.stack.logs}/{part}.log"
                )
            time.sleep(0.1)

    def _wait_http(self, part: str, url: str) -> None:
        @retry(
            stop=stop_after_delay(PATIENCE_S),
            wait=wait_fixed(0.1),
            retry=retry_if_exception_type(httpx.HTTPError),
            reraise=True,
        )
        def answers() -> None:
            httpx.get(url, timeout=10, trust_env=False).raise_for_status()

        try:
            answers()
        except httpx.HTTPError as fault:
            raise NotUp(
                f"{part}: {url} did not answer ({fault}); see {self.stack.logs}/{part}.log"
            ) from fault


# -- command line -----------------------------------------------------------------------------------------------------
def _platform() -> Platform:
    return Platform(Stack.from_environment(), lambda line: typer.echo(f"  {line}"))


@app.command()
def up() -> None:
    """Start everything and leave it running."""
    platform = _platform()
    try:
        platform.up()
    except NotUp as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(1) from None
    urls()


@app.command()
def down() -> None:
    """Stop everything; data stays."""
    _platform().down()


@app.command()
def status() -> None:
    """What runs; exit status 1 unless all of it does."""
    platform = _platform()
    if not platform.running():
        typer.echo("down")
        raise typer.Exit(1)
    said = platform.control("status")
    typer.echo(said.rstrip())
    raise typer.Exit(0 if all("RUNNING" in line for line in said.splitlines()) else 1)


@app.command()
def logs(lines: Annotated[int, typer.Option("--lines", "-n")] = 20) -> None:
    """Follow every log."""
    stack = Stack.from_environment()
    files = [
        str(file)
        for folder in (stack.logs, stack.data / "runtime" / "log")
        for file in sorted(folder.glob("*.log"))
    ]
    if not files:
        typer.echo("no logs yet: ./task up", err=True)
        raise typer.Exit(1)
    os.execvp("tail", ["tail", "-n", str(lines), "-F", *files])  # noqa: S606  # our own words


@app.command()
def urls() -> None:
    """Where everything is, and who may sign in."""
    stack = Stack.from_environment()
    typer.echo(f"page and API   {stack.origin}   ({stack.origin}/api/v1/docs)")
    typer.echo(f"object store   {stack.config_map()['s3-public-endpoint']}")
    typer.echo(f"runtime        http://127.0.0.1:{stack.broker_port}/status  /metrics")
    for user in stack.users():
        typer.echo(f"sign in as     {user['username']:<11} {user['password']}   {', '.join(user['roles'])}")


@app.command()
def provision() -> None:
    """Buckets, life cycles, CORS, topics and notifications of the running platform, as declared."""
    changes: list[str] = []
    Platform(Stack.from_environment(), changes.append).provision()
    typer.echo("\n".join(changes) or "nothing to change")


@app.command()
def environment() -> None:
    """Shell lines for the command line and for tests: eval "$(./task env)"."""
    stack = Stack.from_environment()
    values = {
        "ACERVO_URL": stack.origin,
        "ACERVO_CLIENT_ID": stack.machine_client()["client_id"],
        "ACERVO_CLIENT_SECRET": stack.secret("cms-client-secret"),
        "DATABASE_URL": stack.postgres.url,
        "S3_ENDPOINT": stack.config_map()["s3-endpoint"],
        "S3_ACCESS_KEY": stack.secret("objects-access-key"),
        "S3_SECRET_KEY": stack.secret("objects-secret-key"),
    }
    for name, value in values.items():
        typer.echo(f"export {name}='{value}'")


if __name__ == "__main__":
    app()
