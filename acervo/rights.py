"""Whether an asset may be shown on a channel now, by its rights. Pure: time is an argument.

rights: {"license", "territories": ["ES", …], "channels": ["web", "youtube-main", …], "valid_from", "valid_until",
         "embargo_until", "hold": bool}. What is absent restricts nothing; what cannot be read denies (never publish on a guess).
Times are RFC 3339 with an offset. `territories` must cover every territory the channel is seen in; a channel without
territories is seen everywhere, so only assets without a territory limit go there. `channels` names channel ids or types.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Decision:
    """`reasons` are codes with a sentence; `not_before` says from when on time alone would allow it; `until` when it ends."""

    allowed: bool
    reasons: tuple[tuple[str, str], ...] = ()
    not_before: datetime | None = None
    until: datetime | None = None

    @property
    def is_only_early(self) -> bool:
        """Nothing but time stands in the way."""
        return not self.allowed and self.not_before is not None


def decide(
    rights: Mapping[str, Any],
    *,
    channel_id: str,
    channel_type: str,
    territories: Collection[str] = (),
    now: datetime,
) -> Decision:
    """The rights gate: asked before a byte moves, and again whenever rights or time change."""
    denied: list[tuple[str, str]] = []
    early: list[tuple[str, str]] = []
    starts: list[datetime] = []
    until: datetime | None = None
    if rights.get("hold"):
        denied.append(("rights-hold", "the asset is on hold"))
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
    for name in ("embargo_until", "valid_from", "valid_until"):
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
            early.append((code, f"not before {moment.isoformat()}"))
            starts.append(moment)
    if denied:
        return Decision(False, (*denied, *early), None, until)
    if early:
        return Decision(False, tuple(early), max(starts), until)
    return Decision(True, (), None, until)


def _strings(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list | tuple) else []


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
