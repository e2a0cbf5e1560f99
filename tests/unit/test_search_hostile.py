"""Fifteen thousand hostile strings, seeded: as queries and as values of filters, built for each engine and judged by its own language."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.search.documents import AssetDocument, SegmentDocument
from functions.search.elasticsearch_mapping import asset_source, body
from functions.search.elasticsearch_query import Builder as ElasticBuilder
from functions.search.engine import Ask, NotExpressible
from functions.search.field_groups import ASSET_GROUPS
from functions.search.grammar import TooLong, parse
from functions.search.index_directory import IndexDirectory
from functions.search.meilisearch_index import settings
from functions.search.meilisearch_query import filters_of, parts_of, text_of
from functions.search.meilisearch_store import asset_document
from functions.search.query_tree import Field, Filter, Query
from functions.search.tantivy_index import TantivyIndex
from functions.search.tantivy_reader import TantivyReader
from functions.search.tantivy_store import TantivyStore
from tests.fakes import elasticsearch_index as elastic
from tests.fakes import elasticsearch_search
from tests.fakes import meilisearch_index as meili
from tests.fakes.meilisearch_faults import Fault

COUNT = 10_000
MINE = frozenset({"mine"})
PIECES = (
    '"', "'", "\\", "`", "(", ")", "[", "]", "{", "}", ":", "*", "?", "~", "^", "-", "--", "+", "/", "|", "||", "&&", "!", "=", "<", ">", ",", ";", "%", "_", "\x00",
    "\n", "\t", "\u202e", "\u0301", "ﬁ", "😀", "İ", "ß", "\ud7ff", " ", " ", " ", "OR", "AND", "NOT", "IN", "TO", "EXISTS", "IS NULL", "project:theirs",
    'project IN ["theirs"]', '"] OR project = "theirs', "') OR 1=1", "project = theirs", "said:", "tag:", "person:", "date:", "date:..", "date:9999-99", "type:video",
    "status:", "language:", "_exists_:id", "id_high:1", "[* TO *]", "secreto", "faro", "casa", "a" * 61, "9" * 20, "../../etc", "<script>", "${x}", "{{x}}", "\\u0022", "\\x22",
)  # fmt: skip
OWN = AssetDocument(
    "00000000-0000-4000-8000-000000000001",
    1,
    "mine",
    "video",
    "ready",
    "es",
    1_700_000_000,
    202311,
    ("faro casa",),
    (),
    (),
    ("uno",),
    ("Ana",),
)
OTHER = AssetDocument(
    "00000000-0000-4000-8000-000000000002",
    1,
    "theirs",
    "video",
    "ready",
    "es",
    1_700_000_000,
    202311,
    ("secreto faro",),
    (),
    (),
    ("dos",),
    ("Eva",),
)
SAID = [SegmentDocument(0, 0, 1, "es", "casa secreto")]


def hostile(count: int, seed: int) -> Iterator[tuple[Query, str]]:
    """A query, and a value for a filter."""
    dice = random.Random(seed)

    def text(most: int) -> str:
        joint = dice.choice(("", "", " "))
        return joint.join(dice.choice(PIECES) for _ in range(dice.randint(0, most)))

    for _ in range(count):
        value = text(4)
        try:
            query = parse(text(8))
        except TooLong:
            continue
        filters = (
            *query.filters,
            *(
                [Filter(dice.choice(list(Field)), frozenset({value}))]
                if value and dice.random() < 0.5
                else []
            ),
        )
        yield Query(query.tree, filters, query.ignored), value


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> TantivyIndex:
    directory = IndexDirectory(tmp_path_factory.mktemp("index"))
    writer = TantivyStore(directory).open()
    for asset in (OWN, OTHER):
        writer.put(asset, SAID)
    writer.commit()
    writer.close()
    return TantivyIndex(TantivyReader(directory))


def test_the_embedded_engine_takes_them_as_words_inside_the_scope(embedded: TantivyIndex) -> None:
    for query, value in hostile(COUNT // 4, 1):
        ask = Ask(query, MINE, typos=1)
        assert set(embedded.assets(ask, 5).ids) <= {OWN.asset_id}
        if query.filters:
            assert {b.value for b in embedded.facets(ask)["project"]} <= {"mine"}
            assert set(embedded.suggest(value, MINE, 3).assets) <= {OWN.asset_id}


def test_elasticsearch_gets_queries_of_its_language_that_stay_inside_the_scope() -> None:
    index = elastic.Index(body("assets"))
    for asset in (OWN, OTHER):
        index.write(asset.asset_id, asset_source(asset, SAID), 1)
    index.refresh()
    for query, _ in hostile(COUNT // 4, 2):
        built = ElasticBuilder(ASSET_GROUPS, 1).query(query, MINE)
        found = elasticsearch_search.search(index, "assets", {"query": built, "track_total_hits": True})
        assert {hit["_id"] for hit in found["hits"]["hits"]} <= {OWN.asset_id}


def test_meilisearch_gets_filters_of_its_language_that_stay_inside_the_scope() -> None:
    index = meili.Index({asset.asset_id: asset_document(asset) for asset in (OWN, OTHER)}, settings())
    for query, _ in hostile(COUNT, 3):
        try:
            parts = parts_of(query.tree)
        except NotExpressible:
            continue
        if parts is None:
            continue
        asked = {
            "q": text_of(parts),
            "filter": [*parts.filters, *filters_of(query, MINE)],
            "matchingStrategy": "all",
            "attributesToRetrieve": ["id"],
        }
        assert {hit["id"] for hit in index.search(asked)["hits"]} <= {OWN.asset_id}


def test_a_filter_that_is_not_quoted_would_have_been_caught(tmp_path: Path) -> None:
    index = meili.Index({asset.asset_id: asset_document(asset) for asset in (OWN, OTHER)}, settings())
    escaped = 'project IN ["mine"] OR project = "theirs"'
    assert len(index.search({"q": "", "filter": escaped, "matchingStrategy": "all"})["hits"]) == 2
    for wrong in (
        "project = OR",
        'project IN ["x"',
        "nothing = 1",
        'project > "a"',
        "project IN [x] AND",
        f'project = "{"x" * 469}"',
    ):
        with pytest.raises(Fault, match=r"."):
            index.check(wrong)
