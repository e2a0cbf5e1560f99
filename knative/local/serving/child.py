"""What runs inside an instance: one functions-framework target behind uvicorn, on a socket that already listens.

Forked from the zygote, or started as `python -m knative.local.serving.child LISTEN_FD READY_FD PARENT_PID` in a fresh interpreter.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import time

_PR_SET_PDEATHSIG = 1
#: longer than any client of ours keeps a connection: only the client closes, so no request meets a closing connection
_KEEP_ALIVE_S = 3600


def die_with(parent: int) -> None:
    """SIGTERM when the parent ends, however it ends."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it ended before the line above
        os._exit(1)


def serve(listen: socket.socket, ready_fd: int) -> None:
    """Load the function, say one byte on `ready_fd`, answer until SIGTERM."""
    import uvicorn
    from functions_framework.aio import create_asgi_app

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            os.write(ready_fd, b"1")
            os.close(ready_fd)

    app = create_asgi_app(  # type: ignore[no-untyped-call]  # the framework has no types
        os.environ.get("FUNCTION_TARGET", "function"), os.environ["FUNCTION_SOURCE"]
    )
    config = uvicorn.Config(
        app, loop="asyncio", ws="none", log_level="warning", access_log=False,
        timeout_keep_alive=_KEEP_ALIVE_S, timeout_graceful_shutdown=int(os.environ.get("K_GRACE_SECONDS", "30")),
    )  # fmt: skip
    Announcing(config).run(sockets=[listen])


def main() -> None:
    listen_fd, ready_fd, parent = map(int, sys.argv[1:4])
    die_with(parent)
    sys.argv = sys.argv[:1]
    time.tzset()
    serve(socket.socket(fileno=listen_fd), ready_fd)


if __name__ == "__main__":
    main()
