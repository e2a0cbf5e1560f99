"""Renditions that are looked at."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from functions.api.models.strict import Received, Said

Seen = Literal["display", "preview", "poster", "waveform", "captions", "thumb-300", "thumb-800", "thumb-1200", "tiles"]  # fmt: skip


class ViewOrder(Received):
    what: Seen


class View(Said):
    """Good for some minutes."""

    url: str
    expires_at: datetime
    mime_type: str | None
    size_bytes: int | None
