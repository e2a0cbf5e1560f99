"""Publications, channels and the rules that publish by themselves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, JsonValue, field_validator

from functions.api.models.assets import Kind
from functions.api.models.strict import WHOLE, Cursor, Line, ProjectId, Received, Said, Text

ChannelId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,62}$")]
Profile = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Territory = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1.")]
State = Literal[
    "requested", "waiting", "sending", "processing", "published", "withdrawing", "withdrawn", "failed"
]
Name = Annotated[Line, Field(min_length=1, max_length=200)]
Values = Annotated[dict[str, JsonValue], Field(max_length=50)]
MAX_ATTEMPTS = 50


class LocalTime(Received):
    """A time on the clocks of a zone: 02:30 that the clocks skip is 03:30, of one they show twice the first is meant."""

    local: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$")]
    zone: Annotated[Line, Field(max_length=64)]

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
            raise ValueError("is not a time zone") from fault
        return zone

    @field_validator("local")
    @classmethod
    def _real_time(cls, local: str) -> str:
        datetime.fromisoformat(local)
        return local


Moment = Annotated[
    Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)$")]
    | LocalTime,
    Field(description="RFC 3339 with an offset, or a local time with its zone."),
]


def instant(moment: str | LocalTime | None) -> datetime | None:
    """In UTC.

    Raises:
        ValueError: there is no such day or hour.
    """
    if moment is None:
        return None
    try:
        if isinstance(moment, str):
            return datetime.fromisoformat(moment).astimezone(UTC)
        return (
            datetime.fromisoformat(moment.local).replace(tzinfo=ZoneInfo(moment.zone), fold=0).astimezone(UTC)
        )
    except OverflowError as fault:
        raise ValueError("is out of range") from fault


class PublicationOrder(Received):
    channel_id: ChannelId
    profile: Profile | None = None
    metadata: Annotated[
        Values | None, Field(default=None, description="Overrides title, description, tags, language, credit; and options of the channel.")
    ]  # fmt: skip
    publish_at: Moment | None = None
    withdraw_at: Moment | None = None


class Attempt(Said):
    id: int
    action: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    code: str | None
    reason: str | None
    sent_bytes: int | None


class Publication(Said):
    """Asset + channel + profile: one of each. `wanted` is what people ask for, `state` how far it is."""

    id: UUID
    asset_id: UUID
    channel_id: str
    channel_type: str
    profile: str
    wanted: Literal["live", "withdrawn"]
    state: State
    live: bool
    metadata: dict[str, Any]
    revision: int
    live_revision: int
    publish_at: datetime | None
    withdraw_at: datetime | None
    external_id: str | None
    url: str | None
    sent_bytes: int
    total_bytes: int
    failures: int
    due_at: datetime | None = Field(description="When it is looked at next.")
    reason_code: str | None
    reason: str | None
    advice: str | None = Field(description="What a person can do about it.")
    requested_by: str
    rule_id: UUID | None
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None
    withdrawn_at: datetime | None
    proof: dict[str, Any] | None = Field(description="Of a withdrawal: what the channel answered.")


class PublicationDetail(Publication):
    project_id: str
    attempts: list[Attempt] = Field(description=f"The latest {MAX_ATTEMPTS}.")


class PublicationsQuery(Received):
    cursor: Cursor
    limit: Annotated[int, Field(default=50, ge=1, le=200)]


class RecallQuery(Received):
    channel_id: ChannelId | None = None


class Recalled(Said):
    items: list[Publication]


class Channel(Said):
    """Where assets go. `open_until`: it failed too often, nothing is tried before."""

    id: str
    type: str
    name: str
    profile: str
    projects: list[str] | None
    territories: list[str]
    enabled: bool
    failures: int
    open_until: datetime | None
    updated_at: datetime
    settings: dict[str, Any] | None = Field(description="For who operates the platform.")
    max_concurrent: int
    bytes_a_second: int | None


class Credential(Said):
    """A value of a channel's secret. Its name, never the value: that is in Vault."""

    name: str
    title: str
    lines: bool = Field(description="Of many lines, as a key is.")


class ChannelType(Said):
    """What a type of channel wants to be told; enough to draw a form from."""

    type: str
    title: str
    description: str
    settings: dict[str, Any] = Field(
        description="JSON Schema (2020-12) of a channel's `settings`; `x-fault` is what a pattern means."
    )
    credentials: list[Credential]
    credential_sets: list[list[str]] = Field(
        description="One of these has to be in Vault at `secret/channels/{type}/{id}`; empty: none is needed."
    )


class ChannelTypesQuery(Received):
    cursor: Cursor
    limit: Annotated[int, Field(default=100, ge=1, le=200)]


class ChannelsQuery(Received):
    project: ProjectId | None = None
    cursor: Cursor
    limit: Annotated[int, Field(default=100, ge=1, le=200)]


class ChannelSet(Received):
    """A channel as a whole. Credentials are not here: they are in Vault at `secret/channels/{type}/{id}`."""

    type: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")]
    name: Name
    profile: Profile
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    projects: Annotated[list[ProjectId] | None, Field(default=None, max_length=1000)]
    territories: Annotated[list[Territory], Field(default_factory=list, max_length=250)]
    enabled: bool = True
    max_concurrent: Annotated[int, Field(default=4, ge=1, le=100), WHOLE]
    bytes_a_second: Annotated[int | None, Field(default=None, ge=1024, le=2**62), WHOLE]


class ChannelEdit(Received):
    """What is left out stays; `settings` is replaced as a whole."""

    name: Name | None = None
    profile: Profile | None = None
    settings: dict[str, JsonValue] | None = None
    projects: Annotated[
        list[ProjectId] | None, Field(default=None, max_length=1000, description="Null: every project.")
    ]
    territories: Annotated[list[Territory] | None, Field(default=None, max_length=250)]
    enabled: bool | None = None
    max_concurrent: Annotated[int | None, Field(default=None, ge=1, le=100), WHOLE]
    bytes_a_second: Annotated[
        int | None, Field(default=None, ge=1024, le=2**62, description="Null: no limit.")
    ]


class RuleSet(Received):
    """Everything of a project with a tag, once ready, goes to a channel. A rule is looked at dry before it acts."""

    name: Name
    channel_id: ChannelId
    project_id: ProjectId
    tag: Annotated[Text | None, Field(default=None, min_length=1, max_length=200)]
    kind: Kind | None = None
    profile: Profile | None = None
    metadata: Values = Field(default_factory=dict)
    enabled: bool = False


class Rule(Said):
    id: UUID
    name: str
    channel_id: str
    project_id: str
    tag: str | None
    kind: Kind | None
    profile: str | None
    metadata: dict[str, Any]
    enabled: bool
    created_by: str
    created_at: datetime
    updated_at: datetime


class RulesQuery(Received):
    project: ProjectId
    cursor: Cursor
    limit: Annotated[int, Field(default=50, ge=1, le=200)]


class Candidate(Said):
    """An asset that a rule would publish; `reasons` say why its rights would not let it."""

    asset_id: UUID
    name: str
    kind: Kind | None
    allowed: bool
    reasons: list[str]
    reason_codes: list[str] = Field(description="The codes of `reasons`, in their order: `rights-hold`, …")
