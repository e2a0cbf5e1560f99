"""A list of documents that is another one's twin is left out, and nothing is lost by it."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.search import analysis
from functions.search.documents import AssetDocument, SegmentDocument
from functions.search.engine import Ask
from functions.search.field_groups import ASSET_GROUPS, SEGMENT_GROUPS
from functions.search.index_directory import IndexDirectory
from functions.search.once import Interned
from functions.search.query_tree import AllOf, Members, Node, Query, Word
from functions.search.tantivy_forms import Form, Forms, every_form
from functions.search.tantivy_index import TantivyIndex
from functions.search.tantivy_query import NAMED_FROM, Builder
from functions.search.tantivy_reader import Snapshot, TantivyReader
from functions.search.tantivy_schema import asset_schema, segment_schema
from functions.search.tantivy_store import TantivyStore

EMPTY = AssetDocument("", 1, "a", "video", "ready", "es", 1_700_000_000, 202311, (), (), (), (), ())
# inflected in one language or several, function words of one of them, accents that tell words apart, a name
WORDS = (
    "canción", "canciones", "cancion", "camión", "camiones", "run", "running", "runs", "regiões", "região", "regional", "más", "mas", "está", "esta",
    "as", "the", "para", "estará", "estar", "estarán", "estivéssemos", "faro", "faros", "xilofon", "covid", "economía", "economia", "Economías", "it", "sol", "Ruiz",
)  # fmt: skip
FOLDED = sorted({folded for word in WORDS for folded in analysis.words(word)})
SPOKEN = ("es", "en", "pt", "fr", "")


def _text(dice: random.Random, most: int) -> str:
    return " ".join(dice.choices(WORDS, k=dice.randint(0, most)))


def _write(directory: IndexDirectory, numbers: Sequence[int], dice: random.Random) -> None:
    writer = TantivyStore(directory).open()
    for n in numbers:
        asset = replace(
            EMPTY, asset_id=str(uuid.UUID(int=n + 1)), version=dice.randrange(1 << 30), titles=(_text(dice, 2),), texts=(_text(dice, 4),),
            people=(_text(dice, 1),), names=(_text(dice, 1),), language=dice.choice(SPOKEN),
        )  # fmt: skip
        said = [
            SegmentDocument(i, i * 900, i * 900 + 900, dice.choice(SPOKEN), _text(dice, 3)) for i in range(3)
        ]
        writer.put(asset, said, again=True)
    writer.commit()
    writer.close()


@pytest.fixture(scope="module", params=range(3))
def snapshot(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """120 assets in several parts of an index, some written twice: lists have deleted documents."""
    dice = random.Random(request.param)
    directory = IndexDirectory(tmp_path_factory.mktemp("forms"))
    _write(directory, range(70), dice)
    _write(directory, range(60, 120), dice)
    _write(directory, [dice.randrange(120) for _ in range(15)], dice)
    found = TantivyReader(directory).snapshot()
    assert found is not None
    return found


def _trees() -> list[Node]:
    pairs = [AllOf((Word(a), Word(b))) for a in FOLDED for b in FOLDED[::5] if a != b]
    return [*map(Word, FOLDED), *(Word(word[:3], True) for word in FOLDED), *pairs]


def test_assets_found_are_the_same_whether_twins_are_left_out_or_not(snapshot: Snapshot) -> None:
    plain = Builder(asset_schema(), ASSET_GROUPS)
    without = replace(plain, frequency=snapshot.asset_words)
    for tree in _trees():
        asked = Query(tree)
        found = [_found(snapshot.assets, b.query(asked, None)) for b in (plain, without, replace(without, ranked=False))]  # fmt: skip
        assert found[0] == found[1] == found[2], tree


def test_passages_found_are_the_same_whether_twins_are_left_out_or_not(snapshot: Snapshot) -> None:
    plain = Builder(segment_schema(), SEGMENT_GROUPS)
    without = replace(plain, frequency=snapshot.spoken_words)
    for tree in _trees():
        asked = Query(tree)
        found = [_found(snapshot.segments, b.query(asked, None)) for b in (plain, without, replace(without, ranked=False))]  # fmt: skip
        assert found[0] == found[1] == found[2], tree


def test_a_beginning_finds_the_same_whether_its_words_are_named_or_not(snapshot: Snapshot) -> None:
    plain = Builder(segment_schema(), SEGMENT_GROUPS, frequency=snapshot.spoken_words)
    named = replace(plain, beginning=snapshot.segments.terms_with_prefix)
    begun = sorted({word[:length] for word in FOLDED for length in range(1, 8)} | {"zzzzz"})
    assert any(len(begin) >= NAMED_FROM and begin not in FOLDED for begin in begun)
    for begin in begun:
        asked, ids = Query(Word(begin, True)), [str(uuid.UUID(int=n + 1)) for n in range(0, 120, 3)]
        found = [_found(snapshot.segments, builder.query(asked, None, ids)) for builder in (plain, named)]
        assert found[0] == found[1], begin


def _found(searcher: object, query: object) -> set[tuple[int, int]]:
    hits = searcher.search(query, 1000).hits  # type: ignore[attr-defined]  # tantivy's stubs know no searcher
    return {(address.segment_ord, address.doc) for _, address in hits}


@given(st.sampled_from(FOLDED), st.sampled_from(ASSET_GROUPS), st.data())
@settings(max_examples=300)
def test_what_a_word_weighs_where_it_has_all_its_twins_stays(
    word: str, group: str, data: st.DataObject
) -> None:
    """A document that is in all lists of a group alike has the score that it had."""
    every = every_form(word, group)
    lengths = {form: data.draw(st.integers(0, 3), label=form.field) for form in every}
    kept = Forms(word, group, lambda field, term: _length(lengths, field, term)).ranked()
    assert {form.field for form in kept} <= {form.field for form in every}
    assert all(_length(lengths, form.field, form.term) for form in kept)
    dropped = [form for form in every if _length(lengths, form.field, form.term) and form not in kept[1:]][1:]
    if kept and kept[0].field.endswith("_exact"):
        best, ties = every[0].weight, 0.2 * sum(form.weight for form in dropped)
        assert kept[0].weight == pytest.approx(best + ties)


def _length(lengths: dict[Form, int], field: str, term: str) -> int:
    return next((n for form, n in lengths.items() if (form.field, form.term) == (field, term)), 0)


def test_a_word_without_other_forms_is_looked_for_once_in_each_group(snapshot: Snapshot) -> None:
    for group in ("title", "text"):
        (form,) = Forms("xilofon", group, lambda field, _: 0 if field.endswith("_pt") else 7).ranked()
        assert form.field == f"{group}_exact"


def test_other_forms_of_a_word_are_looked_for() -> None:
    lengths = {"title_exact": 3, "title_es": 5, "title_en": 3, "title_pt": 3}
    found = Forms("faro", "title", lambda field, _: lengths[field])
    assert [form.field for form in found.ranked()] == ["title_exact", "title_es"]
    assert [form.field for form in found.matching()] == ["title_es"]


def test_a_function_word_by_its_accent_is_in_no_list_of_its_language_and_has_no_twins() -> None:
    """`estara` is written in an asset as `estará`, which Spanish leaves out; as many others say `estar`."""
    lengths = {"title_exact": 2, "title_es": 2, "title_en": 2, "title_pt": 2}
    found = Forms("estara", "title", lambda field, _: lengths[field])
    assert {form.field for form in found.ranked()} >= {"title_exact", "title_es"}
    assert "title_exact" in {form.field for form in found.matching()}
    said = Forms("estara", "said", lambda field, _: 2 if field in ("said_exact", "said_es") else 0)
    assert {form.field for form in said.ranked()} == {"said_exact", "said_es"}
    assert said.cover() is None
    assert not analysis.is_stop_word_accented("es", "faro")


def test_what_is_said_in_two_languages_is_no_twin_of_one() -> None:
    """As long as the written word's list, but of other documents: `faros` in Spanish, `faro` in English."""
    lengths = {"said_exact": 2, "said_es": 2, "said_en": 1, "said_pt": 0}
    found = Forms("faro", "said", lambda field, _: lengths[field])
    assert [form.field for form in found.ranked()] == ["said_exact", "said_es", "said_en"]
    assert found.cover() is None


