"""How far the indexes are behind, for Prometheus: `GET /metrics` of the indexer."""

from __future__ import annotations

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

REGISTRY = CollectorRegistry()
LAG = Gauge(
    "acervo_search_lag_seconds", "Age of the oldest change that is known and not in the index; 0 when there is none.", ["engine"],
    registry=REGISTRY,
)  # fmt: skip
VISIBLE = Histogram(
    "acervo_search_visible_seconds", "From the change of an asset until searches see it.", ["engine"],
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600), registry=REGISTRY,
)  # fmt: skip
WAITING = Gauge(
    "acervo_search_waiting_events", "Events that wait for the next commit.", ["engine"], registry=REGISTRY
)
WRITTEN = Counter(
    "acervo_search_assets_written", "Assets written to the index.", ["engine"], registry=REGISTRY
)
POISONED = Counter(
    "acervo_search_assets_refused",
    "Assets that the index refused; the reason is in search_poison.",
    ["engine"],
    registry=REGISTRY,
)


def exposition() -> tuple[bytes, str]:
    """Body and content type."""
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST
