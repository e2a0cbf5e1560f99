"""Bytes from S3 into a channel: no local file, a few blocks of memory, from any offset, paced, watched.

The worker's thread tells through `Control` what happens meanwhile: the lease is lost, the publication was withdrawn, the slice
is over. `chunks` looks between blocks, so a connector stops within one block without knowing why.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from threading import Event as Flag
from typing import TYPE_CHECKING, Any

from acervo.errors import AcervoError, Transient
from functions.publish.source import Source

if TYPE_CHECKING:
    from acervo.channels.material import Rendition
    from acervo.objects import Objects, Stored


class SliceOver(AcervoError):
    """The time of this call is used up; another call goes on."""

    def __init__(self) -> None:
        super().__init__("slice-over", "the transfer goes on in another call")


class Stopped(AcervoError):
    """The publication is not wanted any more, or its channel was switched off."""

    def __init__(self) -> None:
        super().__init__("stopped", "the publication is not wanted any more")


class LeaseLost(Transient):
    def __init__(self) -> None:
        super().__init__("lease-lost", "another instance has this publication", retry_after_s=10)


class Control:
    """What the lease's thread and the transfer tell each other."""

    def __init__(self, slice_s: float, bytes_a_second: float | None = None) -> None:
        self.until = time.monotonic() + slice_s
        self.lost, self.stop = Flag(), Flag()
        self.sent_bytes = 0
        self.bytes_a_second = bytes_a_second

    def check(self, may_end: bool = True) -> None:
        """Raises LeaseLost, Stopped, SliceOver."""
        if self.lost.is_set():
            raise LeaseLost
        if self.stop.is_set():
            raise Stopped
        if may_end and time.monotonic() >= self.until:
            raise SliceOver


class Transfer:
    """The rendition as a stream, and the memory of the connector (`session`) that survives a crash."""

    def __init__(
        self,
        objects: Objects,
        rendition: Rendition,
        stored: Stored,
        control: Control,
        session: Mapping[str, Any],
        keep: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self._objects, self._rendition, self._stored = objects, rendition, stored
        self.control, self.session, self._keep = control, dict(session), keep

    @property
    def size(self) -> int:
        return self._stored.size

    @property
    def etag(self) -> str:
        return self._stored.etag

    def keep(self, **changes: Any) -> None:
        """Remember for whoever goes on; a value None is forgotten. Written at once."""
        self.session = {
            name: value for name, value in {**self.session, **changes}.items() if value is not None
        }
        self._keep(self.session)

    def restart(self) -> None:
        """What was remembered leads nowhere."""
        self.session = {}
        self._keep(self.session)

    def chunks(self, start: int = 0, end: int | None = None, may_end: bool = True) -> Iterator[bytes]:
        """The bytes from `start` to `end` (exclusive) in blocks of at most 1 MiB; the next ones are read meanwhile.

        `may_end=False` for a request that is lost when it is not finished: a slice then ends after it.
        """
        last = self.size if end is None else min(end, self.size)
        self.control.sent_bytes = start
        position, began = start, time.monotonic()
        with closing(Source(self._objects, self._rendition, self._stored, start, last)) as source:
            for block in source:
                self.control.check(may_end)
                yield block
                position += len(block)
                self.control.sent_bytes = position
                self._pace(position - start, began)

    def tail(self, end: int, most: int = 64 << 10) -> bytes:
        """The last bytes before `end`: compared with what the channel says it has."""
        first = max(0, end - most)
        with closing(Source(self._objects, self._rendition, self._stored, first, end)) as source:
            return b"".join(source)

    def _pace(self, sent: int, began: float) -> None:
        rate = self.control.bytes_a_second
        if not rate:
            return
        while (ahead := sent / rate - (time.monotonic() - began)) > 0:
            self.control.check(may_end=False)
            time.sleep(min(ahead, 0.5))
