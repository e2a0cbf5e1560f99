"""Ceph on one machine: monitor, OSD and gateway over one data directory, without systemd, containers or root's /etc.

`prepare` does, once and again safely, what a cluster needs before its daemons run; `command` is how one daemon runs under
any supervisor; `up` and `down` do without one. State of the data directory:

    (empty) ──► building ──► ready
                   │ killed half way: nothing of value can be inside, the next prepare starts over
    `ready` is written last and never removed; a directory that has it is never deleted, one that has neither is refused.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rgw import admin_socket, daemons
from rgw.conf import build_conf, monitor_address
from rgw.config import DAEMONS, Config
from rgw.daemons import ClusterError

__all__ = ["ClusterError", "Config", "command", "down", "prepare", "status", "up", "wait_ready"]

PATIENCE_S = 60.0
FOLDERS = ("log", "crash", "mon.a", "osd.0", "rgw")
STORAGE_CLASSES = {"HOT-STORAGE": "default.rgw.hot.data"}
USER, ADMIN = "acervo", "acervo-admin"
CAPS = "users=*;user-policy=*"
DISK_SHARE = 0.9
SMALLEST_GIB = 4


# -- preparing --------------------------------------------------------------------------------------------------------
def prepare(config: Config, patience_s: float = PATIENCE_S) -> bool:
    """Everything that must be there before the daemons start. Idempotent, safe to kill, one at a time for a directory.

    Returns: whether anything had to be done.

    Raises:
        ClusterError: a step failed, or the directory holds something that this module did not make.
    """
    with _lock(config):
        _make_folders(config)
        record = _read_record(config)
        if record is None:
            _build(config, time.monotonic() + patience_s)
            return True
        moved = record["monitor"] != monitor_address(config)
        if moved and daemons.find(config, "mon"):
            raise ClusterError("the ports have changed while the cluster runs; stop it first")
        config.conf.write_text(build_conf(config, record["fsid"]))
        changed = False
        if moved:
            _move_monitor(config, record["fsid"])
            changed = True
        if record["keys"] != _fingerprint(config):
            with _store(config, time.monotonic() + patience_s):
                _create_users(config)
            changed = True
        if changed:
            _write_record(config, record["fsid"])
        return changed


def _build(config: Config, deadline: float) -> None:
    config = dataclasses.replace(config, size_gib=_size_gib(config))
    building = config.data / "building"
    if not building.exists() and any((config.data / "mon.a").iterdir()):
        raise ClusterError(
            f"{config.data} holds a monitor that was not made here; move it away or name another directory"
        )
    daemons.stop_all(config, signal_number=signal.SIGKILL)  # left over by a build that was killed
    building.write_text("a cluster is being made here; a build that was cut off is started over\n")
    for name in ("mon.a", "osd.0", "rgw"):
        shutil.rmtree(config.data / name, ignore_errors=True)
    _make_folders(config)
    fsid, osd = str(uuid.uuid4()), str(uuid.uuid4())
    config.conf.write_text(build_conf(config, fsid))
    monmap = _monmap(config, fsid)
    _tool(config, "ceph-mon", "--mkfs", "-i", "a", "--monmap", str(monmap))
    with _daemon(config, "mon"):
        daemons.wait_tcp(config.monitor_ports[0], deadline)
        _tool(config, "ceph", "osd", "new", osd)
        _tool(config, "ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        with _daemon(config, "osd"):
            _wait_osd(config, deadline)
            _create_users(config)  # first: it makes the zone that storage classes are added to
            _add_storage_classes(config)
    _write_record(config, fsid)
    building.unlink()


def _size_gib(config: Config) -> int:
    """As large as asked, but no larger than the disk: the OSD must call itself full before the disk is, then it only refuses writes."""
    free_gib = int(shutil.disk_usage(config.data).free * DISK_SHARE) >> 30
    if free_gib < SMALLEST_GIB:
        raise ClusterError(f"{config.data} has {free_gib} GiB to give, Ceph needs {SMALLEST_GIB}")
    return min(config.size_gib, free_gib)


def _create_users(config: Config) -> None:
    """The platform's S3 user and, where wanted, the administrator who makes users and gives them policies, each with exactly its keys."""
    _create_user(config, USER, config.access_key, config.secret_key)
    if config.admin_access_key:
        _create_user(config, ADMIN, config.admin_access_key, config.admin_secret_key)
        _tool(config, "radosgw-admin", "caps", "add", "--uid", ADMIN, "--caps", CAPS)


