"""What every model of the API has in common: unknown fields are refused, no text carries NUL (PostgreSQL has none)."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

T = TypeVar("T")
PROJECT = r"^[a-z0-9][a-z0-9-]{1,62}$"


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not contain NUL")
    return text


Text = Annotated[str, AfterValidator(_without_nul)]
Line = Annotated[str, Field(max_length=1_000), AfterValidator(_without_nul)]
ProjectId = Annotated[str, Field(pattern=PROJECT)]
Sha256 = Annotated[
    str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the bytes, in lower-case hex.")
]
Cursor = Annotated[
    str | None, Field(default=None, max_length=500, description="`next_cursor` of the page before.")
]


class Received(BaseModel):
    """A request: nothing but what is described."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Said(BaseModel):
    """An answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Page(Said, Generic[T]):
    """One page of a list."""

    items: list[T]
    next_cursor: str | None = Field(description="Ask again with it as `cursor`; null on the last page.")
