"""Terms that begin so are the same whether they are counted one by one or inside the whole scope; the shorter way is taken."""

from __future__ import annotations

import random
import uuid
from dataclasses import replace
from itertools import chain, combinations, product

import pytest

from functions.search import tantivy_beginnings, tantivy_schema
from functions.search.documents import AssetDocument, SegmentDocument
from functions.search.index_directory import IndexDirectory
from functions.search.tantivy_beginnings import Beginnings
from functions.search.tantivy_query import Builder
from functions.search.tantivy_reader import Snapshot, TantivyReader
from functions.search.tantivy_store import TantivyStore

PLAIN = AssetDocument("", 1, "a", "video", "ready", "es", 1_700_000_000, 202311, ("x",), (), (), (), ())
WORDS = [a + b + c for a, b, c in product(("ma", "me"), ("ra", "ro", "ri"), ("s", "l", "n"))]
SCOPES = [frozenset(some) for some in chain.from_iterable(combinations("abcd", n) for n in range(5))]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """160 assets in three segments, some deleted; a word is in as many of them as its place says, mostly of the project it likes."""
    dice = random.Random(3)
    directory = IndexDirectory(tmp_path_factory.mktemp("beginnings"))
    writer = TantivyStore(directory).open()
    for n in range(160):
        project = dice.choice("aaaaaabbcd")
        liked = WORDS["abcd".index(project) :: 3] + WORDS
        words = dice.choices(liked, weights=[1 / (i + 1) for i in range(len(liked))], k=4)
        asset = replace(
            PLAIN, asset_id=str(uuid.UUID(int=n + 1)), project=project, titles=(" ".join(words),), tags=tuple(words[:2])
        )  # fmt: skip
        writer.put(asset, [SegmentDocument(0, 0, 900, "es", " ".join(words[1:]))])
        if n % 60 == 59:
            writer.commit()
    for n in range(0, 160, 9):
        writer.remove(str(uuid.UUID(int=n + 1)))
    writer.commit()
    writer.close()
    found = TantivyReader(directory).snapshot()
    assert found is not None
    return found


@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: "".join(sorted(scope)) or "nothing")
def test_both_ways_give_the_same_terms_with_the_same_counts(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, scope: frozenset[str]
) -> None:
    visible = Builder(tantivy_schema.asset_schema(), ()).scope(scope)
    for field, prefix, limit, tried in product(
        ("title_exact", "said_exact", "tag_label"), ("", "m", "me", "mar", "meris", "z"), (1, 3, 8), (1, 4)
    ):
        monkeypatch.setattr(tantivy_beginnings, "TRIED", tried)
        found = Beginnings(snapshot.assets, scope, snapshot.projects).of(field, prefix, limit)
        assert found == snapshot.assets.terms_with_prefix(field, prefix, visible, limit)


def test_a_wide_scope_is_not_gathered_and_a_narrow_one_is(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    gathered: list[frozenset[str]] = []
    real = Builder.scope

    def spied(self: Builder, projects: frozenset[str]) -> object:
        gathered.append(projects)
        return real(self, projects)

    monkeypatch.setattr(Builder, "scope", spied)
    for scope in (frozenset("abc"), frozenset("cd")):
        assert Beginnings(snapshot.assets, scope, snapshot.projects).of("title_exact", "ma", 3)
    assert gathered == [frozenset("cd")]