def _create_user(config: Config, uid: str, access_key: str, secret_key: str) -> None:
    keys = ("--access-key", access_key, "--secret-key", secret_key)
    users = json.loads(_tool(config, "radosgw-admin", "user", "list"))
    if uid not in users:
        _tool(config, "radosgw-admin", "user", "create", "--uid", uid, "--display-name", uid, *keys)
        return
    _tool(config, "radosgw-admin", "key", "create", "--uid", uid, "--key-type", "s3", *keys)
    user = json.loads(_tool(config, "radosgw-admin", "user", "info", "--uid", uid))
    for key in user["keys"]:
        if key["access_key"] != access_key:
            _tool(
                config,
                "radosgw-admin",
                "key",
                "rm",
                "--uid",
                uid,
                "--key-type",
                "s3",
                "--access-key",
                key["access_key"],
            )


def _add_storage_classes(config: Config) -> None:
    zone = ("--rgw-zonegroup", "default", "--rgw-zone", "default", "--placement-id", "default-placement")
    for name, pool in STORAGE_CLASSES.items():
        _tool(config, "radosgw-admin", "zonegroup", "placement", "add", *zone, "--storage-class", name)
        _tool(
            config,
            "radosgw-admin",
            "zone",
            "placement",
            "add",
            *zone,
            "--storage-class",
            name,
            "--data-pool",
            pool,
        )


def _monmap(config: Config, fsid: str) -> Path:
    path = config.data / "monmap"
    _run(["monmaptool", "--create", "--clobber", "--fsid", fsid, "--addv", "a", monitor_address(config),
          "--set-min-mon-release", "16", str(path)])  # fmt: skip
    return path


def _move_monitor(config: Config, fsid: str) -> None:
    """The ports were changed: the monitor's own map has to follow, it does not read its address from ceph.conf."""
    _tool(config, "ceph-mon", "-i", "a", "--inject-monmap", str(_monmap(config, fsid)))


@contextlib.contextmanager
def _store(config: Config, deadline: float) -> Iterator[None]:
    """Monitor and OSD, those that run or, for as long as this lasts, our own."""
    with contextlib.ExitStack() as stack:
        for daemon in ("mon", "osd"):
            if daemons.find(config, daemon) is None:
                stack.enter_context(_daemon(config, daemon))
            if daemon == "mon":
                daemons.wait_tcp(config.monitor_ports[0], deadline)
        _wait_osd(config, deadline)
        yield


@contextlib.contextmanager
def _daemon(config: Config, daemon: str) -> Iterator[None]:
    process = daemons.start(config, daemon, dies_with_parent=True)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(daemons.STOP_S[daemon])
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        daemons.forget(process)


def _wait_osd(config: Config, deadline: float) -> None:
    while not json.loads(_tool(config, "ceph", "osd", "stat", "-f", "json"))["num_up_osds"]:
        if time.monotonic() > deadline:
            raise ClusterError(f"the OSD does not come up; see {config.data}/log/osd.0.log")
        time.sleep(daemons.POLL_S)


def _tool(config: Config, tool: str, *words: str) -> str:
    return _run([tool, "-c", str(config.conf), *words])


def _run(words: list[str], timeout_s: float = PATIENCE_S) -> str:
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=timeout_s, check=False)
    except FileNotFoundError as fault:
        raise ClusterError(
            f"{words[0]} is not installed (packages ceph-mon ceph-osd radosgw ceph-common)"
        ) from fault
    except subprocess.TimeoutExpired as fault:
        raise ClusterError(f"{words[0]} {words[3:5]} did not end in {timeout_s:.0f} s") from fault
    if done.returncode:
        shown = " ".join(word for word in words if not word.startswith("--"))[:80].split(" --")[0]
        raise ClusterError(
            f"{Path(shown.split()[0]).name} failed ({done.returncode}): {done.stderr.strip()[-600:]}"
        )
    return done.stdout


