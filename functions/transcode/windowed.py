"""A file that is a window on another one's bytes."""

from __future__ import annotations

import io

from acervo.ranges import PassedOn, RangeReader


class Windowed(PassedOn):
    """Bytes [first, until) of a file."""

    def __init__(self, file: RangeReader, first: int, until: int) -> None:
        super().__init__(file)
        self._first, self._until = first, min(until, file.size)
        self._file.seek(first)

    def tell(self) -> int:
        return self._file.tell() - self._first

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: self._first, io.SEEK_CUR: self._file.tell(), io.SEEK_END: self._until}[whence]
        return self._file.seek(max(self._first, start + offset)) - self._first

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._until - self._file.tell())
        return self._file.read(left if size is None or size < 0 else min(size, left))
