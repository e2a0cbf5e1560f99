"""Times that people ask for: RFC 3339 with an offset, or a local time with its zone, made into one instant. Pure.

A local time that the clocks skip is moved on by the gap (02:30 becomes 03:30); of one that they show twice the first is meant.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def instant(value: Any) -> datetime | None:
    """The instant in UTC, None for None. Raises ValueError with what is wrong."""
    if value is None:
        return None
    if isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError(f"{value} has no offset")
        return moment.astimezone(UTC)
    local = datetime.fromisoformat(value["local"])
    if local.tzinfo is not None:
        raise ValueError("a local time has no offset of its own")
    try:
        zone = ZoneInfo(value["zone"])
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise ValueError(f"{value['zone']} is not a time zone") from fault
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)
