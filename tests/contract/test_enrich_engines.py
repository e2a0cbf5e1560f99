"""Engines that stand in for one another give the same: YOLO by ONNX Runtime and by Ultralytics; and optional ones, where they are installed."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from acervo.errors import Permanent
from functions.enrich import (
    detector,
    fetch,
    finder,
    inscriptions,
    models,
    reader,
    spacy_names,
    tesseract,
    yolo_onnx,
)
from functions.enrich.detector import Found
from functions.enrich.finder import Name
from functions.enrich.models import Model, ModelFile
from tests.fix_media import clip

if TYPE_CHECKING:
    from functions.enrich.detector import Pixels

SAME_SCORE, SAME_EDGE = (
    0.03,
    0.01,
)  # how far the two may be apart: score, and edges as fractions of the picture
SURE = 0.35  # below this one may find what the other misses


@pytest.fixture(scope="module")
def street() -> Pixels:
    """A frame with a man in the street, and cars."""
    with av.open(str(clip("bikes.mp4"))) as film:
        frame = next(f for n, f in enumerate(film.decode(video=0)) if n == 40)
        return np.asarray(frame.to_ndarray(format="rgb24"))


def edges(found: Found) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    x, y, width, height = found.box
    return np.array([x, y, x + width, y + height])


def test_the_onnx_detector_finds_what_is_in_the_street(models_dir: Path, street: Pixels) -> None:
    found = detector.load("onnx", "yolo11n", models_dir, "cpu", 1).detect(street)
    assert "person" in {one.label for one in found}
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all((edges(one) >= 0).all() and (edges(one) <= 1).all() for one in found)


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 4_000, 3), (700, 3, 3)])
def test_the_onnx_detector_takes_pictures_of_any_shape(shape: tuple[int, int, int], models_dir: Path) -> None:
    detector.load("onnx", "yolo11n", models_dir, "cpu", 1).detect(np.zeros(shape, np.uint8))


def test_boxes_do_not_move_when_a_picture_is_twice_as_large(models_dir: Path, street: Pixels) -> None:
    model = detector.load("onnx", "yolo11n", models_dir, "cpu", 1)
    double = np.repeat(np.repeat(street, 2, axis=0), 2, axis=1)
    for one in [f for f in model.detect(street) if f.score > 0.6]:
        apart = [np.abs(edges(one) - edges(o)).max() for o in model.detect(double) if o.label == one.label]
        assert min(apart, default=1.0) < 0.03, one


@pytest.mark.skipif(
    find_spec("ultralytics") is None or find_spec("torch") is None,
    reason="Ultralytics and torch are not installed (extra enrich-gpu): the two detectors are not compared here",
)
def test_both_detectors_find_the_same_boxes(models_dir: Path, street: Pixels) -> None:
    ours = detector.load("onnx", "yolo11n", models_dir, "cpu", 1).detect(street)
    theirs = detector.load("ultralytics", "yolo11n", models_dir, "cpu", 1).detect(street)
    for one, others in [(one, theirs) for one in ours] + [(one, ours) for one in theirs]:
        if one.score >= SURE:
            assert any(
                other.label == one.label
                and abs(other.score - one.score) <= SAME_SCORE
                and np.abs(edges(other) - edges(one)).max() <= SAME_EDGE
                for other in others
            ), one


@pytest.mark.skipif(find_spec("ultralytics") is not None, reason="Ultralytics is installed")
def test_an_engine_that_is_not_installed_says_so(models_dir: Path) -> None:
    with pytest.raises(Permanent, match="engine-missing"):
        detector.load("ultralytics", "yolo11n", models_dir, "cpu", 1)


def test_a_device_that_is_not_there_says_so(models_dir: Path) -> None:
    with pytest.raises(Permanent, match="device-missing"):
        yolo_onnx.load("yolo11n", models_dir, "cuda", 1)


@pytest.mark.skipif(
    find_spec("tesserocr") is None or "TESSDATA" not in os.environ,
    reason="tesserocr (extra enrich-documents) or TESSDATA, a folder with eng.traineddata, is missing: readers are not compared here",
)
def test_both_readers_read_a_page_alike(models_dir: Path) -> None:
    page = Image.new("RGB", (900, 300), "white")
    said = ["Minutes of the council meeting", "Monday, 12 January"]
    for number, text in enumerate(said):
        ImageDraw.Draw(page).text(
            (40, 40 + 100 * number), text, font=ImageFont.load_default(32), fill="black"
        )
    pixels = np.asarray(page)
    weights = Path(os.environ["TESSDATA"])
    model = Model("t", "1", "ocr", "Apache-2.0", "t", (), (ModelFile("eng.traineddata", "", ()),))
    for engine in (reader.load("pp-ocr-small", models_dir, "cpu", 1), tesseract.Tesseract(model, weights)):
        lines = engine.read(pixels)
        assert [inscriptions.letters(line.text) for line in lines] == [inscriptions.letters(t) for t in said]
        assert all(abs(line.box[0] - 0.045) < 0.03 for line in lines)
        assert engine.read(np.zeros((3, 3, 3), np.uint8)) == []


@pytest.mark.skipif(find_spec("spacy") is None, reason="spaCy is not installed (extra enrich-names)")
def test_names_are_found_in_both_languages(models_dir: Path) -> None:
    fetch.fetch([models.find(name, "names") for name in ("spacy-es", "spacy-en")], models_dir)
    spanish, english = (spacy_names.load(name, models_dir) for name in ("spacy-es", "spacy-en"))
    assert (spanish.language, english.language) == ("es", "en")
    found = finder.tally(
        spanish.find(["El presidente Pedro Sánchez se reunió en Madrid con la Comisión Europea."])
    )
    assert {Name("person", "Pedro Sánchez"), Name("place", "Madrid")} <= {name for name, _ in found}
    found = finder.tally(english.find(["Angela Merkel spoke in London."]))
    assert {Name("person", "Angela Merkel"), Name("place", "London")} <= {name for name, _ in found}
