"""Which vectors are of one voice: agglomerative clustering, the likest two first, until no two are alike enough and there are few enough. Pure.

Two groups are as alike as their members are on average (average linkage), which is one product of their sums. The same vectors in the same order
always give the same groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from functions.enrich.embedder import Vectors

    Floats = np.ndarray[Any, np.dtype[np.float64]]
    Numbers = np.ndarray[Any, np.dtype[np.int64]]


def agglomerate(vectors: Vectors, weights: Sequence[float], likeness: float, most: int) -> Numbers:
    """The group of each vector, numbered from 0 in the order in which they first come.

    Args:
        weights: how much each vector counts for.
        likeness: two groups that are less alike than this are two voices,
        most: unless there are more groups than this.
    """
    count = len(vectors)
    groups = np.arange(count)
    if count == 0:
        return groups
    weight: Floats = np.array(weights, np.float64)  # its own: it changes
    sums: Floats = vectors.astype(np.float64) * weight[:, None]
    alike: Floats = (sums @ sums.T) / np.outer(weight, weight)
    np.fill_diagonal(alike, -np.inf)
    best: Numbers = alike.argmax(axis=1)
    for left in range(count, 1, -1):
        first = int(alike[np.arange(count), best].argmax())
        second = int(best[first])
        if alike[first, second] < likeness and left <= most:
            break
        first, second = min(first, second), max(first, second)
        groups[groups == second] = first
        sums[first] += sums[second]
        weight[first] += weight[second]
        alike[second, :] = alike[:, second] = -np.inf
        live = alike[first] > -np.inf
        row = np.full(count, -np.inf)
        row[live] = (sums[live] @ sums[first]) / (weight[live] * weight[first])
        alike[first], alike[:, first] = row, row
        # the new group is no more alike to anybody than the liker of the two was: only whose best was one of them has to look again
        stale = np.flatnonzero((best == first) | (best == second))
        best[stale] = alike[stale].argmax(axis=1)
        best[first] = row.argmax()
    return _in_order(groups)


def settle(vectors: Vectors, groups: Numbers, weights: Sequence[float], least: float) -> Numbers:
    """Groups that weigh less than `least` are no voices (two people at once, a cough): each of their vectors goes to the voice that it is
    most like. So does every other vector, since the first ones were grouped before it was known who speaks. The largest always stays."""
    if len(vectors) == 0:
        return groups
    weight = np.bincount(groups, np.asarray(weights, np.float64))
    kept = np.flatnonzero(weight >= least)
    if len(kept) == 0:
        kept = np.array([int(weight.argmax())])
    centres = np.stack(
        [centre(vectors[groups == group], np.asarray(weights)[groups == group]) for group in kept]
    )
    return _in_order(kept[(vectors @ centres.T).argmax(axis=1)])


def centre(vectors: Vectors, weights: Sequence[float] | Floats) -> Vectors:
    """The direction of some vectors, of length 1 (or all zero)."""
    total = (vectors * np.asarray(weights, np.float32)[:, None]).sum(axis=0)
    length = float(np.linalg.norm(total))
    direction: Vectors = (total / length if length > 0 else total).astype(np.float32)
    return direction


def _in_order(groups: Numbers) -> Numbers:
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    place = np.empty(len(first), np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    ordered: Numbers = place[inverse.ravel()]
    return ordered
