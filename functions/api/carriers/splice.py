"""A file that differs from another in a few bytes and an end, and how to make it without moving the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

CELL = 8 << 20  # what is read and sent again around a changed byte; above S3's least part
MOST_COPIED = 1 << 30  # bytes of one copied part: S3 allows 5 GB


class File(Protocol):
    """What a carrier reads of a file, wherever that lies."""

    def seek(self, offset: int, /) -> int: ...

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Splice:
    """`patches`: (offset, bytes) inside the old file, which they do not lengthen; `tail` follows it."""

    patches: tuple[tuple[int, bytes], ...]
    tail: bytes

    def applied(self, data: bytes, at: int = 0) -> bytes:
        """The old file's bytes from `at`, patched; the tail is not added."""
        made = bytearray(data)
        for offset, patch in self.patches:
            for number, byte in enumerate(patch, offset - at):
                if 0 <= number < len(made):
                    made[number] = byte
        return bytes(made)

    def parts(self, size: int) -> Iterator[tuple[int, int, bool]]:
        """(start, end, copied) of the old file, in order: every part but the last is of CELL bytes at least, the last is sent, not copied."""
        sent = {
            cell
            for offset, patch in self.patches
            for cell in range(offset // CELL, (offset + len(patch) - 1) // CELL + 1)
        }
        last = (size - 1) // CELL
        start = 0
        for cell in sorted({*sent, last}):
            for at in range(start, cell * CELL, MOST_COPIED):
                yield at, min(at + MOST_COPIED, cell * CELL), True
            yield cell * CELL, min((cell + 1) * CELL, size), False
            start = (cell + 1) * CELL
