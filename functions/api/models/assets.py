"""Assets as the API shows and changes them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, JsonValue

from functions.api.models.jobs import Job
from functions.api.models.strict import Cursor, Instant, Line, ProjectId, Received, Said, Text

Kind = Literal["video", "audio", "image"]
Status = Literal["uploading", "processing", "ready", "error", "rejected", "deleted"]
Prose = Annotated[Text, Field(max_length=50_000)]
Names = Annotated[list[Annotated[Line, Field(min_length=1)]], Field(max_length=500)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}$", description="ISO 639-1.")]


class Metadata(Received):
    """What editors write. Null removes a field."""

    title: Line | None = None
    description: Prose | None = None
    caption: Prose | None = None
    byline: Line | None = None
    credit: Line | None = None
    source: Line | None = None
    event: Line | None = None
    created_on: Annotated[
        str | None,
        Field(default=None, pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$", description="YYYY, YYYY-MM or YYYY-MM-DD."),
    ]
    keywords: Names | None = None
    people: Names | None = None
    places: Names | None = None
    extra: Annotated[
        dict[str, JsonValue] | None, Field(default=None, max_length=100, description="Fields of this installation: `GET /metadata-schema` describes them. Merged; null removes one.")
    ]  # fmt: skip


class Rights(Received):
    """What may be done with the asset. Null removes a field. `acervo/rights.py` decides what follows."""

    licence: Line | None = None
    holder: Line | None = None
    terms: Prose | None = None
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    embargo_until: Instant | None = None
    territories: Annotated[
        list[Annotated[str, Field(pattern=r"^[A-Z]{2}$")]] | None,
        Field(default=None, max_length=250, description="ISO 3166-1; where it may be seen."),
    ]
    channels: Annotated[
        list[Annotated[Line, Field(min_length=1)]] | None,
        Field(default=None, max_length=200, description="Ids or types of the channels that it may go to."),
    ]
    hold: Annotated[
        bool | None,
        Field(default=None, description="Nothing may be done with it: a court, a family, a doubt."),
    ]
    restricted: Annotated[bool | None, Field(default=None, description="Its master is for archivists only.")]


class AssetEdit(Received):
    """A JSON merge patch (RFC 7396): what is left out stays, null removes, lists are replaced."""

    name: Annotated[Text | None, Field(default=None, min_length=1, max_length=1024)]
    language: Language | None = None
    metadata: Metadata | None = None
    rights: Rights | None = None


class MetadataSchema(Said):
    """JSON Schemas (2020-12); `extra` is of `metadata.extra`."""

    metadata: dict[str, Any]
    rights: dict[str, Any]
    extra: dict[str, Any]


class AssetSummary(Said):
    """An asset in a list."""

    id: UUID
    project_id: str
    name: str
    kind: Kind | None
    status: Status
    reason_code: str | None
    reason: str | None
    owner: str
    size_bytes: int | None
    mime_type: str | None
    duration_s: float | None
    language: str | None
    metadata: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime
    thumbnail_url: str | None = Field(default=None, description="Presigned, for `thumbnails=true`.")
    rights_flags: list[str] = Field(
        default_factory=list,
        description="What limits its use now: rights-hold, rights-expired, rights-embargo, …",
    )


class Rendition(Said):
    profile: str
    status: Literal["pending", "ready", "failed", "expired"]
    mime_type: str | None
    size_bytes: int | None
    detail: dict[str, Any]
    updated_at: datetime


class Corrected(Said):
    """Who put a line right, and what the machine had there."""

    id: int
    author: str
    at: datetime
    machine_text: str
    machine_speaker: str | None


class Segment(Said):
    """A transcript segment. `version` is its own: If-Match of a correction."""

    number: int
    start_ms: int
    end_ms: int
    language: str | None
    text: str
    speaker: str | None = Field(description="A name that a person gave, or what the machine calls the voice.")
    model: str
    words: list[dict[str, Any]] | None = None
    voice: str | None = Field(default=None, description="What the machine calls the speaker.")
    confidence: float | None = Field(
        default=None, description="The machine's, 0 to 1; null when a person corrected the line."
    )
    version: str = ""
    correction: Corrected | None = None


class Transcript(Said):
    """The beginning of the transcript; `next` is the address of the rest."""

    segments: list[Segment]
    next: str | None


class RightsReason(Said):
    code: str
    detail: str


class UseOfAsset(Said):
    """Whether the asset's rights allow a use now. `override`: the caller may do it in spite of them."""

    use: Literal["view", "download", "clip", "publish"]
    allowed: bool
    override: bool
    reasons: list[RightsReason]
    not_before: datetime | None
    until: datetime | None


class Asset(AssetSummary):
    """An asset with everything that hangs on it. `actions` is what the caller's roles allow, `uses` what the asset's rights do."""

    duplicate_of: UUID | None
    sha256: str | None
    declared_sha256: str | None
    rights: dict[str, Any]
    technical: dict[str, Any]
    embedded: dict[str, Any]
    renditions: list[Rendition]
    transcript: Transcript
    jobs: list[Job]
    actions: list[str]
    uses: list[UseOfAsset] = Field(default_factory=list)


class AssetsQuery(Received):
    project: ProjectId | None = None
    kind: Kind | None = None
    status: Status | None = None
    owner: Line | None = None
    thumbnails: bool = False
    cursor: Cursor
    limit: Annotated[int, Field(default=50, ge=1, le=200)]


class ThumbnailsQuery(Received):
    asset_id: Annotated[list[UUID], Field(min_length=1, max_length=100)]


class Thumbnail(Said):
    asset_id: UUID
    profile: str
    url: str


class Thumbnails(Said):
    items: list[Thumbnail]
    expires_at: datetime


class TranscriptQuery(Received):
    from_ms: Annotated[
        int | None,
        Field(
            default=None, ge=0, le=2**31 - 1, description="From the line that is said then; without cursor."
        ),
    ]
    cursor: Cursor
    limit: Annotated[int, Field(default=500, ge=1, le=1000)]
    words: bool = False


class DownloadOrder(Received):
    what: Annotated[
        str,
        Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="`master`, or the profile of a rendition."),
    ]
    override: Annotated[
        bool,
        Field(
            default=False, description="In spite of the asset's rights, for who may: it is in the audit log."
        ),
    ]
    with_metadata: Annotated[
        bool,
        Field(
            default=False,
            description="A copy with the asset's metadata inside: JPEG (XMP and IPTC-IIM), PNG, WebP, TIFF, MP4 (XMP); the original stays as it is.",
        ),
    ]


class Download(Said):
    url: str = Field(description="One object, GET only, ranges allowed, 15 minutes.")
    expires_at: datetime
    file_name: str
    mime_type: str | None
    size_bytes: int | None
    sha256: str | None = Field(
        description="Of the bytes, for a master, and for a copy of up to 64 MiB with metadata inside."
    )


class Stream(Said):
    url: str = Field(description="An HLS playlist, relative to the API's origin; needs no header.")
    dash_url: str | None = Field(default=None, description="The same as DASH, where there is a manifest.")
    expires_at: datetime
