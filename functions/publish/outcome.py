"""What a step's end means for the row: one value, made by pure functions, written by the worker. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from functions.publish import backoff
from functions.publish.connector import Receipt, Standing
from functions.publish.faults import Fault, Verdict
from functions.publish.rows import Channel, Publication
from functions.publish.states import State


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The columns that `settle_publication` writes; `due_s` None: nothing to do until something wakes it."""

    state: State
    due_s: float | None = None
    failures: int = 0
    reason_code: str | None = None
    reason: str | None = None
    advice: str | None = None
    begun: bool = False
    live: bool = False
    live_revision: int = 0
    session: Mapping[str, Any] = field(default_factory=dict)
    external_id: str | None = None
    url: str | None = None
    sent_bytes: int = 0
    proof: Mapping[str, Any] | None = None
    said: str = ""  # published, failed, withdrawn
    go_on: bool = False
    channel_failed: bool = False
    channel_answered: bool = False


def as_it_is(publication: Publication, session: Mapping[str, Any], sent_bytes: int, begun: bool) -> Outcome:
    """Nothing changed but how far it got."""
    return Outcome(
        state=publication.state, failures=publication.failures, begun=begun, live=publication.live or begun,
        live_revision=publication.live_revision, session=session, external_id=publication.external_id, url=publication.url,
        sent_bytes=sent_bytes,
    )  # fmt: skip


def received(now: Outcome, publication: Publication, receipt: Receipt, ends_s: float | None) -> Outcome:
    """The channel has it: shown, or still being processed."""
    changed = replace(
        now, begun=True, live=True, external_id=receipt.external_id, url=receipt.url or now.url, failures=0,
        session={**now.session, **receipt.session}, channel_answered=True,
    )  # fmt: skip
    if receipt.standing is Standing.PROCESSING:
        return replace(changed, state=State.PROCESSING, due_s=receipt.again_s)
    return replace(
        changed, state=State.PUBLISHED, live_revision=publication.revision, due_s=ends_s, said="published"
    )


def taken_down(
    now: Outcome, publication: Publication, why: tuple[str, str], proof: Mapping[str, Any], *, for_good: bool
) -> Outcome:
    """The channel does not have it any more. Wanted again meanwhile, it begins anew."""
    code, reason = why
    state = State.WITHDRAWN if for_good else State.REQUESTED
    return replace(
        now, state=state, begun=False, live=False, live_revision=0, session={}, external_id=None, url=None, sent_bytes=0, failures=0,
        reason_code=code if for_good else None, reason=reason if for_good else None, proof=proof, said="withdrawn" if for_good else "",
        due_s=None if for_good else 0.0, go_on=not for_good, channel_answered=True,
    )  # fmt: skip


def interrupted(now: Outcome) -> Outcome:
    """The slice is over, or something else is wanted: somebody goes on at once."""
    return replace(now, due_s=0.0, go_on=True)


def faulty(
    now: Outcome, publication: Publication, channel: Channel, fault: Fault, action: str, random: Random
) -> Outcome:
    """The table says what a fault means."""
    entry = fault.entry
    told = replace(
        now,
        reason_code=fault.code,
        reason=fault.reason,
        advice=entry.advice,
        channel_failed=entry.channel_is_ill,
    )
    if entry.verdict is Verdict.LATER:
        state = State.WAITING if action == "send" else now.state
        return replace(told, state=state, due_s=fault.after_s or 60.0)
    if entry.verdict is not Verdict.PASSES:
        return replace(told, state=State.FAILED, failures=publication.failures + 1, said="failed")
    progressed = now.sent_bytes > publication.sent_bytes
    failures = (0 if progressed else publication.failures) + 1
    if failures >= backoff.ATTEMPTS:
        return replace(told, state=State.FAILED, failures=failures, said="failed")
    wait_s = max(backoff.delay_s(failures, random), fault.after_s or 0.0)
    if entry.channel_is_ill and channel.failures + 1 >= backoff.BREAKER_THRESHOLD:
        wait_s = max(wait_s, backoff.breaker_s(channel.failures + 1))
    return replace(told, failures=failures, due_s=wait_s)
