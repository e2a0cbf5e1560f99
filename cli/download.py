"""Downloading a master or a rendition: goes on where it was interrupted, and is checked before it gets its name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from cli.client import Api

BLOCK_BYTES, ATTEMPTS = 1 << 20, 8
TIMEOUT = httpx.Timeout(60, connect=10)
Progress = Callable[[int, int | None], None]  # bytes written, bytes in all when known


class Corrupt(Exception):
    """The bytes are not those that the platform knows."""


class Interrupted(Exception):
    """The bytes stopped coming, however often we asked; the same call goes on where it was."""


def download(
    api: Api,
    asset_id: str,
    what: str = "master",
    target: Path | None = None,
    on_progress: Progress | None = None,
) -> Path:
    """Fetch into `target` (a file, or a folder; here by default); the path of the file.

    Raises:
        ApiError: the platform refuses.
        Corrupt: the SHA-256 of a master is not the one that the platform knows.
    """
    order = api.post(f"/assets/{asset_id}/downloads", {"what": what})
    file = target or Path()
    if file.is_dir():
        file = file / order["file_name"]
    part = file.with_name(f"{file.name}.{asset_id}.part")
    for attempt in Retrying(
        retry=retry_if_exception_type(Interrupted),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential_jitter(multiplier=0.3, max=15),
        reraise=True,
    ):
        with attempt:
            if attempt.retry_state.attempt_number > 1:
                order = api.post(f"/assets/{asset_id}/downloads", {"what": what})
            _fetch(order, part, _unseen if on_progress is None else on_progress)
    if order["sha256"]:
        with part.open("rb") as source:
            found = hashlib.file_digest(source, "sha256").hexdigest()
        if found != order["sha256"]:
            part.unlink()
            raise Corrupt(f"{file.name}: SHA-256 {found} instead of {order['sha256']}")
    part.replace(file)
    return file


def _unseen(done: int, size: int | None) -> None:
    """Nobody looks."""


def _fetch(order: dict[str, Any], part: Path, on_progress: Progress) -> None:
    """The rest of the object into `part`."""
    have = part.stat().st_size if part.exists() else 0
    size: int | None = order["size_bytes"]
    if size is not None and have >= size:
        part.unlink()  # left over from something else
        have = 0
    headers = {"range": f"bytes={have}-"} if have else {}
    try:
        with httpx.stream("GET", order["url"], headers=headers, timeout=TIMEOUT) as answer:
            if answer.status_code not in (200, 206):
                raise Interrupted(f"the object store answered {answer.status_code}")
            have = have if answer.status_code == 206 else 0
            with part.open("ab" if have else "wb") as out:
                for block in answer.iter_bytes(BLOCK_BYTES):
                    out.write(block)
                    have += len(block)
                    on_progress(have, size)
    except httpx.TransportError as fault:
        raise Interrupted(type(fault).__name__) from fault
    if size is not None and have < size:
        raise Interrupted(f"{have} of {size} bytes")
