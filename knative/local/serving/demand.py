"""How many instances a revision should have. Pure: demand in, numbers out.

Up at once (that is what Knative's panic mode comes to on one machine), down only to the most that the window has seen,
to zero only after the window and the retention period have seen nothing.
"""

from __future__ import annotations

import math
from collections import deque

from knative.local.plan import RevisionPlan

#: `container-concurrency-target-default` of Knative's config-autoscaler
DEFAULT_TARGET = 100.0


def per_instance(plan: RevisionPlan) -> float:
    """Requests at once that one instance is meant for."""
    soft = plan.scaling.target or (float(plan.concurrency) if plan.concurrency else DEFAULT_TARGET)
    return min(soft, float(plan.concurrency)) if plan.concurrency else soft


def ceiling(plan: RevisionPlan, machine: int) -> int:
    """The most instances: the manifest's, bounded by the machine's."""
    most = min(plan.scaling.max_scale, machine) if plan.scaling.max_scale else machine
    return max(most, plan.scaling.min_scale)


def needed(plan: RevisionPlan, requests: int, machine: int) -> int:
    wanted = math.ceil(requests / per_instance(plan))
    return min(max(wanted, plan.scaling.min_scale), ceiling(plan, machine))


class Window:
    """The peaks of the last seconds."""

    def __init__(self, plan: RevisionPlan) -> None:
        self._span_s = max(plan.scaling.window_s, plan.scaling.scale_down_delay_s)
        self._retention_s = plan.scaling.retention_s
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, now: float, count: int) -> None:
        while self._seen and self._seen[-1][1] <= count:
            self._seen.pop()  # a smaller peak before a greater one can no longer matter
        self._seen.append((now, count))

    def floor(self, now: float) -> int:
        """Do not go below this."""
        while self._seen and self._seen[0][0] < now - self._span_s - self._retention_s:
            self._seen.popleft()
        recent = max((count for at, count in self._seen if at >= now - self._span_s), default=0)
        return recent or int(
            any(count for _, count in self._seen)
        )  # the last one stays for the retention period
