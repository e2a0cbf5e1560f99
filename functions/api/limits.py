"""How often a caller may ask: a token bucket for each person (or machine), and one for each OIDC client.

Each instance counts for itself, so with N instances a caller may get N times as much: this protects an instance and its share of the
database from a runaway client, and is not an accounting of who asked how often. Denied requests cost no token and no SQL.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request

from acervo import settings
from acervo.identity import Caller
from acervo.problems import Problem

MOST_BUCKETS = 20_000


@dataclass(frozen=True, kw_only=True)
class LimitSettings:
    """Requests a second in the long run, and how many may come at once. 0: no limit."""

    caller_rate: float = settings.variable("RATE_CALLER", 50.0)
    caller_burst: int = settings.variable("RATE_CALLER_BURST", 300)
    client_rate: float = settings.variable("RATE_CLIENT", 500.0)
    client_burst: int = settings.variable("RATE_CLIENT_BURST", 2000)


@dataclass
class Buckets:
    """Buckets by name; the one that was used longest ago is forgotten first (it is full again by then)."""

    rate: float
    burst: int
    clock: Callable[[], float] = time.monotonic
    _known: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, name: str) -> float:
        """Takes one token: 0, or the seconds until there is one."""
        if self.rate <= 0:
            return 0.0
        now = self.clock()
        with self._lock:
            tokens, at = self._known.pop(name, (float(self.burst), now))
            tokens = min(float(self.burst), tokens + (now - at) * self.rate)
            wait_s = 0.0 if tokens >= 1 else (1 - tokens) / self.rate
            self._known[name] = (tokens - 1 if tokens >= 1 else tokens, now)
            if len(self._known) > MOST_BUCKETS:
                self._known.popitem(last=False)
        return wait_s


@dataclass(frozen=True)
class Limits:
    callers: Buckets
    clients: Buckets

    @classmethod
    def of(cls, known: LimitSettings) -> Limits:
        return cls(
            Buckets(known.caller_rate, known.caller_burst), Buckets(known.client_rate, known.client_burst)
        )


_lock = threading.Lock()


def spend(request: Request, caller: Caller) -> None:
    """Raises Problem (429) with Retry-After."""
    state = request.app.state
    with _lock:
        if not hasattr(state, "limits"):
            state.limits = Limits.of(state.resources.settings.limits)
    limits: Limits = state.limits
    wait_s = limits.callers.take(caller.user)
    if not wait_s and caller.client:
        wait_s = limits.clients.take(caller.client)
    if wait_s:
        raise Problem(
            429, "too-many-requests", "you ask too often: come back later",
            headers={"retry-after": str(max(1, math.ceil(wait_s)))},
        )  # fmt: skip
