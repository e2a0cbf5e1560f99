"""When to try again: full jitter from 1 s, doubled to 5 min, 5 attempts; and the circuit breaker of a channel. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from functions.publish.rows import Channel

FIRST_S, MOST_S, ATTEMPTS = 1.0, 300.0, 5
BREAKER_THRESHOLD, BREAKER_FIRST_S, BREAKER_MOST_S = 5, 15.0, 600.0
NEAR_S = 60.0  # what is due sooner is left to the broker's own retry, the rest to the tick


def delay_s(failures: int, random: Random) -> float:
    """Before attempt number `failures + 1`: anything between 0 and 1, 2, 4 … 300 s, so that nobody comes in step."""
    return random.uniform(0, min(MOST_S, FIRST_S * 2 ** max(0, failures - 1)))


def breaker_s(failures: int) -> float:
    """How long a channel is left alone after so many failures in a row."""
    return min(BREAKER_MOST_S, BREAKER_FIRST_S * 2.0 ** min(16, max(0, failures - BREAKER_THRESHOLD)))


def is_ill(channel: Channel) -> bool:
    return channel.failures >= BREAKER_THRESHOLD


def refusal(
    channel: Channel, now: datetime, *, takes_down: bool = False
) -> tuple[str, str, timedelta | None] | None:
    """Why nothing may be tried now: (code, reason, come back after; None: when a place is free or the channel changes).

    What takes something down goes also when the channel is switched off, and has one place that no transfer can hold.
    """
    if not channel.enabled and not takes_down:
        return "channel-disabled", "the channel is switched off", timedelta(minutes=10)
    if channel.open_until is not None and channel.open_until > now:
        return "channel-down", "the channel does not answer", channel.open_until - now
    most = 1 if is_ill(channel) else channel.max_concurrent + takes_down  # half open: one finds out for all
    if channel.running >= most:
        return "channel-busy", "the channel's other publications come first", None
    return None
