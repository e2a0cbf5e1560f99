"""What reads text in a picture, whichever library does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from functions.enrich.detector import Box, Pixels


@dataclass(frozen=True)
class Line:
    text: str
    score: float
    box: Box


class Reader(Protocol):
    @property
    def label(self) -> str:
        """Name and version of the model, stored beside every result."""

    def read(self, pixels: Pixels) -> list[Line]:
        """The lines of a picture, from top to bottom."""
