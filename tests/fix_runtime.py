"""The one-machine runtime as a process of its own, small functions for it, and sinks that remember what they were sent."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import yaml

from knative.local.postgres import Postgres

ROOT = Path(__file__).parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


#: one function for all tests: what it does is asked for by header or query
FUNCTION = '''
import asyncio, json, os, sys, time
import functions_framework.aio
from starlette.responses import JSONResponse, Response, StreamingResponse

running = most = 0
print("loaded", os.environ["K_SERVICE"], flush=True)

@functions_framework.aio.http
async def main(request):
    global running, most
    running += 1
    most = max(most, running)
    try:
        return await answer(request)
    finally:
        running -= 1

async def answer(request):
    query = request.query_params
    if "sleep" in query:
        await asyncio.sleep(float(query["sleep"]))
    if "exit" in query:
        os._exit(3)
    if "stream" in query:
        async def parts():
            for part in range(int(query["stream"])):
                yield f"data: {part}\\n\\n"
                await asyncio.sleep(0.05)
        return StreamingResponse(parts(), media_type="text/event-stream")
    if "echo" in query:
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
        return JSONResponse({"size": size})
    if "env" in query:
        modules = [name for name in ("boto3", "httpx") if name in sys.modules]
        return JSONResponse({"env": dict(os.environ), "cwd": os.getcwd(), "session": os.getsid(0) == os.getpid(),
                             "argv": sys.argv[1:], "threads": len(os.listdir("/proc/self/task")), "stdin": os.path.realpath("/proc/self/fd/0")})
    if request.method == "POST" and request.headers.get("ce-type"):
        return Response(status_code=202)
    return JSONResponse({"pid": os.getpid(), "most": most, "path": request.url.path, "query": str(request.url.query),
                         "method": request.method, "headers": dict(request.headers), "revision": os.environ["K_REVISION"]})
'''  # fmt: skip


def service(
    name: str = "echo", source: str = "", annotations: Mapping[str, str] | None = None, **spec: Any
) -> dict[str, Any]:
    """A Knative Service; `spec` is the revision's (`containerConcurrency=1`)."""
    env = spec.pop("env", [])
    container = {
        "image": "dev.local/acervo",
        "env": [
            {"name": "FUNCTION_SOURCE", "value": source},
            {"name": "FUNCTION_TARGET", "value": "main"},
            *env,
        ],
    }
    prefixed = {f"autoscaling.knative.dev/{key}": value for key, value in (annotations or {}).items()}
    template = {"metadata": {"annotations": prefixed}, "spec": {"containers": [container], **spec}}
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"template": template},
    }


def broker(**delivery: Any) -> dict[str, Any]:
    spec = {"delivery": delivery} if delivery else {}
    return {
        "apiVersion": "eventing.knative.dev/v1",
        "kind": "Broker",
        "metadata": {"name": "default"},
        "spec": spec,
    }


def trigger(name: str, subscriber: str, path: str = "/", **spec: Any) -> dict[str, Any]:
    """A Trigger; the subscriber is a URL, or the name of a Knative Service and a path in it."""
    ref = {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": subscriber}
    to = {"uri": subscriber} if subscriber.startswith("http") else {"ref": ref, "uri": path}
    body = {"broker": "default", "subscriber": to, **spec}
    return {
        "apiVersion": "eventing.knative.dev/v1",
        "kind": "Trigger",
        "metadata": {"name": name},
        "spec": body,
    }


def route(prefix: str, backend: str, **rule: Any) -> dict[str, Any]:
    body = {
        "matches": [{"path": {"type": "PathPrefix", "value": prefix}}],
        "backendRefs": [{"name": backend, "port": 80}],
        **rule,
    }
    name = backend + prefix.strip("/").replace("/", "-")
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": name},
        "spec": {"rules": [body]},
    }


def wait_until(holds: Callable[[], Any], deadline_s: float = 15.0, what: str = "") -> Any:
    """The first true value of a condition, or a failure that names it."""
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.01)
    pytest.fail(f"not within {deadline_s:g} s: {what or holds}")


@dataclass
class Received:
    at: float
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers.get("ce-id", "")


Answer = tuple[int, Mapping[str, str], bytes]


@dataclass
class Sink:
    """An HTTP server that remembers every request; `answers` says by path what it answers, 202 otherwise."""

    answers: dict[str, Callable[[Received], Answer]] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    url: str = ""

    def of(self, event_id: str, path: str | None = None) -> list[Received]:
        return [one for one in list(self.received) if one.id == event_id and path in (None, one.path)]

    def wait(
        self, event_id: str, count: int = 1, path: str | None = None, deadline_s: float = 15.0
    ) -> list[Received]:
        """The requests for an event, once there are so many."""
        wait_until(
            lambda: len(self.of(event_id, path)) >= count, deadline_s, f"{count} times {event_id} at {path}"
        )
        return self.of(event_id, path)


