"""A TCP proxy that misbehaves on purpose: slow, or breaking connections off in the middle."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

BLOCK = 64 << 10


@dataclass
class Flaky:
    """Forwards to `target`. `break_after`: for each of the next connections, the bytes after which it is cut."""

    target: tuple[str, int] = ("127.0.0.1", 0)
    bytes_per_s: float | None = None
    break_after: list[int] = field(default_factory=list)
    broken: int = 0
    _listener: socket.socket = field(default_factory=socket.socket)
    _threads: list[threading.Thread] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def start(self) -> None:
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(64)
        self._spawn(self._accept)

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=5)

    def _spawn(self, call: object, *arguments: object) -> None:
        thread = threading.Thread(target=call, args=arguments, daemon=True)  # type: ignore[arg-type]  # a bound method
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self.target, timeout=10)
            except OSError:
                client.close()
                continue
            limit = self.break_after.pop(0) if self.break_after else None
            self._spawn(self._pump, client, server, limit)
            self._spawn(self._pump, server, client, None)

    def _pump(self, source: socket.socket, sink: socket.socket, limit: int | None) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while data := source.recv(BLOCK):
                # what is beyond the limit is never passed on: a complete request could be answered before it is cut
                sink.sendall(data if limit is None else data[: limit - passed])
                passed += len(data)
                if limit is not None and passed >= limit:
                    self.broken += 1
                    break
                if self.bytes_per_s:
                    time.sleep(len(data) / self.bytes_per_s)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@pytest.fixture
def flaky() -> Iterator[Flaky]:
    proxy = Flaky()
    proxy.start()
    yield proxy
    proxy.stop()
