"""A conversation with a newsroom system on its lower port: one question at a time, heartbeats answered in between."""

from __future__ import annotations

import contextlib
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from xml.etree import ElementTree

from functions.publish import mos_messages as messages
from functions.publish.faults import Fault

CONNECT_S = 10.0


class MosSocket:
    def __init__(self, host: str, port: int, mos_id: str, ncs_id: str, timeout_s: float) -> None:
        self._ids, self._timeout_s, self._number = (mos_id, ncs_id), timeout_s, 0
        self._frames, self._read = messages.Frames(), deque[ElementTree.Element]()
        with _faults("connect"):
            self._socket = socket.create_connection((host, port), CONNECT_S)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.close()

    def ask(self, make: Callable[[str, str, int], ElementTree.Element], *answers: str) -> ElementTree.Element:
        """Send a message and wait for one of these answers; whatever else comes is answered or left out."""
        self._send(make)
        until = time.monotonic() + self._timeout_s
        while True:
            root = self._next(until)
            kind = messages.kind_of(root)
            if kind in answers:
                return root
            if kind == "heartbeat":
                self._beat()

    def greet(self) -> None:
        """A heartbeat that is answered: the right system listens. Raises Fault."""
        answer = self.ask(lambda mos, ncs, number: messages.heartbeat(mos, ncs, number, _now()), "heartbeat")
        theirs = answer.findtext("ncsID", "")
        if theirs != self._ids[1]:
            raise Fault("settings", "the newsroom system that answers is another one than the settings name")

    def _beat(self) -> None:
        self._send(lambda mos, ncs, number: messages.heartbeat(mos, ncs, number, _now()))

    def _send(self, make: Callable[[str, str, int], ElementTree.Element]) -> None:
        self._number += 1
        with _faults("send"):
            self._socket.settimeout(self._timeout_s)
            self._socket.sendall(messages.encode(make(*self._ids, self._number)))

    def _next(self, until: float) -> ElementTree.Element:
        while not self._read:
            left = until - time.monotonic()
            if left <= 0:
                raise Fault("channel-timeout", "the newsroom system does not answer")
            with _faults("receive"):
                self._socket.settimeout(left)
                data = self._socket.recv(1 << 16)
            if not data:
                raise Fault("connection-lost", "the newsroom system ended the connection")
            self._read.extend(self._frames.feed(data))
        return self._read.popleft()


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")


@contextlib.contextmanager
def _faults(what: str) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise Fault("channel-timeout", f"{what}: the newsroom system was too slow") from None
    except OSError as fault:
        code = "channel-unreachable" if what == "connect" else "connection-lost"
        raise Fault(code, f"{what}: no connection ({type(fault).__name__})") from None
