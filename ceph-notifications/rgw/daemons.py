"""The three processes of a cluster: started, found by their pid file, stopped. Nothing here knows what they store."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from rgw.config import DAEMONS, EXECUTABLES, Config

STOP_S = {"mon": 20.0, "osd": 20.0, "rgw": 5.0}  # then it is killed: all three survive that
POLL_S = 0.02
GATEWAY = Path(__file__).with_name("gateway.py")


# what this process started and has not yet seen end: kept, so that it can be reaped
_children: dict[int, subprocess.Popen[bytes]] = {}


class ClusterError(Exception):
    """What failed and where to look, in one sentence."""


def argv(config: Config, daemon: str) -> list[str]:
    """The daemon, in the foreground. The gateway is started by `rgw.gateway`, which becomes it."""
    if daemon == "rgw":
        return [sys.executable, "-P", str(GATEWAY), str(config.conf)]
    return [EXECUTABLES[daemon], "-f", "-c", str(config.conf), "-i", {"mon": "a", "osd": "0"}[daemon]]


def start(config: Config, daemon: str, *, dies_with_parent: bool) -> subprocess.Popen[bytes]:
    """Start one daemon in a session of its own; its output goes to `log/{daemon}.out`.

    Args:
        dies_with_parent: let the kernel kill it when this process goes, however it goes.
    """
    leash = ["setpriv", "--pdeathsig", "KILL", "--"] if dies_with_parent else []
    with (config.data / "log" / f"{daemon}.out").open("ab") as out:
        process = subprocess.Popen(
            [*leash, *argv(config, daemon)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            cwd=config.data,
        )
    _children[process.pid] = process
    return process


def find(config: Config, daemon: str) -> int | None:
    """The pid of the running daemon of this cluster, whoever started it."""
    wanted = (EXECUTABLES[daemon], str(config.conf))
    with contextlib.suppress(OSError, ValueError):
        pid = int(config.pid_file(daemon).read_text())
        if _is(pid, *wanted):
            return pid
    for entry in Path("/proc").iterdir():  # no pid file yet: it is written some time after the start
        if entry.name.isdigit() and _is(int(entry.name), *wanted):
            return int(entry.name)
    return None


def _is(pid: int, executable: str, conf: str) -> bool:
    """Whether a process is that daemon of that cluster (pids are used again, so the command line is looked at)."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    names = {Path(os.fsdecode(word)).name for word in words[:3]}
    becoming = executable == "radosgw" and GATEWAY.name in names
    return (
        (Path(os.fsdecode(words[0])).name == executable or becoming)
        and conf.encode() in words
        and state != "Z"
    )


def stop(config: Config, daemon: str, *, signal_number: int = signal.SIGTERM) -> bool:
    """Stop a daemon and wait until it is gone; True when there was one. Kills it after a deadline."""
    pid = find(config, daemon)
    if pid is None:
        return False
    with _process(pid) as whole:
        if whole is None or not _is(pid, EXECUTABLES[daemon], str(config.conf)):
            return True  # it ended while we looked, or its pid is somebody else's by now
        for number in (signal_number, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(whole, number)
            if select.select([whole], [], [], STOP_S[daemon])[0]:
                _reap(pid)
                return True
    raise ClusterError(f"{daemon} (pid {pid}) does not stop")


@contextlib.contextmanager
def _process(pid: int) -> Iterator[int | None]:
    """A handle that becomes readable when the last thread has ended.

    A killed process shows as a zombie, or without a command line, while threads of it still hold its files: its successor
    would find the pid file locked, and give up.
    """
    try:
        whole = os.pidfd_open(pid)
    except ProcessLookupError:
        yield None
        return
    try:
        yield whole
    finally:
        os.close(whole)


def _reap(pid: int) -> None:
    child = _children.get(pid)  # None: somebody else's child
    if child is not None and child.poll() is not None:
        del _children[pid]


def forget(process: subprocess.Popen[bytes]) -> None:
    """A daemon whose end its starter has seen."""
    _children.pop(process.pid, None)


def stop_all(config: Config, *, signal_number: int = signal.SIGTERM) -> list[str]:
    """Gateway first, monitor last; the names of those that ran."""
    return [daemon for daemon in reversed(DAEMONS) if stop(config, daemon, signal_number=signal_number)]


def resident_kib(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    except OSError:
        return 0
    return 0


def wait_tcp(port: int, deadline: float) -> None:
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 0.5).close()
            return
        except OSError as fault:
            if time.monotonic() > deadline:
                raise ClusterError(f"nothing listens on port {port}") from fault
            time.sleep(POLL_S)


def wait_http(url: str, deadline: float) -> None:
    """Until the gateway answers anything below 500."""
    while True:
        try:
            status = httpx.get(url, timeout=2).status_code
        except httpx.TransportError:
            status = 0
        if 0 < status < 500:
            return
        if time.monotonic() > deadline:
            raise ClusterError(
                f"{url} does not answer (last status {status}); see the log folder of the cluster"
            )
        time.sleep(POLL_S)
