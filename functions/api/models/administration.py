"""What administrators work with: projects and their members, event sources, webhooks, the audit log, the state of the platform."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from functions.api.models.jobs import Job
from functions.api.models.platform import Project
from functions.api.models.publications import Name
from functions.api.models.strict import WHOLE, Cursor, Instant, Line, ProjectId, Received, Said, Text

MAX_QUOTA = 2**62
Quota = Annotated[int, Field(ge=1, le=MAX_QUOTA), WHOLE]
SourceId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,62}$")]
Group = Annotated[Text, Field(min_length=1, max_length=200)]
ADDRESS = r"^https?://[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:[0-9]{1,5})?(/[!-~]*)?$"
EventType = Annotated[
    str, Field(pattern=r"^[a-z0-9.]{1,100}\*?$", description="A type, or the beginning of types with `*`.")
]


# -- projects ---------------------------------------------------------------------------------------------------------
class ProjectMake(Received):
    id: Annotated[ProjectId, Field(description="Also the prefix under uploads/: it cannot be changed.")]
    name: Name
    quota_bytes: Quota = 10 << 40


class ProjectEdit(Received):
    name: Name | None = None
    quota_bytes: Quota | None = None


class ProjectDetail(Project):
    usage_bytes: int


class Member(Said):
    principal: str


class MembersQuery(Received):
    cursor: Cursor
    limit: Annotated[int, Field(default=100, ge=1, le=200)]


# -- event sources and webhooks ---------------------------------------------------------------------------------------
class EventSourceMake(Received):
    id: SourceId
    name: Name
    source: Annotated[
        str, Field(min_length=1, max_length=500, pattern=r"^[!-~]+$", description="The only `source` that its events may have.")
    ]  # fmt: skip
    groups: Annotated[list[Group], Field(default_factory=list, max_length=100)]


class EventSourceEdit(Received):
    name: Name | None = None
    groups: Annotated[list[Group] | None, Field(default=None, max_length=100)]
    enabled: bool | None = None


class EventSource(Said):
    """`key` is shown once: when the source is made or its key rotated."""

    id: str
    name: str
    source: str
    groups: list[str]
    enabled: bool
    key_number: int
    old_key_until: datetime | None
    created_by: str
    created_at: datetime
    key: str | None = None


class SourcesQuery(Received):
    cursor: Cursor
    limit: Annotated[int, Field(default=100, ge=1, le=200)]


class WebhookMake(Received):
    name: Name
    url: Annotated[str, Field(max_length=2000, pattern=ADDRESS)]
    project_id: Annotated[ProjectId | None, Field(default=None, description="Null: all projects.")]
    types: Annotated[list[EventType], Field(min_length=1, max_length=50)]


class WebhookEdit(Received):
    """`active: true` asks the address again; `false` switches it off."""

    name: Name | None = None
    url: Annotated[str | None, Field(default=None, max_length=2000, pattern=ADDRESS)]
    types: Annotated[list[EventType] | None, Field(default=None, min_length=1, max_length=50)]
    active: bool | None = None
    rotate_key: bool = False


class Webhook(Said):
    """`pending`: its address has not agreed yet. `key` is shown once: when it is made or its key rotated."""

    id: UUID
    name: str
    url: str
    project_id: str | None
    types: list[str]
    state: Literal["pending", "active", "refused", "disabled"]
    notice: str | None
    failures: int
    rate_a_minute: int | None
    created_by: str
    created_at: datetime
    updated_at: datetime
    key: str | None = None


class WebhooksQuery(Received):
    project: ProjectId | None = None
    cursor: Cursor
    limit: Annotated[int, Field(default=50, ge=1, le=200)]


class Delivery(Said):
    id: int
    event_id: str
    event_type: str
    state: Literal["waiting", "done", "dead"]
    attempts: int
    due_at: datetime
    status: int | None
    reason: str | None
    created_at: datetime
    ended_at: datetime | None


class DeliveriesQuery(Received):
    state: Literal["waiting", "done", "dead"] | None = None
    cursor: Cursor
    limit: Annotated[int, Field(default=50, ge=1, le=200)]


class Revived(Said):
    revived: int


# -- audit ------------------------------------------------------------------------------------------------------------
class AuditFilter(Received):
    who: Line | None = None
    what: Line | None = None
    asset_id: UUID | None = None
    project: ProjectId | None = None
    result: Literal["done", "denied"] | None = None
    since: Instant | None = None
    until: Instant | None = None


class AuditQuery(AuditFilter):
    cursor: Cursor
    limit: Annotated[int, Field(default=100, ge=1, le=500)]


class AuditExport(AuditFilter):
    format: Literal["jsonl", "csv"] = "jsonl"


class AuditRow(Said):
    id: int
    at: datetime
    who: str
    what: str
    asset_id: UUID | None
    project_id: str | None
    from_where: str | None
    result: str
    detail: dict[str, Any]


class AuditVerdict(Said):
    """`head` is the last seal: note it elsewhere, and nobody can rewrite the log up to it unseen."""

    whole: bool
    contains: bool = Field(description="Whether `expect` is among the seals (true without it).")
    seals: int
    rows: int
    head: str | None
    head_number: int
    broken_seal: int | None = Field(description="The first seal that does not fit its rows.")
    detail: str
    next_cursor: str | None = Field(description="There are more seals: ask again with it as `cursor`.")


class VerifyQuery(Received):
    expect: Annotated[
        str | None,
        Field(default=None, pattern=r"^[0-9a-f]{64}$", description="A `head` of an earlier check."),
    ]
    cursor: Cursor


# -- the platform -----------------------------------------------------------------------------------------------------
class ListedJob(Job):
    project_id: str


class JobsQuery(Received):
    project: ProjectId | None = None
    asset_id: UUID | None = None
    state: Literal["queued", "running", "done", "failed", "cancelled"] | None = None
    kind: Annotated[str | None, Field(default=None, pattern=r"^[a-z][a-z-]{0,30}$")]
    cursor: Cursor
    limit: Annotated[int, Field(default=50, ge=1, le=200)]


class ReplayOrder(Received):
    """Which dead letters to send again: those that fit, oldest first."""

    event_type: Annotated[Text | None, Field(default=None, min_length=1, max_length=200)]
    destination: Annotated[Text | None, Field(default=None, max_length=1000)]
    limit: Annotated[int, Field(default=100, ge=1, le=1000), WHOLE]
    per_second: Annotated[
        float, Field(default=20, gt=0, le=200, description="How fast; a call lasts 20 seconds at most: `left` says what is left.")
    ]  # fmt: skip


class Replayed(Said):
    replayed: int
    left: int = Field(description="Letters that fit and still wait (counted up to 10,000).")


class Nudge(Said):
    what: str
    times: int
    at: datetime


class Step(Said):
    """One kind of job, over the newest 2,000 jobs of all kinds."""

    kind: str
    model: str | None = Field(description="What the newest one used, `name@version`.")
    open: int
    done: int
    failed: int
    last_done_at: datetime | None


class PlatformState(Said):
    """What waits, how the steps do, and what reconcile last asked for again."""

    unsent_events: int
    oldest_unsent_s: float
    dead_letters: int
    open_jobs: int
    open_uploads: int
    processing_assets: int
    nudges_last_hour: int
    to_purge: int
    audit_sealed_at: datetime | None
    steps: list[Step]
    nudges: list[Nudge]
