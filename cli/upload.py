"""Uploading a file in parallel parts that survive interruption.

What is needed to resume is one small file a running upload, named after the platform, the project and the file's identity (path, size,
time of change). Every part is checked against the ETag that the store answers (the MD5 of the part), is tried again alone, and gets a
new URL when its own has expired. Memory is one block a thread, whatever the size of the file.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from cli.client import Api, ApiError
from cli.config import Config, read_json, write_private

PARALLEL, BLOCK_BYTES, SIGNED_AT_ONCE, ATTEMPTS = 6, 256 << 10, 24, 8
PART_TIMEOUT = httpx.Timeout(60, connect=10)
Progress = Callable[[int, int], None]  # bytes sent, bytes in all


class Stopped(Exception):
    """The upload was stopped; the same command resumes it."""


class Changed(Exception):
    """The file changed while it was sent."""


class PartFailed(Exception):
    """A part did not arrive, however often it was sent."""


@dataclass(frozen=True)
class _File:
    """A file and what it looked like when we began."""

    path: Path
    size: int
    changed_ns: int

    @classmethod
    def look(cls, path: Path) -> _File:
        known = path.stat()
        return cls(path.resolve(), known.st_size, known.st_mtime_ns)

    def check(self) -> None:
        if _File.look(self.path) != self:
            raise Changed(f"{self.path} changed while it was sent")

    def blocks(self, offset: int, size: int) -> Iterator[bytes]:
        with self.path.open("rb") as source:
            source.seek(offset)
            left = size
            while left:
                block = source.read(min(BLOCK_BYTES, left))
                if not block:
                    raise Changed(f"{self.path} became shorter while it was sent")
                left -= len(block)
                yield block


def upload(
    api: Api,
    path: Path,
    project: str,
    on_progress: Progress | None = None,
    *,
    name: str | None = None,
    metadata: dict[str, Any] | None = None,
    verify: bool = False,
    states: Path | None = None,
    stop: threading.Event | None = None,
) -> str:
    """Upload one file; the id of its asset.

    Args:
        on_progress: called from several threads, one at a time.
        verify: read the file once before, and let the platform compare its SHA-256.
        states: where what is needed to resume is kept.
        stop: set it to stop; the same call resumes.

    Raises:
        ApiError: the platform refuses.
        Stopped, Changed.
    """
    file = _File.look(path)
    folder = states or Config.read().uploads
    note = folder / f"{_identity(api, file, project)}.json"
    opened, there = _resume(api, read_json(note)) or (_open(api, file, project, name, metadata, verify), {})
    write_private(note, opened)
    if opened.get("complete"):
        note.unlink(missing_ok=True)
        return str(opened["asset_id"])
    sending = _Sending(
        api, file, opened, there, _unseen if on_progress is None else on_progress, stop or threading.Event()
    )
    parts = sending.run()
    file.check()
    api.post("/assets/upload/complete", {"asset_id": opened["asset_id"], "parts": parts})
    note.unlink(missing_ok=True)
    return str(opened["asset_id"])


def _identity(api: Api, file: _File, project: str) -> str:
    text = f"{api.url}\n{project}\n{file.path}\n{file.size}\n{file.changed_ns}"
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _open(
    api: Api, file: _File, project: str, name: str | None, metadata: dict[str, Any] | None, verify: bool
) -> dict[str, Any]:
    body: dict[str, Any] = {"project_id": project, "name": name or file.path.name, "size_bytes": file.size}
    if metadata:
        body["metadata"] = metadata
    if verify:
        with file.path.open("rb") as source:
            body["sha256"] = hashlib.file_digest(source, "sha256").hexdigest()
    opened: dict[str, Any] = api.post("/assets/upload/init", body, {"idempotency-key": str(uuid4())})
    return opened


def _resume(api: Api, known: dict[str, Any]) -> tuple[dict[str, Any], dict[int, tuple[str, int]]] | None:
    """The upload that was begun, with the parts that have arrived; None when there is none to go on with."""
    if not known.get("asset_id"):
        return None
    there: dict[int, tuple[str, int]] = {}
    cursor: str | None = None
    try:
        while True:
            page = api.get("/assets/upload/parts", asset_id=known["asset_id"], cursor=cursor)
            there |= {part["part_number"]: (part["etag"], part["size_bytes"]) for part in page["items"]}
            cursor = page["next_cursor"]
            if cursor is None:
                return known, there
    except ApiError as fault:
        if fault.code == "upload-over" and _is_complete(api, known["asset_id"]):
            return {**known, "complete": True}, {}
        if fault.status in (403, 404, 409):
            return None
        raise


def _is_complete(api: Api, asset_id: str) -> bool:
    """Completing twice is answered as once: it tells a complete upload from one that is gone."""
    try:
        api.post("/assets/upload/complete", {"asset_id": asset_id})
    except ApiError as fault:
        if fault.status in (403, 404, 409, 422):
            return False
        raise
    return True


def _unseen(sent: int, size: int) -> None:
    """Nobody looks."""


class _Sending:
    """The parts of one upload on their way, up to six at a time."""

    def __init__(
        self,
        api: Api,
        file: _File,
        opened: dict[str, Any],
        there: dict[int, tuple[str, int]],
        on_progress: Progress,
        stop: threading.Event,
    ) -> None:
        self._api, self._file, self._asset_id, self._stop = api, file, str(opened["asset_id"]), stop
        self._part_bytes, self._count = int(opened["part_size_bytes"]), int(opened["part_count"])
        self._on_progress = on_progress
        self._lock, self._signing = threading.Lock(), threading.Lock()
        self._urls: dict[int, str] = {}
        self._etags = {
            n: etag for n, (etag, size) in there.items() if n <= self._count and size == self._bytes(n)
        }
        self._sent = sum(self._bytes(number) for number in self._etags)
        self._http = httpx.Client(timeout=PART_TIMEOUT, limits=httpx.Limits(max_connections=PARALLEL))

    def _bytes(self, number: int) -> int:
        return min(self._part_bytes, self._file.size - (number - 1) * self._part_bytes)

    def run(self) -> list[dict[str, Any]]:
        """Every part with its ETag."""
        waiting = [number for number in range(1, self._count + 1) if number not in self._etags]
        self._tell(0)
        threads = ThreadPoolExecutor(PARALLEL, thread_name_prefix="part")
        numbers = iter(waiting)
        try:
            work = [threads.submit(self._work, numbers, waiting) for _ in range(min(PARALLEL, len(waiting)))]
            done, _ = wait(work, return_when=FIRST_EXCEPTION)
            fault = next((found for task in done if (found := task.exception())), None)
        except BaseException:
            self._stop.set()
            raise
        else:
            if fault is not None:
                self._stop.set()
                raise fault
        finally:
            threads.shutdown(wait=True)
            self._http.close()
        return [{"part_number": number, "etag": etag} for number, etag in sorted(self._etags.items())]

    def _work(self, numbers: Iterator[int], waiting: list[int]) -> None:
        while True:
            with self._lock:
                number = next(numbers, None)
            if number is None:
                return
            for attempt in Retrying(
                retry=retry_if_exception_type(PartFailed),
                stop=stop_after_attempt(ATTEMPTS),
                wait=wait_exponential_jitter(multiplier=0.3, max=15),
                reraise=True,
                sleep=self._pause,
            ):
                with attempt:
                    self._send(number, waiting)

    def _pause(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise Stopped

    def _send(self, number: int, waiting: list[int]) -> None:
        url = self._url(number, waiting)
        counted = 0
        digest = hashlib.md5(usedforsecurity=False)

        def body() -> Iterator[bytes]:
            nonlocal counted
            for block in self._file.blocks((number - 1) * self._part_bytes, self._bytes(number)):
                if self._stop.is_set():
                    raise Stopped
                digest.update(block)
                yield block
                counted += len(block)
                self._tell(len(block))

        try:
            answer = self._http.put(url, content=body(), headers={"content-length": str(self._bytes(number))})
            etag = answer.headers.get("etag", "").strip('"')
            if answer.status_code == 403:
                self._forget_urls()
                raise PartFailed(f"part {number}: its address has expired")
            if answer.status_code == 404:
                raise ApiError(404, {"title": "upload-over", "detail": "the upload was aborted meanwhile"})
            if not answer.is_success or (len(etag) == 32 and etag != digest.hexdigest()):
                raise PartFailed(f"part {number}: the object store answered {answer.status_code}")
        except (httpx.TransportError, PartFailed, Stopped) as fault:
            self._tell(-counted)
            if isinstance(fault, httpx.TransportError):
                raise PartFailed(f"part {number}: {type(fault).__name__}") from fault
            raise
        with self._lock:
            self._etags[number] = etag

    def _url(self, number: int, waiting: list[int]) -> str:
        """The part's URL; those of the next parts are asked for with it."""
        with self._signing:
            if number not in self._urls:
                first = waiting.index(number)
                wanted = waiting[first : first + SIGNED_AT_ONCE]
                answer = self._api.post(
                    "/assets/upload/sign-part", {"asset_id": self._asset_id, "part_numbers": wanted}
                )
                self._urls |= {signed["part_number"]: signed["url"] for signed in answer["urls"]}
            return self._urls[number]

    def _forget_urls(self) -> None:
        with self._signing:
            self._urls.clear()

    def _tell(self, count: int) -> None:
        with self._lock:
            self._sent += count
            self._on_progress(self._sent, self._file.size)
