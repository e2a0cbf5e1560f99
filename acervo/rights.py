"""What may be done with an asset now, by its rights. Pure: time is an argument.

rights: {"licence", "territories": ["ES", …], "channels": ["web", "youtube-main", …], "valid_from", "valid_until",
         "embargo_until", "hold": bool, "restricted": bool}. What is absent restricts nothing; what cannot be read denies (never
publish on a guess). Times are RFC 3339 with an offset. `territories` must cover every territory the channel is seen in; a channel
without territories is seen everywhere, so only assets without a territory limit go there. `channels` names channel ids or types.

| what stands against it | view | download | clip | publish |
| --- | --- | --- | --- | --- |
| hold, expired, not yet valid, unreadable | | x | x | x |
| restricted | | the master | x | |
| embargo, channel, territory | | | | x |

Rights never hide an asset from those who may see its project: an archive has to see what it holds, and editors prepare under embargo.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

Reason = tuple[str, str]


class Use(StrEnum):
    VIEW = "view"
    DOWNLOAD = "download"
    CLIP = "clip"
    PUBLISH = "publish"


@dataclass(frozen=True)
class Decision:
    """`reasons` are codes with a sentence; `not_before` says from when on time alone would allow it; `until` when it ends."""

    allowed: bool
    reasons: tuple[Reason, ...] = ()
    not_before: datetime | None = None
    until: datetime | None = None

    @property
    def is_only_early(self) -> bool:
        """Nothing but time stands in the way."""
        return not self.allowed and self.not_before is not None


@dataclass(frozen=True)
class _Times:
    """What the three times say now."""

    denied: tuple[Reason, ...]
    early: tuple[tuple[Reason, datetime], ...]
    until: datetime | None


def decide(
    rights: Mapping[str, Any],
    *,
    channel_id: str,
    channel_type: str,
    territories: Collection[str] = (),
    now: datetime,
) -> Decision:
    """Whether it may be shown on a channel: asked before a byte moves, and again whenever rights or time change."""
    denied = [*_hold(rights)]
    limits = rights.get("channels")
    if limits and not {channel_id, channel_type} & set(_strings(limits)):
        denied.append(("rights-channel", f"the rights do not cover the channel {channel_id}"))
    allowed_in = {code.upper() for code in _strings(rights.get("territories"))}
    if allowed_in and not {code.upper() for code in territories} <= allowed_in:
        denied.append(("rights-territory", "the channel is seen where the rights do not reach"))
    elif allowed_in and not territories:
        denied.append(
            ("rights-territory", "the channel is seen everywhere, the rights are limited to some territories")
        )
    return _decision(denied, _times(rights, now, ("embargo_until", "valid_from", "valid_until")))


def allows(rights: Mapping[str, Any], use: Use, now: datetime, *, master: bool = False) -> Decision:
    """Whether it may be used so, wherever that is; for publishing, whether any channel could.

    Args:
        master: the use is of the master's own bytes (of a download).
    """
    if use is Use.VIEW or not rights:
        return Decision(True)
    denied = [*_hold(rights)]
    if rights.get("restricted") and (use is Use.CLIP or (use is Use.DOWNLOAD and master)):
        denied.append(("rights-restricted", "the master is for archivists only"))
    names = ("embargo_until",) if use is Use.PUBLISH else ()
    return _decision(denied, _times(rights, now, (*names, "valid_from", "valid_until")))


def flags(rights: Mapping[str, Any], now: datetime) -> list[str]:
    """Codes of everything that limits its use, for lists and search: `rights-hold`, `rights-expired`, `rights-embargo`, …"""
    if not rights:
        return []
    found = [code for code, _ in allows(rights, Use.PUBLISH, now).reasons]
    if rights.get("restricted"):
        found.append("rights-restricted")
    found += [
        f"rights-{name}"
        for name, field in (("channel", "channels"), ("territory", "territories"))
        if rights.get(field)
    ]
    return found


def _hold(rights: Mapping[str, Any]) -> list[Reason]:
    return [("rights-hold", "the asset is on hold")] if rights.get("hold") else []


def _times(rights: Mapping[str, Any], now: datetime, names: Collection[str]) -> _Times:
    denied: list[Reason] = []
    early: list[tuple[Reason, datetime]] = []
    until: datetime | None = None
    for name in names:
        if rights.get(name) in (None, ""):
            continue
        moment = _moment(rights[name])
        if moment is None:
            denied.append(("rights-unreadable", f"rights.{name} is not a time with an offset"))
        elif name == "valid_until":
            until = moment
            if now >= moment:
                denied.append(("rights-expired", f"the rights ended at {moment.isoformat()}"))
        elif now < moment:
            code = "rights-embargo" if name == "embargo_until" else "rights-not-yet"
            early.append(((code, f"not before {moment.isoformat()}"), moment))
    return _Times(tuple(denied), tuple(early), until)


def _decision(denied: Collection[Reason], times: _Times) -> Decision:
    hard = (*denied, *times.denied)
    soft = tuple(reason for reason, _ in times.early)
    if hard:
        return Decision(False, (*hard, *soft), None, times.until)
    if soft:
        return Decision(False, soft, max(moment for _, moment in times.early), times.until)
    return Decision(True, (), None, times.until)


def _strings(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list | tuple) else []


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
