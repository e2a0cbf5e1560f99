"""What every search engine behind `functions.search.engine.Engine` has to do: the embedded one, those we play, and real ones when `ES_URL` or `MEILI_URL` is given."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from os import environ
from pathlib import Path
from typing import cast

import pytest
from elasticsearch import Elasticsearch as Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acervo.database import Database
from acervo.errors import Transient
from functions.search.documents import AssetDocument, SegmentDocument
from functions.search.elasticsearch_index import ElasticsearchIndex
from functions.search.elasticsearch_store import ElasticsearchStore
from functions.search.engine import Ask, Engine, EngineDown, NotExpressible, Offer, OneTrip, Order, Wanted
from functions.search.grammar import parse
from functions.search.index_directory import IndexDirectory, Position
from functions.search.meilisearch_client import MeilisearchClient
from functions.search.meilisearch_index import MeilisearchIndex
from functions.search.meilisearch_store import MeilisearchStore
from functions.search.query_tree import Alternatives, Field, Filter, Phrase, Query, Word
from functions.search.stores import Doubtful, Store, VectorWriter
from functions.search.tantivy_index import TantivyIndex
from functions.search.tantivy_reader import TantivyReader
from functions.search.tantivy_store import TantivyStore
from functions.search.vectors import VectorDocument
from tests.fakes.elasticsearch_server import Elasticsearch
from tests.fakes.meilisearch_server import MASTER, Meilisearch


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
    ("faro norte",),
    (),
    (),
    ("Mar",),
    ("Ana Ruiz",),
)
ASSETS = [
    ASSET,
    replace(ASSET, asset_id=_id(2), project="beta", kind="audio", created_s=1_700_000_100, titles=("faro oriente",), tags=("Tierra",)),
    replace(ASSET, asset_id=_id(255), project="beta", status="error", created_s=1_600_000_000, month=202009, titles=("puerto",), tags=()),
]  # fmt: skip
SAID = [
    SegmentDocument(0, 0, 900, "es", "el faro alumbra la noche"),
    SegmentDocument(1, 900, 1800, "es", "nadie mira el faro del puerto"),
]


@dataclass
class Kept:
    """One kind of engine: how to ask and how to write it; `fake` is the server behind it, if we play it."""

    engine: Engine
    store: Store
    fake: Elasticsearch | Meilisearch | None = None
    close: Callable[[], None] = lambda: None


def _tantivy(folder: Path) -> Kept:
    directory = IndexDirectory(folder / "index")
    return Kept(TantivyIndex(TantivyReader(directory, refresh_s=0)), TantivyStore(directory))


def _elasticsearch(url: str, database: Database, fake: Elasticsearch | None) -> Kept:
    prefix = f"acervo-test-{secrets.token_hex(4)}"
    key = {"api_key": environ["ES_API_KEY"]} if fake is None and "ES_API_KEY" in environ else {}
    client = Client(url, **key)  # type: ignore[arg-type]  # the client's options are typed one by one
    engine = ElasticsearchIndex(client, prefix, 10, model="m")
    return Kept(engine, ElasticsearchStore(client, database, prefix), fake)


def _meilisearch(url: str, key: str, database: Database, fake: Meilisearch | None) -> Kept:
    client, uid = MeilisearchClient(url, key, 10), f"acervo_test_{secrets.token_hex(4)}"
    return Kept(MeilisearchIndex(client, uid), MeilisearchStore(client, database, uid), fake, client.close)


KINDS = ["tantivy", "elasticsearch-fake", "meilisearch-fake", "elasticsearch", "meilisearch"]


@pytest.fixture(scope="module", params=KINDS)
def kept(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, database_url: str
) -> Iterator[Kept]:
    kind = request.param
    if kind == "tantivy":
        yield _tantivy(tmp_path_factory.mktemp("index"))
        return
    variable = "ES_URL" if kind.startswith("elasticsearch") else "MEILI_URL"
    if not kind.endswith("-fake") and variable not in environ:
        pytest.skip(f"{variable} names no real engine")
    database = Database(database_url, 4)
    with database.transaction() as connection:
        connection.execute("delete from search_indexes")
    fakes: list[Elasticsearch | Meilisearch] = []
    if kind == "elasticsearch-fake":
        fakes.append(fake := Elasticsearch())
        made = _elasticsearch(fake.url, database, fake)
    elif kind == "elasticsearch":
        made = _elasticsearch(environ["ES_URL"], database, None)
    elif kind == "meilisearch-fake":
        fakes.append(other := Meilisearch())
        made = _meilisearch(other.url, MASTER, database, other)
    else:
        made = _meilisearch(environ["MEILI_URL"], environ.get("MEILI_KEY", ""), database, None)
    yield made
    made.close()
    for one in fakes:
        one.close()
    database.close()


@pytest.fixture(scope="module")
def engine(kept: Kept) -> Engine:
    """With the assets in it."""
    assert not kept.engine.ready()
    writer = kept.store.open()
    for asset in ASSETS:
        writer.put(asset, SAID if asset.asset_id == _id(255) else [])
    assert writer.commit() == {}
    writer.close()
    wait_until(kept.engine.ready)
    return kept.engine


def wait_until(condition: Callable[[], bool], deadline_s: float = 10) -> None:
    until = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


def needs(engine: Engine, offer: Offer) -> None:
    if offer not in engine.offers:
        pytest.skip(f"{engine.name} has no {offer}")


def ask(text: str, scope: frozenset[str] | None = None, order: Order = Order.RELEVANCE) -> Ask:
    return Ask(parse(text), scope, order=order)


def test_titles_rank_above_speech_and_all_are_counted(engine: Engine) -> None:
    found = engine.assets(ask("faro "), 10)
    assert set(found.ids[:2]) == {_id(1), _id(2)}
    speech = [_id(255)] if Offer.PASSAGES in engine.offers else []
    assert (found.ids[2:], found.total) == (speech, 2 + len(speech))
    assert engine.assets(ask("faro "), 1).total == 2 + len(speech)


def test_order_by_date_is_kept(engine: Engine) -> None:
    assert list(engine.assets(ask("", order=Order.NEWEST), 10).ids) == [_id(2), _id(1), _id(255)]
    assert list(engine.assets(ask("", order=Order.OLDEST), 10).ids) == [_id(255), _id(1), _id(2)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("faro norte ", {1}), ("faro -norte status:ready ", {2}), ('"faro norte"', {1}), ('"norte faro"', set()), ("pue", {255}), ("FARO norte ", {1}),
        ("tag:mar ", {1}), ("tag:MAR ", {1}), ("type:audio ", {2}), ("status:error ", {255}), ("project:beta ", {2, 255}),
        ('person:"Ana Ruiz" faro norte ', {1}), ("person:ruiz faro oriente ", {2}), ("person:rui ", set()), ("date:2020 ", {255}),
        ("date:2023-11 faro oriente ", {2}), ("date:2021..2022 ", set()), ("-tag:mar faro oriente ", {2}), ("type:video status:error ", {255}),
        ("!!! ", set()), ("zzyzx ", set()), ("language:en ", set()),
    ],
)  # fmt: skip
def test_a_query_finds_what_it_means(engine: Engine, text: str, found: set[int]) -> None:
    result = engine.assets(ask(text), 10)
    assert set(result.ids) == {_id(number) for number in found}
    assert result.total == len(found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("norte OR oriente ", {1, 2}), ("said:faro ", {255}), ('said:"el faro del puerto"', {255}), ("alumbrar ", {255}), ("noches ", {255}),
        ("norte OR tag:tierra ", {1, 2}), ("-faro ", set()), ("-norte ", {2, 255}), ("puerto -noche ", set()),
    ],
)  # fmt: skip
def test_a_tree_finds_what_it_means(engine: Engine, text: str, found: set[int]) -> None:
    if Offer.TREES not in engine.offers:
        if text in ("-faro ", "-norte ") or "OR" in text or "said:" in text:
            with pytest.raises(NotExpressible):
                engine.assets(ask(text), 10)
        return
    assert set(engine.assets(ask(text), 10).ids) == {_id(number) for number in found}


def test_what_the_vocabulary_adds_is_found_below_what_was_typed(engine: Engine) -> None:
    needs(engine, Offer.TREES)
    tree = Alternatives(Word("norte"), (Word("oriente"), Phrase("nadie mira")))
    assert next(iter(engine.assets(Ask(Query(tree), None), 10).ids)) == _id(1)
    assert set(engine.assets(Ask(Query(tree), None), 10).ids) == {_id(1), _id(2), _id(255)}


def test_typos_are_forgiven_when_asked(engine: Engine) -> None:
    if Offer.TREES in engine.offers:
        assert engine.assets(ask("puetro "), 10).total == 0
    assert list(engine.assets(replace(ask("puetro "), typos=1), 10).ids) == [_id(255)]


def test_the_scope_is_in_everything(engine: Engine) -> None:
    beta, nothing = frozenset({"beta"}), frozenset[str]()
    assert set(engine.assets(ask("faro ", beta), 10).ids) <= {_id(2), _id(255)}
    assert engine.assets(ask("puerto ", frozenset({"alfa"})), 10).total == 0
    assert engine.among(ask("faro ", beta), [_id(1), _id(2)]) == {_id(2)}
    assert [b.value for b in engine.facets(ask("", beta))["project"]] == ["beta"]
    assert engine.suggest("mar", beta, 5).tags == []
    assert list(engine.suggest("fa", frozenset({"alfa"}), 5).assets) == [_id(1)]
    for text in ("", "faro ", "faro -norte "):
        assert engine.assets(ask(text, nothing), 10).total == 0
        assert engine.among(ask(text, nothing), [_id(1), _id(2)]) == frozenset()
        assert all(not buckets for buckets in engine.facets(ask(text, nothing)).values())
    suggested = engine.suggest("fa", nothing, 5)
    assert not [*suggested.assets, *suggested.tags, *suggested.people, *suggested.words]


def test_the_scope_is_in_passages(engine: Engine) -> None:
    needs(engine, Offer.PASSAGES)
    assert engine.passages(ask("faro ", frozenset({"alfa"})), 10).total == 0
    assert engine.passages(ask("faro ", frozenset({"alfa"})), 10, [_id(255)], any_word=True).total == 0
    assert engine.passages(ask("faro ", frozenset()), 10).total == 0


@pytest.mark.parametrize(
    "project",
    ['beta"] OR project IN ["alfa', "beta' OR 1=1", 'x" OR "', "*", "a\\", "alfa OR beta", "\n", "ßé"],
)
def test_a_scope_or_a_filter_cannot_be_broken_out_of(engine: Engine, project: str) -> None:
    assert engine.assets(ask("", frozenset({project})), 10).total == 0
    for field in Field:
        asked = Ask(Query(None, (Filter(field, frozenset({project})),)), frozenset({"beta"}))
        assert set(engine.assets(asked, 10).ids) <= (
            {_id(2), _id(255)} if field is not Field.PROJECT else set()
        )


def test_passages_are_ranked_and_can_be_of_some_assets_with_any_of_the_words(engine: Engine) -> None:
    needs(engine, Offer.PASSAGES)
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


def test_suggestions_begin_like_what_is_typed(engine: Engine) -> None:
    assert set(engine.suggest("far", None, 5).assets) >= {_id(1), _id(2)}
    assert engine.suggest("ma", None, 5).tags == ["Mar"]
    assert engine.suggest("rui", None, 5).people == ["Ana Ruiz"]
    assert engine.suggest("ana r", None, 5).people == ["Ana Ruiz"]
    assert list(engine.suggest("pureto", None, 5).assets) == [_id(255)]
    assert list(engine.suggest("...", None, 5).assets) == []


def test_one_trip_answers_what_the_parts_answer(engine: Engine) -> None:
    needs(engine, Offer.ONE_TRIP)
    found = cast(OneTrip, engine).find(ask("faro type:video "), Wanted(10, 10, facets=True))
    assert found.assets == engine.assets(ask("faro type:video "), 10)
    assert found.passages == engine.passages(ask("faro type:video "), 10)
    assert found.facets == engine.facets(ask("faro type:video "))


# -- neighbours --------------------------------------------------------------------------------------------------------
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
    assert list(meaning.nearest(NORTH, ask(""), 10)) == [_id(1), _id(2)]
    assert list(meaning.nearest(NORTH_EAST, ask(""), 10)) == [_id(2), _id(1)]
    assert list(meaning.nearest(NORTH, ask(""), 1)) == [_id(1)]
    assert list(meaning.nearest([-1.0, *NORTH[1:]], ask(""), 10)) == []  # what is far is no neighbour
    assert list(meaning.nearest([0.0] * 384, ask(""), 10)) == []
    assert list(meaning.nearest([1e-25] * 384, ask(""), 10)) == []  # as good as zero
    assert list(meaning.nearest([1.0], ask(""), 10)) == []


def test_filters_and_scope_are_inside_the_search_for_neighbours(meaning: ElasticsearchIndex) -> None:
    """The nearest of all is not in the scope: it takes no place from what is."""
    assert list(meaning.nearest(NORTH, ask("", frozenset({"beta"})), 1)) == [_id(2)]
    assert list(meaning.nearest(NORTH, ask("", frozenset()), 10)) == []
    for text, found in (
        ("type:audio ", [2]), ("tag:mar ", [1]), ('person:"ana ruiz" ', [1, 2]), ("project:beta ", [2]), ("date:2020 ", []), ("language:en ", []),
    ):  # fmt: skip
        assert list(meaning.nearest(NORTH, ask(text), 10)) == [_id(n) for n in found], text


def test_words_and_neighbours_come_with_one_trip(kept: Kept, meaning: ElasticsearchIndex) -> None:
    if kept.fake is not None:
        cast(Elasticsearch, kept.fake).asked.clear()
    asked = ask("faro ", frozenset({"beta"}))
    found = meaning.find(asked, Wanted(10, 10, facets=True, vector=NORTH, nearest=10))
    assert list(found.nearest or ()) == [_id(2)]
    assert found.assets is not None
    assert set(found.assets.ids) == {_id(2), _id(255)}
    if kept.fake is not None:
        assert cast(Elasticsearch, kept.fake).asked == ["POST /_msearch"]


def test_vectors_that_an_asset_lost_are_gone(kept: Kept, meaning: ElasticsearchIndex) -> None:
    writer, own = kept.store.open(), replace(ASSET, asset_id=_id(13), project="gamma", version=3)
    assert isinstance(writer, VectorWriter)
    gamma = ask("", frozenset({"gamma"}))

    def put(version: int, *vectors: VectorDocument) -> None:
        writer.put(replace(own, version=version), [], again=True)
        writer.put_vectors(replace(own, version=version), vectors)
        writer.commit()

    put(3, towards(1.0), towards(0.0, 1.0, number=1))
    assert list(meaning.nearest(EAST, gamma, 5)) == [_id(13)]
    put(3, towards(1.0))  # embedded again, without a change of the asset
    assert list(meaning.nearest(EAST, gamma, 5)) == []
    put(4, towards(0.0, 1.0))
    assert list(meaning.nearest(NORTH, gamma, 5)) == []
    writer.remove(_id(13), 5)
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
    visible = ({_id(1)} if "alfa" in scope else set()) | ({_id(2)} if "beta" in scope else set())
    assert set(meaning.nearest(towards(*vector).vector, ask("", scope), 10)) <= visible


def test_nothing_asked_among_nothing(engine: Engine) -> None:
    assert engine.among(Ask(Query(), None), []) == frozenset()


HOSTILE = st.text(alphabet="\":-()[]{}*^~\\/+|&!?<>= \t\n\x00'ORANDNTIaé€😀́", max_size=60)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=HOSTILE, value=HOSTILE)
def test_no_text_is_syntax(engine: Engine, text: str, value: str) -> None:
    """Not one refusal by the engine, and nothing from outside the scope."""
    query = parse(text)
    filters = (*query.filters, *(Filter(f, frozenset({value})) for f in (Field.TAG, Field.PERSON) if value))
    asked = Ask(Query(query.tree, filters), frozenset({"beta"}))
    try:
        assert set(engine.assets(asked, 10).ids) <= {_id(2), _id(255)}
        assert {b.value for b in engine.facets(asked)["project"]} <= {"beta"}
    except NotExpressible:
        pass
    assert set(engine.suggest(text, frozenset({"beta"}), 5).assets) <= {_id(2), _id(255)}


# -- writing -----------------------------------------------------------------------------------------------------------
def test_old_never_overwrites_new_and_what_is_removed_is_gone(kept: Kept, engine: Engine) -> None:
    writer, own = kept.store.open(), replace(ASSET, asset_id=_id(7), titles=("nuevo",), version=5, tags=())
    assert writer.put(own, SAID)
    assert not writer.put(replace(own, version=4, titles=("viejo",)), SAID)
    writer.commit()
    assert not writer.put(replace(own, version=4, titles=("viejo",)), SAID)
    assert not writer.put(replace(own, titles=("otra vez",)), SAID)
    assert writer.versions([_id(7), _id(8)]) == {_id(7): 5}
    assert writer.put(own, SAID[:1], again=True)  # a transcript became shorter
    writer.commit()
    assert set(engine.assets(ask("nuevo "), 10).ids) == {_id(7)}
    if Offer.PASSAGES in engine.offers:
        assert engine.passages(ask("faro "), 10, [_id(7)]).total == 1
    writer.remove(_id(7), 6)
    writer.commit()
    assert engine.assets(ask("nuevo "), 10).total == 0
    if Offer.PASSAGES in engine.offers:
        assert engine.passages(ask("faro "), 10, [_id(7)]).total == 0
    assert writer.versions([_id(7)]) == {}
    writer.close()


def test_nothing_is_seen_before_the_commit(kept: Kept, engine: Engine) -> None:
    writer, own = kept.store.open(), replace(ASSET, asset_id=_id(9), titles=("secreto",), tags=())
    writer.put(own, [])
    assert engine.assets(ask("secreto "), 10).total == 0
    writer.commit()
    assert engine.assets(ask("secreto "), 10).total == 1
    writer.remove(_id(9), 2)
    writer.commit()
    writer.close()


def test_a_version_is_built_beside_switched_and_rolled_back(kept: Kept, engine: Engine) -> None:
    before = engine.assets(ask(""), 10).total
    live = kept.store.open()
    with kept.store.rebuilding():
        beside = kept.store.begin()
        beside.put(replace(ASSET, titles=("solo esta",)), [])
        beside.commit()
        assert beside.count() == 1
        assert engine.assets(ask(""), 10).total == before
        live.close()
        kept.store.switch(beside)
    assert engine.assets(ask(""), 10).total == 1
    with kept.store.rebuilding():
        kept.store.roll_back()
    assert engine.assets(ask(""), 10).total == before
    with kept.store.rebuilding(), pytest.raises(Doubtful):
        kept.store.roll_back()


def test_the_position_is_kept_with_its_version(kept: Kept, engine: Engine) -> None:
    writer = kept.store.open()
    at = Position(datetime(2026, 11, 5, 1, 2, 3, 4, tzinfo=UTC), _id(2))
    writer.save_position(at)
    writer.close()
    again = kept.store.open()
    assert again.position() == at
    again.close()
    with kept.store.rebuilding():
        fresh = kept.store.begin()
        assert fresh.position() == Position()
        kept.store.discard(fresh)


# -- engines that fail -------------------------------------------------------------------------------------------------
def test_an_engine_that_is_away_is_down_for_readers_and_transient_for_writers(
    kept: Kept, engine: Engine
) -> None:
    if kept.fake is None:
        pytest.skip("only one that we play can be switched off")
    writer = kept.store.open()
    writer.put(replace(ASSET, asset_id=_id(11), titles=("tarde",)), SAID)
    kept.fake.down = True
    try:
        for call in (
            lambda: engine.assets(ask("faro "), 10), lambda: engine.facets(ask("")), lambda: engine.suggest("fa", None, 5),
        ):  # fmt: skip
            with pytest.raises(EngineDown):
                call()
        assert engine.ready()
        with pytest.raises(Transient):
            writer.commit()
    finally:
        kept.fake.down = False
    assert engine.assets(ask("tarde "), 10).total == 0
    again = kept.store.open()
    again.put(replace(ASSET, asset_id=_id(11), titles=("tarde",)), SAID)
    again.commit()
    assert engine.assets(ask("tarde "), 10).total == 1
    again.remove(_id(11), 9)
    again.commit()


def test_an_engine_without_an_index_says_that_it_is_not_ready(tmp_path: Path) -> None:
    empty = TantivyIndex(TantivyReader(IndexDirectory(tmp_path / "none")))
    assert not empty.ready()
    with pytest.raises(EngineDown):
        empty.assets(ask("x"), 10)
