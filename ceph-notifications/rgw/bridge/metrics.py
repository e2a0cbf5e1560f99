"""The bridge's figures for Prometheus. Pure."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from rgw.bridge.sender import Counters
from rgw.bridge.spool import Depth


class _Families:
    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        return self._families


def render(depth: Depth, counters: Counters, now: float) -> tuple[bytes, str]:
    """Text exposition and its content type."""
    age = max(0.0, now - depth.oldest_at) if depth.oldest_at is not None else 0.0
    registry = CollectorRegistry()
    registry.register(
        _Families(
            [
                GaugeMetricFamily(
                    "bridge_spool_records", "Records written down and not delivered", value=depth.pending
                ),
                GaugeMetricFamily(
                    "bridge_spool_oldest_age_seconds", "Age of the oldest undelivered record", value=age
                ),
                GaugeMetricFamily(
                    "bridge_quarantine_records", "Records set aside for a person", value=depth.quarantined
                ),
                CounterMetricFamily(
                    "bridge_received", "New records since the start", value=counters.received
                ),
                CounterMetricFamily(
                    "bridge_sent", "Events that the broker took since the start", value=counters.sent
                ),
                CounterMetricFamily(
                    "bridge_retried", "Deliveries put off since the start", value=counters.retried
                ),
                CounterMetricFamily(
                    "bridge_quarantined", "Records set aside since the start", value=counters.refused
                ),
            ]
        )
    )
    return generate_latest(registry), CONTENT_TYPE_LATEST
