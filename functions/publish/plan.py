"""What to do next with a publication: one pure decision from what is wanted, what has happened and what time it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from acervo import rights
from acervo.channels import choice, fitting
from acervo.channels.material import Asset, Rendition
from acervo.channels.requirements import Requirements
from acervo.channels.texts import texts_of
from functions.publish.rows import Channel, Publication
from functions.publish.states import State

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
LOOK_AGAIN = timedelta(minutes=10)  # for what an event should bring: the event may have got lost


@dataclass(frozen=True)
class Nothing:
    """It is as it should be; `due` is when that ends."""

    due: datetime | None = None


@dataclass(frozen=True)
class Wait:
    code: str
    reason: str
    due: datetime | None


@dataclass(frozen=True)
class OrderRendition:
    """Say that the rendition is wanted, and wait."""

    profile: str
    reason: str
    due: datetime


@dataclass(frozen=True)
class Fail:
    code: str
    reason: str


@dataclass(frozen=True)
class Send:
    """Also for an update with new bytes."""

    rendition: Rendition
    thumbnail: Rendition | None


@dataclass(frozen=True)
class Poll:
    rendition: Rendition | None


@dataclass(frozen=True)
class Update:
    rendition: Rendition
    thumbnail: Rendition | None


@dataclass(frozen=True)
class Keep:
    """It is live as wanted: see to it that it stays so."""


@dataclass(frozen=True)
class Withdraw:
    """`again`: it is wanted, and begins anew when its time comes."""

    code: str
    reason: str
    again: bool = False


@dataclass(frozen=True)
class Forget:
    """Wanted gone, and nothing of it ever reached the channel."""

    code: str
    reason: str


Step = Nothing | Wait | OrderRendition | Fail | Send | Poll | Update | Keep | Withdraw | Forget


def next_step(
    publication: Publication,
    channel: Channel,
    asset: Asset,
    renditions: Sequence[Rendition],
    needs: Requirements,
    now: datetime,
    *,
    archive: str,
    schedules: timedelta | None = None,
    keeps: timedelta | None = None,
) -> Step:
    """The one next step.

    Args:
        schedules: how long before `publish_at` the channel itself takes a publication; None when it cannot schedule.
        keeps: after how long what is live is looked at again; None: never.
    """
    state = publication.state
    gone = _gone(publication, channel, asset, now)
    if state is State.FAILED:
        return _after_failure(publication, asset, gone, now)
    if gone is not None:
        if state is State.WITHDRAWN:
            return Nothing()
        return gone if publication.begun else Forget(gone.code, gone.reason)
    if state is State.WITHDRAWING:
        return Withdraw("published-anew", "it is published anew", again=True)
    if state is State.WITHDRAWN:
        return Nothing()  # asked again it would be `requested`
    if state is State.PROCESSING:
        return Poll(_chosen(publication, asset, renditions, archive))
    is_live = state is State.PUBLISHED
    if is_live and publication.live_revision >= publication.revision:
        renewed = kept_until(publication.session, keeps)
        if renewed is not None and renewed <= now:
            return Keep()
        return Nothing(first(ends(publication, asset), renewed))
    if (early := _gate(publication, channel, asset, now, schedules)) is not None:
        return early
    chosen = choice.choose(publication.profile, asset, renditions, archive)
    if isinstance(chosen, choice.Unavailable):
        return Fail("rendition-failed", chosen.reason)
    if isinstance(chosen, choice.Order):
        return OrderRendition(chosen.profile, chosen.reason, now + LOOK_AGAIN)
    thumbnail = choice.thumbnail(renditions)
    unfit = fitting.faults(
        needs, asset, chosen, texts_of(asset, publication.metadata, has_thumbnail=thumbnail is not None)
    )
    if unfit:
        return Fail("unfit", "; ".join(unfit))
    if is_live and publication.rendition.get("key") in (None, chosen.key):
        return Update(chosen, thumbnail)
    return Send(chosen, thumbnail)


def _after_failure(
    publication: Publication, asset: Asset, gone: Withdraw | None, now: datetime
) -> Nothing | Forget | Withdraw:
    """A failed publication is left alone, but one that the channel may show still goes when it has to."""
    if gone is None:
        end = ends(publication, asset) if publication.live else None
        return Nothing(end if end is not None and end > now else None)
    if publication.live:
        return Withdraw(gone.code, gone.reason)
    return Nothing() if publication.begun else Forget(gone.code, gone.reason)


def _gone(publication: Publication, channel: Channel, asset: Asset, now: datetime) -> Withdraw | None:
    """Why it must not be on the channel (any more)."""
    if publication.withdraw_at is not None and publication.withdraw_at <= now:
        return Withdraw("time-over", "its time is over")
    if publication.wanted == "withdrawn":
        return Withdraw("withdrawn", "it was withdrawn")
    if asset.status == "deleted":
        return Withdraw("asset-deleted", "the asset was deleted")
    if publication.begun:  # what is not there yet fails or waits at the gate, with the reason
        decision = _rights(channel, asset, now)
        if not decision.allowed:
            return Withdraw(*decision.reasons[0], again=decision.is_only_early)
    return None


def _gate(
    publication: Publication, channel: Channel, asset: Asset, now: datetime, schedules: timedelta | None
) -> Wait | Fail | None:
    if channel.projects is not None and asset.project_id not in channel.projects:
        return Fail("not-published-here", f"the project {asset.project_id} may not publish on {channel.id}")
    if asset.status in ("error", "rejected"):
        return Fail("asset-gone", f"the asset is {asset.status}")
    if asset.status != "ready":
        return Wait("asset-not-ready", "the asset is still being processed", now + LOOK_AGAIN)
    decision = _rights(channel, asset, now)
    if decision.is_only_early:
        return Wait(decision.reasons[0][0], decision.reasons[0][1], decision.not_before)
    if not decision.allowed:
        return Fail("rights", "; ".join(reason for _, reason in decision.reasons))
    starts = publication.publish_at
    if starts is not None and now < starts and (schedules is None or now < starts - schedules):
        return Wait("scheduled", f"not before {starts.isoformat()}", starts - (schedules or timedelta()))
    return None


def _rights(channel: Channel, asset: Asset, now: datetime) -> rights.Decision:
    return rights.decide(
        asset.rights,
        channel_id=channel.id,
        channel_type=channel.type,
        territories=channel.territories,
        now=now,
    )


def ends(publication: Publication, asset: Asset) -> datetime | None:
    """When what is live must be looked at again: at its own end, or when the rights end."""
    until = rights.decide(
        {"valid_until": asset.rights.get("valid_until")}, channel_id="", channel_type="", now=_LONG_AGO
    ).until
    return first(publication.withdraw_at, until)


def kept_until(session: Mapping[str, Any], keeps: timedelta | None) -> datetime | None:
    """When what is live must be looked at. `seen_at` is when its bytes were last sent, seen or made new: new words alone keep nothing alive.
    What was published before that was noted is looked at once it is asked about."""
    if keeps is None:
        return None
    seen = session.get("seen_at")
    return (datetime.fromisoformat(seen) if seen else _LONG_AGO) + keeps


def first(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _chosen(
    publication: Publication, asset: Asset, renditions: Sequence[Rendition], archive: str
) -> Rendition | None:
    chosen = choice.choose(publication.profile, asset, renditions, archive)
    return chosen if isinstance(chosen, Rendition) else None
