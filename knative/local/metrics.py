"""What is counted, in one place. Names follow Prometheus' rules; times are seconds."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_FAST = (0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 30.0)


class Metrics:
    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.received = Counter(
            "broker_events_received", "Events that asked to enter", ["broker", "code"], registry=registry
        )
        self.unwanted = Counter(
            "broker_events_unwanted", "Events that no trigger wanted", ["broker"], registry=registry
        )
        self.ttl_drops = Counter(
            "broker_ttl_drops", "Events that passed too often", ["broker"], registry=registry
        )
        self.attempts = Counter(
            "broker_attempts", "Calls to subscribers and sinks", ["trigger", "code"], registry=registry
        )
        self.dead_letters = Counter(
            "broker_dead_letters", "Deliveries given up", ["trigger"], registry=registry
        )
        self.hop = Histogram(
            "broker_hop_seconds",
            "Ingress to the first call",
            ["trigger"],
            buckets=(0.002, 0.005, *_FAST),
            registry=registry,
        )
        self.depth = Gauge(
            "broker_queue_depth", "Deliveries waiting or running", ["trigger"], registry=registry
        )
        self.oldest = Gauge(
            "broker_queue_oldest_seconds", "Age of the oldest delivery", ["trigger"], registry=registry
        )
        self.kept = Gauge("broker_undeliverable", "Events that no sink took", registry=registry)
        self.pings = Counter("pingsource_fired", "Pings sent", ["source"], registry=registry)
        self.instances = Gauge("serving_instances", "Instances", ["service", "state"], registry=registry)
        self.crashes = Counter(
            "serving_crashes", "Instances that ended by themselves", ["service"], registry=registry
        )
        self.cold_start = Histogram(
            "serving_cold_start_seconds",
            "Start of an instance to ready",
            ["service"],
            buckets=_FAST,
            registry=registry,
        )
        self.waited = Histogram(
            "serving_wait_seconds",
            "Wait of a request for an instance",
            ["service"],
            buckets=_FAST,
            registry=registry,
        )
        self.gateway = Counter(
            "gateway_requests", "Requests at the gateway", ["route", "code"], registry=registry
        )
