"""A scope finds the same however it is asked for: by its projects, or without the others."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from itertools import chain, combinations
from typing import Any

import pytest

from functions.search.documents import AssetDocument, SegmentDocument
from functions.search.engine import Ask, Order
from functions.search.grammar import parse
from functions.search.index_directory import IndexDirectory
from functions.search.tantivy_index import TantivyIndex
from functions.search.tantivy_reader import TantivyReader
from functions.search.tantivy_scope import Projects
from functions.search.tantivy_store import TantivyStore

PLAIN = AssetDocument("", 1, "a", "video", "ready", "es", 1_700_000_000, 202311, ("faro",), (), (), (), ())
PROJECTS = ("a", "b", "c", "d", "unknown")
SCOPES = [frozenset(some) for some in chain.from_iterable(combinations(PROJECTS, n) for n in range(6))]


def put(directory: IndexDirectory, numbers: range, project: Callable[[int], str]) -> None:
    writer = TantivyStore(directory).open()
    for n in numbers:
        asset = replace(
            PLAIN, asset_id=str(uuid.UUID(int=n + 1)), project=project(n), titles=(f"faro {n % 3}",), tags=(f"de {project(n)}", "todos"),
            people=(f"Persona {project(n)}",), created_s=1_700_000_000 + n,
        )  # fmt: skip
        writer.put(asset, [SegmentDocument(0, 0, 900, "es", f"se ve el faro {project(n)}")])
    writer.commit()
    writer.close()


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> IndexDirectory:
    """40 assets: most of them of `a`, the fewest of `d`."""
    made = IndexDirectory(tmp_path_factory.mktemp("scope"))
    for start in (0, 20):
        put(made, range(start, start + 20), lambda n: "aaaaaabbcd"[n % 10])
    return made


def everything(index: TantivyIndex, scope: frozenset[str]) -> list[Any]:
    """All that an engine says about a few questions."""
    told: list[Any] = []
    for text in ("faro ", "faro -tag:todos ", "", "project:a ", "0 OR persona "):
        ask = Ask(parse(text), scope)
        found = index.assets(replace(ask, order=Order.NEWEST), 100)
        told += [
            list(found.ids),
            found.total,
            index.facets(ask),
            index.among(ask, [str(uuid.UUID(int=n + 1)) for n in range(12)]),
        ]
        told += [{(p.asset_id, p.number) for p in index.passages(ask, 100).ids}]
    suggested = [index.suggest(text, scope, 20) for text in ("fa", "de", "per")]
    return [*told, *((set(s.assets), set(s.tags), set(s.people), set(s.words)) for s in suggested)]


@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: "+".join(sorted(scope)) or "nothing")
def test_both_ways_find_the_same(
    directory: IndexDirectory, monkeypatch: pytest.MonkeyPatch, scope: frozenset[str]
) -> None:
    index = TantivyIndex(TantivyReader(directory))
    chosen = everything(index, scope)
    monkeypatch.setattr(Projects, "outside", lambda *_: None)
    assert everything(TantivyIndex(TantivyReader(directory)), scope) == chosen


def test_the_shorter_way_is_taken(directory: IndexDirectory) -> None:
    snapshot = TantivyReader(directory).snapshot()
    assert snapshot is not None
    for projects in (snapshot.projects, snapshot.spoken):
        assert projects.having == {"a": 24, "b": 8, "c": 4, "d": 4}
        assert projects.outside(frozenset("ab")) == frozenset("cd")
        assert projects.outside(frozenset({*"abcd", "unknown"})) == frozenset()
        for few in (frozenset("b"), frozenset("bcd"), frozenset({"unknown"}), frozenset[str]()):
            assert projects.outside(few) is None


def test_a_project_that_is_new_in_the_index_is_outside_at_once(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    directory = IndexDirectory(tmp_path_factory.mktemp("new"))
    put(directory, range(10), lambda _: "a")
    index = TantivyIndex(TantivyReader(directory, refresh_s=0))
    mine = Ask(parse("faro "), frozenset({"a"}))
    assert index.assets(mine, 100).total == 10
    put(directory, range(10, 13), lambda _: "new")
    assert index.assets(Ask(parse("faro "), None), 100).total == 13
    assert index.assets(mine, 100).total == 10
    assert [b.value for b in index.facets(mine)["project"]] == ["a"]
    assert index.passages(mine, 100).total == 10
