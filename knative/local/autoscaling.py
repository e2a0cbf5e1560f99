"""The `autoscaling.knative.dev/*` annotations of a revision: honoured, reported or refused, never ignored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from knative.local.durations import parse_go
from knative.local.plan import Scaling

PREFIX = "autoscaling.knative.dev/"
#: accepted and reported: they tune an autoscaler that this runtime does not have (it follows demand at once)
NOT_ENFORCED = {
    "target-utilization-percentage", "target-burst-capacity", "panic-window-percentage",
    "panic-threshold-percentage", "activation-scale",
}  # fmt: skip


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"{text!r} is not a whole number, 0 or more")
    return int(text)


def _target(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.01 <= value < float("inf"):
        raise ValueError(f"{text!r} is not a number of at least 0.01")
    return value


def _between(low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        if not low <= (value := parse_go(text)) <= high:
            raise ValueError(f"must be between {low:g}s and {high:g}s")
        return value

    return parse


def _only(allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text != allowed:
            raise ValueError(f"only {allowed} is honoured here")
        return text

    return parse


_HONOURED: dict[str, tuple[str | None, Callable[[str], Any]]] = {
    "min-scale": ("min_scale", _count),
    "max-scale": ("max_scale", _count),
    "initial-scale": ("initial_scale", _count),
    "target": ("target", _target),
    "window": ("window_s", _between(6, 3600)),
    "scale-down-delay": ("scale_down_delay_s", _between(0, 3600)),
    "scale-to-zero-pod-retention-period": ("retention_s", _between(0, 3600)),
    "class": (None, _only("kpa.autoscaling.knative.dev")),
    "metric": (None, _only("concurrency")),
}


def parse_scaling(annotations: Mapping[str, str]) -> tuple[Scaling, dict[str, str], list[str]]:
    """The scaling, the faults by annotation, and the annotations accepted but not enforced."""
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    notices: list[str] = []
    for name, text in annotations.items():
        short = name.removeprefix(PREFIX)
        if short == name:
            if "knative.dev/" in name:
                faults[name] = "is unknown, or not honoured on one machine"
        elif short in NOT_ENFORCED:
            notices.append(name)
        elif short not in _HONOURED:
            faults[name] = "is unknown, or not honoured on one machine"
        else:
            field, parse = _HONOURED[short]
            try:
                value = parse(text)
            except ValueError as fault:
                faults[name] = str(fault)
                continue
            if field:
                values[field] = value
    scaling = Scaling(**values)
    if scaling.max_scale and scaling.min_scale > scaling.max_scale:
        faults[PREFIX + "min-scale"] = "is more than max-scale"
    return scaling, faults, notices
