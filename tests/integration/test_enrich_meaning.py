"""What is written and said, found by its meaning in the projects of who asks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from acervo.database import Row, as_json, query
from acervo.events import Event
from functions.enrich import e5
from functions.enrich.embed_step import literal
from tests.fix_enrichment import CHANGED, REQUESTED, Enrichment, put_speech
from tests.media import make

pytestmark = pytest.mark.ceph


def nearest(enrichment: Enrichment, question: str, projects: list[str] | None) -> list[Row]:
    embedder = e5.load("multilingual-e5-small", Path(enrichment.env["MODELS_DIR"]), 1)
    with enrichment.database.transaction() as connection:
        return list(
            query.nearest_passages(
                connection, vector=literal(embedder.questions([question])[0]), model=embedder.label, projects=projects, limit=5,
            )
        )  # fmt: skip


def test_a_question_finds_the_passage_that_means_it_in_the_callers_projects(
    enrichment: Enrichment, tmp_path: Path
) -> None:
    make.sound(tmp_path, "voice.wav", 0.1)
    drought = enrichment.add(
        tmp_path / "voice.wav", "audio", 20.0, project="talk", metadata={"title": "Informativo del martes"}
    )
    put_speech(
        enrichment, drought.subject,
        "El gobierno anuncia ayudas a los agricultores por la sequía en Andalucía.",
        "El Real Betis gana con dos goles en la segunda parte.",
    )  # fmt: skip
    hidden = enrichment.add(
        tmp_path / "voice.wav", "audio", 1.0, project="hidden", metadata={"title": "Ayudas por la sequía"}
    )
    enrichment.settle(drought, hidden)
    assert enrichment.states(drought.subject) == {"embed": "done"}
    first = nearest(enrichment, "subsidies for farmers because it does not rain", ["talk"])[0]
    assert (str(first["asset_id"]), first["field"], first["start_ms"]) == (drought.subject, "speech", 0)
    football = nearest(enrichment, "partido de fútbol", ["talk"])[0]
    assert (football["start_ms"], football["end_ms"]) == (10_000, 14_000)
    assert {str(row["asset_id"]) for row in nearest(enrichment, "sequía", ["talk"])} == {drought.subject}
    assert nearest(enrichment, "sequía", []) == []
    assert hidden.subject in {str(row["asset_id"]) for row in nearest(enrichment, "sequía", None)}

    # a change that changes no text embeds nothing; a new title does, in one run that takes the place of the old
    changed = Event("c1", "/acervo/api", CHANGED, drought.subject, {"asset_id": drought.subject, "project_id": "talk", "status": "ready"})  # fmt: skip
    enrichment.settle(changed)
    assert len(enrichment.said(REQUESTED, drought.subject)) == 1
    with enrichment.database.transaction() as connection:
        connection.execute(
            "update assets set metadata = %s where id = %s",
            (as_json({"title": "Una exposición de Goya"}), drought.subject),
        )
    enrichment.settle(replace(changed, id="c2"))
    assert nearest(enrichment, "art museum", ["talk"])[0]["field"] == "title"
    assert len(enrichment.rows("select * from jobs where asset_id = %s", drought.subject)) == 1
