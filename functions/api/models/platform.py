"""Who one is, projects, and what the platform team works with."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from functions.api.models.strict import Cursor, Received, Said


class Me(Said):
    subject: str
    name: str
    client: str | None
    roles: list[str]
    groups: list[str]
    principals: list[str] = Field(description="What project memberships may name.")
    actions: list[str] = Field(description="What the roles allow at most.")


class Project(Said):
    id: str
    name: str
    quota_bytes: int
    created_at: datetime
    actions: list[str]


class ProjectsQuery(Received):
    cursor: Cursor
    limit: Annotated[int, Field(default=100, ge=1, le=200)]


class DeadLetter(Said):
    id: int
    event_id: str
    event_type: str
    destination: str | None
    code: int | None
    answer: str | None
    reason_code: str | None = Field(description="The code that the answer names, where it names one.")
    reason: str | None = Field(description="What the answer says, in a sentence.")
    received_at: datetime
    replayed_at: datetime | None


class DeadLetterDetail(DeadLetter):
    event: dict[str, Any]


class DeadLettersQuery(Received):
    waiting: Annotated[bool, Field(default=True, description="Only those that were not replayed.")]
    cursor: Cursor
    limit: Annotated[int, Field(default=50, ge=1, le=200)]


class Accepted(Said):
    """It will be done."""

    id: str
    status: str


class ProblemDetails(BaseModel):
    """RFC 9457; a problem may carry more members (`current`, `quota_bytes`, …)."""

    model_config = ConfigDict(extra="allow", defer_build=True)

    type: str
    title: str
    status: int
    detail: str
    field: str | None = None
    errors: list[dict[str, str]] | None = None
