"""One ranked list out of several: reciprocal rank fusion (Cormack, Clarke, Büttcher, SIGIR 2009), k = 60.

Scores of different engines, and of different indexes of one engine, cannot be compared; ranks can.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

K = 60


@dataclass(frozen=True)
class Leg:
    """What one engine ranked, best first, each id once."""

    name: str
    ids: Sequence[str]
    weight: float = 1.0


@dataclass(frozen=True)
class Fused:
    id: str
    score: float
    legs: tuple[str, ...]


def fuse(legs: Iterable[Leg], k: int = K) -> list[Fused]:
    """Best first; equal scores in the order of their ids, so that the same legs always give the same list."""
    scores: dict[str, float] = {}
    seen: dict[str, list[str]] = {}
    for leg in legs:
        for rank, id_ in enumerate(leg.ids, 1):
            scores[id_] = scores.get(id_, 0.0) + leg.weight / (k + rank)
            seen.setdefault(id_, []).append(leg.name)
    order = sorted(scores, key=lambda id_: (-scores[id_], id_))
    return [Fused(id_, scores[id_], tuple(seen[id_])) for id_ in order]


def grouped(ids: Iterable[str]) -> list[str]:
    """Each id once, where it came first: passages ranked become assets ranked."""
    return list(dict.fromkeys(ids))
