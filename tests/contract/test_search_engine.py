"""What every search engine behind `functions.search.engine.Engine` has to find, count and refuse: the embedded one, those we play, and real ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.search.engine import Ask, Engine, EngineDown, NotExpressible, Offer, OneTrip, Order, Wanted
from functions.search.grammar import parse
from functions.search.index_directory import IndexDirectory
from functions.search.query_tree import Alternatives, Field, Filter, Members, Phrase, Query, Word
from functions.search.tantivy_index import TantivyIndex
from functions.search.tantivy_reader import TantivyReader
from tests.fix_search_engines import ask, id_of, needs


def test_titles_rank_above_speech_and_all_are_counted(engine: Engine) -> None:
    found = engine.assets(ask("faro "), 10)
    assert set(found.ids[:2]) == {id_of(1), id_of(2)}
    speech = [id_of(255)] if Offer.PASSAGES in engine.offers else []
    assert (found.ids[2:], found.total) == (speech, 2 + len(speech))
    assert engine.assets(ask("faro "), 1).total == 2 + len(speech)


def test_order_by_date_is_kept(engine: Engine) -> None:
    assert list(engine.assets(ask("", order=Order.NEWEST), 10).ids) == [id_of(2), id_of(1), id_of(255)]
    assert list(engine.assets(ask("", order=Order.OLDEST), 10).ids) == [id_of(255), id_of(1), id_of(2)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("faro norte ", {1}), ("faro -norte status:ready ", {2}), ('"faro norte"', {1}), ('"norte faro"', set()), ("pue", {255}), ("FARO norte ", {1}),
        ("tag:mar ", {1}), ("tag:MAR ", {1}), ("type:audio ", {2}), ("status:error ", {255}), ("project:beta ", {2, 255}),
        ('person:"Ana Ruiz" faro norte ', {1}), ("person:ruiz faro oriente ", {2}), ("person:rui ", set()), ("date:2020 ", {255}),
        ("date:2023-11 faro oriente ", {2}), ("date:2021..2022 ", set()), ("-tag:mar faro oriente ", {2}), ("type:video status:error ", {255}),
        ("!!! ", set()), ("zzyzx ", set()), ("language:en ", set()), ("rights:rights-free ", {1}), ("rights:rights-embargo ", {2, 255}),
        ("rights:rights-embargo rights:rights-hold ", {255}), ("-rights:rights-hold faro oriente ", {2}),
    ],
)  # fmt: skip
def test_a_query_finds_what_it_means(engine: Engine, text: str, found: set[int]) -> None:
    result = engine.assets(ask(text), 10)
    assert set(result.ids) == {id_of(number) for number in found}
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
    assert set(engine.assets(ask(text), 10).ids) == {id_of(number) for number in found}


def test_what_the_vocabulary_adds_is_found_below_what_was_typed(engine: Engine) -> None:
    needs(engine, Offer.TREES)
    tree = Alternatives(Word("norte"), (Word("oriente"), Phrase("nadie mira")))
    assert next(iter(engine.assets(Ask(Query(tree), None), 10).ids)) == id_of(1)
    assert set(engine.assets(Ask(Query(tree), None), 10).ids) == {id_of(1), id_of(2), id_of(255)}


def test_typos_are_forgiven_when_asked(engine: Engine) -> None:
    if Offer.TREES in engine.offers:
        assert engine.assets(ask("puetro "), 10).total == 0
    assert list(engine.assets(replace(ask("puetro "), typos=1), 10).ids) == [id_of(255)]


def test_the_scope_is_in_everything(engine: Engine) -> None:
    beta, nothing = frozenset({"beta"}), frozenset[str]()
    assert set(engine.assets(ask("faro ", beta), 10).ids) <= {id_of(2), id_of(255)}
    assert engine.assets(ask("puerto ", frozenset({"alfa"})), 10).total == 0
    assert engine.among(ask("faro ", beta), [id_of(1), id_of(2)]) == {id_of(2)}
    assert [b.value for b in engine.facets(ask("", beta))["project"]] == ["beta"]
    assert engine.suggest("mar", beta, 5).tags == []
    assert list(engine.suggest("fa", frozenset({"alfa"}), 5).assets) == [id_of(1)]
    for text in ("", "faro ", "faro -norte "):
        assert engine.assets(ask(text, nothing), 10).total == 0
        assert engine.among(ask(text, nothing), [id_of(1), id_of(2)]) == frozenset()
        assert all(not buckets for buckets in engine.facets(ask(text, nothing)).values())
    suggested = engine.suggest("fa", nothing, 5)
    assert not [*suggested.assets, *suggested.tags, *suggested.people, *suggested.words]


def test_the_scope_is_in_passages(engine: Engine) -> None:
    needs(engine, Offer.PASSAGES)
    assert engine.passages(ask("faro ", frozenset({"alfa"})), 10).total == 0
    assert engine.passages(ask("faro ", frozenset({"alfa"})), 10, [id_of(255)], any_word=True).total == 0
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
            {id_of(2), id_of(255)} if field is not Field.PROJECT else set()
        )


def test_passages_are_ranked_and_can_be_of_some_assets_with_any_of_the_words(engine: Engine) -> None:
    needs(engine, Offer.PASSAGES)
    both = engine.passages(ask("faro puerto "), 10)
    assert [(p.asset_id, p.number) for p in both.ids] == [(id_of(255), 1)]
    some = engine.passages(ask("faro puerto "), 10, [id_of(255)], any_word=True)
    assert [p.number for p in some.ids] == [1, 0]
    assert engine.passages(ask("faro "), 10, [id_of(1)]).total == 0


def test_counts_are_true_and_a_field_does_not_narrow_itself(engine: Engine) -> None:
    counted = engine.facets(ask("type:video "))
    assert {b.value: b.count for b in counted["type"]} == {"video": 2, "audio": 1}
    assert {b.value: b.count for b in counted["tag"]} == {"Mar": 1}
    assert {b.value: b.count for b in counted["month"]} == {"2020-09": 1, "2023-11": 1}
    assert {b.value: b.count for b in counted["rights"]} == {
        "rights-free": 1,
        "rights-embargo": 1,
        "rights-hold": 1,
    }
    counted = engine.facets(ask("date:2020 type:video "))
    assert {b.value: b.count for b in counted["month"]} == {"2020-09": 1, "2023-11": 1}
    assert {b.value: b.count for b in counted["type"]} == {"video": 1}


def test_only_members_are_looked_among_and_they_are_no_facet(engine: Engine) -> None:
    def among(text: str, *numbers: int, scope: frozenset[str] | None = None) -> Ask:
        return Ask(parse(text).among(Members(frozenset(map(id_of, numbers)))), scope)

    assert set(engine.assets(among("", 1, 255), 10).ids) == {id_of(1), id_of(255)}
    assert set(engine.assets(among("faro type:audio ", 1, 2), 10).ids) == {id_of(2)}
    assert engine.assets(among("", 1, 2, 99, scope=frozenset({"beta"})), 10).total == 1
    assert engine.assets(among(""), 10).total == 0
    assert engine.among(among("", 1), [id_of(1), id_of(2)]) == {id_of(1)}
    counted = engine.facets(among("type:audio ", 1, 2))
    assert {b.value: b.count for b in counted["type"]} == {"video": 1, "audio": 1}
    assert {b.value: b.count for b in counted["project"]} == {"beta": 1}
    if Offer.PASSAGES in engine.offers:
        assert engine.passages(among("faro ", 1), 10).total == 0
        assert engine.passages(among("faro ", 255), 10).total == 2


def test_suggestions_begin_like_what_is_typed(engine: Engine) -> None:
    assert set(engine.suggest("far", None, 5).assets) >= {id_of(1), id_of(2)}
    assert engine.suggest("ma", None, 5).tags == ["Mar"]
    assert engine.suggest("rui", None, 5).people == ["Ana Ruiz"]
    assert engine.suggest("ana r", None, 5).people == ["Ana Ruiz"]
    assert list(engine.suggest("pureto", None, 5).assets) == [id_of(255)]
    assert list(engine.suggest("...", None, 5).assets) == []


def test_one_trip_answers_what_the_parts_answer(engine: Engine) -> None:
    needs(engine, Offer.ONE_TRIP)
    found = cast(OneTrip, engine).find(ask("faro type:video "), Wanted(10, 10, facets=True))
    assert found.assets == engine.assets(ask("faro type:video "), 10)
    assert found.passages == engine.passages(ask("faro type:video "), 10)
    assert found.facets == engine.facets(ask("faro type:video "))


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
        assert set(engine.assets(asked, 10).ids) <= {id_of(2), id_of(255)}
        assert {b.value for b in engine.facets(asked)["project"]} <= {"beta"}
    except NotExpressible:
        pass
    assert set(engine.suggest(text, frozenset({"beta"}), 5).assets) <= {id_of(2), id_of(255)}


def test_an_engine_without_an_index_says_that_it_is_not_ready(tmp_path: Path) -> None:
    empty = TantivyIndex(TantivyReader(IndexDirectory(tmp_path / "none")))
    assert not empty.ready()
    with pytest.raises(EngineDown):
        empty.assets(ask("x"), 10)
