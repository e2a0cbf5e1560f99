"""A file that passes its bytes on to somebody who listens. Child side only."""

from __future__ import annotations

from collections.abc import Callable

from acervo.ranges import PassedOn, RangeReader

CATCH_UP_BYTES = 4 << 20


class Overheard(PassedOn):
    """A file that somebody else hears as well: every byte once, in order, however it is read."""

    def __init__(self, file: RangeReader, hear: Callable[[bytes], None]) -> None:
        super().__init__(file)
        self._hear, self._heard = hear, 0

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
