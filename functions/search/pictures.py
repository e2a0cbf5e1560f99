"""Pictures by words: the words' vector in the space that enrichment put pictures into, and the rows of `embeddings` that are near it.

The words are embedded in this process by the model's own tower of words (`acervo.picture_words`); pictures are found by `PgVectors`, in whose statement
scope and filters are.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from acervo.errors import Permanent
from functions.search.engine import Ask, Embedder, EngineDown, Picture
from functions.search.reading import Reading

if TYPE_CHECKING:
    from acervo.picture_words import PictureWords

LIKENESS = 0.22  # cosine of words and pictures that belong together in CLIP's space: 0.2 to 0.35. Unmeasured here: no package ships such a model
FRAMES = 5  # looked at for an asset that is wanted: a film has many that are alike
REMEMBERED = 1024


class PicturesByWords:
    """See `engine.Pictures`."""

    def __init__(self, words: Embedder, reading: Reading, likeness: float = LIKENESS) -> None:
        from functions.search.pgvector_meaning import PgVectors

        self._words = words
        self._vectors = PgVectors(reading, words.model, 1 - likeness, FRAMES)
        self.name = self._vectors.name

    def nearest(self, text: str, ask: Ask, window: int) -> Sequence[Picture]:
        return self._vectors.pictures(self._words.vector(text), ask, window)


class PictureWordsEmbedder:
    """See `engine.Embedder`. The network is read with the first query; who types, pages or filters asks for the same words again."""

    def __init__(self, directory: Path, model: str) -> None:
        self.model, self._directory = model, directory
        self._using = threading.Lock()
        self._network: PictureWords | None = None
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._ask)

    def vector(self, text: str) -> Sequence[float]:
        return self._remembered(text)

    def _ask(self, text: str) -> tuple[float, ...]:
        try:
            with self._using:
                if self._network is None:
                    from acervo.picture_words import PictureWords

                    self._network = PictureWords(self._directory, self.model)
                return tuple(map(float, self._network.question(text)[0]))
        except (Permanent, ImportError) as fault:
            raise EngineDown(f"the words of pictures: {type(fault).__name__}: {fault}") from fault
