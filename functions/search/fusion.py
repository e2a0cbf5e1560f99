"""One ranked list out of several: reciprocal rank fusion (Cormack, Clarke, Büttcher, SIGIR 2009), k = 60.

Scores of different engines, and of different indexes of one engine, cannot be compared; ranks can.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

K = 60


@dataclass(frozen=True)
class Leg:
    """What one engine ranked, best first, each id once."""

    name: str
    ids: Sequence[str]
    weight: float = 1.0


class Fused(NamedTuple):
    id: str
    score: float
    legs: tuple[str, ...]


def fuse(legs: Iterable[Leg], k: int = K) -> list[Fused]:
    """Best first; equal scores in the order of their ids, so that the same legs always give the same list."""
    scores: dict[str, float] = {}
    seen: dict[str, tuple[str, ...]] = {}
    for leg in legs:
        alone, weight = (leg.name,), leg.weight
        for place, id_ in enumerate(leg.ids, k + 1):
            if id_ in scores:
                scores[id_] += weight / place
                seen[id_] += alone
            else:
                scores[id_], seen[id_] = weight / place, alone
    order = sorted((-score, id_) for id_, score in scores.items())
    return [Fused(id_, -score, seen[id_]) for score, id_ in order]


def grouped(ids: Iterable[str]) -> list[str]:
    """Each id once, where it came first: passages ranked become assets ranked."""
    return list(dict.fromkeys(ids))
