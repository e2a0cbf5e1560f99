"""What the fakes over HTTP share: a server whose answers can be made to fail at any byte, before or after they had an effect."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Trouble:
    """`refuse`: 503, no effect · `cut`: the connection ends after `at` bytes of the body · `lost`: done, but the answer never arrives."""

    kind: str
    at: int = 0


class Cut(Exception):
    """The connection is gone."""


class Refused(Exception):
    def __init__(self, status: int, body: Any = None, **headers: str) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    read: Callable[[int], bytes]  # b"" at the end

    def body(self) -> bytes:
        parts = bytearray()
        while part := self.read(1 << 16):
            parts += part
        return bytes(parts)

    def json(self) -> Any:
        if self.headers.get("content-type", "").split(";")[0] != "application/json":
            raise Refused(415)
        return json.loads(self.body())

    def form(self) -> dict[str, str]:
        return {
            name: values[-1]
            for name, values in parse_qs(self.body().decode(), keep_blank_values=True).items()
        }


Answer = tuple[int, Any, dict[str, str]]


class Fake(Protocol):
    lock: threading.RLock

    def route(self, request: Request) -> Answer: ...


class FakeServer:
    """Serves one fake. `trouble` is asked for each request; `log` keeps (method, path, status or what went wrong)."""

    def __init__(self, fake: Fake) -> None:
        self.fake = fake
        self.trouble: Callable[[str, str], Trouble | None] = lambda _method, _path: None
        self.log: list[tuple[str, str, Any]] = []
        self.url = ""

    def __enter__(self) -> FakeServer:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def handle_any(self) -> None:
                outer._handle(self)

            def log_message(self, *_: Any) -> None:
                return

        for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"):
            setattr(Handler, f"do_{method}", Handler.handle_any)

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False
            request_queue_size = 128

            def handle_error(self, *_: Any) -> None:
                return  # a client that was killed

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def _handle(self, http: BaseHTTPRequestHandler) -> None:
        split = urlsplit(http.path)
        trouble = self.trouble(http.command, split.path)
        left = int(http.headers.get("content-length") or 0)
        taken = 0

        def read(most: int) -> bytes:
            nonlocal left, taken
            if trouble is not None and trouble.kind == "cut" and taken >= trouble.at:
                raise Cut
            data = http.rfile.read(min(most, left)) if left else b""
            if left and not data:
                raise Cut
            left -= len(data)
            taken += len(data)
            return data

        query = {name: values[-1] for name, values in parse_qs(split.query).items()}
        headers = {name.lower(): value for name, value in http.headers.items()}
        try:
            if trouble is not None and trouble.kind == "refuse":
                raise Refused(503, {"error": {"code": 503, "message": "later"}})
            status, body, extra = self.fake.route(Request(http.command, split.path, query, headers, read))
            if trouble is not None and trouble.kind in ("lost", "cut"):
                raise Cut
        except Refused as refused:
            status, body, extra = refused.status, refused.body, refused.headers
        except (Cut, OSError):
            self.log.append((http.command, split.path, trouble.kind if trouble else "gone"))
            http.close_connection = True
            return
        self.log.append((http.command, split.path, status))
        data = b"" if body is None else json.dumps(body).encode()
        try:
            http.send_response(status)
            for name, value in {
                "content-type": "application/json",
                **{n.replace("_", "-"): v for n, v in extra.items()},
                "content-length": str(len(data)),
            }.items():
                http.send_header(name, value)
            if left:
                http.send_header("connection", "close")
                http.close_connection = True
            http.end_headers()
            if http.command != "HEAD":
                http.wfile.write(data)
        except OSError:
            http.close_connection = True


def bearer(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token if kind == "Bearer" else ""
