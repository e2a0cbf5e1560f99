"""The life of a publication, as one transition table. `wanted` (live or withdrawn) is what people ask for, the state is how far it is.

requested ─► waiting ─► sending ─► processing ─► published
    └──────────┴───────────┴───────────┴──► failed ─► requested | sending (tried again)
what failed and may be seen all the same, like whatever has begun ─► withdrawing ─► withdrawn ─► requested (asked again); what has not begun ─► withdrawn
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    REQUESTED = "requested"
    WAITING = "waiting"
    SENDING = "sending"
    PROCESSING = "processing"
    PUBLISHED = "published"
    WITHDRAWING = "withdrawing"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


_S = State
TRANSITIONS: dict[State, frozenset[State]] = {
    _S.REQUESTED: frozenset({_S.WAITING, _S.SENDING, _S.FAILED, _S.WITHDRAWN}),
    _S.WAITING: frozenset({_S.SENDING, _S.PUBLISHED, _S.FAILED, _S.WITHDRAWING, _S.WITHDRAWN}),
    _S.SENDING: frozenset({_S.WAITING, _S.PROCESSING, _S.PUBLISHED, _S.FAILED, _S.WITHDRAWING, _S.WITHDRAWN}),
    _S.PROCESSING: frozenset({_S.SENDING, _S.PUBLISHED, _S.FAILED, _S.WITHDRAWING, _S.WITHDRAWN}),
    _S.PUBLISHED: frozenset({_S.SENDING, _S.PROCESSING, _S.FAILED, _S.WITHDRAWING, _S.WITHDRAWN}),
    _S.WITHDRAWING: frozenset({_S.WITHDRAWN, _S.REQUESTED, _S.FAILED}),
    _S.WITHDRAWN: frozenset({_S.REQUESTED}),
    _S.FAILED: frozenset({_S.REQUESTED, _S.SENDING, _S.PUBLISHED, _S.WITHDRAWING, _S.WITHDRAWN}),
}


def may_become(now: State, then: State) -> bool:
    """Whether a publication in `now` may go to `then` (staying is always allowed)."""
    return now is then or then in TRANSITIONS[now]
