"""Where an asset can go, said before it is sent."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from functions.api.models.publications import Channel
from functions.api.models.strict import Cursor, Received, Said

Possible = Literal["now", "later", "no"]


class Obstacle(Said):
    """What stands in the way: `no` until somebody changes something, `later` until something happens by itself."""

    level: Literal["later", "no"]
    code: str
    detail: str
    at: datetime | None = Field(default=None, description="When it is over, where that is known.")
    profile: str | None = Field(default=None, description="The rendition that it is about.")


class Limit(Said):
    """One thing that the channel limits, and how the asset stands to it: bytes, seconds, characters, shapes as `16:9`."""

    code: str
    found: float | str | None
    least: float | str | None
    most: float | str | None
    allowed: list[str]
    fits: bool = Field(description="What is not known yet is not held against it.")
    detail: str | None = Field(description="Why it does not fit.")


class OutletFile(Said):
    """The file that would go."""

    profile: str
    mime_type: str
    size_bytes: int | None


class Outlet(Said):
    """A channel as it is for one asset now. `publish` decides again when it sends, in the same way."""

    channel: Channel
    possible: Possible
    obstacles: list[Obstacle]
    limits: list[Limit]
    file: OutletFile | None = Field(description="Null while it has to be made first.")


class OutletsQuery(Received):
    cursor: Cursor
    limit: Annotated[int, Field(default=50, ge=1, le=100)]
