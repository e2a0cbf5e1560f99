"""Tesseract: a `Reader` for scanned documents, where it is faster and keeps lines whole; it reads little of what is set over pictures.

Chosen by the model: one whose files are `*.traineddata` is read by it. Optional: the extra `enrich-documents`.
"""

from __future__ import annotations

import importlib
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from acervo.errors import Permanent
from functions.enrich import models
from functions.enrich.reader import Line

if TYPE_CHECKING:
    from functions.enrich.detector import Pixels

_loading, _using = threading.Lock(), threading.Lock()
SUFFIX = ".traineddata"
LEAST_SIDE = 16


class Tesseract:
    """A `Reader`; all languages of its model at once, in their order."""

    def __init__(self, model: models.Model, directory: Path) -> None:
        try:
            self._library: Any = importlib.import_module("tesserocr")
        except ImportError as fault:
            raise Permanent(
                "engine-missing", f"model {model.name} needs tesserocr, which this image does not have"
            ) from fault
        self.label = model.label
        languages = "+".join(file.name.removesuffix(SUFFIX) for file in model.files)
        self._api = self._library.PyTessBaseAPI(path=f"{directory}/", lang=languages)

    def read(self, pixels: Pixels) -> list[Line]:
        """From top to bottom."""
        from PIL import Image

        height, width = pixels.shape[:2]
        if min(height, width) < LEAST_SIDE:
            return []
        with _using:
            self._api.SetImage(Image.fromarray(pixels))
            self._api.Recognize()
            level = self._library.RIL.TEXTLINE
            found = self._library.iterate_level(self._api.GetIterator(), level)
            lines = [line for item in found if (line := _line(item, level, width, height))]
            self._api.Clear()
        return sorted(lines, key=lambda line: (line.box[1], line.box[0]))


def _line(item: Any, level: Any, width: int, height: int) -> Line | None:
    if item.Empty(level):
        return None
    text = " ".join(item.GetUTF8Text(level).split())
    x0, y0, x1, y1 = item.BoundingBox(level)
    box = (x0 / width, y0 / height, (x1 - x0) / width, (y1 - y0) / height)
    return Line(text, float(item.Confidence(level)) / 100, box) if text else None


@cache
def _load(name: str, models_dir: Path) -> Tesseract:
    model = models.find(name, "ocr")
    return Tesseract(model, models.resolve(model, models_dir, "cpu"))


def load(name: str, models_dir: Path) -> Tesseract:
    """The warm model.

    Raises:
        Permanent: the model is unknown, missing or altered, or Tesseract is not installed.
    """
    with _loading:
        return _load(name, models_dir)
