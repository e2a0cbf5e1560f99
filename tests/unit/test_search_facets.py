"""Facets of the embedded engine are exact, also when no segment of the index hands up all that it has."""

from __future__ import annotations

import random
import threading
import uuid
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from functions.search import tantivy_facets
from functions.search.documents import AssetDocument
from functions.search.engine import Ask, Bucket, EngineDown, Facets
from functions.search.facet_fields import SIZES, buckets, questions
from functions.search.field_groups import ASSET_GROUPS
from functions.search.grammar import parse
from functions.search.index_directory import IndexDirectory
from functions.search.query_tree import Query
from functions.search.tantivy_counts import Counts, count_all
from functions.search.tantivy_index import TantivyIndex
from functions.search.tantivy_query import Builder
from functions.search.tantivy_reader import TantivyReader
from functions.search.tantivy_schema import asset_schema
from functions.search.tantivy_store import TantivyStore
from tests.fix_search import wait_for

PLAIN = AssetDocument("", 1, "alfa", "video", "ready", "es", 1_700_000_000, 202311, ("faro",), (), (), (), ())

BUILDER = Builder(asset_schema(), ASSET_GROUPS)


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
            titles=(dice.choice(("faro norte", "faro norte", "faro sur")),), people=some("Persona"), tags=some("Tema"),
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


@pytest.mark.parametrize("word", ["norte", ""])
@pytest.mark.parametrize("many", [1, 10_000])
@pytest.mark.parametrize(("narrow", "wide"), [(100, 5_000), (40, 5_000), (3, 5_000), (3, 50), (2, 31)])
@pytest.mark.parametrize("scope", [None, frozenset({"beta"})])
def test_counts_are_true_however_little_each_segment_hands_up(
    archive: tuple[IndexDirectory, list[AssetDocument]], monkeypatch: pytest.MonkeyPatch,
    word: str, many: int, narrow: int, wide: int, scope: frozenset[str] | None,
) -> None:  # fmt: skip
    directory, made = archive
    for name, value in (("MANY", many), ("NARROW", narrow), ("WIDE", wide)):
        monkeypatch.setattr(tantivy_facets, name, value)
    matching = [a for a in made if word in a.titles[0] and (scope is None or a.project in scope)]
    counted = TantivyIndex(TantivyReader(directory)).facets(Ask(parse(f"{word} "), scope))
    for field in ("person", "tag"):
        true = _counted(matching, field)
        shown = counted[field]
        assert len(shown) == SIZES[field]
        assert all(true[bucket.value] == bucket.count for bucket in shown)
        assert [bucket.count for bucket in shown] == sorted(true.values(), reverse=True)[
            : SIZES[field]
        ]  # none is missing that more assets have


@pytest.mark.parametrize("text", ['"faro norte"', "faro norte OR sur -boya "])
def test_what_is_dear_to_find_is_found_once_and_its_counts_are_true(
    archive: tuple[IndexDirectory, list[AssetDocument]], monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    directory, made = archive
    monkeypatch.setattr(tantivy_facets, "MANY", 1)
    passes: list[Sequence[str]] = []
    real = count_all

    def spied(searcher: Any, query: Any, names: Sequence[str], width: int) -> dict[str, Counts] | None:
        passes.append(names)
        return real(searcher, query, names, width)

    monkeypatch.setattr(tantivy_facets, "count_all", spied)
    counted = TantivyIndex(TantivyReader(directory)).facets(Ask(parse(text), None))
    assert len(passes) == 1
    for field in ("person", "tag"):
        true = _counted([a for a in made if '"' not in text or "norte" in a.titles[0]], field)
        assert [b.count for b in counted[field]] == sorted(true.values(), reverse=True)[: SIZES[field]]
        assert all(true[b.value] == b.count for b in counted[field])


@pytest.mark.parametrize("wide", [5_000, 100, 40])
@pytest.mark.parametrize("scope", [None, frozenset({"beta"})])
@pytest.mark.parametrize(
    "text",
    ["norte ", "faro ", "faro norte ", "norte type:video date:2023 ", "norte OR sur ", "norte project:beta "],
)
def test_what_most_match_is_counted_by_the_others_and_the_counts_are_the_same(
    archive: tuple[IndexDirectory, list[AssetDocument]], monkeypatch: pytest.MonkeyPatch, text: str, scope: frozenset[str] | None, wide: int
) -> None:  # fmt: skip
    reader = TantivyReader(archive[0])
    with monkeypatch.context() as all_shown:
        for name in SIZES:
            all_shown.setitem(SIZES, name, 1_000)
        every = TantivyIndex(reader).facets(Ask(parse(text), scope))
    monkeypatch.setattr(tantivy_facets, "MANY", 1)
    monkeypatch.setattr(tantivy_facets, "WIDE", wide)
    by_the_others: list[Sequence[str]] = []
    real = tantivy_facets._by_the_others

    def spied(*asked: Any) -> dict[str, Counts]:
        by_the_others.append(asked[-1])
        return real(*asked)

    monkeypatch.setattr(tantivy_facets, "_by_the_others", spied)
    index = TantivyIndex(reader)
    asked = [
        Ask(replace(parse(text), ignored=(str(n),)), scope) for n in range(200)
    ]  # the same, but for what is remembered

    def counted_so() -> bool:
        for name, shown in index.facets(asked.pop()).items():
            assert set(shown) <= set(every[name])
            assert [b.count for b in shown] == [b.count for b in every[name]][: SIZES[name]], name
        return len(by_the_others) >= 3 * len(list(questions(parse(text))))

    wait_for(counted_so)


def test_the_same_asked_at_the_same_moment_is_counted_once_and_a_failure_is_not_kept(
    archive: tuple[IndexDirectory, list[AssetDocument]], monkeypatch: pytest.MonkeyPatch
) -> None:
    facets, going, go = tantivy_facets.TantivyFacets(), threading.Event(), threading.Event()
    counts: list[object] = []

    def count(*asked: object) -> Facets:
        counts.append(asked)
        going.set()
        assert go.wait(20)
        if len(counts) == 1:
            raise EngineDown("once")
        return {}

    monkeypatch.setattr(tantivy_facets.TantivyFacets, "_count", count)
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(facets.of, None, 1, Ask(Query(), None), BUILDER)
        assert going.wait(20)
        others = [threads.submit(facets.of, None, 1, Ask(Query(), None), BUILDER) for _ in range(3)]
        wait_for(lambda: all(future.running() for future in others))
        go.set()
        failed = [future.exception(20) for future in (first, *others)]
    assert isinstance(failed[0], EngineDown)
    assert facets.of(None, 1, Ask(Query(), None), BUILDER) == {}
    assert len(counts) == 2 + sum(fault is None for fault in failed)


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
        facets.of(None, serial, Ask(Query(), None), BUILDER)
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
