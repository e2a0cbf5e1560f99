"""An object that arrived, as RGW announces it, and which asset it belongs to. Pure.

An asset remembers what it came from (`technical.received`: key and ETag), so an object that is still there after its asset was
promoted is told from a new one of the same name. An object that no `init` announced gets an id that follows from key and ETag:
two deliveries make one asset.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from acervo import keys
from acervo.assets import Status
from acervo.events import NAMESPACE

MAX_NAME = 1024
FALLBACK_NAME = "upload"


@dataclass(frozen=True)
class Arrival:
    """`key` is as stored, not percent-encoded; `principal` is the S3 user who wrote it."""

    bucket: str
    key: str
    principal: str

    @property
    def project(self) -> str | None:
        return keys.project_of_upload(self.key)

    @property
    def name(self) -> str:
        """The last part of the key that is not empty."""
        return (self.key.rstrip("/").rsplit("/", 1)[-1] or FALLBACK_NAME)[:MAX_NAME]

    def announced_id(self) -> str | None:
        """The asset id in `uploads/{project}/{asset_id}/{name}`, which `init` made; it may be anybody's invention."""
        parts = self.key.split("/")
        try:
            return str(uuid.UUID(parts[2])) if len(parts) == 4 else None
        except ValueError:
            return None

    def dropped_id(self, etag: str) -> str:
        return str(uuid.uuid5(NAMESPACE, f"{self.bucket}\n{self.key}\n{etag}"))

    def candidate_ids(self, etag: str) -> list[str]:
        announced = self.announced_id()
        return [self.dropped_id(etag), *([announced] if announced else [])]


@dataclass(frozen=True)
class Belongs:
    """`asset`: the row that the object belongs to, None for a new one; `stale`: a row that must give up this key first."""

    asset: dict[str, Any] | None
    stale: dict[str, Any] | None = None


def parse(data: dict[str, Any]) -> Arrival:
    """From an S3 event record, bare or in `Records` (validated against the catalogue before)."""
    record = data["Records"][0] if "Records" in data else data
    s3 = record["s3"]
    principal = record.get("userIdentity", {}).get("principalId") or "unknown"
    return Arrival(s3["bucket"]["name"], s3["object"]["key"], str(principal))


def belongs_to(arrival: Arrival, etag: str, rows: Iterable[dict[str, Any]]) -> Belongs:
    """Which of the rows found by key or id the object belongs to."""
    stale = None
    for row in rows:
        status, holds_key = Status(row["status"]), row["upload_key"] == arrival.key
        if status is Status.UPLOADING and holds_key:
            return Belongs(row)
        if status is Status.DELETED:
            if (
                holds_key and str(row["id"]) == arrival.announced_id()
            ):  # deleted while its bytes were on their way
                return Belongs(row)
        elif received(row) == (arrival.key, etag):
            return Belongs(row)
        if holds_key:
            stale = row
    return Belongs(None, stale)


def received(row: dict[str, Any]) -> tuple[str, str] | None:
    """Key and ETag of the object that an asset came from."""
    came = row["technical"].get("received")
    return (came["key"], came["etag"]) if came else None