def _accepted(_: Received) -> Answer:
    return 202, {}, b""


@contextmanager
def open_sink() -> Iterator[Sink]:
    sink = Sink()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            one = Received(time.monotonic(), self.path, headers, body)
            sink.received.append(one)
            status, extra, reply = sink.answers.get(self.path, _accepted)(one)
            if status == 0:
                self.close_connection = True
                return
            try:
                self.send_response(status)
                for name, value in {**extra, "content-length": str(len(reply))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply)
            except OSError:
                self.close_connection = True  # the broker did not wait

        do_GET = do_POST  # noqa: N815  # the name that http.server looks for

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    sink.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with open_sink() as sink:
        yield sink


class Runtime:
    """`python -m knative.local serve` with these manifests, in a directory and a database of its own."""

    def __init__(self, directory: Path, database_url: str) -> None:
        self.directory = directory
        self.database_url = database_url
        self.gateway_port, self.broker_port = free_port(), free_port()
        self.function = directory / "function.py"
        self.function.write_text(FUNCTION)
        self.process: subprocess.Popen[bytes] | None = None
        self.manifests = directory / "manifests.yaml"
        self.client = httpx.Client(timeout=30)

    @property
    def gateway(self) -> str:
        return f"http://127.0.0.1:{self.gateway_port}"

    @property
    def broker_url(self) -> str:
        return f"http://127.0.0.1:{self.broker_port}"

    @property
    def ingress(self) -> str:
        return f"{self.broker_url}/default/default"

    @property
    def log(self) -> str:
        return (self.directory / "runtime.log").read_text()

    def start(self, *documents: Mapping[str, Any], arguments: tuple[str, ...] = (), **env: str) -> Runtime:
        if documents:
            self.manifests.write_text(yaml.safe_dump_all(documents))
        command = [
            sys.executable, "-m", "knative.local", "serve", "--manifests", str(self.manifests), "--database-url", self.database_url,
            "--gateway-port", str(self.gateway_port), "--broker-port", str(self.broker_port), "--data-dir", str(self.directory), *arguments,
        ]  # fmt: skip
        with (self.directory / "runtime.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdout=log, stderr=log, env={**os.environ, **env}
            )
        wait_until(self._up, 30, f"the runtime answers: {self.log}")
        return self

    def _up(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            pytest.fail(f"the runtime ended: {self.log}")
        try:
            return self.client.get(f"{self.broker_url}/healthz", timeout=1).status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        if self.process is None or self.process.poll() is not None:
            return self.process.returncode if self.process else 0
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(40)

    def send(
        self, type_: str = "t", event_id: str | None = None, body: bytes = b"{}", **attributes: str
    ) -> str:
        """An event in; its id once it is accepted."""
        event_id = event_id or secrets.token_hex(8)
        headers = {
            "ce-specversion": "1.0",
            "ce-id": event_id,
            "ce-source": "/test",
            "ce-type": type_,
            "content-type": "application/json",
        }
        headers |= {f"ce-{name}": value for name, value in attributes.items()}
        answer = self.client.post(self.ingress, headers=headers, content=body)
        assert answer.status_code == 202, answer.text
        return event_id

    def status(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.get(f"{self.broker_url}/status").json()
        return answer

    def service(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = next(item for item in self.status()["services"] if item["service"] == name)
        return found

    def waiting(self) -> int:
        return sum(item["waiting"] for item in self.status()["triggers"])

    def metric(self, start: str) -> float:
        """The sum of the samples whose line begins so."""
        text = self.client.get(f"{self.broker_url}/metrics").text
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(start))

    def query(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            return connection.execute(statement.encode(), parameters).fetchall()


@contextmanager
def new_database(postgres: Postgres) -> Iterator[str]:
    """A database without any schema: the runtime makes its own."""
    name = f"queue_{secrets.token_hex(6)}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f'create database "{name}"'.encode())
    try:
        yield postgres.url.removesuffix("/acervo") + f"/{name}"
    finally:
        _drop(postgres, name)


def _drop(postgres: Postgres, name: str) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f'drop database "{name}" with (force)'.encode())


@contextmanager
def new_runtime(directory: Path, postgres: Postgres) -> Iterator[Runtime]:
    """Not started yet."""
    with new_database(postgres) as url:
        runtime = Runtime(directory, url)
        try:
            yield runtime
        finally:
            runtime.stop()
            runtime.client.close()


@pytest.fixture
def runtime(tmp_path: Path, postgres: Postgres) -> Iterator[Runtime]:
    with new_runtime(tmp_path, postgres) as runtime:
        yield runtime
