"""The page's client is made from the API's own description, and its copies of the API's rules are the API's rules."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from acervo import objects
from acervo.channels import OURS

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("web_openapi", WEB / "scripts" / "openapi.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_snapshot_that_the_client_is_generated_from_is_what_the_api_says_now() -> None:
    module = _generator()
    assert module.SNAPSHOT.read_text() == module.snapshot(), "run `npm run api` in web/"


def test_the_generated_types_know_every_path_of_the_snapshot() -> None:
    paths = json.loads((WEB / "src/api/openapi.json").read_text())["paths"]
    types = (WEB / "src/api/schema.d.ts").read_text()
    assert [path for path in paths if f'"{path}": {{' not in types] == [], "run `npm run api` in web/"


def test_the_page_cuts_files_into_the_parts_that_the_api_expects() -> None:
    mib = 1 << 20
    sizes = [1, 5_000 * mib, 5_000 * mib + 1, 16_000 * mib + 1, 64_000 * mib + 1, 5 * 1024**4]
    assert [objects.part_size(size) for size in sizes] == [size * mib for size in (5, 5, 16, 64, 100, 525)]
    # the same numbers are promised by the page's own test
    assert (
        "5 * MIB, 5 * MIB, 16 * MIB, 64 * MIB, 100 * MIB, 525 * MIB"
        in (WEB / "src/features/upload/parts.test.ts").read_text()
    )


def _said(described: Any) -> Iterator[str]:
    """Every title and description below."""
    if isinstance(described, dict):
        yield from (
            described[name] for name in ("title", "description") if isinstance(described.get(name), str)
        )
        for part in described.values():
            yield from _said(part)
    elif isinstance(described, list):
        for part in described:
            yield from _said(part)


@pytest.mark.parametrize("language", ["es", "pt"])
def test_what_types_of_channels_say_of_themselves_is_said_in_each_language(language: str) -> None:
    said: set[str] = set()
    for kind in OURS:
        said |= {kind.title, kind.description, *(one.title for one in kind.credentials), *_said(kind.schema)}
    words = json.loads((WEB / f"src/i18n/channel/{language}.json").read_text())
    assert set(words) == said
    assert all(words.values())


def test_locks_name_no_registry() -> None:
    for lock in (WEB / "package-lock.json", ROOT / "tests/web/package-lock.json"):
        assert re.findall(r'"resolved": "https?://[^"]*"', lock.read_text()) == []
