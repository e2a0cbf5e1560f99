"""Assets on their way to another project."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from functions.api.models.editing import Edited, Ids, NotEdited
from functions.api.models.strict import ProjectId, Received, Said


class Move(Received):
    asset_ids: Ids
    project_id: Annotated[ProjectId, Field(description="Where they go; one must be allowed to upload there.")]


class Moved(Said):
    """Each asset for itself: those that are refused say why and stay where they are. `changed` is false for one that was there already."""

    moved: list[Edited]
    refused: list[NotEdited]
