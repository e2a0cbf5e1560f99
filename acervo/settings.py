"""Settings come from an environment mapping that is passed in, into frozen dataclasses; all faults are listed at once.

@dataclass(frozen=True)
class Settings:
    url: str = variable("DATABASE_URL")
    pool_size: int = variable("DATABASE_POOL", 4)
    objects: ObjectStore = nested(ObjectStore)
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar, get_type_hints

T = TypeVar("T")
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


class SettingsError(Exception):
    """Every fault in one message, one a line."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("settings:\n" + "\n".join(f"  - {fault}" for fault in faults))
        self.faults = faults


def variable(name: str, default: Any = dataclasses.MISSING) -> Any:
    """A field read from the environment variable `name`; without a default it is required."""
    return dataclasses.field(default=default, metadata={"variable": name})


def nested(group: type) -> Any:
    """A field that is itself a settings dataclass, read from the same environment."""
    return dataclasses.field(metadata={"group": group})


def variables(cls: type) -> Iterator[tuple[str, bool]]:
    """(name, required) of every variable that `cls` reads, nested groups included."""
    for field in dataclasses.fields(cls):
        if "group" in field.metadata:
            yield from variables(field.metadata["group"])
        else:
            yield field.metadata["variable"], field.default is dataclasses.MISSING


def read(cls: type[T], env: Mapping[str, str]) -> T:
    """An instance of `cls` from `env`.

    Raises:
        SettingsError: with every missing or malformed variable.
    """
    faults: list[str] = []
    value = _read(cls, env, faults)
    if faults:
        raise SettingsError(faults)
    return typing.cast(T, value)


def _read(cls: type, env: Mapping[str, str], faults: list[str]) -> Any:
    hints = get_type_hints(cls)
    values: dict[str, Any] = {}
    for field in dataclasses.fields(cls):
        if "group" in field.metadata:
            values[field.name] = _read(field.metadata["group"], env, faults)
            continue
        name = field.metadata["variable"]
        text = env.get(name, "")
        if not text:
            if field.default is dataclasses.MISSING:
                faults.append(f"{name} is not set")
            values[field.name] = field.default
            continue
        try:
            values[field.name] = _converter(hints[field.name])(text)
        except ValueError as fault:
            faults.append(f"{name}={text!r}: {fault}")
    return None if faults else cls(**values)


def _converter(hint: Any) -> Callable[[str], Any]:
    if isinstance(hint, types.UnionType):  # `int | None`
        hint = next(part for part in hint.__args__ if part is not type(None))
    if hint is bool:
        return _boolean
    if hint == tuple[str, ...]:
        return lambda text: tuple(part.strip() for part in text.split(",") if part.strip())
    return typing.cast(Callable[[str], Any], hint)


def _boolean(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValueError("is neither true nor false")
