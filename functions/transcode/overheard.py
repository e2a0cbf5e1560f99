"""A file that passes its bytes on to somebody who listens. Child side only."""

from __future__ import annotations

import io
from collections.abc import Callable

from acervo.ranges import RangeReader

CATCH_UP_BYTES = 4 << 20


class Overheard(io.RawIOBase):
    """A file that somebody else hears as well: every byte once, in order, however it is read."""

    def __init__(self, file: RangeReader, hear: Callable[[bytes], None]) -> None:
        self._file, self._hear, self._heard = file, hear, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        at = self._file.tell()
        data = self._file.read(size)
        if at <= self._heard < at + len(data):
            self._hear(data[self._heard - at :])
            self._heard = at + len(data)
        return data

    def finish(self) -> None:
        """What nobody read."""
        self._file.seek(self._heard)
        while self.read(CATCH_UP_BYTES):
            pass
