"""Starts radosgw the way a single-node cluster can afford: without waiting for what its former self has left behind.

Here there is only one gateway, so before it starts no gateway is alive:
- it takes each persistent notification queue under a lease of 90 s, and would wait for its own old one. The leases are
  broken, and the queues move again at the gateway's first look (30 s, compiled in);
- it watches control objects, and each change of a bucket asks all watchers, dead ones until their time-out (30 s). The old
  watchers are shut out.
Then this process becomes radosgw (exec), with the same pid. Nothing but the standard library: it runs as a file.

    python gateway.py CEPH_CONF
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

QUEUES = ("-p", "default.rgw.log", "-N", "notif")
CONTROL = ("-p", "default.rgw.control")
QUEUE_LIST = "queues_list_object"
MONITOR = re.compile(r"v2:127\.0\.0\.1:(\d+)")
WATCHER = re.compile(r"watcher=(\S+) client\.")
CALL_S = 3.0
PATIENCE_S = 60.0
ENOENT = 2


class StoreNotReady(Exception):
    """Monitor or OSD does not answer yet."""


def break_leases(conf: str) -> list[str]:
    """Free every notification queue; only right while no gateway runs. Returns the queues whose lease was broken.

    Raises:
        StoreNotReady: monitor or OSD does not answer.
    """
    freed = []
    for queue in _call("rados", "-c", conf, *QUEUES, "ls").split():
        if queue == QUEUE_LIST:
            continue
        locks = json.loads(_call("rados", "-c", conf, *QUEUES, "lock", "list", queue) or "{}")
        for lock in locks.get("locks", []):
            info = json.loads(
                _call("rados", "-c", conf, *QUEUES, "lock", "info", queue, lock["name"]) or "{}"
            )
            for holder in info.get("lockers", []):
                name, cookie = holder["name"], holder["cookie"]
                _call(
                    "rados",
                    "-c",
                    conf,
                    *QUEUES,
                    "lock",
                    "break",
                    queue,
                    lock["name"],
                    name,
                    "--lock-cookie",
                    cookie,
                )
                freed.append(queue)
    return freed


def shut_out_watchers(conf: str) -> set[str]:
    """Drop the watches of gateways that are gone; only right while none runs. Returns their addresses.

    Raises:
        StoreNotReady: monitor or OSD does not answer.
    """
    addresses = set()
    for name in _call("rados", "-c", conf, *CONTROL, "ls").split():
        for line in _call("rados", "-c", conf, *CONTROL, "listwatchers", name).splitlines():
            if found := WATCHER.match(line):
                addresses.add(found[1])
    for address in addresses:
        _call("ceph", "-c", conf, "osd", "blocklist", "add", address, "60")
    return addresses


def _call(*words: str) -> str:
    """What a tool printed; nothing where the pool or the object does not exist (they come with the first gateway)."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=CALL_S, check=False)
    except subprocess.TimeoutExpired as fault:
        raise StoreNotReady(f"{words[0]} gets no answer") from fault
    if done.returncode == ENOENT or "No such file" in done.stderr:
        return ""
    if done.returncode:
        raise StoreNotReady(done.stderr.strip()[-300:])
    return done.stdout


def monitor_listens(conf: str) -> bool:
    """Asked first: Ceph's tools take long to notice a monitor that comes up while they look for it."""
    found = MONITOR.search(Path(conf).read_text())
    try:
        socket.create_connection(("127.0.0.1", int(found[1]) if found else 0), 1).close()
    except OSError:
        return False
    return True


def main(conf: str) -> None:
    """Clear away, then become radosgw. A store that stays away does not stop it: radosgw waits by itself."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if not monitor_listens(conf):
            time.sleep(0.05)
            continue
        try:
            break_leases(conf)
            shut_out_watchers(conf)
            break
        except StoreNotReady as fault:
            print(f"gateway: waiting for the store: {fault}", file=sys.stderr, flush=True)
            time.sleep(0.2)
    os.execvp("radosgw", ["radosgw", "-f", "-c", conf, "-n", "client.rgw.a"])  # noqa: S606 - the words are ours


if __name__ == "__main__":
    main(sys.argv[1])
