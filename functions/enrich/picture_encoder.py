"""What puts pictures and words into one space, so that words find pictures that nobody described. Its library is another file (`picture_onnx.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from functions.enrich.detector import Pixels
    from functions.enrich.embedder import Vectors


class PictureEncoder(Protocol):
    @property
    def label(self) -> str:
        """Name and version of the model, stored beside every result."""

    def pictures(self, pictures: Sequence[Pixels]) -> Vectors:
        """A row of length 1 for each picture; all zero where the network says nothing."""

    def questions(self, texts: Sequence[str]) -> Vectors:
        """A row for each text that somebody asks with."""
