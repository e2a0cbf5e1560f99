"""Ingest: an object under `uploads/` becomes an asset's master, or is rejected with a reason that an editor understands.

Hears `com.amazonaws.ObjectCreated:*`. Says `acervo.asset.ingested.v1` or `acervo.asset.rejected.v1`; what it heard once more when an object is
too large to be hashed in one call (`hashing.py`).

An object of an unknown project stays where it is and its event goes to the dead letters. Of a rejected upload the object is deleted
when its bytes are worthless or kept elsewhere, and stays (`upload_key`) when we could be wrong: `verdict.py` says which.

Why twice is safe: the master's key follows from asset and SHA-256, so a second copy writes the same bytes to the same place; the
state changes in one transaction under a lock on the asset's row, only from `uploading`; two uploads of the same bytes are
arbitrated by a unique index; the upload is deleted after the commit, and a delivery that finds it still there deletes it then.
Killed anywhere, the next delivery does the rest.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any

from acervo import function, sandbox, settings
from acervo.assets import Status
from acervo.database import query
from acervo.digest import OutOfTime, sha256_of
from acervo.errors import Rejected
from acervo.events import Event
from acervo.function import Call, FrameSettings
from acervo.objects import Stored
from functions.ingest import arrival, custody, hashing, verdict
from functions.ingest.arrival import Arrival
from functions.ingest.hashing import Hold

URL_S = 6 * 3600


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a probe may use, and how large a picture may be."""

    frame: FrameSettings = settings.nested(FrameSettings)
    memory_mb: int = settings.variable("INGEST_MEMORY_MB", 2048)
    cpu_s: int = settings.variable("INGEST_CPU_S", 180)
    wall_s: int = settings.variable("INGEST_WALL_S", 240)
    max_side: int = settings.variable("INGEST_MAX_SIDE", 30_000)
    max_megapixels: int = settings.variable("INGEST_MAX_MEGAPIXELS", 400)
    hash_s: float = settings.variable("INGEST_HASH_S", 420.0)  # of a call of 600; the rest is for the copy
    hash_from_mb: int = settings.variable("INGEST_HASH_FROM_MB", 8192)  # what is smaller is done in any case


def handle(event: Event, call: Call) -> None:
    """One object that was created; see the head of this file.

    Raises:
        Permanent: no such project.
        Transient: the store or the database is away, or another delivery is at it.
    """
    until = time.monotonic() + call.settings.hash_s
    came = arrival.parse(event.data)
    stored = custody.find_object(call, came) if _is_upload(came, call) else None
    if stored is None or (stored.size == 0 and came.key.endswith("/")):  # S3 browsers make "folders" so
        with call.commit():
            return
    asset = custody.claim(call, came, stored)
    if asset["status"] != Status.UPLOADING:
        custody.discard_leftover(call, came, asset, stored)
        with call.commit() as work:
            if asset["status"] in (Status.REJECTED, Status.DELETED):
                query.forget_hash(work.connection, asset_id=asset["id"])
            return
    sha256: str | None = None
    try:
        hold = _hold(call, asset, stored)
        probed = hold.probed if hold and hold.probed else _probe(call, came, asset, stored)
        sha256 = _hash(call, came, stored, hold, probed, until)
        if asset["declared_sha256"] not in (None, sha256):
            raise verdict.rejected("checksum-mismatch")
        custody.promote(call, came, asset, stored, custody.Examined(sha256=sha256, **probed))
    except OutOfTime as stopped:
        hashing.go_on_later(call, event, str(asset["id"]), stopped.reached)
    except hashing.Elsewhere:
        with call.commit():
            return
    except Rejected as fault:
        custody.reject(call, came, asset, stored, fault, sha256)


def _hold(call: Call, asset: dict[str, Any], stored: Stored) -> Hold | None:
    """Only of what may need more than one call."""
    limits: Settings = call.settings
    if stored.size < limits.hash_from_mb << 20:
        return None
    return hashing.take(call, str(asset["id"]), stored, limits.wall_s)


def _hash(
    call: Call, came: Arrival, stored: Stored, hold: Hold | None, probed: dict[str, Any], until: float
) -> str:
    """Raises OutOfTime: the rest is for the next call."""
    url = _url(call, came, URL_S)
    if hold is None:
        return sha256_of(url, stored.size, stored.etag)
    hold.keep_probed(probed)
    return sha256_of(url, stored.size, stored.etag, hold.since, until, hold.remember)


def _url(call: Call, came: Arrival, seconds: int) -> str:
    """Presigned. HTTP clients resolve `.` and `..` in a path, S3 keys mean them: escaped, they arrive as they were signed."""
    url = call.objects.presign_internal_get(came.bucket, came.key, seconds)
    path, mark, signature = url.partition("?")
    return re.sub(r"(?<=/)\.{1,2}(?=/|$)", lambda dots: "%2E" * len(dots[0]), path) + mark + signature


def _is_upload(came: Arrival, call: Call) -> bool:
    return came.bucket == call.objects.archive and came.key.startswith("uploads/")


def _probe(call: Call, came: Arrival, asset: dict[str, Any], stored: Stored) -> dict[str, Any]:
    """What the file is, found out in a child process that has a URL, limits, and nothing else.

    Raises:
        Rejected: it can never become an asset.
    """
    if stored.size == 0:
        raise verdict.rejected("empty")
    if asset["size_bytes"] not in (None, stored.size):
        raise verdict.rejected("size-mismatch", f"{stored.size:,} of {asset['size_bytes']:,} bytes")
    limits: Settings = call.settings
    arguments = {
        "url": _url(call, came, limits.wall_s + 60), "size": stored.size, "etag": stored.etag,
        "name": asset["name"], "max_side": limits.max_side, "max_pixels": limits.max_megapixels * 1_000_000,
    }  # fmt: skip
    return sandbox.run(
        "functions.ingest.probe:probe",
        arguments,
        memory_bytes=limits.memory_mb << 20,
        cpu_s=limits.cpu_s,
        wall_s=limits.wall_s,
    )


app = function.serve(handle, name="ingest", hears={"com.amazonaws.ObjectCreated:*"}, settings=Settings)
main = function.target(app)
