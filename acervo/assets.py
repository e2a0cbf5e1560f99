"""The life of an asset, as one transition table.

uploading ─► processing ─► ready
    │             ├──────► error ─► processing   (the failed step is run again)
    └─► rejected ◄┘                  (not media, truncated, hostile, a duplicate) ─► uploading   (looked at again)
any state ─► deleted
"""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    VIDEO = "video"
    AUDIO = "audio"
    IMAGE = "image"


class Status(StrEnum):
    UPLOADING = "uploading"
    PROCESSING = "processing"
    READY = "ready"
    ERROR = "error"
    REJECTED = "rejected"
    DELETED = "deleted"


TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.UPLOADING: frozenset({Status.PROCESSING, Status.REJECTED, Status.DELETED}),
    Status.PROCESSING: frozenset({Status.READY, Status.ERROR, Status.REJECTED, Status.DELETED}),
    Status.READY: frozenset({Status.PROCESSING, Status.DELETED}),
    Status.ERROR: frozenset({Status.PROCESSING, Status.DELETED}),
    Status.REJECTED: frozenset({Status.UPLOADING, Status.DELETED}),
    Status.DELETED: frozenset(),
}


def may_become(now: Status, then: Status) -> bool:
    """Whether an asset in `now` may go to `then`."""
    return then in TRANSITIONS[now]


def required_steps(kind: Kind, has_audio: bool) -> tuple[str, ...]:
    """Kinds of the jobs that must be done before an asset is `ready`."""
    if kind is Kind.IMAGE:
        return ("transcode",)
    return ("transcode", "speech") if has_audio else ("transcode",)