def test_one_state_of_the_index_answers_everybody_who_asks_the_same_within_the_same_projects(
    snapshot: Snapshot,
) -> None:
    class Counted:
        """A reader whose searcher counts the searches."""

        def __init__(self) -> None:
            self.searches = 0
            self.state = replace(snapshot, assets=self)

        def snapshot(self) -> Snapshot:
            return self.state

        def search(self, *args: object, **named: object) -> object:
            self.searches += 1
            return snapshot.assets.search(*args, **named)

        def __getattr__(self, name: str) -> object:
            return getattr(snapshot.assets, name)

    reader = Counted()
    index = TantivyIndex(reader)  # type: ignore[arg-type]  # a reader is what has a snapshot
    ask = Ask(Query(Word("faro")), None)
    first = index.assets(ask, 100)
    assert first.total > 0
    assert index.assets(Ask(Query(Word("faro")), None), 100) is first
    assert reader.searches == 1
    assert index.assets(replace(ask, scope=frozenset({"of nobody"})), 100).total == 0
    assert index.assets(replace(ask, scope=frozenset({"a"})), 100).ids == first.ids
    reader.state = replace(reader.state, serial=snapshot.serial + 1)
    index.assets(ask, 100)
    assert reader.searches == 4
    many = replace(ask, query=Query(Word("faro"), (Members(frozenset(map(str, range(1001)))),)))
    assert [index.assets(many, 100).total for _ in range(2)] == [0, 0]  # too large to be kept
    assert reader.searches == 6
    forgetful = TantivyIndex(reader, remembers=False)  # type: ignore[arg-type]  # as above
    forgetful.assets(ask, 100)
    forgetful.assets(ask, 100)
    assert reader.searches == 8


@pytest.mark.parametrize("window", [1, 5, 1000])
def test_passages_that_are_not_counted_are_the_same_ones_in_the_same_order(
    snapshot: Snapshot, window: int
) -> None:
    class Reader:
        def snapshot(self) -> Snapshot:
            return snapshot

    index = TantivyIndex(Reader(), remembers=False)  # type: ignore[arg-type]  # a reader is what has a snapshot
    for word in FOLDED:
        ask = Ask(Query(Word(word)), None)
        counted, other = (index.passages(ask, window, counted=so) for so in (True, False))
        assert [p.score for p in counted.ids] == sorted((p.score for p in counted.ids), reverse=True)
        assert len(counted.ids) == len(other.ids) == min(window, counted.total)
        assert (other.total > window) == (counted.total >= window)
        if counted.total <= window:
            assert [p[:2] for p in counted.ids] == [p[:2] for p in other.ids], word


def test_equal_scopes_of_many_people_are_kept_once() -> None:
    scopes: Interned[frozenset[str] | None] = Interned(2)
    first, same = frozenset({"a", "b"}), frozenset({"b", "a"})
    assert first is not same
    assert scopes.one(first) is scopes.one(same)
    assert scopes.one(None) is None
    scopes.one(frozenset({"c"}))
    assert scopes.one(same) is same  # the first one made room
