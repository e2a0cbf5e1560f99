"""Which triggers an event is for. Pure; every rule is Knative's."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from knative.local.models import Filter
from knative.local.plan import TriggerPlan

Attributes = Mapping[str, str]


def wants(trigger: TriggerPlan, attributes: Attributes) -> bool:
    """`filters` must all hold (they override `filter`); an empty value in `filter.attributes` means any value that is set."""
    for name, value in trigger.attributes.items():
        found = attributes.get(name, "")
        if not found or (value and value != found):
            return False
    return all(matches(expression, attributes) for expression in trigger.filters)


def matches(expression: Filter, attributes: Attributes) -> bool:
    """One expression of the subscriptions API."""
    if expression.all_of is not None:
        return all(matches(inner, attributes) for inner in expression.all_of)
    if expression.any_of is not None:
        return any(matches(inner, attributes) for inner in expression.any_of)
    if expression.negated is not None:
        return not matches(expression.negated, attributes)
    if expression.exact is not None:
        return _each(expression.exact, attributes, str.__eq__)
    if expression.prefix is not None:
        return _each(expression.prefix, attributes, str.startswith)
    return _each(expression.suffix or {}, attributes, str.endswith)


def _each(expected: Attributes, attributes: Attributes, holds: Callable[[str, str], bool]) -> bool:
    return all(name in attributes and holds(attributes[name], value) for name, value in expected.items())
