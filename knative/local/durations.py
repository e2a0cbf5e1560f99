"""Durations as Kubernetes writes them, in seconds: ISO 8601 in `delivery`, Go's in annotations, GEP-2257 in routes."""

from __future__ import annotations

import re

_ISO = re.compile(r"^P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$")
_GO_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_GO_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def parse_iso(text: object) -> float:
    """`PT0.2S` → 0.2. Months and years have no length in seconds and are refused.

    Raises:
        ValueError: not an ISO 8601 duration.
    """
    match = _ISO.match(text) if isinstance(text, str) else None
    if match is None or text == "P":
        raise ValueError(f"{text!r} is not an ISO 8601 duration such as PT0.2S or PT10M")
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + seconds


def parse_go(text: object) -> float:
    """`1m30s` → 90.0.

    Raises:
        ValueError: not a Go duration.
    """
    if text == "0":
        return 0.0
    parts = _GO_PART.findall(text) if isinstance(text, str) else []
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is not a duration such as 60s or 1m30s")
    return sum(float(number) * _GO_UNITS[unit] for number, unit in parts)
