"""Instances of the function behind one socket: whoever dies is forked anew, as a platform would. `python … PORT COUNT`."""

from __future__ import annotations

import os
import signal
import socket
import sys

import uvicorn

import functions.publish.ftp
import functions.publish.intake
import functions.publish.sftp
import functions.publish.worker  # noqa: F401  # all loaded once, before the forks
from functions.publish.main import app


def serve(listener: socket.socket) -> None:
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", access_log=False))
    server.run(sockets=[listener])


def main(port: int, count: int) -> None:
    listener = socket.create_server(("127.0.0.1", port), backlog=256)
    alive: set[int] = set()
    signal.signal(signal.SIGTERM, lambda *_: _end(alive))
    while True:
        while len(alive) < count:
            pid = os.fork()
            if pid == 0:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                serve(listener)
                os._exit(0)
            alive.add(pid)
        pid, _ = os.wait()
        alive.discard(pid)


def _end(alive: set[int]) -> None:
    for pid in alive:
        os.kill(pid, signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
