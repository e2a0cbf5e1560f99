"""One step of one publication: look and decide in one transaction, act under a lease, settle in another.

Every way out writes what happened; a killed process leaves a lease that runs out and a row whose `due_at` the tick finds.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from acervo.database import as_json, query
from acervo.errors import Transient
from functions.publish import backoff, holding, news
from functions.publish.claims import Claim, claim
from functions.publish.doing import Doing
from functions.publish.outcome import Outcome
from functions.publish.rows import Channel
from functions.publish.states import State, may_become
from functions.publish.transfer import Control, LeaseLost

if TYPE_CHECKING:
    from acervo.function import Call

log = logging.getLogger(__name__)


def advance(call: Call, publication_id: str) -> None:
    """Take the next step of a publication, if there is one and it is its time.

    Raises:
        Transient: it failed for now and is due again soon (the broker's retry brings it back).
    """
    ours = claim(call, publication_id)
    if ours is None:
        return
    control = Control(call.settings.slice_s, _share(ours.channel))
    takes_down = ours.action == "withdraw"
    with holding.kept(
        call.database, publication_id, ours.owner, control, ours.publication.wanted, takes_down=takes_down
    ):
        try:
            result = Doing(call, ours, control).run()
        except LeaseLost:
            log.warning("publication %s was taken over", publication_id)
            return
    _settle(call, ours, result)
    if result.failures and result.due_s is not None and result.due_s <= backoff.NEAR_S:
        raise Transient(
            result.reason_code or "retry", result.reason or "tried again", retry_after_s=1 + int(result.due_s)
        )


def _share(channel: Channel) -> float | None:
    return channel.bytes_a_second / (channel.running + 1) if channel.bytes_a_second else None


def _settle(call: Call, claim: Claim, result: Outcome) -> None:
    """Write the end of the step, say it, and give the free place to the next. Nothing when the lease is lost."""
    publication, channel = claim.publication, claim.channel
    before = {"send": State.SENDING if result.begun else publication.state, "withdraw": State.WITHDRAWING}
    if not may_become(before.get(claim.action, publication.state), result.state):
        log.error("publication %s must not go from %s to %s", publication.id, publication.state, result.state)
    with call.change() as work:
        row = query.settle_publication(
            work.connection, publication_id=publication.id, owner=claim.owner, state=result.state, wanted=publication.wanted, wakes=publication.wakes,
            due_s=result.due_s, failures=result.failures, reason_code=result.reason_code, reason=result.reason, advice=result.advice,
            begun=result.begun, live=result.live, live_revision=result.live_revision, session=as_json(result.session),
            external_id=result.external_id, url=result.url, sent_bytes=result.sent_bytes,
            proof=None if result.proof is None else as_json(result.proof),
        )  # fmt: skip
        query.end_attempt(
            work.connection, attempt_id=claim.attempt_id, outcome="lease-lost" if row is None else result.said or result.state,
            code=result.reason_code, reason=result.reason, sent_bytes=result.sent_bytes,
        )  # fmt: skip
        if row is None:
            return
        if result.said:
            getattr(news, result.said)(work, row, claim.asset.project_id)
        if result.channel_failed:
            query.channel_failed(
                work.connection, channel_id=channel.id, threshold=backoff.BREAKER_THRESHOLD, open_s=backoff.breaker_s(channel.failures + 1)
            )  # fmt: skip
        elif result.channel_answered:
            query.channel_answered(work.connection, channel_id=channel.id)
        if result.go_on or row["wakes"] != publication.wakes:
            news.go_on(work, row)
        if not result.channel_failed and (
            waiting := query.next_due(work.connection, channel_id=channel.id, not_id=publication.id)
        ):
            news.go_on(work, waiting)
