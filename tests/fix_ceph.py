"""Fixtures: a real one-machine Ceph for the session, and bridges and brokers that tests may start and kill."""

from __future__ import annotations

import contextlib
import http.server
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from acervo.events import Event, parse_request
from rgw import cluster
from rgw.config import Config
from rgw.declaration import Declaration, parse
from rgw.provision import Change, Provision
from rgw.store import Access, connect

ROOT = Path(__file__).parent.parent
DECLARATION = ROOT / "ceph-notifications" / "buckets.yaml"
ORIGIN = "http://page.example:8080"
ACCESS, SECRET = "test-access-key", "test-secret-key"
ADMIN_ACCESS, ADMIN_SECRET = "test-admin-access-key", "test-admin-secret-key"


def wait_for(condition: Callable[[], Any], what: str, timeout_s: float = 15.0) -> Any:
    """The first true value of `condition`; fails the test after the deadline."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.02)
    pytest.fail(f"waited {timeout_s:.0f} s in vain: {what}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_base() -> int:
    """The first of 41 ports in a row that nobody uses, out of the range that the kernel gives away."""
    for base in random.sample(range(12000, 30000, 50), 100):  # several sessions may look at the same moment
        with contextlib.ExitStack() as stack:
            try:
                for port in range(base, base + 41):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return base
    pytest.fail("no 41 free ports in a row")


# -- Ceph -------------------------------------------------------------------------------------------------------------
@dataclass
class Ceph:
    """A running cluster with the declared buckets; notifications go to `notify_port`."""

    config: Config
    cold_start_s: float
    notify_port: int
    s3: Any
    sns: Any

    @property
    def endpoint(self) -> str:
        return self.config.endpoint

    @property
    def access(self) -> Access:
        return Access(self.config.endpoint, self.config.access_key, self.config.secret_key)

    def declaration(self) -> Declaration:
        env = {"NOTIFY_URL": f"http://127.0.0.1:{self.notify_port}/", "CORS_ORIGINS": ORIGIN}
        return parse(DECLARATION.read_text(), env)

    def provision(self, via: str = "bridge", *, dry_run: bool = False) -> list[Change]:
        return list(Provision(self.s3, self.sns, self.declaration(), via, dry_run=dry_run).apply())


@pytest.fixture(scope="session")
def ceph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ceph]:
    base = free_base()
    config = Config(
        tmp_path_factory.mktemp("ceph"), base + 1, base, ACCESS, SECRET, ADMIN_ACCESS, ADMIN_SECRET
    )
    start = time.monotonic()
    try:
        cluster.up(config, dies_with_parent=True)
        cold_start_s = time.monotonic() - start
        access = Access(config.endpoint, ACCESS, SECRET)
        running = Ceph(config, cold_start_s, free_port(), connect(access), connect(access, "sns"))
        running.provision()
        yield running
    finally:
        cluster.down(config)


# -- broker -----------------------------------------------------------------------------------------------------------
@dataclass
class Broker:
    """Takes CloudEvents as an ingress does. `answers`: the statuses of the next requests, then 202."""

    port: int
    events: list[Event] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    _server: http.server.ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/default/default"

    def ids(self) -> list[str]:
        return [event.id for event in list(self.events)]

    def up(self) -> None:
        broker = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status = broker.answers.pop(0) if broker.answers else 202
                if status == 202:
                    broker.events += parse_request(
                        {name.lower(): value for name, value in self.headers.items()}, body
                    )
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        http.server.ThreadingHTTPServer.allow_reuse_address = True
        http.server.ThreadingHTTPServer.daemon_threads = True
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def down(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


@pytest.fixture
def broker() -> Iterator[Broker]:
    made = Broker(free_port())
    yield made
    made.down()


# -- bridge -----------------------------------------------------------------------------------------------------------
@dataclass
class Bridge:
    """The bridge as a process; its spool outlives it."""

    env: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.env['BRIDGE_PORT']}/"

    def start(self, **env: str) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", sys.executable, "-m", "rgw", "bridge"],
                env={**os.environ, **self.env, **env}, cwd=ROOT, stdout=log, stderr=log,
            )  # fmt: skip
        wait_for(self.healthy, f"the bridge does not start: {self.log}", 60)

    def healthy(self) -> bool:
        try:
            return httpx.get(self.url + "healthz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self.process:
            self.process.send_signal(number)
            self.process.wait(15)
            self.process = None

    def post(self, *records: Any) -> int:
        return httpx.post(self.url, json={"Records": list(records)}, timeout=30).status_code

    def metric(self, name: str) -> float:
        text = httpx.get(self.url + "metrics", timeout=5).text
        return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(name + " "))

    @property
    def spool(self) -> Path:
        return Path(self.env["BRIDGE_SPOOL"])


def _bridge(folder: Path, broker: Broker, port: int, access: Access) -> Bridge:
    env = {
        "K_SINK": broker.url, "BRIDGE_SPOOL": str(folder / "spool.db"), "BRIDGE_PORT": str(port),
        "BRIDGE_BACKOFF_CAP_S": "0.5", "S3_ENDPOINT": access.endpoint,
        "S3_ACCESS_KEY": access.access_key, "S3_SECRET_KEY": access.secret_key,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'ceph-notifications'}",
    }  # fmt: skip
    return Bridge(env, folder / "bridge.log")


@pytest.fixture
def bridge(tmp_path: Path, broker: Broker) -> Iterator[Bridge]:
    """Not started; without a gateway (records of tests name their version, so none is asked)."""
    made = _bridge(tmp_path, broker, free_port(), Access("http://127.0.0.1:1", ACCESS, SECRET))
    yield made
    made.stop(signal.SIGKILL)


@pytest.fixture
def ceph_bridge(ceph: Ceph, tmp_path: Path, broker: Broker) -> Iterator[Bridge]:
    """Not started; where the gateway's notifications go."""
    made = _bridge(tmp_path, broker, ceph.notify_port, ceph.access)
    yield made
    made.stop(signal.SIGKILL)
