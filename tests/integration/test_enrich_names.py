"""Persons, places and organisations from text to facets: real PostgreSQL, Ceph and spaCy's models."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from acervo import edits
from acervo.database import query
from acervo.errors import Permanent
from functions.enrich import fetch, models, reprocess, spacy_names
from tests.fix_enrichment import COMPLETED, Enrichment, put_speech
from tests.media import make

pytestmark = pytest.mark.ceph


@pytest.fixture
def naming(enrichment: Enrichment) -> Enrichment:
    """The services with a model of names for each of two languages."""
    wanted = [models.find(name, "names") for name in ("spacy-es", "spacy-en")]
    fetch.fetch(wanted, Path(enrichment.env["MODELS_DIR"]))
    return enrichment


def names(enrichment: Enrichment, asset_id: str | None) -> dict[tuple[str, str], str]:
    """What a machine found: (kind, name) → its model."""
    return {(row["kind"], row["value"]): row["model"] for row in enrichment.of("tags", asset_id)}


def shown(enrichment: Enrichment, asset_id: str) -> set[tuple[str, str]]:
    with enrichment.database.transaction() as connection:
        return {
            (tag["kind"], tag["value"]) for tag in query.shown_tags(connection, asset_ids=[asset_id])
        }  # fmt: skip


def test_names_of_a_text_are_facets_in_its_language_and_what_a_person_rejected_stays_rejected(
    naming: Enrichment, tmp_path: Path
) -> None:
    make.sound(tmp_path, "voice.wav", 0.1)
    configured = {"ENRICH_NAMES_MODELS": "spacy-es,spacy-en"}
    title = "El presidente Pedro Sánchez se reunió en Madrid con la Comisión Europea."
    event = naming.add(tmp_path / "voice.wav", "audio", 20.0, project="names", metadata={"title": title})
    english = naming.add(tmp_path / "voice.wav", "audio", 20.0, project="names")
    asset_id = str(event.subject)
    put_speech(naming, asset_id, "Pedro Sánchez viajó después a Barcelona.")
    put_speech(naming, english.subject, "Angela Merkel spoke in London.")
    with naming.database.transaction() as connection:
        connection.execute("update assets set language = 'en' where id = %s", (english.subject,))
    naming.settle(event, english, **configured)
    assert naming.states(asset_id) == {"embed": "done", "names": "done"}
    found = naming.of("tags", asset_id)
    assert {
        ("person", "Pedro Sánchez"): "spacy-es@3.1.0", ("place", "Madrid"): "spacy-es@3.1.0", ("place", "Barcelona"): "spacy-es@3.1.0",
    }.items() <= names(naming, asset_id).items()  # fmt: skip
    assert {row["value"]: row["times"] for row in found}["Pedro Sánchez"] == 2
    assert {("person", "Angela Merkel"), ("place", "London")} <= names(naming, english.subject).keys()
    assert set(names(naming, english.subject).values()) == {"spacy-en@3.8.0"}
    assert "names" in {told.data["step"] for told in naming.said(COMPLETED, asset_id)}

    with naming.call().change() as work:
        edits.judge_tag(work, asset_id, "place", "Madrid", "rejected", "user:ana")
        edits.judge_tag(work, asset_id, "person", "Ana Pérez", "added", "user:ana")
    naming.settle(**configured)  # what people change begins nothing: the text is the same
    again = reprocess.Reprocess(naming.call(), "names", "spacy-en", 5, 10)
    assert asset_id in set(again.waiting()), "its names are of another model"
    assert english.subject not in set(again.waiting())
    again.run()
    naming.settle(**configured)
    assert set(names(naming, asset_id).values()) == {"spacy-en@3.8.0"}
    back = reprocess.Reprocess(naming.call(), "names", "spacy-es", 5, 10)
    back.run()
    naming.settle(**configured)
    assert ("place", "Madrid") in names(naming, asset_id), "the machine finds it again"
    assert ("place", "Madrid") not in shown(naming, asset_id)
    assert {("person", "Pedro Sánchez"), ("person", "Ana Pérez")} <= shown(naming, asset_id)


def test_without_a_configured_model_there_are_no_names(enrichment: Enrichment, tmp_path: Path) -> None:
    make.sound(tmp_path, "voice.wav", 0.1)
    event = enrichment.add(tmp_path / "voice.wav", "audio", 1.0, metadata={"title": "Madrid"})
    enrichment.settle(event)
    assert enrichment.states(event.subject) == {"embed": "done"}


def test_a_missing_model_of_names_is_named(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="model-missing") as fault:
        spacy_names.load("spacy-es", tmp_path / str(uuid.uuid4()))
    assert "spacy-es" in fault.value.reason
