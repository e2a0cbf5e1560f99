"""What every search engine behind `functions.search.engine.Engine` has to do; run on the embedded one always."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from functions.search import tantivy_schema
from functions.search.documents import AssetDocument, SegmentDocument
from functions.search.engine import Ask, Engine, EngineDown, Order
from functions.search.grammar import parse
from functions.search.index_directory import IndexDirectory
from functions.search.query_tree import Query
from functions.search.tantivy_index import TantivyIndex
from functions.search.tantivy_reader import TantivyReader
from functions.search.tantivy_writer import TantivyWriter


def _id(number: int) -> str:
    return str(uuid.UUID(int=(number << 120) + number))


ASSET = AssetDocument(
    _id(1),
    1,
    "alfa",
    "video",
    "ready",
    "es",
    1_700_000_000,
    202311,
    ("faro uno",),
    (),
    (),
    ("Mar",),
    ("Ana Ruiz",),
)
ASSETS = [
    ASSET,
    replace(ASSET, asset_id=_id(2), project="beta", kind="audio", created_s=1_700_000_100, titles=("faro dos",), tags=("Tierra",)),
    replace(ASSET, asset_id=_id(255), project="beta", status="error", created_s=1_600_000_000, month=202009, titles=("puerto",), tags=()),
]  # fmt: skip
SAID = [
    SegmentDocument(0, 0, 900, "es", "el faro alumbra la noche"),
    SegmentDocument(1, 900, 1800, "es", "nadie mira el faro del puerto"),
]


@pytest.fixture(scope="module", params=["tantivy"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    directory = IndexDirectory(tmp_path_factory.mktemp("index"))
    version = directory.next_version(tantivy_schema.FORMAT)
    writer = TantivyWriter(version)
    for asset in ASSETS:
        writer.put(asset, SAID if asset.asset_id == _id(255) else [])
    writer.commit()
    directory.switch(version)
    yield TantivyIndex(TantivyReader(directory))
    writer.close()


def ask(text: str, scope: frozenset[str] | None = None, order: Order = Order.RELEVANCE) -> Ask:
    return Ask(parse(text), scope, order=order)


def test_titles_rank_above_speech_and_all_are_counted(engine: Engine) -> None:
    found = engine.assets(ask("faro "), 10)
    assert (set(found.ids[:2]), found.ids[2], found.total) == ({_id(1), _id(2)}, _id(255), 3)
    assert engine.assets(ask("faro "), 1).total == 3


def test_order_by_date_is_kept(engine: Engine) -> None:
    assert engine.assets(ask("", order=Order.NEWEST), 10).ids == [_id(2), _id(1), _id(255)]
    assert engine.assets(ask("", order=Order.OLDEST), 10).ids == [_id(255), _id(1), _id(2)]


def test_the_scope_is_in_everything(engine: Engine) -> None:
    beta, nothing = frozenset({"beta"}), frozenset[str]()
    assert engine.assets(ask("faro ", beta), 10).total == 2
    assert engine.among(ask("faro ", beta), [_id(1), _id(2)]) == {_id(2)}
    assert engine.passages(ask("faro ", frozenset({"alfa"})), 10).total == 0
    assert engine.passages(ask("faro ", frozenset({"alfa"})), 10, [_id(255)], any_word=True).total == 0
    assert [b.value for b in engine.facets(ask("", beta))["project"]] == ["beta"]
    assert engine.suggest("mar", beta, 5).tags == []
    assert engine.suggest("fa", frozenset({"alfa"}), 5).assets == [_id(1)]
    for text in ("", "faro ", "-faro"):
        assert engine.assets(ask(text, nothing), 10).total == 0
        assert engine.passages(ask(text, nothing), 10).total == 0
        assert all(not buckets for buckets in engine.facets(ask(text, nothing)).values())
    suggested = engine.suggest("fa", nothing, 5)
    assert (suggested.assets, suggested.tags, suggested.people, suggested.words) == ([], [], [], [])


def test_passages_are_ranked_and_can_be_of_some_assets_with_any_of_the_words(engine: Engine) -> None:
    both = engine.passages(ask("faro puerto "), 10)
    assert [(p.asset_id, p.number) for p in both.ids] == [(_id(255), 1)]
    some = engine.passages(ask("faro puerto "), 10, [_id(255)], any_word=True)
    assert [p.number for p in some.ids] == [1, 0]
    assert engine.passages(ask("faro "), 10, [_id(1)]).total == 0


def test_counts_are_true_and_a_field_does_not_narrow_itself(engine: Engine) -> None:
    counted = engine.facets(ask("type:video "))
    assert {b.value: b.count for b in counted["type"]} == {"video": 2, "audio": 1}
    assert {b.value: b.count for b in counted["tag"]} == {"Mar": 1}
    assert {b.value: b.count for b in counted["month"]} == {"2020-09": 1, "2023-11": 1}
    counted = engine.facets(ask("date:2020 type:video "))
    assert {b.value: b.count for b in counted["month"]} == {"2020-09": 1, "2023-11": 1}
    assert {b.value: b.count for b in counted["type"]} == {"video": 1}


def test_nothing_asked_among_nothing(engine: Engine) -> None:
    assert engine.among(Ask(Query(), None), []) == frozenset()
    assert engine.passages(Ask(Query(), None), 10).total == 0


def test_an_engine_without_an_index_says_that_it_is_not_ready(tmp_path: Path) -> None:
    empty = TantivyIndex(TantivyReader(IndexDirectory(tmp_path / "none")))
    assert not empty.ready()
    with pytest.raises(EngineDown):
        empty.assets(ask("x"), 10)
