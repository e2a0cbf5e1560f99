"""Engines with vectors of their own: neighbours inside the scope and the filters, in the same trip as the words."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.search.elasticsearch_index import ElasticsearchIndex
from functions.search.engine import Ask, Engine, Offer, Wanted
from functions.search.query_tree import Members, Query
from functions.search.stores import VectorWriter
from functions.search.vectors import VectorDocument
from tests.fakes.elasticsearch_server import Elasticsearch
from tests.fix_search_engines import ASSET, ASSETS, SAID, Kept, ask, id_of, needs


def towards(*parts: float, model: str = "m", number: int = 0) -> VectorDocument:
    return VectorDocument(number, model, [*parts, *([0.0] * (384 - len(parts)))])


NORTH, EAST, NORTH_EAST = towards(1.0).vector, towards(0.0, 1.0).vector, towards(0.8, 0.6).vector


@pytest.fixture(scope="module")
def meaning(kept: Kept, engine: Engine) -> ElasticsearchIndex:
    """1 (alfa) means north and east, 2 (beta) nearly north; 255 (beta) means the same as 2 to another model."""
    needs(engine, Offer.NEAREST)
    writer = kept.store.open()
    assert isinstance(writer, VectorWriter)
    meant = {
        1: [towards(1.0), towards(0.0, 1.0, number=7)], 2: [towards(0.8, 0.6)], 255: [towards(0.8, 0.6, model="another")],
    }  # fmt: skip
    for asset in ASSETS:
        number = int(asset.asset_id[:2], 16)
        assert writer.put(asset, SAID if number == 255 else [], again=True)
        writer.put_vectors(asset, meant[number])
    assert writer.commit() == {}
    writer.close()
    return cast(ElasticsearchIndex, engine)


def test_neighbours_come_nearest_first_each_asset_once_and_of_one_model(meaning: ElasticsearchIndex) -> None:
    assert list(meaning.nearest(NORTH, ask(""), 10)) == [id_of(1), id_of(2)]
    assert list(meaning.nearest(NORTH_EAST, ask(""), 10)) == [id_of(2), id_of(1)]
    assert list(meaning.nearest(NORTH, ask(""), 1)) == [id_of(1)]
    assert list(meaning.nearest([-1.0, *NORTH[1:]], ask(""), 10)) == []  # what is far is no neighbour
    assert list(meaning.nearest([0.0] * 384, ask(""), 10)) == []
    assert list(meaning.nearest([1e-25] * 384, ask(""), 10)) == []  # as good as zero
    assert list(meaning.nearest([1.0], ask(""), 10)) == []


def test_filters_and_scope_are_inside_the_search_for_neighbours(meaning: ElasticsearchIndex) -> None:
    """The nearest of all is not in the scope: it takes no place from what is."""
    assert list(meaning.nearest(NORTH, ask("", frozenset({"beta"})), 1)) == [id_of(2)]
    assert list(meaning.nearest(NORTH, ask("", frozenset()), 10)) == []
    for text, found in (
        ("type:audio ", [2]), ("tag:mar ", [1]), ('person:"ana ruiz" ', [1, 2]), ("project:beta ", [2]), ("date:2020 ", []), ("language:en ", []),
        ("rights:rights-free ", [1]),
    ):  # fmt: skip
        assert list(meaning.nearest(NORTH, ask(text), 10)) == [id_of(n) for n in found], text


def test_neighbours_are_looked_for_among_members_alone(meaning: ElasticsearchIndex) -> None:
    for members, found in (({2, 255}, [2]), ({255}, []), (set[int](), [])):
        asked = Ask(Query().among(Members(frozenset(map(id_of, members)))), None)
        assert list(meaning.nearest(NORTH, asked, 1)) == [id_of(n) for n in found]


def test_words_and_neighbours_come_with_one_trip(kept: Kept, meaning: ElasticsearchIndex) -> None:
    if kept.fake is not None:
        cast(Elasticsearch, kept.fake).asked.clear()
    asked = ask("faro ", frozenset({"beta"}))
    found = meaning.find(asked, Wanted(10, 10, facets=True, vector=NORTH, nearest=10))
    assert list(found.nearest or ()) == [id_of(2)]
    assert found.assets is not None
    assert set(found.assets.ids) == {id_of(2), id_of(255)}
    if kept.fake is not None:
        assert cast(Elasticsearch, kept.fake).asked == ["POST /_msearch"]


def test_vectors_that_an_asset_lost_are_gone(kept: Kept, meaning: ElasticsearchIndex) -> None:
    writer, own = kept.store.open(), replace(ASSET, asset_id=id_of(13), project="gamma", version=3)
    assert isinstance(writer, VectorWriter)
    gamma = ask("", frozenset({"gamma"}))

    def put(version: int, *vectors: VectorDocument) -> None:
        writer.put(replace(own, version=version), [], again=True)
        writer.put_vectors(replace(own, version=version), vectors)
        writer.commit()

    put(3, towards(1.0), towards(0.0, 1.0, number=1))
    assert list(meaning.nearest(EAST, gamma, 5)) == [id_of(13)]
    put(3, towards(1.0))  # embedded again, without a change of the asset
    assert list(meaning.nearest(EAST, gamma, 5)) == []
    put(4, towards(0.0, 1.0))
    assert list(meaning.nearest(NORTH, gamma, 5)) == []
    writer.remove(id_of(13), 5)
    writer.commit()
    writer.close()
    assert list(meaning.nearest(EAST, gamma, 5)) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    scope=st.frozensets(st.sampled_from(["alfa", "beta", 'x"', "*"])),
    vector=st.lists(st.floats(-1, 1), min_size=2, max_size=2),
)
def test_no_neighbour_is_outside_the_scope(
    meaning: ElasticsearchIndex, scope: frozenset[str], vector: list[float]
) -> None:
    visible = ({id_of(1)} if "alfa" in scope else set()) | ({id_of(2)} if "beta" in scope else set())
    assert set(meaning.nearest(towards(*vector).vector, ask("", scope), 10)) <= visible
