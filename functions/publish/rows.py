"""Rows of the database as values: what the pure files think about (with acervo/channels/material.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from functions.publish.states import State


@dataclass(frozen=True, kw_only=True)
class Channel:
    id: str
    type: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    profile: str = ""
    projects: tuple[str, ...] | None = None
    territories: tuple[str, ...] = ()
    enabled: bool = True
    max_concurrent: int = 4
    bytes_a_second: int | None = None
    failures: int = 0
    open_until: datetime | None = None
    running: int = 0

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Channel:
        return cls(
            id=row["id"], type=row["type"], settings=row["settings"], profile=row["profile"],
            projects=None if row["projects"] is None else tuple(row["projects"]), territories=tuple(row["territories"]),
            enabled=row["enabled"], max_concurrent=row["max_concurrent"], bytes_a_second=row["bytes_a_second"],
            failures=row["failures"], open_until=row["open_until"], running=row.get("running", 0),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Publication:
    id: str
    asset_id: str
    channel_id: str
    profile: str
    wanted: str = "live"
    state: State = State.REQUESTED
    metadata: Mapping[str, Any] = field(default_factory=dict)
    revision: int = 1
    live_revision: int = 0
    publish_at: datetime | None = None
    withdraw_at: datetime | None = None
    begun: bool = False
    begun_at: datetime | None = None
    live: bool = False
    session: Mapping[str, Any] = field(default_factory=dict)
    rendition: Mapping[str, Any] = field(default_factory=dict)
    acknowledged: Mapping[str, Any] | None = None
    external_id: str | None = None
    url: str | None = None
    sent_bytes: int = 0
    failures: int = 0
    claims: int = 0
    wakes: int = 0
    reason_code: str | None = None
    lease_until: datetime | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Publication:
        names = (
            "wanted", "metadata", "revision", "live_revision", "publish_at", "withdraw_at", "begun", "begun_at", "live", "session",
            "rendition", "acknowledged", "external_id", "url", "sent_bytes", "failures", "claims", "wakes", "reason_code", "lease_until", "profile", "channel_id",
        )  # fmt: skip
        return cls(
            id=str(row["id"]), asset_id=str(row["asset_id"]), state=State(row["state"]),
            **{name: row[name] for name in names},
        )  # fmt: skip

    @property
    def marker(self) -> str:
        """What we recognise our own publication by on the channel: short, the same for ever."""
        return f"acervo-{self.id.replace('-', '')[:20]}"
