"""Starts instance processes: by the zygote, or each in a fresh interpreter. Both give the same `Process`."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from knative.local.serving.zygote import MAX_MESSAGE, PRELOADED

_START_S = 30.0
log = logging.getLogger(__name__)


@dataclass
class Process:
    """`exited` holds the status: negative = the signal that ended it."""

    pid: int
    exited: asyncio.Future[int] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def signal(self, number: signal.Signals, *, group: bool = False) -> None:
        if self.exited.done() and not group:
            return
        with suppress(ProcessLookupError):
            (os.killpg if group else os.kill)(self.pid, number)


@dataclass(frozen=True)
class Start:
    """The three descriptors stay the caller's: it closes its copies when `spawn` returns."""

    env: dict[str, str] = field(repr=False)
    listen_fd: int
    ready_fd: int
    log_fd: int


class SpawnFailed(RuntimeError):
    """No process came of it."""


class Spawner(Protocol):
    async def open(self) -> None: ...
    async def spawn(self, start: Start) -> Process: ...
    async def close(self) -> None: ...


class ExecSpawner:
    """A fresh interpreter for each instance: slow, and nothing shared. What a container does."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._waiters: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        return

    async def spawn(self, start: Start) -> Process:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "knative.local.serving.child", str(start.listen_fd), str(start.ready_fd), str(os.getpid()),
            env=start.env, cwd=self._root, pass_fds=(start.listen_fd, start.ready_fd), start_new_session=True,
            stdin=asyncio.subprocess.DEVNULL, stdout=start.log_fd, stderr=start.log_fd,
        )  # fmt: skip
        process = Process(child.pid)

        async def wait() -> None:
            process.exited.set_result(await child.wait())

        task = asyncio.create_task(wait())
        self._waiters.add(task)
        task.add_done_callback(self._waiters.discard)
        return process

    async def close(self) -> None:
        if self._waiters:
            await asyncio.wait(self._waiters, timeout=5)


@dataclass(frozen=True)
class _Zygote:
    control: socket.socket
    process: subprocess.Popen[bytes]
    ready: asyncio.Future[None]


class ForkSpawner:
    """The runtime's end of the fork server. One that ended is started again with the next instance."""

    def __init__(self, root: Path, log_path: Path, preloaded: tuple[str, ...] = PRELOADED) -> None:
        self._root = root
        self._log_path = log_path
        self._preloaded = preloaded
        self._zygote: _Zygote | None = None
        self._ids = itertools.count()
        self._asked: dict[int, asyncio.Future[Process]] = {}
        self._processes: dict[int, Process] = {}

    async def open(self) -> None:
        await self._opened()

    async def _opened(self) -> _Zygote:
        """The zygote, once its imports are done."""
        zygote = self._zygote = self._zygote or self._start()
        try:
            async with asyncio.timeout(_START_S):
                await asyncio.shield(zygote.ready)
        except TimeoutError:
            raise SpawnFailed("the fork server does not get ready") from None
        return zygote

    def _start(self) -> _Zygote:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * MAX_MESSAGE)
        arguments = [str(theirs.fileno()), str(os.getpid()), ",".join(self._preloaded)]
        with theirs, self._log_path.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "knative.local.serving.zygote", *arguments],
                cwd=self._root, pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip
        loop = asyncio.get_running_loop()
        zygote = _Zygote(ours, process, loop.create_future())
        loop.add_reader(ours, self._read, zygote)
        return zygote

    async def spawn(self, start: Start) -> Process:
        zygote = await self._opened()
        number = next(self._ids)
        message = json.dumps({"id": number, "env": start.env}).encode()
        if len(message) > MAX_MESSAGE:
            raise SpawnFailed(f"the environment is longer than {MAX_MESSAGE} bytes")
        asked: asyncio.Future[Process] = asyncio.get_running_loop().create_future()
        self._asked[number] = asked
        try:
            socket.send_fds(zygote.control, [message], [start.listen_fd, start.ready_fd, start.log_fd])
            async with asyncio.timeout(_START_S):
                return await asked
        except (OSError, TimeoutError) as fault:
            raise SpawnFailed(f"the fork server does not answer: {fault}") from fault
        finally:
            self._asked.pop(number, None)

    def _read(self, zygote: _Zygote) -> None:
        while True:
            try:
                message = zygote.control.recv(MAX_MESSAGE)
            except BlockingIOError:
                return
            except OSError:
                message = b""
            if not message:
                self._ended(zygote)
                return
            said = json.loads(message)
            if "ready" in said:
                zygote.ready.set_result(None)
            elif "pid" in said:
                process = self._processes[said["pid"]] = Process(said["pid"])
                if (asked := self._asked.get(said["id"])) is not None and not asked.done():
                    asked.set_result(process)
                else:
                    process.signal(signal.SIGKILL)  # nobody waits for it any more
            elif (ended := self._processes.pop(said["exited"], None)) is not None:
                ended.exited.set_result(said["status"])

    def _ended(self, zygote: _Zygote) -> None:
        """The fork server is gone, and the kernel sent SIGTERM to all that it forked."""
        asyncio.get_running_loop().remove_reader(zygote.control)
        zygote.control.close()
        self._zygote = None
        fault = SpawnFailed(f"the fork server ended: see {self._log_path}")
        log.warning("%s", fault)
        if not zygote.ready.done():
            zygote.ready.set_exception(fault)
        for asked in self._asked.values():
            if not asked.done():
                asked.set_exception(fault)
        zygote.ready.exception()  # seen, even when nobody waited for it
        for process in self._processes.values():
            process.signal(signal.SIGKILL, group=True)
            process.exited.set_result(-signal.SIGKILL)
        self._processes.clear()
        zygote.process.kill()
        zygote.process.wait(timeout=5)

    async def close(self) -> None:
        zygote, self._zygote = self._zygote, None
        if zygote is None:
            return
        asyncio.get_running_loop().remove_reader(zygote.control)
        zygote.control.close()
        try:
            await asyncio.to_thread(zygote.process.wait, 5)
        except subprocess.TimeoutExpired:
            zygote.process.kill()
            await asyncio.to_thread(zygote.process.wait, 5)
