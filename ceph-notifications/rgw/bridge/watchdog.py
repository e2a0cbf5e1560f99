"""Frees RGW 16 when its notification queue hangs; only beside a gateway on the same machine.

A persistent topic of RGW 16 whose push meets a refused connection (this bridge was restarting) waits for ever, and so does
everything behind it in the queue; nothing but a restart of the gateway helps. One sees it in the gateway's own counters: a push
is pending and none ends. A supervisor starts the gateway again; its queue is on disk, nothing in it is lost.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from pathlib import Path

from rgw import admin_socket

log = logging.getLogger("bridge")

EVERY_S = 2.0
HUNG_S = 10.0  # twice what a full spool makes the gateway wait
FIRST_REST_S = 300.0  # another topic's receiver may be gone for good: restarting cannot help that
LONGEST_REST_S = 3600.0


class Stillness:
    """For how long a push has been pending while none ended. Pure: time is passed in."""

    def __init__(self) -> None:
        self._ended: int | None = None
        self._since = 0.0

    def see(self, pending: int, ended: int, now: float) -> float:
        """Seconds without movement. Args: ended: pushes that ended, well or not, since the gateway started."""
        if pending == 0 or ended != self._ended:
            self._ended, self._since = ended, now
        return now - self._since


async def watch(gateway_socket: Path) -> None:
    """Until cancelled. Args: gateway_socket: the admin socket of the gateway of this machine."""
    stillness = Stillness()
    rest_s, not_before = FIRST_REST_S, 0.0
    while True:
        await asyncio.sleep(EVERY_S)
        found = await asyncio.to_thread(admin_socket.pushes, gateway_socket)
        if found is None:
            stillness = Stillness()
            continue
        now = time.monotonic()
        if stillness.see(found.pending, found.ended, now) >= HUNG_S and now >= not_before:
            not_before, rest_s = now + rest_s, min(LONGEST_REST_S, rest_s * 2)
            log.warning("the gateway's notification queue hangs; restarting the gateway (pid %d)", found.pid)
            os.kill(found.pid, signal.SIGTERM)
            stillness = Stillness()
