"""CloudEvents that come in, and what became of each."""

from __future__ import annotations

from pydantic import Field

from functions.api.models.strict import Said


class TakenEvent(Said):
    """`duplicate`: it was taken before, and nothing happens again."""

    index: int = Field(description="Its place in the batch.")
    id: str
    source: str
    type: str
    duplicate: bool


class RefusedEvent(Said):
    index: int
    id: str | None
    source: str | None
    type: str | None
    code: str
    detail: str


class EventsTaken(Said):
    accepted: list[TakenEvent]
    refused: list[RefusedEvent]
