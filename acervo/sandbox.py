"""Decoders meet hostile bytes in a child process: fresh interpreter, no secrets, limits on memory, CPU and time.

    found = sandbox.run("functions.ingest.probe:probe", {"url": url}, memory_bytes=2 << 30, cpu_s=60, wall_s=120)

The function named gets (arguments, say) and returns a JSON object; `say` sends progress. It reads by presigned URL and writes
into a directory that the parent gives. The child dies with its parent, on time-out and on cancel.
The protocol is one JSON object a line on a pipe: {"say": …}, {"result": …} or {"error": [class, code, reason]}. What is to be done comes
to its standard input when its libraries are loaded: what the parent makes ready for it (`arguments` as a function) costs no time beside.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import logging
import os
import resource
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import IO, Any, cast

from acervo.errors import AcervoError, Permanent, Rejected, Transient

log = logging.getLogger(__name__)
TICK_S = 0.2
LAST_WORDS_S = 2.0
MAX_LINE_BYTES = 64 << 20
STDERR_KEPT_BYTES = 4096
_ENVIRONMENT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "PYTHONPATH",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
)
_CLASSES: dict[str, type[AcervoError]] = {
    "Rejected": Rejected,
    "Permanent": Permanent,
    "Transient": Transient,
}
_PR_SET_PDEATHSIG = 1
Say = Callable[[dict[str, Any]], None]


class Crashed(Rejected):
    """The decoder fell over these bytes."""


class OutOfMemory(Rejected):
    """These bytes want more memory than any honest file."""


class TimedOut(Rejected):
    """These bytes take longer than any honest file."""


class Stopped(AcervoError):
    """`cancelled` said so."""

    status = 202

    def __init__(self) -> None:
        super().__init__("cancelled", "stopped on request")


def run(
    entry: str,
    arguments: dict[str, Any] | Callable[[], dict[str, Any]],
    *,
    memory_bytes: int,
    cpu_s: int,
    wall_s: float,
    report: Callable[[dict[str, Any]], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> dict[str, Any]:
    """The result of `package.module:function(arguments, say)` in a child process.

    Args:
        arguments: or what makes them, while the child starts; what it raises ends the child.
        memory_bytes: address space of the child.
        cpu_s: seconds of CPU over all its threads.
        wall_s: seconds on the clock.
        report: gets what the child says.
        cancelled: looked at five times a second.

    Raises:
        Rejected, Permanent, Transient: as raised in the child.
        Crashed, OutOfMemory, TimedOut: the limits, all `Rejected`.
        Stopped: `cancelled()` was true.
    """
    command = [sys.executable, "-m", "acervo.sandbox", entry, str(memory_bytes), str(cpu_s), str(os.getpid())]
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    ) as child:
        try:
            given = arguments() if callable(arguments) else arguments
            return _follow(child, json.dumps(given).encode(), time.monotonic() + wall_s, report, cancelled)
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)


def _follow(
    child: subprocess.Popen[bytes],
    arguments: bytes,
    deadline: float,
    report: Callable[[dict[str, Any]], None] | None,
    cancelled: Callable[[], bool] | None,
) -> dict[str, Any]:
    stdin, out, err = cast(tuple[IO[bytes], IO[bytes], IO[bytes]], (child.stdin, child.stdout, child.stderr))
    try:
        stdin.write(arguments)
        stdin.close()
    except BrokenPipeError:
        log.warning("the child was gone before it had its arguments")
    complaints = bytearray()
    for message in _messages(out, err, complaints, deadline, cancelled):
        if "say" in message and report:
            report(message["say"])
        if "result" in message:
            result: dict[str, Any] = message["result"]
            return result
        if "error" in message:
            name, code, reason = message["error"]
            raise _CLASSES.get(name, Crashed)(code, reason)
    return _died(child, bytes(complaints))


def _messages(
    out: IO[bytes],
    err: IO[bytes],
    complaints: bytearray,
    deadline: float,
    cancelled: Callable[[], bool] | None,
) -> Iterator[dict[str, Any]]:
    buffer = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(out, selectors.EVENT_READ)
        selector.register(err, selectors.EVENT_READ)
        while True:
            if cancelled and cancelled():
                raise Stopped
            if time.monotonic() > deadline:
                raise TimedOut("too-slow", "reading this file took too long")
            for key, _ in selector.select(TICK_S):
                data = os.read(key.fd, 1 << 16)
                if key.fileobj is err:
                    complaints += data
                    del complaints[:-STDERR_KEPT_BYTES]
                    if not data:
                        selector.unregister(err)
                    continue
                if not data:
                    _drain(err, complaints)
                    return
                buffer += data
                if len(buffer) > MAX_LINE_BYTES:
                    raise Crashed("decoder-crashed", "the decoder said more than it may")
                *lines, rest = buffer.split(b"\n")
                buffer = bytearray(rest)
                for line in lines:
                    yield json.loads(line)


def _drain(err: IO[bytes], complaints: bytearray) -> None:
    """What it said at its end; it has closed its channel, so it will not be long."""
    with selectors.DefaultSelector() as selector:
        selector.register(err, selectors.EVENT_READ)
        while selector.select(LAST_WORDS_S):
            data = os.read(err.fileno(), 1 << 16)
            if not data:
                return
            complaints += data
            del complaints[:-STDERR_KEPT_BYTES]


def _died(child: subprocess.Popen[bytes], complaints: bytes) -> dict[str, Any]:
    """The child ended without an answer: say which limit it was."""
    code = child.wait(timeout=10)
    log.warning("the child ended with %d: %s", code, complaints.decode("utf-8", "replace")[-1000:])
    if code == -signal.SIGKILL:  # not by us: the node ran out of memory, or is going down
        raise Transient("decoder-killed", "the decoder was killed from outside")
    if code == -signal.SIGXCPU:
        raise TimedOut("too-slow", "reading this file took too much computing time")
    if b"MemoryError" in complaints or b"bad_alloc" in complaints or b"out of memory" in complaints.lower():
        raise OutOfMemory("too-much-memory", "reading this file took too much memory")
    raise Crashed("decoder-crashed", "the file is damaged: the decoder could not read it")


# -- the child --------------------------------------------------------------------------------------------------------
def _child(entry: str, memory_bytes: int, cpu_s: int, parent: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above
        os._exit(1)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with os.fdopen(os.dup(1), "wb", buffering=0) as channel:
        os.dup2(2, 1)  # what a library prints is no protocol

        def send(message: dict[str, Any]) -> None:
            data = memoryview(json.dumps(message).encode() + b"\n")
            while data:
                data = data[channel.write(data) :]

        try:
            module, _, name = entry.partition(":")
            work = getattr(importlib.import_module(module), name)
            arguments = json.load(sys.stdin)
            send({"result": work(arguments, lambda said: send({"say": said}))})
        except AcervoError as fault:
            send({"error": [type(fault).__name__, fault.code, fault.reason]})
        except MemoryError:
            send({"error": ["OutOfMemory", "too-much-memory", "reading this file took too much memory"]})
    sys.stderr.flush()
    os._exit(0)  # library threads may still run: nothing of theirs is wanted


_CLASSES["OutOfMemory"] = OutOfMemory

if __name__ == "__main__":
    _child(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
