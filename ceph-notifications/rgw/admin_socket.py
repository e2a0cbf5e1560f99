"""Asks a Ceph daemon on this machine about itself, over its admin socket.

Protocol (ceph, common/admin_socket): a JSON command and a zero byte there; four bytes of length, big-endian, and JSON back.
"""

from __future__ import annotations

import json
import socket
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CALL_S = 3.0
LONGEST_ANSWER = 16 << 20


@dataclass(frozen=True)
class Pushes:
    """Of a gateway: its pid, pushes under way, pushes that ended."""

    pid: int
    pending: int
    ended: int


def pushes(path: Path) -> Pushes | None:
    """None when the daemon does not answer or counts no pushes."""
    try:
        pid, answer = ask(path, "perf dump")
    except (OSError, ValueError):
        return None
    counters = answer.get("rgw", {})
    if "pubsub_push_pending" not in counters:
        return None
    return Pushes(
        pid, counters["pubsub_push_pending"], counters["pubsub_push_ok"] + counters["pubsub_push_failed"]
    )


def ask(path: Path, command: str) -> tuple[int, dict[str, Any]]:
    """The pid of the daemon, and its answer.

    Raises:
        OSError: nobody listens, or no answer in time.
        ValueError: the answer is not what was expected.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(CALL_S)
        connection.connect(str(path))
        pid = struct.unpack(
            "3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        )[0]
        connection.sendall(json.dumps({"prefix": command}).encode() + b"\0")
        with connection.makefile("rb") as stream:
            head = stream.read(4)
            if len(head) < 4 or (length := struct.unpack(">I", head)[0]) > LONGEST_ANSWER:
                raise ValueError("no answer")
            return pid, json.loads(stream.read(length))