# -- the record of what was built -------------------------------------------------------------------------------------
def _fingerprint(config: Config) -> str:
    keys = [config.access_key, config.secret_key]
    if config.admin_access_key:
        keys += [config.admin_access_key, config.admin_secret_key]
    return hashlib.sha256("\0".join(keys).encode()).hexdigest()


def _read_record(config: Config) -> dict[str, str] | None:
    try:
        record: dict[str, str] = json.loads((config.data / "ready").read_text())
    except FileNotFoundError:
        return None
    return record


def _write_record(config: Config, fsid: str) -> None:
    """Atomic and on disk when this returns: what it says must be true after a power cut."""
    record = {"fsid": fsid, "monitor": monitor_address(config), "keys": _fingerprint(config)}
    temporary = config.data / "ready.new"
    with temporary.open("w") as file:
        json.dump(record, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(config.data / "ready")
    folder = os.open(config.data, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _make_folders(config: Config) -> None:
    config.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in FOLDERS:
        (config.data / name).mkdir(parents=True, exist_ok=True)


@contextlib.contextmanager
def _lock(config: Config, patience_s: float = PATIENCE_S) -> Iterator[None]:
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (config.data / "lock").open("w") as file:
        end = time.monotonic() + patience_s
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as fault:
                if time.monotonic() > end:
                    raise ClusterError(f"another process is preparing {config.data}") from fault
                time.sleep(0.1)
        yield


# -- running ----------------------------------------------------------------------------------------------------------
def command(config: Config, daemon: str) -> list[str]:
    """How a supervisor runs one daemon in the foreground, in any order; each waits for those it needs."""
    return daemons.argv(config, daemon)


def wait_ready(config: Config, timeout_s: float = PATIENCE_S) -> None:
    """Until the gateway answers and the OSD serves: the gateway answers without one, too, and then hangs on the first object."""
    _wait_ready(config, {}, time.monotonic() + timeout_s)


def _wait_ready(config: Config, started: dict[str, subprocess.Popen[bytes]], deadline: float) -> None:
    daemons.wait_http(config.endpoint, deadline)
    while not _serves(config, started.get("osd")):
        for daemon, process in started.items():
            if process.poll() is not None:
                raise ClusterError(f"{daemon} ended with {process.returncode}; see {config.data}/log")
        if time.monotonic() > deadline:
            raise ClusterError(f"the OSD does not come up; see {config.data}/log/osd.0.log")
        time.sleep(daemons.POLL_S)


def _serves(config: Config, osd: subprocess.Popen[bytes] | None) -> bool:
    """Whether the OSD (this one, when it is given: its predecessor's socket may still be there) has joined and serves."""
    try:
        pid, answer = admin_socket.ask(config.admin_socket("osd"), "status")
    except (OSError, ValueError):
        return False
    return answer.get("state") == "active" and (osd is None or pid == osd.pid)


def up(config: Config, *, dies_with_parent: bool = False, timeout_s: float = PATIENCE_S) -> None:
    """Prepare, start what does not run, wait until it serves.

    Raises:
        ClusterError: it does not serve in time, or a daemon that was started is gone again.
    """
    prepare(config)
    started = {
        daemon: daemons.start(config, daemon, dies_with_parent=dies_with_parent)
        for daemon in DAEMONS
        if daemons.find(config, daemon) is None
    }
    _wait_ready(config, started, time.monotonic() + timeout_s)


def down(config: Config, *, signal_number: int = signal.SIGTERM) -> list[str]:
    """Stop what runs; data stays. The names of the daemons that ran."""
    return daemons.stop_all(config, signal_number=signal_number)


def status(config: Config) -> dict[str, dict[str, Any]]:
    """Of each daemon: pid and resident memory, or neither."""
    found = {daemon: daemons.find(config, daemon) for daemon in DAEMONS}
    return {
        daemon: {"running": True, "pid": pid, "resident_kib": daemons.resident_kib(pid)}
        if pid
        else {"running": False}
        for daemon, pid in found.items()
    }
