"""What turns a stretch of speech into a voice: a vector that is much the same whatever this person says. Its library is another file (`voice_onnx.py`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np

    from functions.enrich.embedder import Vectors

    Stretches = np.ndarray[Any, np.dtype[np.float32]]  # rows of samples, 16 kHz, -1 … 1


class VoiceEncoder(Protocol):
    @property
    def label(self) -> str:
        """Name and version of the model, stored beside every result."""

    def voices(self, stretches: Stretches) -> Vectors:
        """A row of length 1 for each stretch; the product of two rows is their likeness. All zero where there is no voice."""
