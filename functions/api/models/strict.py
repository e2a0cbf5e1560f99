"""What every model of the API has in common: unknown fields are refused, no text carries NUL (PostgreSQL has none)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)

T = TypeVar("T")
PROJECT = r"^[a-z0-9][a-z0-9-]{1,62}$"


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not contain NUL")
    return text


def _whole(value: object) -> object:
    """JSON has one kind of number: 5.0 is a whole one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _instant(value: object) -> datetime:
    """RFC 3339 only: pydantic would take numbers for seconds since 1970, and times of nowhere."""
    try:
        when = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError as fault:
        raise ValueError("is not a time as RFC 3339 has it") from fault
    if not isinstance(when, datetime) or when.tzinfo is None:
        raise ValueError("is not a time with an offset")
    return when


Instant = Annotated[
    datetime,
    PlainValidator(_instant),
    PlainSerializer(lambda when: when.isoformat().replace("+00:00", "Z"), return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "description": "RFC 3339 with an offset."}),
]
WHOLE = BeforeValidator(_whole)  # after the limits: `Annotated[int, Field(ge=1), WHOLE]`
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

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Said(BaseModel):
    """An answer."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Page(Said, Generic[T]):
    """One page of a list."""

    items: list[T]
    next_cursor: str | None = Field(description="Ask again with it as `cursor`; null on the last page.")
