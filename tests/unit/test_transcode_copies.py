"""A picture's master on its way to the child that decodes it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from acervo.errors import Rejected
from acervo.function import Call
from acervo.leases import Cancelled, Lease
from acervo.objects import Stored
from acervo.ranges import RangeReader
from functions.transcode import copies


class Store:
    """One object, of any size as far as anybody asks; `read_bytes` is what went out."""

    archive = "dam-archive"

    def __init__(self, data: bytes, size: int | None = None) -> None:
        self._data, self._size, self.read_bytes = data, len(data) if size is None else size, 0

    def head(self, *_: str) -> Stored:
        return Stored(self._size, "etag", "image/jpeg", None, {})

    def reader(self, _bucket: str, _key: str, stored: Stored) -> RangeReader:
        def fetch(first: int, last: int) -> bytes:
            self.read_bytes += last + 1 - first
            return self._data[first : last + 1]

        return RangeReader(fetch, stored.size, block=copies.PIECE_BYTES, ahead=0)


class Held:
    """A lease that is cancelled after so many looks at it."""

    job_spec: dict[str, Any] = {"master_key": "masters/a/b/source.jpg"}  # noqa: RUF012  # a fake's

    def __init__(self, looks: int) -> None:
        self._looks = looks

    def check(self) -> None:
        self._looks -= 1
        if self._looks < 0:
            raise Cancelled


def copied(store: Store, directory: Path, looks: int = 100) -> dict[str, Any]:
    return copies.copy_master(cast(Call, SimpleNamespace(objects=store)), cast(Lease, Held(looks)), directory)


def test_the_child_gets_the_bytes_and_no_address(tmp_path: Path) -> None:
    data = bytes(range(256)) * 10_000
    given = copied(Store(data), tmp_path)
    assert list(given) == ["path"]
    assert Path(given["path"]).read_bytes() == data
    assert Path(given["path"]).suffix == "", "libvips decides by the bytes"


def test_what_is_too_large_is_not_even_fetched(tmp_path: Path) -> None:
    store = Store(b"", size=copies.MAX_BYTES + 1)
    with pytest.raises(Rejected, match="too-large"):
        copied(store, tmp_path)
    assert store.read_bytes == 0


def test_a_cancelled_job_stops_copying_at_once(tmp_path: Path) -> None:
    store = Store(bytes(20 * copies.PIECE_BYTES))
    with pytest.raises(Cancelled):
        copied(store, tmp_path, looks=2)
    assert store.read_bytes <= 4 * copies.PIECE_BYTES
