"""What is the same wherever vectors are kept (pgvector, Elasticsearch): their lengths, how near is near, how many are looked at."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DIMENSIONS = (384, 512)  # each has an index of its own
PASSAGES = 3  # vectors looked at for each asset that is wanted: an asset has several
CANDIDATES = 200  # that a graph is walked for: many assets of a newsroom have the same few words
FARTHEST = 0.6  # cosine distance: beyond it, models speak of nothing in common
LEAST_SQUARE = 1e-8  # of a vector's length; models make vectors of length 1
MAX_VECTORS = 200  # of one asset, in an engine's index


@dataclass(frozen=True)
class VectorDocument:
    """One passage's place in the space of `model`."""

    number: int
    model: str
    vector: Sequence[float]


def vector_document(row: Mapping[str, Any]) -> VectorDocument | None:
    """From a row of `embeddings`; None when it points nowhere (all zeros have no direction)."""
    vector: list[float] = json.loads(row["embedding"])
    return VectorDocument(row["number"], row["model"], vector) if is_direction(vector) else None


def is_direction(vector: Sequence[float]) -> bool:
    """Whether it can be near to anything: what is as good as zero in the engines' small floats has no direction, and is refused by them."""
    return len(vector) in DIMENSIONS and sum(number * number for number in vector) > LEAST_SQUARE
