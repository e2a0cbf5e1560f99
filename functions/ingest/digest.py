"""SHA-256 of an object as it is stored: one pass, constant memory, the next blocks on their way while this one is hashed."""

from __future__ import annotations

import hashlib

from acervo.errors import Transient
from acervo.ranges import STREAM_BLOCK, open_url

AHEAD = 2  # blocks


def sha256_of(url: str, size: int, etag: str) -> str:
    """Of a presigned URL, pinned by ETag: a broken range is fetched again, an object that changed is an error.

    Raises:
        Transient: the store is away, or the object is no longer the one with this ETag.
    """
    digest, seen = hashlib.sha256(), 0
    with open_url(url, size, etag, block=STREAM_BLOCK, ahead=AHEAD) as file:
        while data := file.read(STREAM_BLOCK):
            digest.update(data)
            seen += len(data)
    if seen != size:
        raise Transient("short-read", "the object store sent fewer bytes than it said")
    return digest.hexdigest()
