"""Names by spaCy: a `NameFinder`. Optional: the extra `enrich-names`; the Spanish model is GPL-3.0, which is why it is off by default."""

from __future__ import annotations

import importlib
import threading
import warnings
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from acervo.errors import Permanent
from functions.enrich import models
from functions.enrich.finder import Name

_loading, _using = threading.Lock(), threading.Lock()
BATCH = 32
_NOT_NEEDED = ["parser", "lemmatizer", "attribute_ruler", "morphologizer", "tagger", "senter"]
# Labels of WikiNER models (es) and of OntoNotes models (en).
_KINDS = {
    "PER": "person", "PERSON": "person", "LOC": "place", "GPE": "place", "FAC": "place", "ORG": "organisation",
}  # fmt: skip


class SpacyNames:
    """A `NameFinder`."""

    def __init__(self, model: models.Model, directory: Path) -> None:
        try:
            spacy: Any = importlib.import_module("spacy")
        except ImportError as fault:
            raise Permanent(
                "engine-missing", f"model {model.name} needs spaCy, which this image does not have"
            ) from fault
        self.label = model.label
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", message=r"\[W095\]"
            )  # the Spanish one is of spaCy 3.1: tried with 3.8
            self._pipeline = spacy.load(directory, exclude=_NOT_NEEDED)
        self.language = str(self._pipeline.lang)

    def find(self, texts: Iterable[str]) -> list[Name]:
        with _using:
            return [
                Name(_KINDS[entity.label_], entity.text)
                for document in self._pipeline.pipe(texts, batch_size=BATCH)
                for entity in document.ents
                if entity.label_ in _KINDS
            ]


@cache
def _load(name: str, models_dir: Path) -> SpacyNames:
    model = models.find(name, "names")
    return SpacyNames(model, models.resolve(model, models_dir))


def load(name: str, models_dir: Path) -> SpacyNames:
    """The warm model.

    Raises:
        Permanent: the model is unknown, missing or altered, or spaCy is not installed.
    """
    with _loading:
        return _load(name, models_dir)
