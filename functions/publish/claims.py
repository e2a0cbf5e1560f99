"""The next step of a publication, looked at and decided in one transaction; what has to talk to the channel is leased to us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from acervo.channels.material import Asset, Rendition
from acervo.database import query
from acervo.errors import Transient
from functions.publish import backoff, holding, news, plan
from functions.publish.connector import Kind
from functions.publish.faults import TABLE, Fault
from functions.publish.plan import (
    Fail,
    Forget,
    Keep,
    Nothing,
    OrderRendition,
    Poll,
    Send,
    Update,
    Wait,
    Withdraw,
)
from functions.publish.registry import kind_of
from functions.publish.rows import Channel, Publication
from functions.publish.states import State

if TYPE_CHECKING:
    from acervo.function import Call, Work

ACTIONS: dict[type, str] = {Send: "send", Poll: "poll", Update: "update", Keep: "keep", Withdraw: "withdraw"}


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A step that is ours to do."""

    publication: Publication
    channel: Channel
    asset: Asset
    kind: Kind
    step: Send | Poll | Update | Keep | Withdraw
    owner: str
    attempt_id: int
    now: datetime

    @property
    def action(self) -> str:
        return ACTIONS[type(self.step)]


def claim(call: Call, publication_id: str) -> Claim | None:
    with call.change() as work:
        row = query.lock_publication(work.connection, publication_id=publication_id)
        if row is None:
            return None
        publication, now = Publication.of(row), row["now"]
        if row["due_at"] is None:
            return None
        if row["due_at"] > now:
            early_s = (row["due_at"] - now).total_seconds()
            if publication.failures and early_s <= backoff.NEAR_S:
                raise Transient("not-yet", "it is tried again in a moment", retry_after_s=1 + int(early_s))
            return None
        if publication.lease_until is not None and publication.lease_until > now:
            return None  # whoever has it settles it, or the tick finds it
        found = query.lock_channel(work.connection, channel_id=publication.channel_id)
        running = query.channel_running(work.connection, channel_id=publication.channel_id)
        channel = Channel.of({**found, "running": running})
        asset = Asset.of(query.get_asset(work.connection, asset_id=publication.asset_id))
        renditions = [
            Rendition.of(rendition)
            for rendition in query.publication_renditions(work.connection, asset_id=publication.asset_id)
        ]
        try:
            kind = _checked(channel)
            needs = kind.requirements.tightened(channel.settings.get("requirements", {}))
        except Fault as fault:
            _fail(work, row, asset, fault.code, fault.reason, now)
            return None
        step = plan.next_step(
            publication, channel, asset, renditions, needs, now, archive=call.objects.archive, schedules=kind.schedules, keeps=kind.keeps,
        )  # fmt: skip
        if isinstance(step, Send | Poll | Update | Keep | Withdraw):
            return _lease(work, publication, channel, asset, kind, step, now)
        _rest(work, row, asset, step, now)
        return None


def _checked(channel: Channel) -> Kind:
    kind = kind_of(channel.type)
    wrong = kind.check(channel.settings)
    try:
        kind.requirements.tightened(channel.settings.get("requirements", {}))
    except (ValueError, TypeError) as fault:
        wrong.append(str(fault))
    if wrong:
        raise Fault("settings", f"channel {channel.id}: {'; '.join(wrong)}")
    return kind


def _lease(
    work: Work, publication: Publication, channel: Channel, asset: Asset, kind: Kind, step: Send | Poll | Update | Keep | Withdraw, now: datetime
) -> Claim | None:  # fmt: skip
    refused = backoff.refusal(channel, now, takes_down=isinstance(step, Withdraw))
    if refused is not None:
        code, reason, after = refused
        _set_rest(
            work,
            publication,
            publication.state,
            None if after is None else after.total_seconds(),
            code,
            reason,
            at_once=after is None,
        )
        return None
    owner = holding.new_owner()
    query.lease_publication(
        work.connection, publication_id=publication.id, owner=owner, lease_s=holding.LEASE_S,
        state=State.WITHDRAWING if isinstance(step, Withdraw) else publication.state,
    )  # fmt: skip
    attempt_id = query.begin_attempt(
        work.connection, publication_id=publication.id, action=ACTIONS[type(step)], worker=owner
    )
    tried = 0 if publication.state is State.FAILED else publication.failures  # what failed was something else
    claimed = replace(publication, claims=publication.claims + 1, failures=tried)
    return Claim(
        publication=claimed, channel=channel, asset=asset, kind=kind, step=step, owner=owner, attempt_id=attempt_id, now=now
    )  # fmt: skip


def _rest(work: Work, row: Mapping[str, Any], asset: Asset, step: plan.Step, now: datetime) -> None:
    publication = Publication.of(row)
    if isinstance(step, Nothing):
        due_s = None if step.due is None else max(1.0, (step.due - now).total_seconds())
        _set_rest(
            work, publication, publication.state, due_s, row["reason_code"], row["reason"], advice=row["advice"]
        )  # fmt: skip
    elif isinstance(step, Wait | OrderRendition):
        state = State.PUBLISHED if publication.state is State.PUBLISHED else State.WAITING
        due_s = None if step.due is None else max(1.0, (step.due - now).total_seconds())
        code = step.code if isinstance(step, Wait) else "rendition-ordered"
        reason = (
            step.reason
            if isinstance(step, Wait)
            else f"the rendition {step.profile} is being made ({step.reason})"
        )
        _set_rest(work, publication, state, due_s, code, reason)
        if isinstance(step, OrderRendition):
            order(work, publication, asset, step.profile, step.reason)
    elif isinstance(step, Fail):
        _fail(work, row, asset, step.code, step.reason, now)
    elif isinstance(step, Forget):
        _set_rest(work, publication, State.WITHDRAWN, None, step.code, step.reason)
        news.withdrawn(work, {**row, "reason": step.reason, "proof": {"never_sent": True}}, asset.project_id)


def order(work: Work, publication: Publication, asset: Asset, profile: str, reason: str) -> None:
    """Ask for a rendition; the same row asks with the same event until something happens to it."""
    data = {
        "asset_id": asset.id,
        "project_id": asset.project_id,
        "profile": profile,
        "reason": f"publication: {reason}",
    }
    work.say("acervo.rendition.requested.v1", asset.id, data, what=f"{publication.id}:{publication.claims}")


def _set_rest(
    work: Work, publication: Publication, state: State, due_s: float | None, code: str | None, reason: str | None, *, at_once: bool = False,
    advice: str | None = None,
) -> None:  # fmt: skip
    query.rest_publication(
        work.connection, publication_id=publication.id, state=state, due_s=0.0 if at_once else due_s, reason_code=code, reason=reason, advice=advice
    )  # fmt: skip


def _fail(work: Work, row: Mapping[str, Any], asset: Asset, code: str, reason: str, now: datetime) -> None:
    """What the channel may show meanwhile is looked at again when its rights end."""
    end = plan.ends(Publication.of(row), asset) if row["live"] else None
    due_s = (end - now).total_seconds() if end is not None and end > now else None
    query.rest_publication(
        work.connection, publication_id=row["id"], state=State.FAILED, due_s=due_s, reason_code=code, reason=reason, advice=TABLE[code].advice
    )  # fmt: skip
    news.failed(
        work, {**row, "reason_code": code, "reason": reason, "advice": TABLE[code].advice}, asset.project_id
    )
