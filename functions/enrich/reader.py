"""What reads text in a picture, whichever library does it: RapidOCR (`rapid.py`), or Tesseract for documents (`tesseract.py`)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
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


def load(name: str, models_dir: Path, device: str, threads: int) -> Reader:
    """The warm reader of a model: which library follows from its files.

    Raises:
        Permanent: the model is unknown, missing or altered, or its library is not in this image.
    """
    from functions.enrich import models, rapid, tesseract

    if all(file.name.endswith(tesseract.SUFFIX) for file in models.find(name, "ocr").files):
        return tesseract.load(name, models_dir)
    return rapid.load(name, models_dir, device, threads)
