"""Orders: a rendition that is made because somebody asks for it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from functions.api.models.jobs import Job
from functions.api.models.strict import Received, Said

OrderedProfile = Literal[
    "proxy", "web", "hls", "poster", "preview", "broadcast", "waveform", "thumb-300", "thumb-800", "thumb-1200", "display", "tiles",
    "prores-proxy", "prores-lt", "prores-422", "prores-hq", "original",
]  # fmt: skip


class Clip(Received):
    """From the beginning of the film; the frame at `end_ms` is not in it any more."""

    start_ms: Annotated[int, Field(ge=0)]
    end_ms: Annotated[int, Field(gt=0)]

    @model_validator(mode="after")
    def _not_empty(self) -> Clip:
        if self.end_ms <= self.start_ms:
            raise ValueError("a clip ends after it begins")
        return self


class Box(Received):
    """What the picture is fitted into; its shape is kept, and it is never enlarged."""

    width: Annotated[int, Field(ge=16, le=16384)]
    height: Annotated[int, Field(ge=16, le=16384)]


class RenditionOrder(Received):
    profile: Annotated[OrderedProfile, Field(description="`original`: a clip in the master's own coding.")]
    clip: Clip | None = None
    box: Box | None = None
    video_kbps: Annotated[int | None, Field(ge=64, le=200_000)] = None
    at_ms: Annotated[int | None, Field(ge=0, description="The moment of a poster.")] = None
    override: Annotated[
        bool,
        Field(
            default=False, description="In spite of the asset's rights, for who may: it is in the audit log."
        ),
    ]


class Ordered(Said):
    job: Job
    rendition: str = Field(
        description="The profile under which the result can be downloaded when the job is done."
    )
