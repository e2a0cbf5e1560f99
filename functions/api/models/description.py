"""What machines described and people put right: corrections, speakers, tags, objects, written text, shots, related assets.

Times are milliseconds on the asset's clock, ends exclusive; boxes are fractions of the picture, from its top left.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from acervo.edits import MAX_LINE, MAX_SPEAKER, MAX_TAG
from functions.api.models.assets import Kind, Segment, Status
from functions.api.models.editing import Link
from functions.api.models.strict import WHOLE, Cursor, Received, Said, Text

TagKind = Literal["object", "person", "place", "organisation"]
Verdict = Literal["added", "rejected"]
TagSource = Literal["machine", "person", "both"]
TagValue = Annotated[Text, Field(min_length=1, max_length=MAX_TAG, pattern=r"\S")]
SpokenBy = Annotated[Text, Field(min_length=1, max_length=MAX_SPEAKER, pattern=r"\S")]
Moment = Annotated[int, Field(ge=0, le=2**31 - 1), WHOLE]


class Stretch(Received):
    """A page of a list in order of time, of the whole asset or of one stretch of it."""

    from_ms: Annotated[Moment | None, Field(default=None, description="What is over by then is left out.")]
    until_ms: Annotated[Moment | None, Field(default=None, description="What begins later is left out.")]
    cursor: Cursor


# -- transcript -------------------------------------------------------------------------------------------------------
class LineEdit(Received):
    """What a line says and who says it; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    text: Annotated[Text, Field(default="", max_length=MAX_LINE, description="Empty: nothing is said there.")]
    speaker: Annotated[
        SpokenBy | None, Field(default=None, description="A voice of this transcript, or a name; null: nobody known.")
    ]  # fmt: skip

    @model_validator(mode="after")
    def _something(self) -> LineEdit:
        if not self.model_fields_set:
            raise ValueError("send `text`, `speaker`, or both")
        return self


class CorrectionsQuery(Received):
    holding: Annotated[
        bool, Field(default=False, description="Only those that are shown now, not those that were ended.")
    ]
    cursor: Cursor
    limit: Annotated[int, Field(default=50, ge=1, le=200)]


class Correction(Said):
    """A person's line. It holds until somebody corrects the line again or takes it back (`ended_at`)."""

    id: int
    start_ms: int
    end_ms: int
    text: str = Field(description="Empty: the line was removed.")
    speaker: str | None
    language: str | None
    machine_text: str
    machine_speaker: str | None
    author: str
    at: datetime
    ended_at: datetime | None
    ended_by: str | None


class LineChanged(Said):
    """`line` is null when nothing is said there any more. `asset_version` is what an edit of the asset names from now on."""

    line: Segment | None
    correction: Correction
    asset_version: int


class Speaker(Said):
    """A voice in the transcript. `name` is shown on its lines where a person gave one, else the voice itself."""

    voice: str
    name: str | None
    lines: int
    total_ms: int
    first_ms: int
    author: str | None
    at: datetime | None


class SpeakerName(Received):
    voice: Annotated[Text, Field(min_length=1, max_length=MAX_SPEAKER)]
    name: Annotated[SpokenBy | None, Field(description="Null takes the name back.")]


class SpeakersQuery(Received):
    cursor: Cursor
    limit: Annotated[int, Field(default=50, ge=1, le=200)]


# -- tags -------------------------------------------------------------------------------------------------------------
class Tag(Said):
    """An object that is seen, or a name that is said. `verdict` is a person's word on it, by `author`."""

    kind: TagKind
    value: str
    source: TagSource
    verdict: Verdict | None
    score: float | None = Field(description="The machine's, 0 to 1.")
    times: int = Field(description="Appearances or mentions.")
    total_ms: int = Field(description="How long it is in the picture.")
    model: str | None
    author: str | None
    at: datetime | None


class TagsQuery(Received):
    kind: TagKind | None = None
    rejected: Annotated[bool, Field(default=False, description="With those that people rejected.")]
    cursor: Cursor
    limit: Annotated[int, Field(default=100, ge=1, le=500)]


class TagVerdict(Received):
    kind: TagKind
    value: TagValue
    verdict: Verdict = "added"


class TagRename(Received):
    kind: TagKind
    value: TagValue
    to: TagValue
    to_kind: Annotated[
        TagKind | None, Field(default=None, description="Where it was taken for another kind.")
    ]


class TagNamed(Received):
    kind: TagKind
    value: TagValue


# -- what is seen -----------------------------------------------------------------------------------------------------
class Area(Said):
    x: float
    y: float
    width: float
    height: float


class SeenBox(Area):
    at_ms: int
    score: float


class Detection(Said):
    """An object that is in the picture from–to; `most` of its kind at once. `boxes`: the best in each frame that was looked at."""

    number: int
    label: str
    start_ms: int
    end_ms: int
    score: float
    best_ms: int
    most: int
    model: str
    boxes: list[SeenBox] | None


class DetectionsQuery(Stretch):
    label: Annotated[Text | None, Field(default=None, min_length=1, max_length=MAX_TAG)]
    boxes: Annotated[bool, Field(default=True, description="With the boxes of the stretch.")]
    limit: Annotated[int, Field(default=50, ge=1, le=100)]


class WrittenText(Said):
    """A line of text that stands in the picture from–to."""

    number: int
    start_ms: int
    end_ms: int
    text: str
    score: float
    box: Area
    model: str


class TextsQuery(Stretch):
    limit: Annotated[int, Field(default=100, ge=1, le=500)]


class Shot(Said):
    number: int
    start_ms: int
    end_ms: int
    frame_ms: int
    picture_url: str | None = Field(description="Presigned: a small WebP of the frame.")


class ShotsQuery(Received):
    cursor: Cursor
    limit: Annotated[int, Field(default=100, ge=1, le=200)]


# -- related ----------------------------------------------------------------------------------------------------------
class Neighbour(Said):
    """Another asset that the caller may see, in a line."""

    asset_id: UUID
    name: str
    title: str | None
    project_id: str
    kind: Kind | None
    status: Status
    duration_s: float | None
    thumbnail_url: str | None = Field(description="Presigned.")


class NearDuplicate(Neighbour):
    """`bits` of the 64 of a perceptual hash differ; `shots` of this asset look like one of it."""

    bits: int
    shots: int
    start_ms: int = Field(description="Where in the other asset.")
    own_start_ms: int = Field(description="Where in this one.")


class NearDuplicatesQuery(Received):
    most_bits: Annotated[int, Field(default=8, ge=0, le=16, description="8: copies, scaled or graded.")]
    cursor: Cursor
    limit: Annotated[int, Field(default=20, ge=1, le=100)]


class LinkedAsset(Neighbour):
    link: Link


class Related(Said):
    """The beginning of each list; `…_next` is the address of the rest."""

    same_bytes: Neighbour | None = Field(description="The asset of the project that has these very bytes.")
    links: list[LinkedAsset]
    links_next: str | None
    near_duplicates: list[NearDuplicate]
    near_duplicates_next: str | None
    more_like_this: str = Field(description="The address at which search answers that.")
