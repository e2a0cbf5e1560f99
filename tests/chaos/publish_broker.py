"""A broker at its worst: takes events, delivers them late, out of order and sometimes twice, and retries what fails."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any

import httpx

from acervo.events import Event, parse_request, to_binary
from functions.publish.main import CONTINUED, INTAKE, TICK

HEARD = {*INTAKE, CONTINUED, TICK}
RETRIES, WORKERS = 10, 10


class WorstBroker:
    def __init__(self, function_url: str, random: Random) -> None:
        self.function_url, self.random = function_url, random
        self.said: dict[str, Event] = {}
        self.delivered = self.failed = 0
        self._queue: list[tuple[float, int, Event, int]] = []
        self._numbers = itertools.count()
        self._condition = threading.Condition()
        self._over = threading.Event()
        self.at_work = 0

    def __enter__(self) -> WorstBroker:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                for event in parse_request(
                    {name.lower(): value for name, value in self.headers.items()}, body
                ):
                    outer.put(event)
                self.send_response(202)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *_: Any) -> None:
                return

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(WORKERS)]
        self._threads.append(
            threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        )
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with self._condition:
            self._condition.notify_all()
        self._server.shutdown()
        self._server.server_close()
        for thread in self._threads:
            thread.join(15)

    def put(self, event: Event) -> None:
        with self._condition:
            again = event.id in self.said
            self.said[event.id] = event
            if event.type not in HEARD or again:
                return
            copies = 2 if self.random.random() < 0.15 else 1
            for _ in range(copies):
                self._push(time.monotonic() + self.random.random() * 0.3, event, 0)

    def _push(self, at: float, event: Event, attempt: int) -> None:
        heapq.heappush(self._queue, (at, next(self._numbers), event, attempt))
        self._condition.notify()

    @property
    def idle(self) -> bool:
        with self._condition:
            return not self._queue and not self.at_work

    def _work(self) -> None:
        with httpx.Client(timeout=60) as client:
            while True:
                with self._condition:
                    while not self._over.is_set() and (
                        not self._queue or self._queue[0][0] > time.monotonic()
                    ):
                        self._condition.wait(0.05)
                    if self._over.is_set():
                        return
                    _, _, event, attempt = heapq.heappop(self._queue)
                    self.at_work += 1
                good = self._deliver(client, event)
                with self._condition:
                    self.at_work -= 1
                    self.delivered += good
                    self.failed += not good
                    if not good and attempt < RETRIES:
                        self._push(time.monotonic() + 0.05 * 2 ** min(attempt, 5), event, attempt + 1)

    def _deliver(self, client: httpx.Client, event: Event) -> bool:
        headers, body = to_binary(event)
        try:
            status = client.post(self.function_url, content=body, headers=headers).status_code
        except httpx.TransportError:
            return False
        return status < 500
