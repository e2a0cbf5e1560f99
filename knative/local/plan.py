"""What the runtime runs: manifests with every reference resolved. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field

from knative.local.models import Filter


@dataclass(frozen=True)
class Scaling:
    """`autoscaling.knative.dev/*` of a revision. `max_scale` 0 = as many as the machine allows."""

    min_scale: int = 0
    max_scale: int = 0
    initial_scale: int = 1
    target: float | None = None
    window_s: float = 60.0
    scale_down_delay_s: float = 0.0
    retention_s: float = 0.0


@dataclass(frozen=True)
class RevisionPlan:
    name: str
    env: dict[str, str] = field(repr=False)  # holds secrets
    scaling: Scaling
    concurrency: int
    timeout_s: float


@dataclass(frozen=True)
class Target:
    """A service and a path in it, a broker, or an absolute URL; `url` is what events and logs call it."""

    url: str
    service: str | None = None
    broker: str | None = None
    path: str = "/"


@dataclass(frozen=True)
class DeliveryPlan:
    retry: int
    policy: str
    delay_s: float
    timeout_s: float | None
    dead_letter: Target | None


@dataclass(frozen=True)
class TriggerPlan:
    name: str
    broker: str
    attributes: dict[str, str]
    filters: tuple[Filter, ...]
    subscriber: Target
    delivery: DeliveryPlan


@dataclass(frozen=True)
class PingPlan:
    name: str
    schedule: str
    timezone: str
    content_type: str
    data: str
    broker: str
    extensions: dict[str, str]


@dataclass(frozen=True)
class RoutePlan:
    """`exact` or a prefix by path elements; `service` or `external` is set."""

    exact: bool
    path: str
    service: str | None
    external: str | None
    host: str | None
    replace_full: str | None
    replace_prefix: str | None
    timeout_s: float


@dataclass(frozen=True)
class Plan:
    revisions: tuple[RevisionPlan, ...]
    brokers: tuple[str, ...]
    triggers: tuple[TriggerPlan, ...]
    pings: tuple[PingPlan, ...]
    routes: tuple[RoutePlan, ...]
    notices: tuple[str, ...]
