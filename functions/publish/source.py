"""One long ranged GET, read ahead by a thread into a small queue: as fast as the store sends, a few MiB of memory.

A GET that breaks is taken up where it stopped, a few times; `If-Match` pins the bytes, so what changes meanwhile is an error.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from urllib3.exceptions import HTTPError

from functions.publish.faults import Fault

if TYPE_CHECKING:
    from acervo.channels.material import Rendition
    from acervo.objects import Objects, Stored

BLOCK, AHEAD, RETRIES, PAUSE_S = 1 << 20, 12, 4, 0.5
_BROKEN = (HTTPError, HTTPClientError, OSError)


class Source:
    """The bytes of a rendition from `start` to `end` (exclusive), in blocks of at most 1 MiB."""

    def __init__(self, objects: Objects, rendition: Rendition, stored: Stored, start: int, end: int) -> None:
        self._objects, self._rendition, self._stored = objects, rendition, stored
        self._position, self._end = start, end
        self._blocks: queue.Queue[bytes | Exception | None] = queue.Queue(AHEAD)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._fill, name="source", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[bytes]:
        """Raises Fault `source-unavailable`."""
        while (block := self._blocks.get()) is not None:
            if isinstance(block, Exception):
                raise Fault("source-unavailable", "the rendition could not be read") from block
            yield block

    def close(self) -> None:
        """Let the thread go, wherever it is."""
        self._over.set()
        with contextlib.suppress(queue.Empty):
            while True:
                self._blocks.get_nowait()
        self._thread.join(5)

    def _fill(self) -> None:
        try:
            broken = 0
            while self._position < self._end and not self._over.is_set():
                before = self._position
                try:
                    self._read()
                except _BROKEN:
                    broken = 1 if self._position > before else broken + 1
                    if broken > RETRIES:
                        raise
                    time.sleep(PAUSE_S)
            self._put(None)
        except Exception as fault:  # noqa: BLE001  # it is raised where the blocks are taken
            self._put(fault)

    def _read(self) -> None:
        """One GET, to its end or to where it breaks."""
        body = self._open()
        try:
            while self._position < self._end and not self._over.is_set():
                block = body.read(min(BLOCK, self._end - self._position))
                if not block:
                    raise OSError("the store sent fewer bytes than it said")
                self._position += len(block)
                self._put(block)
        finally:
            body.close()

    def _open(self) -> Any:
        try:
            answer = self._objects.client.get_object(
                Bucket=self._rendition.bucket, Key=self._rendition.key, Range=f"bytes={self._position}-{self._end - 1}", IfMatch=self._stored.etag
            )  # fmt: skip
        except (ClientError, BotoCoreError) as fault:
            raise Fault("source-unavailable", "the object store does not deliver the rendition") from fault
        return answer["Body"]

    def _put(self, block: bytes | Exception | None) -> None:
        while not self._over.is_set():
            try:
                self._blocks.put(block, timeout=0.2)
            except queue.Full:
                continue
            return
