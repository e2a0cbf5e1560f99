"""The whole one-machine platform for a test session: everything that `./task up` starts, on ports and data of its own."""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from knative.local.stack import PORTS, Stack
from knative.local.supervise import Platform


def free_ports() -> int:
    """The first of a row of free ports; several sessions may look at the same moment, so the row is a random one."""
    for base in random.sample(range(33_000, 60_000, 50), 50):
        with contextlib.ExitStack() as stack:
            try:
                for port in range(base, base + PORTS):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return base
    pytest.fail(f"no {PORTS} free ports in a row")


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[Platform]:
    """Up once a session; its logs are shown when it does not come up."""
    stack = Stack(tmp_path_factory.mktemp("platform"), free_ports(), models_dir, reconcile_grace_s=5)
    running = Platform(stack)
    try:
        running.up()
        yield running
    finally:
        running.down()
