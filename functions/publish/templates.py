"""Requests from configuration: `{name}` in any string of a JSON value is replaced. Pure; nothing is evaluated.

A string that is only `{name}` becomes the value itself (a number, a list); in paths and queries values are percent-encoded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

_NAME = re.compile(r"\{([a-z_]+(?:\.[a-z_]+)?)\}")


def names_in(value: Any) -> Iterator[str]:
    """Every name that a template uses."""
    if isinstance(value, str):
        yield from _NAME.findall(value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from names_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from names_in(item)


def fill(value: Any, words: Mapping[str, Any]) -> Any:
    """The value with its names replaced. Raises KeyError for a name that is not in `words`."""
    if isinstance(value, str):
        alone = _NAME.fullmatch(value)
        if alone:
            return words[alone.group(1)]
        return _NAME.sub(lambda found: _text(words[found.group(1)]), value)
    if isinstance(value, Mapping):
        return {name: fill(item, words) for name, item in value.items()}
    if isinstance(value, list):
        return [fill(item, words) for item in value]
    return value


def fill_path(path: str, words: Mapping[str, Any]) -> str:
    """A path whose values cannot add separators."""
    return _NAME.sub(lambda found: quote(_text(words[found.group(1)]), safe=""), path)


def _text(value: Any) -> str:
    return (
        "" if value is None else ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    )


def pointed(value: Any, pointer: str) -> Any:
    """What a JSON pointer (RFC 6901) names, None when it is not there."""
    for part in pointer.strip("/").split("/") if pointer.strip("/") else []:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value
