"""Where the next page begins: opaque to callers, bound to one query, and no more than a position in a bounded window.

A cursor remembers the last id that was shown, so that documents indexed between two pages neither repeat nor skip a hit;
the offset is the fallback when that id has left the list.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

FIRST, WINDOW = (
    100,
    1000,
)  # the two lengths in which an engine is asked for a list: the long one begins with the short one
_MAX_LENGTH = 200


class InvalidCursor(ValueError):
    """Not one of ours, or of another query."""


@dataclass(frozen=True)
class Cursor:
    offset: int
    last_id: str
    typos: int = 0

    def position(self, ids: Sequence[str]) -> int:
        """The index of the first id that was not shown yet."""
        try:
            return ids.index(self.last_id) + 1
        except ValueError:
            return self.offset


def encode(cursor: Cursor, query: str) -> str:
    """`query` is whatever makes two queries different, as text."""
    value = [cursor.offset, cursor.last_id, cursor.typos, _mark(query)]
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(text: str, query: str) -> Cursor:
    """
    Raises:
        InvalidCursor
    """
    try:
        if len(text) > _MAX_LENGTH:
            raise InvalidCursor("too long")
        offset, last_id, typos, mark = json.loads(
            base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        )
        if not (
            isinstance(offset, int)
            and 0 <= offset <= WINDOW
            and isinstance(last_id, str)
            and isinstance(typos, int)
            and 0 <= typos <= 2
            and mark == _mark(query)
        ):
            raise InvalidCursor("of another query")
    except (binascii.Error, TypeError, ValueError, RecursionError) as fault:
        raise InvalidCursor("this cursor is not of this query") from fault
    return Cursor(offset, last_id, typos)


def _mark(query: str) -> str:
    return hashlib.blake2b(query.encode(errors="replace"), digest_size=6).hexdigest()
