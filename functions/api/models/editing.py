"""History, bulk edits, collections, links."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from functions.api.models.assets import AssetSummary, Kind, Language, Metadata, Rights, Status
from functions.api.models.publications import Name
from functions.api.models.strict import Cursor, Line, ProjectId, Received, Said, Text

MAX_BULK = 500
Ids = Annotated[list[UUID], Field(min_length=1, max_length=MAX_BULK)]
LinkKind = Literal["derived-from", "part-of", "related"]
Words = Annotated[list[Annotated[Line, Field(min_length=1)]], Field(max_length=100)]


class Change(Said):
    field: str = Field(
        description="`name`, `metadata.title`, `rights.valid_until`, …; `project_id` of a move"
    )
    before: Any = None
    after: Any = None


class Edit(Said):
    """One change of an asset by a person."""

    id: int
    version: int
    at: datetime
    who: str
    what: Literal["edit", "bulk", "undo", "move"]
    changes: list[Change]
    bulk_id: UUID | None
    undoes: int | None
    undone: bool


class HistoryQuery(Received):
    cursor: Cursor
    limit: Annotated[int, Field(default=50, ge=1, le=200)]


class ManyEdit(Received):
    """A merge patch for many assets: as for one, without its name."""

    language: Language | None = None
    metadata: Metadata | None = None
    rights: Rights | None = None


class BulkEdit(Received):
    """The same change of many assets. `add_…` and `remove_…` act on the lists that are there."""

    asset_ids: Ids
    edit: ManyEdit = Field(default_factory=ManyEdit)
    add_keywords: Words = Field(default_factory=list)
    remove_keywords: Words = Field(default_factory=list)
    add_people: Words = Field(default_factory=list)
    remove_people: Words = Field(default_factory=list)
    add_places: Words = Field(default_factory=list)
    remove_places: Words = Field(default_factory=list)


class Edited(Said):
    asset_id: UUID
    version: int
    changed: bool


class NotEdited(Said):
    asset_id: UUID
    code: str
    detail: str


class BulkEdited(Said):
    """Each asset for itself: those that are refused say why, the others are changed. `bulk_id` undoes them together."""

    bulk_id: UUID
    edited: list[Edited]
    refused: list[NotEdited]


# -- collections ------------------------------------------------------------------------------------------------------
class CollectionMake(Received):
    project_id: ProjectId
    name: Name
    description: Annotated[Text, Field(default="", max_length=10_000)]


class CollectionEdit(Received):
    name: Name | None = None
    description: Annotated[Text | None, Field(default=None, max_length=10_000)]


class CollectionItems(Received):
    asset_ids: Ids


class Collection(Said):
    id: UUID
    project_id: str
    name: str
    description: str
    assets: int
    created_by: str
    version: int
    created_at: datetime
    updated_at: datetime


class CollectionsQuery(Received):
    project: ProjectId | None = None
    asset_id: Annotated[UUID | None, Field(default=None, description="Only collections with this asset.")]
    cursor: Cursor
    limit: Annotated[int, Field(default=50, ge=1, le=200)]


class CollectionAsset(AssetSummary):
    added_at: datetime


class ItemsChanged(Said):
    """How many were added or removed; what was there (or not) already does not count."""

    changed: int


# -- links ------------------------------------------------------------------------------------------------------------
class LinkMake(Received):
    kind: LinkKind
    asset_id: Annotated[UUID, Field(description="What this asset is derived from, part of, or related to.")]


class Link(Said):
    """`outgoing`: this asset is derived from / part of the other; else the other way round."""

    kind: LinkKind
    outgoing: bool
    asset_id: UUID
    name: str
    project_id: str
    asset_kind: Kind | None
    status: Status
    created_by: str
    created_at: datetime


class Links(Said):
    items: list[Link]
