"""SHA-256 of an object as it is stored: constant memory, the next blocks on their way while this one is hashed; in one go or in several."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from acervo.errors import Transient
from acervo.ranges import STREAM_BLOCK, open_url
from acervo.sha256 import Sha256

AHEAD = 2  # blocks
REMEMBER_S = 20.0


@dataclass(frozen=True)
class Reached:
    """So far: `state` is SHA-256's after `offset` bytes."""

    offset: int
    state: bytes


class OutOfTime(Exception):
    """Not done: go on later from what was reached."""

    def __init__(self, reached: Reached) -> None:
        super().__init__(f"{reached.offset} bytes are hashed")
        self.reached = reached


def sha256_of(
    url: str,
    size: int,
    etag: str,
    since: Reached | None = None,
    until: float | None = None,
    remember: Callable[[Reached], None] | None = None,
) -> str:
    """Of a presigned URL, pinned by ETag: a broken range is fetched again, an object that changed is an error.

    Args:
        since: what a former call reached.
        until: `time.monotonic()` at which to stop.
        remember: told every 20 seconds what is reached.

    Raises:
        OutOfTime: `until` has come, and what is reached can be taken up.
        Transient: the store is away, or the object is no longer the one with this ETag.
    """
    digest = Sha256(since.state, since.offset) if since else Sha256()
    seen = since.offset if since else 0
    told = time.monotonic()
    with open_url(url, size, etag, block=STREAM_BLOCK, ahead=AHEAD) as file:
        file.seek(seen)
        while data := file.read(STREAM_BLOCK):
            digest.update(data)
            seen += len(data)
            now = time.monotonic()
            late, due = until is not None and now >= until, remember is not None and now >= told + REMEMBER_S
            if seen < size and (late or due) and (state := digest.state()) is not None:
                reached, told = Reached(seen, state), now
                if late:
                    raise OutOfTime(reached)
                if remember is not None:
                    remember(reached)
    if seen != size:
        raise Transient("short-read", "the object store sent fewer bytes than it said")
    return digest.hexdigest()
