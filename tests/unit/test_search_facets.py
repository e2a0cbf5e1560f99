"""Facets of the embedded engine are exact, also when no segment of the index hands up all that it has."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from functions.search import tantivy_facets
from functions.search.documents import AssetDocument
from functions.search.engine import Ask, Bucket, Facets
from functions.search.facet_fields import SIZES, buckets, questions
from functions.search.grammar import parse
from functions.search.index_directory import IndexDirectory
from functions.search.query_tree import Query
from functions.search.tantivy_index import TantivyIndex
from functions.search.tantivy_reader import TantivyReader
from functions.search.tantivy_store import TantivyStore

PLAIN = AssetDocument("", 1, "alfa", "video", "ready", "es", 1_700_000_000, 202311, ("faro",), (), (), (), ())


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> tuple[IndexDirectory, list[AssetDocument]]:
    """900 assets in six segments; names and tags by Zipf, hundreds of them once."""
    dice = random.Random(3)
    weights = [1 / (n + 1) for n in range(600)]

    def some(kind: str) -> tuple[str, ...]:
        return tuple({f"{kind} {n}" for n in dice.choices(range(600), weights, k=dice.randint(1, 3))})

    made = [
        replace(
            PLAIN, asset_id=str(uuid.UUID(int=dice.getrandbits(128))), project=dice.choice(("alfa", "beta")),
            titles=(dice.choice(("faro norte", "faro sur")),), people=some("Persona"), tags=some("Tema"),
        ) for _ in range(900)
    ]  # fmt: skip
    directory = IndexDirectory(tmp_path_factory.mktemp("facets"))
    writer = TantivyStore(directory).open()
    for start in range(0, len(made), 150):
        for asset in made[start : start + 150]:
            writer.put(asset, [])
        writer.commit()
    writer.close()
    return directory, made


def _counted(made: Sequence[AssetDocument], field: str) -> Counter[str]:
    return Counter(value for asset in made for value in (asset.people if field == "person" else asset.tags))


@pytest.mark.parametrize("many", [1, 10_000])
@pytest.mark.parametrize(("narrow", "wide"), [(100, 5_000), (40, 5_000), (3, 5_000), (3, 50), (2, 31)])
@pytest.mark.parametrize("scope", [None, frozenset({"beta"})])
def test_counts_are_true_however_little_each_segment_hands_up(
    archive: tuple[IndexDirectory, list[AssetDocument]], monkeypatch: pytest.MonkeyPatch,
    many: int, narrow: int, wide: int, scope: frozenset[str] | None,
) -> None:  # fmt: skip
    directory, made = archive
    for name, value in (("MANY", many), ("NARROW", narrow), ("WIDE", wide)):
        monkeypatch.setattr(tantivy_facets, name, value)
    matching = [a for a in made if "norte" in a.titles[0] and (scope is None or a.project in scope)]
    counted = TantivyIndex(TantivyReader(directory)).facets(Ask(parse("norte "), scope))
    for field in ("person", "tag"):
        true = _counted(matching, field)
        shown = counted[field]
        assert len(shown) == SIZES[field]
        assert all(true[bucket.value] == bucket.count for bucket in shown)
        if wide == 5_000:  # wide enough to lose nothing: none is missing that more assets have
            assert [bucket.count for bucket in shown] == sorted(true.values(), reverse=True)[: SIZES[field]]


def test_the_same_is_counted_once_and_a_new_state_of_the_index_anew(
    archive: tuple[IndexDirectory, list[AssetDocument]], monkeypatch: pytest.MonkeyPatch
) -> None:
    facets = tantivy_facets.TantivyFacets()
    counts: list[object] = []

    def count(*asked: object) -> Facets:
        counts.append(asked)
        return {}

    monkeypatch.setattr(tantivy_facets.TantivyFacets, "_count", count)
    for serial in (1, 1, 2):
        facets.of(None, serial, Ask(Query(), None), ())
    assert len(counts) == 2


def test_a_field_is_counted_without_its_own_filter() -> None:
    asked = parse("faro type:video date:2026 ")
    found = {names[0]: query for query, names in questions(asked) if len(names) == 1}
    assert set(found) == {"type", "month"}
    assert len(found["type"].filters) == len(found["month"].filters) == 1
    assert questions(Query()).__next__()[1] == list(SIZES)


def test_buckets_are_most_frequent_first_and_months_in_their_order() -> None:
    assert buckets("tag", [("b", 1), ("a", 1), ("c", 3), ("", 9), ("d", 0)]) == [
        Bucket("c", 3),
        Bucket("a", 1),
        Bucket("b", 1),
    ]
    assert buckets("month", [(202611, 1), (202512, 4)]) == [Bucket("2025-12", 4), Bucket("2026-11", 1)]
