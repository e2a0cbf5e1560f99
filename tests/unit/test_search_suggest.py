"""Suggestions of the embedded engine are the same whether their parts are looked up one after the other or side by side; estimates are near."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest

from functions.search import tantivy_suggest
from functions.search.documents import AssetDocument
from functions.search.engine import EngineDown, Scope
from functions.search.field_groups import ASSET_GROUPS
from functions.search.grammar import parse
from functions.search.index_directory import IndexDirectory
from functions.search.query_tree import Members
from functions.search.tantivy_estimate import about, inside
from functions.search.tantivy_index import TantivyIndex
from functions.search.tantivy_reader import TantivyReader
from functions.search.tantivy_store import TantivyStore
from functions.search.tantivy_suggest import TantivySuggest

PLAIN = AssetDocument("", 1, "alfa", "video", "ready", "es", 1_700_000_000, 202311, ("faro",), (), (), (), ())


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> IndexDirectory:
    """60 assets of two projects in three segments: `farola` in a third of them, `puerto` in two; 40 tags and as many people that begin alike."""
    made = IndexDirectory(tmp_path_factory.mktemp("suggest"))
    writer = TantivyStore(made).open()
    for n in range(60):
        asset = replace(
            PLAIN, asset_id=str(uuid.UUID(int=n + 1)), project="beta" if n % 4 == 0 else "alfa",
            titles=(f"faro {'farola' if n % 3 == 0 else 'boya'}{' puerto' if n < 2 else ''}",),
            texts=("vocal",) if n % 2 else ("voces",) if n % 4 else (), tags=(f"Tema {n % 40}", "Temario"), people=(f"Ana {n % 40}", f"Otra Persona {n}"),
        )  # fmt: skip
        writer.put(asset, [])
        if n % 20 == 19:
            writer.commit()
    writer.close()
    return made


@pytest.mark.parametrize("scope", [None, frozenset({"beta"}), frozenset({"gamma"})])
@pytest.mark.parametrize("text", ["fa", "f", "tem", "ana", "otra per", "faro fa", "pureto", "", "..."])
def test_side_by_side_or_not_the_same_is_suggested(
    directory: IndexDirectory, monkeypatch: pytest.MonkeyPatch, text: str, scope: Scope
) -> None:
    reader = TantivyReader(directory)
    before = TantivyIndex(reader).suggest(text, scope, 8)
    monkeypatch.setattr(tantivy_suggest, "SIDE_BY_SIDE", 0)
    beside = TantivyIndex(reader).suggest(text, scope, 8)
    assert (list(beside.assets), beside.words) == (list(before.assets), before.words)
    assert (set(beside.tags), set(beside.people)) == (set(before.tags), set(before.people))
    if scope == frozenset({"gamma"}):
        assert not [*beside.assets, *beside.tags, *beside.people, *beside.words]


def test_the_most_frequent_come_first_and_all_that_are_asked_for(directory: IndexDirectory) -> None:
    found = TantivyIndex(TantivyReader(directory)).suggest("tem", None, 8)
    assert found.tags[0] == "Temario"
    assert len(found.tags) == 8
    assert len(TantivyIndex(TantivyReader(directory)).suggest("ana", None, 8).people) == 8


def test_a_part_that_fails_is_an_engine_that_is_down(
    directory: IndexDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> list[str]:
        raise EngineDown("broken")

    monkeypatch.setattr(TantivySuggest, "_tags", fail)
    for side_by_side in (0, 1_000):
        monkeypatch.setattr(tantivy_suggest, "SIDE_BY_SIDE", side_by_side)
        with pytest.raises(EngineDown):
            TantivyIndex(TantivyReader(directory)).suggest("tem", None, 8)


def test_what_is_typed_twice_in_one_state_is_looked_up_once(
    directory: IndexDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, real, looked = TantivyIndex(TantivyReader(directory)), TantivySuggest.of, []

    def spied(self: TantivySuggest, text: str, limit: int) -> Any:
        looked.append(text)
        return real(self, text, limit)

    monkeypatch.setattr(TantivySuggest, "of", spied)
    for scope in (None, None, frozenset({"beta"}), frozenset({"beta"})):
        index.suggest("Fár", scope, 8)
        index.suggest("far", scope, 8)
    assert len(looked) == 2  # one a scope: accents and case are the same letters


@pytest.mark.parametrize(
    ("text", "expected"),
    [("faro ", 60), ("farola ", 20), ("faro puerto ", 2), ("boya OR puerto ", 40), ('"faro puerto"', 0), ('"faro boya"', 4), ('"faro"', 60), ("said:faro ", 0), ("", 60), ("-faro ", 60),
     ("faro tag:x ", 60), ("voc", 45), ("v", 0), ("de la ", 60), ("!!! ", 0), ("zzyzx ", 0)],
)  # fmt: skip
def test_how_many_match_is_about_right(directory: IndexDirectory, text: str, expected: int) -> None:
    snapshot = TantivyReader(directory).snapshot()
    assert snapshot is not None
    assert about(snapshot.assets, parse(text).tree, ASSET_GROUPS) == expected


@pytest.mark.parametrize(
    ("text", "scope", "expected"),
    [("faro ", None, 60), ("faro ", frozenset({"beta"}), 15), ("project:alfa ", None, 45), ("tag:temario type:audio ", None, 0), ('tag:"tema 1" ', None, 2),
     ("person:ana date:2023 ", frozenset(), 0)],
)  # fmt: skip
def test_what_filters_and_scope_leave_is_about_right(
    directory: IndexDirectory, text: str, scope: Scope, expected: int
) -> None:
    snapshot = TantivyReader(directory).snapshot()
    assert snapshot is not None
    asked = parse(text)
    assert inside(snapshot.assets, asked.filters, scope) == expected
    assert inside(snapshot.assets, asked.among(Members(frozenset("ab"))).filters, scope) == min(2, expected)
