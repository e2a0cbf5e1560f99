"""What can go to a channel: an asset, and a file of it. Rows of the database as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Asset:
    id: str
    project_id: str
    name: str
    kind: str | None
    status: str
    sha256: str | None = None
    master_key: str | None = None
    mime_type: str | None = None
    size_bytes: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    rights: Mapping[str, Any] = field(default_factory=dict)
    technical: Mapping[str, Any] = field(default_factory=dict)
    language: str | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Asset:
        names = ("project_id", "name", "kind", "status", "sha256", "master_key", "mime_type", "size_bytes", "metadata", "rights",
                 "technical", "language")  # fmt: skip
        return cls(id=str(row["id"]), **{name: row[name] for name in names})


@dataclass(frozen=True, kw_only=True)
class Rendition:
    """A file that can be sent: a rendition that is ready, or the master itself (profile `master`)."""

    profile: str
    status: str
    bucket: str
    key: str
    mime_type: str
    size_bytes: int | None
    detail: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Rendition:
        return cls(
            profile=row["profile"], status=row["status"], bucket=row["bucket"] or "", key=row["key"] or "",
            mime_type=row["mime_type"] or "", size_bytes=row["size_bytes"], detail=row["detail"],
        )  # fmt: skip
