"""The fork server: one single-threaded process that has the heavy imports loaded, and forks an instance when asked.

Speaks JSON over a SOCK_SEQPACKET pair with the runtime: `{"id", "env"}` with three descriptors (listening socket, ready pipe, log)
→ `{"id", "pid"}`, later `{"exited", "status"}`. Never opens a connection, an event loop or a thread: children would inherit them broken.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import threading
import time
import traceback

from knative.local.serving.child import die_with, serve

MAX_MESSAGE = 192 * 1024
PRELOADED = (
    "functions_framework.aio", "starlette.applications", "starlette.routing", "starlette.responses", "starlette.requests",
    "starlette.middleware", "starlette.concurrency", "uvicorn", "uvicorn.protocols.http.auto", "uvicorn.loops.asyncio",
    "uvicorn.lifespan.on", "psycopg", "psycopg_pool", "psycopg.types.json", "psycopg.rows", "boto3", "botocore.client",
    "botocore.config", "botocore.httpsession", "botocore.signers", "boto3.s3.transfer", "httpx", "jwt", "jsonschema", "aiosql",
    "tenacity", "pydantic",
)  # fmt: skip


def preload(names: list[str]) -> None:
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as fault:
            print(f"zygote: {name} is not preloaded: {fault}", file=sys.stderr, flush=True)


def run(control: socket.socket) -> None:
    """Until the runtime closes its end, or sends SIGTERM."""
    wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ^C at the terminal is the runtime's to handle
    control.send(json.dumps({"ready": os.getpid()}).encode())
    while True:
        readable = select.select([control.fileno(), wake_read], [], [])[0]
        if wake_read in readable:
            os.read(wake_read, 512)
            _reap(control)
        if control.fileno() in readable:
            message, fds, _, _ = socket.recv_fds(control, MAX_MESSAGE, 3)
            if not message:
                return
            _fork(control, json.loads(message), fds, (wake_read, wake_write))


def _reap(control: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        control.send(json.dumps({"exited": pid, "status": os.waitstatus_to_exitcode(status)}).encode())


def _fork(control: socket.socket, request: dict[str, object], fds: list[int], wake: tuple[int, int]) -> None:
    zygote = os.getpid()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            _become(request, fds, zygote, control, wake)
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        except BaseException:  # noqa: BLE001  # the last frame of a process: whatever it is, it goes to the log
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    for fd in fds:
        os.close(fd)
    control.send(json.dumps({"id": request["id"], "pid": pid}).encode())


def _become(
    request: dict[str, object], fds: list[int], zygote: int, control: socket.socket, wake: tuple[int, int]
) -> None:
    os.setsid()
    die_with(zygote)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    control.close()
    for fd in wake:
        os.close(fd)
    listen_fd, ready_fd, log_fd = fds
    os.dup2(log_fd, 1)
    os.dup2(log_fd, 2)
    os.close(log_fd)
    env = request["env"]
    assert isinstance(env, dict)  # noqa: S101  # our own parent's message
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    serve(socket.socket(fileno=listen_fd), ready_fd)


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    die_with(int(sys.argv[2]))
    preload(sys.argv[3].split(","))
    sys.argv = sys.argv[:1]
    if threading.active_count() != 1:
        sys.exit("zygote: an import started a thread: forking it would break the instances")
    gc.collect()
    gc.freeze()
    run(control)


if __name__ == "__main__":
    main()
