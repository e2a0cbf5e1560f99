"""Uploads: the file goes to the object store in parts, by presigned URLs, never through the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from acervo.objects import MAX_OBJECT_BYTES, MAX_PARTS
from functions.api.models.assets import Metadata
from functions.api.models.strict import WHOLE, ProjectId, Received, Said, Sha256, Text

PartNumber = Annotated[int, Field(ge=1, le=MAX_PARTS), WHOLE]
MAX_SIGNED = 100


class UploadInit(Received):
    project_id: ProjectId
    name: Annotated[Text, Field(min_length=1, max_length=1024, description="The file's name, as it was.")]
    size_bytes: Annotated[int, Field(ge=1, le=MAX_OBJECT_BYTES, description="1 byte to 5 TiB."), WHOLE]
    mime_type: Annotated[str | None, Field(default=None, max_length=255, pattern=r"^[\w.+-]+/[\w.+-]+$")]
    sha256: Sha256 | None = None
    metadata: Metadata | None = None


class UploadOpened(Said):
    asset_id: UUID
    upload_id: str
    key: str
    part_size_bytes: int = Field(description="Every part has exactly this size, but the last.")
    part_count: int


class SignParts(Received):
    asset_id: UUID
    part_numbers: Annotated[list[PartNumber], Field(min_length=1, max_length=MAX_SIGNED)]


class SignedPart(Said):
    part_number: int
    url: str = Field(description="PUT the part's bytes here; keep the ETag of the answer.")
    expires_at: datetime


class SignedParts(Said):
    urls: list[SignedPart]


class PartsQuery(Received):
    asset_id: UUID
    cursor: Annotated[str | None, Field(default=None, max_length=20)]


class StoredPart(Said):
    part_number: int
    etag: str
    size_bytes: int


class StoredParts(Said):
    asset_id: UUID
    part_size_bytes: int
    part_count: int
    items: list[StoredPart]
    next_cursor: str | None


class CompletedPart(Received):
    part_number: PartNumber
    etag: Annotated[Text, Field(min_length=1, max_length=128)]


class UploadComplete(Received):
    asset_id: UUID
    parts: Annotated[
        list[CompletedPart] | None,
        Field(default=None, max_length=MAX_PARTS, description="In any order. Left out: what the store has."),
    ]


class UploadCompleted(Said):
    asset_id: UUID
    size_bytes: int
    part_count: int


class UploadAbort(Received):
    asset_id: UUID
