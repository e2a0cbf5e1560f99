"""Copies of masters and renditions with the asset's metadata inside, under `ondemand/` for two days; what they are made of stays as it is.

Up to 64 MiB a copy is made in memory; a larger TIFF or MP4 by the store itself, of ranges of the old object and an end of ours.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from acervo import keys
from acervo.database import Row
from acervo.errors import Rejected
from acervo.objects import NotFound, Objects, Refused, Stored
from acervo.problems import Problem
from functions.api import xmp
from functions.api.carriers import CARRIERS, Ending, Inside, Splice
from functions.api.endpoint import Ask

IN_MEMORY, MOST = 64 << 20, 5 << 30
BLOCK = 64 << 10
FIELD = "with_metadata"


@dataclass(frozen=True)
class Made:
    key: str
    mime_type: str
    size_bytes: int
    sha256: str | None


def make(ask: Ask, row: Row, bucket: str, key: str, name: str) -> Made:
    """Raises Problem: 422, what it is cannot carry it, or it is too large."""
    suffix = PurePosixPath(key).suffix.lower()
    carrier = CARRIERS.get(suffix)
    if carrier is None:
        raise _unable(f"a file `{suffix or 'without a suffix'}` cannot carry it")
    packet = xmp.build_packet(str(row["id"]), row["metadata"], row["rights"])
    try:
        stored = ask.objects.head(bucket, key)
        if stored.size <= IN_MEMORY:
            data = ask.objects.get_bytes(bucket, key, IN_MEMORY)
            return _small(ask, row, name, _inscribe(data, packet, row, carrier), carrier.mime_type)
        if isinstance(carrier, Inside) or stored.size > MOST:
            limit = IN_MEMORY if isinstance(carrier, Inside) else MOST
            raise _unable(f"a file `{suffix}` of {stored.size} bytes is too large ({limit} at most)")
        return _large(ask, row, (bucket, key), stored, name, carrier, packet)
    except (Rejected, Refused) as fault:
        raise Problem(422, fault.code, fault.reason, field=FIELD) from fault


def _unable(why: str) -> Problem:
    return Problem(422, "no-metadata", f"{why}: ask for `GET /assets/{{id}}/xmp`", field=FIELD)


def _inscribe(data: bytes, packet: bytes, row: Row, carrier: Inside | Ending) -> bytes:
    if isinstance(carrier, Inside):
        return carrier.embed(data, packet, row["metadata"], row["rights"])
    spliced = carrier.splice(io.BytesIO(data), len(data), packet)
    return spliced.applied(data) + spliced.tail


def _small(ask: Ask, row: Row, name: str, data: bytes, mime_type: str) -> Made:
    digest = hashlib.sha256(data).hexdigest()
    key = _key(row, digest, name)
    ask.objects.put_bytes(ask.objects.proxies, key, data, mime_type)
    return Made(key, mime_type, len(data), digest)


def _large(
    ask: Ask, row: Row, at: tuple[str, str], stored: Stored, name: str, ending: Ending, packet: bytes
) -> Made:
    objects = ask.objects
    with objects.reader(*at, stored, block=BLOCK) as file:
        spliced = ending.splice(file, stored.size, packet)
    size = stored.size + len(spliced.tail)
    digest = hashlib.sha256(f"{at} {stored.etag} ".encode() + packet).hexdigest()
    made = Made(_key(row, digest, name), ending.mime_type, size, None)
    if not _is_there(objects, made):
        objects.compose(
            (*at, stored.etag),
            objects.proxies,
            made.key,
            made.mime_type,
            _parts(objects, at, stored, spliced),
        )
    return made


def _parts(
    objects: Objects, at: tuple[str, str], stored: Stored, spliced: Splice
) -> Iterator[tuple[int, int] | bytes]:
    with objects.reader(*at, stored) as file:
        for start, end, copied in spliced.parts(stored.size):
            if copied:
                yield start, end
                continue
            file.seek(start)
            data = spliced.applied(file.read(end - start), start)
            yield data + spliced.tail if end == stored.size else data


def _is_there(objects: Objects, made: Made) -> bool:
    try:
        return objects.head(objects.proxies, made.key).size == made.size_bytes
    except NotFound:
        return False


def _key(row: Row, digest: str, name: str) -> str:
    return keys.ondemand(str(row["id"]), row["sha256"] or digest, digest[:32], name)
