"""Jobs: one step of one asset."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from functions.api.models.strict import Said


class Job(Said):
    id: UUID
    asset_id: UUID
    kind: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    required: bool
    progress: float = Field(ge=0, le=1, description="Parts done, and how far the others are.")
    chunks_total: int
    chunks_done: int
    cancel_requested: bool
    reason_code: str | None
    reason: str | None
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None


def job_of(row: dict[str, Any]) -> Job:
    """A job from its row and its parts' progress (by their weights, 0 to their number)."""
    total = row["chunks_total"]
    done = row["state"] == "done"
    share = row["parts_progress"] / total if total else 0.0
    return Job(
        progress=1.0 if done else round(min(1.0, share), 4),
        **{name: row[name] for name in Job.model_fields if name != "progress"},
    )
