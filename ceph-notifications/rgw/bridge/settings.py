"""What the bridge is told by its environment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from acervo.settings import nested, variable


@dataclass(frozen=True)
class Store:
    """The gateway that the records come from."""

    endpoint: str = variable("S3_ENDPOINT")
    access_key: str = variable("S3_ACCESS_KEY")
    secret_key: str = variable("S3_SECRET_KEY")
    region: str = variable("S3_REGION", "default")


@dataclass(frozen=True)
class Settings:
    """`max_bytes` bounds the spool; when it is full the gateway is made to wait, then refused, and keeps the record itself."""

    store: Store = nested(Store)
    sink: str = variable("K_SINK")
    spool: Path = variable("BRIDGE_SPOOL")
    host: str = variable("BRIDGE_HOST", "127.0.0.1")
    port: int = variable("BRIDGE_PORT", 8085)
    max_bytes: int = variable("BRIDGE_SPOOL_MAX_BYTES", 1 << 30)
    concurrency: int = variable("BRIDGE_CONCURRENCY", 16)
    backoff_cap_s: float = variable("BRIDGE_BACKOFF_CAP_S", 10.0)
    full_wait_s: float = variable("BRIDGE_FULL_WAIT_S", 5.0)
    gateway_socket: Path | None = variable("BRIDGE_GATEWAY_SOCKET", None)
