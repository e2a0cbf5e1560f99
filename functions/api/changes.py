"""What an edit changes: merge patches in, columns and a list of changed fields out; and back again. Pure.

A change is `path → {"from", "to"}` with the paths `name`, `language`, `metadata.title`, `metadata.extra.desk`, `rights.hold`; null
where there was (or is) nothing. Undoing puts `from` back where the field still is what the edit made of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Columns = dict[str, Any]
Changes = dict[str, dict[str, Any]]
GROUPS = ("metadata", "rights")
COLUMNS = ("name", "language", *GROUPS)
EXTRA = "extra"


def columns_of(row: Mapping[str, Any]) -> Columns:
    return {name: row[name] for name in COLUMNS}


def merged(known: Columns, patch: Mapping[str, Any]) -> Columns:
    """The columns after a JSON merge patch (RFC 7396); `metadata.extra` is merged too, everything deeper is replaced."""
    after = dict(known)
    for name in ("name", "language"):
        if name in patch:
            after[name] = patch[name]
    for name in GROUPS:
        if name in patch:
            after[name] = _merge(known[name], patch[name])
    return after


def _merge(known: Mapping[str, Any], patch: Mapping[str, Any] | None) -> dict[str, Any]:
    if patch is None:
        return {}
    given = dict(patch)
    if isinstance(given.get(EXTRA), dict) and isinstance(known.get(EXTRA), dict):
        given[EXTRA] = {**known[EXTRA], **given[EXTRA]}
    if isinstance(given.get(EXTRA), dict):
        given[EXTRA] = {name: value for name, value in given[EXTRA].items() if value is not None} or None
    return {name: value for name, value in {**known, **given}.items() if value is not None}


def with_words(known: Columns, field: str, add: Iterable[str], remove: Iterable[str]) -> Columns:
    """A list of the metadata with words added (once, whatever their case) and removed."""
    words = known["metadata"].get(field)
    kept = [word for word in words if isinstance(word, str)] if isinstance(words, list) else []
    gone = {word.casefold() for word in remove}
    kept = [word for word in kept if word.casefold() not in gone]
    seen = {word.casefold() for word in kept}
    for word in add:
        if word.casefold() not in seen:
            seen.add(word.casefold())
            kept.append(word)
    return {**known, "metadata": _merge(known["metadata"], {field: kept or None})}


def differences(before: Columns, after: Columns) -> Changes:
    """Every field that is not as it was."""
    was, is_ = _fields(before), _fields(after)
    paths = [*was, *(path for path in is_ if path not in was)]
    return {
        path: {"from": was.get(path), "to": is_.get(path)} for path in paths if was.get(path) != is_.get(path)
    }


def _fields(columns: Columns) -> dict[str, Any]:
    found = {name: columns[name] for name in ("name", "language")}
    for group in GROUPS:
        for name, value in columns[group].items():
            if group == "metadata" and name == EXTRA and isinstance(value, dict):
                found |= {f"metadata.extra.{key}": item for key, item in value.items()}
            else:
                found[f"{group}.{name}"] = value
    return found


def undone(known: Columns, changes: Changes) -> tuple[Columns, list[str]]:
    """The columns with the changes taken back, and the paths that somebody has changed again since."""
    now = _fields(known)
    conflicts = [path for path, change in changes.items() if now.get(path) != change["to"]]
    patch: dict[str, Any] = {}
    for path, change in changes.items():
        group, _, name = path.partition(".")
        if not name:
            patch[group] = change["from"]
        elif name.startswith(f"{EXTRA}."):
            extra = patch.setdefault(group, {}).setdefault(EXTRA, {})
            extra[name.removeprefix(f"{EXTRA}.")] = change["from"]
        else:
            patch.setdefault(group, {})[name] = change["from"]
    return merged(known, patch), conflicts
