"""A row of `renditions` as chunks and assembling give it on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def as_row(
    profile: str, key: str, mime_type: str, size_bytes: int, detail: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "profile": profile,
        "key": key,
        "mime_type": mime_type,
        "size_bytes": size_bytes,
        "detail": dict(detail),
    }
