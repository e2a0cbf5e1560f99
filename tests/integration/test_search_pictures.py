"""Pictures by words: what nobody described is found by how it looks, inside the scope and the filters, and never at the cost of the words' own hits."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acervo.picture_words import PictureWords
from acervo.settings import SettingsError
from functions.enrich import picture_onnx
from functions.enrich.models import Model
from functions.search.asking import Search
from functions.search.engine import Ask, Embedder, EngineDown, Order
from functions.search.engines import EngineNames, EngineSettings
from functions.search.grammar import parse
from functions.search.index_directory import IndexDirectory
from functions.search.pictures import PicturesByWords, PictureWordsEmbedder
from functions.search.query_tree import Query
from functions.search.searching import SearchService
from functions.search.serving import (
    DirectSettings,
    MeaningSettings,
    PictureSettings,
    embedder_of,
    pictures_of,
    serving,
)
from functions.search.tantivy_index import TantivyIndex
from functions.search.tantivy_reader import TantivyReader
from tests.fix_search import Newsroom
from tests.towers import build_towers

MODEL = "colours@1"
Ids = dict[str, str]


class Held:
    """An embedder that does not answer until it is let go."""

    model = MODEL

    def __init__(self) -> None:
        self.go = threading.Event()

    def vector(self, text: str) -> Sequence[float]:
        self.go.wait(60)
        raise EngineDown(f"too late for {text}")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    directory = tmp_path_factory.mktemp("towers")
    return replace(build_towers(directory), path=str(directory / "colours"))


@pytest.fixture(scope="module")
def towers(model: Model) -> Path:
    return Path(model.path)


@pytest.fixture(scope="module")
def ids(newsroom: Newsroom, towers: Path, model: Model) -> Ids:
    """`red` has the vector that enrichment gives a picture; the others those of the words for what would be in them."""
    for project in ("calle", "cielo"):
        newsroom.project(project)
    made = {
        "red": newsroom.asset("Sin nombre", project="calle", kind="image"),
        "film": newsroom.asset("Rodaje", project="calle"),
        "blue": newsroom.asset("Otro sin nombre", project="calle", kind="image"),
        "secret": newsroom.asset("Reservado", project="cielo", kind="image"),
        "other": newsroom.asset("De otro modelo", project="calle", kind="image"),
        "written": newsroom.asset("Un coche rojo", project="calle", kind="image"),
        "both": newsroom.asset("Semáforo, rojo y muchas otras palabras que lo alargan", project="calle"),
    }
    newsroom.indexer.index(list(made.values()))
    words, encoder = PictureWords(towers, MODEL), picture_onnx.PictureOnnx(model, towers, "cpu", 1)
    (red,) = encoder.pictures([np.tile(np.array([220, 20, 20], np.uint8), (40, 60, 1))])
    looks = (
        ("red", "calle", MODEL, [("rojo", None)]),
        ("film", "calle", MODEL, [("azul", 0), ("rojo azul", 5_000), ("rojo", 12_500), ("rojo", 40_000)]),
        ("blue", "calle", MODEL, [("azul", None)]),
        ("secret", "cielo", MODEL, [("rojo", None)]),
        ("other", "calle", "hues@1", [("rojo", None)]),
        ("both", "calle", MODEL, [("rojo", 3_000)]),
    )
    with newsroom.database.transaction() as connection:
        for name, project, label, frames in looks:
            for number, (colour, start_ms) in enumerate(frames, 1_000_000):
                vector = red if name == "red" else words.question(colour)[0]
                connection.execute(
                    "insert into embeddings (asset_id, number, project_id, field, start_ms, text, embedding, model)"
                    " values (%s, %s, %s, 'picture', %s, '', %s::halfvec, %s)",
                    (made[name], number, project, start_ms, str(vector.tolist()), label),
                )
    return made


def service_of(newsroom: Newsroom, words: Embedder | None, deadline_s: float = 20) -> SearchService:
    engines = [TantivyIndex(TantivyReader(IndexDirectory(newsroom.index_path), refresh_s=0))]
    pictures = PicturesByWords(words, newsroom.reading) if words else None
    return SearchService(engines, newsroom.reading, deadline_s, pictures=pictures)


@pytest.fixture(scope="module")
def service(newsroom: Newsroom, ids: Ids, towers: Path) -> Iterator[SearchService]:
    made = service_of(newsroom, PictureWordsEmbedder(towers, MODEL))
    yield made
    made.close()


def ask(service: SearchService, q: str, scope: frozenset[str] | None = frozenset({"calle"})) -> Any:
    return service.assets(scope, Search(parse(q), Order.RELEVANCE, 20, q))


def found(answer: Any) -> list[str]:
    return [hit["asset_id"] for hit in answer["hits"]]


def why(answer: Any, asset_id: str) -> list[dict[str, Any]]:
    (hit,) = (hit for hit in answer["hits"] if hit["asset_id"] == asset_id)
    reasons: list[dict[str, Any]] = hit["why"]
    return reasons


def test_words_find_pictures_that_nobody_described_and_the_second_of_a_film(
    service: SearchService, ids: Ids
) -> None:
    answer = ask(service, "red ")
    assert set(found(answer)) == {ids["red"], ids["film"], ids["both"]}
    assert not answer["partial"]
    assert why(answer, ids["red"]) == [{"engine": "pgvector", "field": "picture"}]
    assert why(answer, ids["film"]) == [{"engine": "pgvector", "field": "picture", "at_s": 12.5}]


def test_what_is_found_by_its_letters_comes_first_and_higher_when_it_looks_so_too(
    service: SearchService, newsroom: Newsroom, ids: Ids
) -> None:
    words = service_of(newsroom, None)
    assert found(ask(words, "rojo ")) == [ids["written"], ids["both"]]
    words.close()
    answer = ask(service, "rojo ")
    assert found(answer)[:2] == [ids["both"], ids["written"]]
    assert set(found(answer)[2:]) == {ids["red"], ids["film"]}
    assert [reason["field"] for reason in why(answer, ids["both"])] == ["title", "picture"]


def test_scope_and_filters_hold_for_pictures(service: SearchService, ids: Ids) -> None:
    assert ids["secret"] in found(ask(service, "red ", None))
    assert found(ask(service, "red ", frozenset({"cielo"}))) == [ids["secret"]]
    assert found(ask(service, "red ", frozenset())) == []
    assert set(found(ask(service, "red type:video "))) == {ids["film"], ids["both"]}
    for without in ('"red"', "red -perro ", "red tag:x ", "red date:2020 "):
        assert found(ask(service, without)) == [], without


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    scope=st.frozensets(st.sampled_from(["calle", "cielo", "x'", "{calle}"])),
    text=st.text(max_size=40) | st.sampled_from(["red", "blue azul"]),
)
def test_no_picture_from_outside_the_scope(
    newsroom: Newsroom, ids: Ids, towers: Path, scope: frozenset[str], text: str
) -> None:
    pictures = PicturesByWords(PictureWordsEmbedder(towers, MODEL), newsroom.reading, likeness=-1)
    seen = {picture.asset_id for picture in pictures.nearest(text, Ask(Query(), scope), 10)}
    open_ = {ids[name] for name in ("red", "film", "blue", "both")} if "calle" in scope else set()
    assert seen <= open_ | ({ids["secret"]} if "cielo" in scope else set())


def test_a_model_that_is_late_or_broken_leaves_the_words(
    newsroom: Newsroom, ids: Ids, tmp_path: Path
) -> None:
    held = Held()
    late = service_of(newsroom, held, deadline_s=3)
    answer = ask(late, "rojo ")
    held.go.set()
    assert set(found(answer)) == {ids["written"], ids["both"]}
    assert answer["left_out"] == [{"engine": "picture", "leg": "picture", "why": "late"}]
    late.close()
    broken = service_of(newsroom, PictureWordsEmbedder(tmp_path, MODEL))
    answer = ask(broken, "rojo ")
    assert set(found(answer)) == {ids["written"], ids["both"]}
    assert answer["left_out"] == [{"engine": "picture", "leg": "picture", "why": "down"}]
    assert answer["partial"]
    broken.close()


def test_the_leg_is_there_when_a_model_is_configured_and_only_then(
    newsroom: Newsroom, ids: Ids, towers: Path
) -> None:
    assert pictures_of(PictureSettings(), newsroom.reading) is None
    assert embedder_of(MeaningSettings(), 1) is None
    with pytest.raises(SettingsError, match="SEARCH_PICTURE_MODEL"):
        PictureSettings(words=str(towers))
    with pytest.raises(SettingsError, match="SEARCH_PICTURE_LIKENESS"):
        PictureSettings(likeness=2)
    engines = EngineSettings(names=EngineNames("tantivy"), index_dir=str(newsroom.index_path))
    for words, least, seen in (("", 0.0, False), (str(towers), 0.2, True), (str(towers), 1.0, False)):
        looks = PictureSettings(words=words, model=MODEL, likeness=least)
        made = serving(newsroom.env["DATABASE_URL"], engines, MeaningSettings(), DirectSettings(), 20, looks)
        answer = ask(made.service, "red green ")
        assert (ids["red"] in found(answer), answer["partial"]) == (seen, False)
        made.close()
