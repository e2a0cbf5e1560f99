"""What turns text into vectors, whichever library does it. Vectors of one model have one length and length 1: their product is their likeness."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np

    Vectors = np.ndarray[Any, np.dtype[np.float32]]  # rows


class Embedder(Protocol):
    """A model may treat what is searched and what is asked differently; one that knows pictures embeds them into the same space."""

    @property
    def label(self) -> str:
        """Name and version of the model, stored beside every result."""

    def passages(self, texts: Sequence[str]) -> Vectors:
        """A row for each text that will be searched."""

    def questions(self, texts: Sequence[str]) -> Vectors:
        """A row for each text that somebody asks with."""
