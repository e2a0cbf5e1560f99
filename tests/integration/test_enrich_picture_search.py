"""Words find pictures that nobody described, beside passages that are found by their meaning; the networks are made by a script."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from acervo.database import query
from functions.enrich import e5, models, picture_onnx, reprocess
from functions.enrich.embed_step import literal
from functions.enrich.models import Model
from tests.fix_enrichment import COMPLETED, Enrichment
from tests.towers import build_towers

pytestmark = pytest.mark.ceph
ON = {"ENRICH_PICTURE_MODEL": "colours"}


@pytest.fixture
def colours(enrichment: Enrichment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """MODELS_DIR of a registry that has the model `colours` too, and another version of it."""
    known = {**models.registry(), "colours": build_towers(tmp_path / "models")}
    known["hues"] = Model("hues", "2", "picture", "ours", "colours", (), known["colours"].files)
    monkeypatch.setattr(models, "registry", lambda: known)
    for kind in ("yolo11n", "pp-ocr-small", "multilingual-e5-small"):
        (tmp_path / "models" / kind).symlink_to(Path(enrichment.env["MODELS_DIR"]).resolve() / kind)
    enrichment.env["MODELS_DIR"] = str(tmp_path / "models")
    return tmp_path / "models"


def near(enrichment: Enrichment, directory: Path, words: str, projects: list[str] | None) -> list[str]:
    encoder = picture_onnx.load("colours", directory, "cpu", 1)
    with enrichment.database.transaction() as connection:
        rows = query.nearest_pictures(
            connection,
            vector=literal(encoder.questions([words])[0]),
            model=encoder.label,
            projects=projects,
            limit=10,
        )
        return [str(row["asset_id"]) for row in rows]


def test_words_find_pictures_in_the_callers_projects_and_passages_stay_what_they_are(
    enrichment: Enrichment, colours: Path, tmp_path: Path
) -> None:
    for name, shade in (("red.jpg", (220, 20, 20)), ("blue.jpg", (20, 20, 220))):
        Image.linear_gradient("L").convert("RGB").resize((64, 64)).save(tmp_path / name)
        Image.blend(Image.open(tmp_path / name), Image.new("RGB", (64, 64), shade), 0.9).save(tmp_path / name)
    red, blue, secret = (
        enrichment.add(tmp_path / name, "image", project=project, metadata={"title": "Informe del clima"})
        for name, project in (("red.jpg", "shown"), ("blue.jpg", "shown"), ("red.jpg", "unseen"))
    )
    enrichment.settle(red, blue, secret, **ON)
    assert enrichment.states(red.subject)["pictures"] == "done"
    assert near(enrichment, colours, "rojo", ["shown"]) == [red.subject, blue.subject]
    assert near(enrichment, colours, "blue", ["shown"]) == [blue.subject, red.subject]
    assert set(near(enrichment, colours, "rojo", None)[:2]) == {red.subject, secret.subject}
    assert near(enrichment, colours, "rojo", []) == []
    rows = {row["field"]: row for row in enrichment.of("embeddings", red.subject)}
    assert {field: (row["model"], row["dimensions"]) for field, row in rows.items()} == {
        "title": ("multilingual-e5-small@0.3.0", 384), "picture": ("colours@1", 512),
    }  # fmt: skip

    # a new title makes passages anew and leaves pictures alone; so does a new picture model the other way round
    with enrichment.database.transaction() as connection:
        connection.execute('update assets set metadata = \'{"title": "Otro"}\' where id = %s', (red.subject,))
    reprocess.Reprocess(enrichment.call(), "embed", None, 5, 10)._begin(str(red.subject))
    enrichment.settle(**ON)
    fields = {row["field"]: row["text"] for row in enrichment.of("embeddings", red.subject)}
    assert fields == {"title": "Otro", "picture": ""}
    before = len(enrichment.said(COMPLETED, red.subject))
    assert reprocess.Reprocess(enrichment.call(), "pictures", "hues", 50, 10).run() >= 3
    enrichment.settle(**ON)
    told = enrichment.said(COMPLETED, red.subject)[before:]
    assert [event.data["step"] for event in told] == ["pictures"]
    labels = {row["field"]: row["model"] for row in enrichment.of("embeddings", red.subject)}
    assert labels == {"title": "multilingual-e5-small@0.3.0", "picture": "hues@2"}
    assert near(enrichment, colours, "rojo", None) == [], "vectors of another model are no neighbours"
    embedder = e5.load("multilingual-e5-small", colours, 1)
    with enrichment.database.transaction() as connection:
        passages = query.nearest_passages(
            connection,
            vector=literal(embedder.questions(["clima"])[0]),
            model=embedder.label,
            projects=["shown"],
            limit=5,
        )
        assert {row["field"] for row in passages} == {"title"}


def test_without_a_configured_model_pictures_get_no_vectors(enrichment: Enrichment, tmp_path: Path) -> None:
    Image.new("RGB", (64, 48), (200, 30, 30)).save(tmp_path / "a.jpg")
    event = enrichment.add(tmp_path / "a.jpg", "image", project="shown")
    enrichment.settle(event)
    assert "pictures" not in enrichment.states(event.subject)
    assert enrichment.of("embeddings", event.subject) == []
