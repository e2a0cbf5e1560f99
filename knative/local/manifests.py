"""Reads manifests into typed resources; whatever is unknown, misspelt or not honoured is refused with file and line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from knative.local.documents import Document, Fault, Refused, Where, dotted, read_documents, yaml_files
from knative.local.models import KINDS, NOT_ENFORCED, Resource

R = TypeVar("R", bound=Resource)
_SENTENCES = {
    "extra_forbidden": "is unknown, or not honoured on one machine",
    "missing": "is missing",
}


@dataclass(frozen=True)
class Loaded:
    """A resource and where it was written."""

    resource: Any
    document: Document

    @property
    def name(self) -> str:
        return str(self.resource.metadata.name)


class Manifests:
    """Every resource read, by kind and name."""

    def __init__(self) -> None:
        self.by_kind: dict[type[Resource], dict[str, Loaded]] = {kind: {} for kind in KINDS.values()}
        self.notices: list[str] = []
        self.faults: list[Fault] = []

    def of(self, kind: type[R]) -> dict[str, Loaded]:
        return self.by_kind[kind]

    def refuse(self, loaded: Loaded, where: Where, text: str) -> None:
        self.faults.append(loaded.document.fault(where, text))


def read_manifests(places: Iterable[Path]) -> Manifests:
    """Read files and folders. Faults are collected, not raised: the cross-references add theirs first.

    Raises:
        Refused: a place does not exist.
    """
    manifests = Manifests()
    for path in yaml_files(places):
        for document in read_documents(path, manifests.faults):
            _add(manifests, document)
    return manifests


def _add(manifests: Manifests, document: Document) -> None:
    value = document.value
    key = (value.get("apiVersion"), value.get("kind")) if isinstance(value, dict) else (None, None)
    kind = KINDS.get(key)
    if kind is None:
        manifests.faults.append(
            document.fault((), f"{key[0]} {key[1]} is not a kind that runs on one machine")
        )
        return
    for where, reason in NOT_ENFORCED.get(kind.__name__, {}).items():
        for found in _strip(value, where):
            manifests.notices.append(f"{document.fault(found, f'accepted, not enforced here ({reason})')}")
    try:
        resource = kind.model_validate(value)
    except ValidationError as fault:
        manifests.faults += [
            document.fault(_path(error["loc"], value), _sentence(dict(error))) for error in fault.errors()
        ]
        return
    loaded = Loaded(resource, document)
    if (first := manifests.by_kind[kind].setdefault(loaded.name, loaded)) is not loaded:
        there = f"{first.document.file}:{first.document.lines[()]}"
        manifests.refuse(loaded, ("metadata", "name"), f"{kind.__name__} {loaded.name} is already in {there}")


def _strip(value: Any, where: tuple[str, ...], done: Where = ()) -> list[Where]:
    """Take a path (`*` = every item of a list) out of a tree; the paths that were there."""
    first, *rest = where
    if first == "*":
        items = value if isinstance(value, list) else []
        return [found for at, item in enumerate(items) for found in _strip(item, tuple(rest), (*done, at))]
    if not isinstance(value, dict) or first not in value:
        return []
    if rest:
        return _strip(value[first], tuple(rest), (*done, first))
    del value[first]
    return [(*done, first)]


def _path(loc: tuple[str | int, ...], value: Any) -> Where:
    """A pydantic location without the parts that are not in the document (names of validators and unions)."""
    path: list[str | int] = []
    for at, part in enumerate(loc):
        inside = (isinstance(value, dict) and part in value) or (
            isinstance(value, list) and isinstance(part, int)
        )
        if not inside and at < len(loc) - 1:
            continue
        path.append(part)
        value = value[part] if inside else None
    return tuple(path)


def _sentence(error: dict[str, Any]) -> str:
    text = _SENTENCES.get(error["type"], str(error["msg"]).removeprefix("Value error, "))
    return text[:1].lower() + text[1:] if error["type"] != "value_error" else text


__all__ = ["Loaded", "Manifests", "Refused", "dotted", "read_manifests"]
