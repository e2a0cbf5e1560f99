"""The two ends of `bench.publish`, each a process of its own: a store that makes up its objects, and a server that takes bytes. No benchmark.

    python -m bench.publish_peers store PORT    GET and HEAD of /BUCKET/NAME-SIZE: SIZE bytes, ranges honoured, nothing on disk
    python -m bench.publish_peers sink PORT     takes a PUT and forgets it

As little as is needed, so that what is measured is between them: no signatures are checked, a connection is served by one thread.
"""

from __future__ import annotations

import os
import re
import socket
import sys
import threading
from collections.abc import Callable, Mapping

BLOCK = memoryview(os.urandom(1 << 20))
_RANGE = re.compile(rb"bytes=(\d+)-(\d*)$")
Serve = Callable[[socket.socket, bytes, Mapping[bytes, bytes], bytes], None]


def heads(line: socket.socket, serve: Serve) -> None:
    """Every request of a connection: its first line, its headers, and what came of its body already."""
    with line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = b""
        while True:
            while b"\r\n\r\n" not in head:
                part = line.recv(65536)
                if not part:
                    return
                head += part
            known, _, rest = head.partition(b"\r\n\r\n")
            first, *rows = known.split(b"\r\n")
            names = {name.lower(): value.strip() for name, _, value in (row.partition(b":") for row in rows)}
            serve(line, first, names, rest)
            head = b""


def store(line: socket.socket, first: bytes, names: Mapping[bytes, bytes], rest: bytes) -> None:
    method, path, _ = first.split(b" ")
    size = int(path.partition(b"?")[0].rpartition(b"-")[2])
    start, end, status = 0, size, b"200 OK"
    if found := _RANGE.match(names.get(b"range", b"")):
        start, end = int(found.group(1)), min(size, int(found.group(2) or size - 1) + 1)
        status = b"206 Partial Content\r\nContent-Range: bytes %d-%d/%d" % (start, end - 1, size)
    line.sendall(
        b'HTTP/1.1 %s\r\nContent-Length: %d\r\nETag: "made-up"\r\nAccept-Ranges: bytes\r\nContent-Type: video/mp4\r\n'
        b"Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n\r\n" % (status, end - start)
    )
    left = 0 if method == b"HEAD" else end - start
    while left > 0:
        left -= line.send(BLOCK[: min(left, len(BLOCK))])


def sink(line: socket.socket, first: bytes, names: Mapping[bytes, bytes], rest: bytes) -> None:
    if b"expect" in names:
        line.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    left, buffer = int(names.get(b"content-length", b"0")) - len(rest), bytearray(1 << 20)
    while left > 0:
        got = line.recv_into(buffer)
        if not got:
            return
        left -= got
    line.sendall(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")


def run(serve: Serve, port: int) -> None:
    listener = socket.create_server(("127.0.0.1", port), backlog=16)
    while True:
        line, _ = listener.accept()
        threading.Thread(target=_heads, args=(line, serve), daemon=True).start()


def _heads(line: socket.socket, serve: Serve) -> None:
    try:
        heads(line, serve)
    except (BrokenPipeError, ConnectionResetError):
        return  # the other end has what it wanted


if __name__ == "__main__":
    run({"store": store, "sink": sink}[sys.argv[1]], int(sys.argv[2]))
