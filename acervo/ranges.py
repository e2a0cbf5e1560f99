"""A seekable, read-only file over ranged GETs: what a demuxer needs of a 100 GB master, in constant memory.

Small blocks for a probe (256 KiB: three GETs find an index at the end), 4 to 8 MiB with read-ahead for streaming.
`If-Match` pins the bytes: an object that changes under a reader is an error, never a mixture.
"""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from acervo.errors import Transient

Fetch = Callable[[int, int], bytes]  # first and last byte, both included → those bytes
PROBE_BLOCK = 256 << 10
STREAM_BLOCK = 4 << 20
CONNECT_TIMEOUT_S, READ_TIMEOUT_S, RETRIES = 5.0, 60.0, 4


class RangeReader(io.RawIOBase):
    """Blocks are kept in a small LRU; after two neighbours in a row the next `ahead` are fetched in the background."""

    def __init__(
        self, fetch: Fetch, size: int, block: int = STREAM_BLOCK, cache: int = 6, ahead: int = 1
    ) -> None:
        self._fetch, self.size, self._block_bytes = fetch, size, block
        self._cache, self._ahead = max(cache, ahead + 2), ahead
        self._position, self._last = 0, -2
        self._blocks: OrderedDict[int, Future[bytes]] = OrderedDict()
        self._threads = ThreadPoolExecutor(max(1, ahead + 1), thread_name_prefix="range")
        self._lock = threading.Lock()
        self.bytes_read = 0
        self.requests = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]  # any writable buffer
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def read(self, size: int = -1) -> bytes:
        wanted = (
            self.size - self._position if size is None or size < 0 else min(size, self.size - self._position)
        )
        parts: list[bytes] = []
        while wanted > 0:
            number, offset = divmod(self._position, self._block_bytes)
            part = self._get(number)[offset : offset + wanted]
            if not part:
                raise Transient("short-read", "the object store sent fewer bytes than it said")
            parts.append(part)
            self._position += len(part)
            wanted -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _get(self, number: int) -> bytes:
        future = self._blocks.get(number) or self._request(number)
        self._blocks.move_to_end(number)
        if number == self._last + 1:
            for following in range(number + 1, number + 1 + self._ahead):
                if following * self._block_bytes < self.size and following not in self._blocks:
                    self._request(following)
        self._last = number
        while len(self._blocks) > self._cache:
            self._blocks.popitem(last=False)[1].cancel()
        try:
            return future.result()
        except BaseException:
            self._blocks.pop(number, None)
            raise

    def _request(self, number: int) -> Future[bytes]:
        first = number * self._block_bytes
        future = self._threads.submit(self._load, first, min(first + self._block_bytes, self.size) - 1)
        self._blocks[number] = future
        return future

    def _load(self, first: int, last: int) -> bytes:
        data = self._fetch(first, last)
        with self._lock:
            self.requests += 1
            self.bytes_read += len(data)
        return data

    def close(self) -> None:
        if not self.closed:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._blocks.clear()
        super().close()


def http_fetch(url: str, etag: str | None = None) -> Fetch:
    """Ranges of a presigned URL, retried on broken connections and 5xx.

    Raises (when called):
        Transient: the store is away, or the object is no longer the one with `etag`.
    """
    import urllib3

    retries = urllib3.Retry(
        RETRIES, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504), raise_on_status=False
    )
    pool = urllib3.PoolManager(
        maxsize=8, timeout=urllib3.Timeout(CONNECT_TIMEOUT_S, READ_TIMEOUT_S), retries=retries
    )
    headers = {"If-Match": etag} if etag else {}

    def fetch(first: int, last: int) -> bytes:
        try:
            answer = pool.request("GET", url, headers={"Range": f"bytes={first}-{last}", **headers})
        except urllib3.exceptions.HTTPError as fault:
            raise Transient("objects-unreachable", "the object store did not answer") from fault
        if answer.status != 206:
            raise Transient("objects-refused", f"the object store answered {answer.status} to a range")
        data: bytes = answer.data
        return data

    return fetch


def open_url(
    url: str, size: int, etag: str | None = None, block: int = STREAM_BLOCK, ahead: int = 1
) -> RangeReader:
    """A reader over a presigned URL."""
    return RangeReader(http_fetch(url, etag), size, block=block, ahead=ahead)


class PassedOn(io.RawIOBase):
    """A reader whose bytes are heard, or changed, on their way: who inherits says how it is read."""

    def __init__(self, file: RangeReader) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)
