"""One process of a revision: starting → ready → stopping → gone."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from knative.local.serving.spawner import Process, Spawner, SpawnFailed, Start

#: what a process needs to run at all; everything else comes from the manifest
INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV")
BACKLOG = 1024


class StartFailed(RuntimeError):
    """The process ended, or hung, before it could answer."""


class Instance:
    def __init__(self, service: str) -> None:
        self.service = service
        self.state = "starting"
        self.in_flight = 0
        self.port = 0
        self._process: Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(
        self,
        spawner: Spawner,
        env: dict[str, str],
        log_path: Path,
        deadline_s: float,
        on_exit: Callable[[int], None],
    ) -> None:
        """Returns when the function is loaded and the server answers.

        Raises:
            StartFailed: it is not, within the deadline.
        """
        read_fd, write_fd = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            with (
                socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) as listen,
                log_path.open("ab") as log,
            ):
                self.port = listen.getsockname()[1]
                full = (
                    {name: os.environ[name] for name in INHERITED if name in os.environ}
                    | env
                    | {"PORT": str(self.port)}
                )
                self._process = await spawner.spawn(Start(full, listen.fileno(), write_fd, log.fileno()))
            self._process.exited.add_done_callback(lambda exited: on_exit(exited.result()))
        except SpawnFailed as fault:
            os.close(read_fd)
            raise StartFailed(str(fault)) from fault
        finally:
            os.close(write_fd)
        try:
            await _ready(read_fd, deadline_s)
        except StartFailed:
            self._process.signal(signal.SIGKILL, group=True)
            raise
        finally:
            os.close(read_fd)

    async def stop(self, grace_s: float) -> None:
        """SIGTERM, the grace period, SIGKILL to all that it started."""
        self.state = "stopping"
        process = self._process
        if process is None:
            return
        process.signal(signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await asyncio.shield(process.exited)
        process.signal(signal.SIGKILL, group=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                await asyncio.shield(process.exited)


async def _ready(fd: int, deadline_s: float) -> None:
    """One byte = ready; the end of the pipe = the process is gone."""
    loop = asyncio.get_running_loop()
    readable: asyncio.Future[None] = loop.create_future()

    def seen() -> None:
        loop.remove_reader(fd)
        if not readable.done():
            readable.set_result(None)

    loop.add_reader(fd, seen)
    try:
        async with asyncio.timeout(deadline_s):
            await readable
    except TimeoutError:
        raise StartFailed(f"not ready after {deadline_s:g} s") from None
    finally:
        loop.remove_reader(fd)
    if not os.read(fd, 1):
        raise StartFailed("the process ended before it was ready")
