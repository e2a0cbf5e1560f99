"""Which file goes to the channel: the rendition that was asked for, ready or to be ordered. Pure.

`master` is the file as received. An expired rendition is ordered again; one that failed stays failed until somebody retries it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from acervo.channels.material import Asset, Rendition

THUMBNAILS = ("poster", "thumb-1200", "display", "thumb-800")


@dataclass(frozen=True)
class Order:
    """It has to be made first."""

    profile: str
    reason: str


@dataclass(frozen=True)
class Unavailable:
    """It cannot be had."""

    reason: str


def choose(
    profile: str, asset: Asset, renditions: Iterable[Rendition], archive: str
) -> Rendition | Order | Unavailable:
    """The file of a profile, or what to do about it."""
    if profile == "master":
        if asset.master_key is None:
            return Unavailable("the asset has no master")
        return Rendition(
            profile="master", status="ready", bucket=archive, key=asset.master_key, mime_type=asset.mime_type or "application/octet-stream",
            size_bytes=asset.size_bytes, detail={},
        )  # fmt: skip
    found = next((rendition for rendition in renditions if rendition.profile == profile), None)
    if found is None:
        return Order(profile, "missing")
    if found.status == "ready" and found.bucket and found.key:
        return found
    if found.status == "failed":
        return Unavailable(f"the rendition {profile} could not be made")
    return Order(profile, found.status)


def thumbnail(renditions: Iterable[Rendition]) -> Rendition | None:
    """The best picture there is for a cover."""
    ready = {
        rendition.profile: rendition
        for rendition in renditions
        if rendition.status == "ready" and rendition.key
    }
    return next((ready[profile] for profile in THUMBNAILS if profile in ready), None)
