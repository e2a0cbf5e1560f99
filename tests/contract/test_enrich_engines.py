"""Engines that stand in for one another give the same: YOLO by ONNX Runtime and by Ultralytics, RapidOCR and Tesseract; and spaCy finds names.

torch and Ultralytics are gigabytes and AGPL-3.0, so that the two detectors are compared only where somebody installed them (`uv pip install
torch torchvision ultralytics onnx`).
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
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
    whisper,
    yolo_onnx,
    yolo_ultralytics,
)
from functions.enrich.detector import Detector, Found
from functions.enrich.finder import Name
from functions.enrich.models import Model, ModelFile
from tests.fix_media import clip
from tests.yolo_weights import write_weights

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


needs_ultralytics = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("ultralytics", "torch", "onnx")),
    reason="Ultralytics, torch and onnx are not installed (extra enrich-gpu): the two detectors are not compared here",
)


def by_ultralytics(file: Path) -> Detector:
    """The registry's weights in a file of another kind."""
    model = Model("yolo", "1", "vision", "AGPL-3.0", "yolo", (), (ModelFile(file.name, "", ()),))
    return yolo_ultralytics.YoloUltralytics(model, file.parent, "cpu")


@pytest.fixture(scope="module", params=["onnx", "pt"])
def theirs(
    request: pytest.FixtureRequest, models_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Detector:
    """Ultralytics on the same weights: on the file that we run, and on one of its own kind, which torch runs."""
    export = models_dir / "yolo11n" / "yolo11n.onnx"
    if request.param == "onnx":
        return by_ultralytics(export)
    weights = tmp_path_factory.mktemp("weights") / "yolo11n.pt"
    write_weights(export, "yolo11n.yaml", weights)
    return by_ultralytics(weights)


def pictures_of(street: Pixels) -> Iterator[Pixels]:
    """Wide, upright, square, odd, larger and smaller than the network sees, and one with nothing in it."""
    height, width = street.shape[:2]
    yield street
    yield np.ascontiguousarray(street[:, width // 2 - height // 4 : width // 2 + height // 4])
    yield np.ascontiguousarray(street[:height, :height])
    yield np.ascontiguousarray(street[3:-2, 5:-8])
    yield np.repeat(np.repeat(street, 2, axis=0), 2, axis=1)
    yield np.ascontiguousarray(street[::3, ::3])
    yield np.full((300, 500, 3), 90, np.uint8)
    with av.open(str(clip("bigbuckbunny.mp4"))) as film:
        yield np.asarray(next(film.decode(video=0)).to_ndarray(format="rgb24"))


@needs_ultralytics
def test_both_detectors_find_the_same_boxes(models_dir: Path, street: Pixels, theirs: Detector) -> None:
    model = detector.load("onnx", "yolo11n", models_dir, "cpu", 1)
    compared = 0
    for pixels in pictures_of(street):
        mine, others = model.detect(pixels), theirs.detect(pixels)
        for one, against in [(one, others) for one in mine] + [(one, mine) for one in others]:
            if one.score >= SURE:
                compared += 1
                assert any(
                    other.label == one.label
                    and abs(other.score - one.score) <= SAME_SCORE
                    and np.abs(edges(other) - edges(one)).max() <= SAME_EDGE
                    for other in against
                ), (pixels.shape, one, against)
    assert compared > 20


@needs_ultralytics
def test_ultralytics_reports_to_nobody_and_installs_nothing(models_dir: Path) -> None:
    """In a process of its own: it decides when it is imported."""
    asks = (
        "from pathlib import Path; from functions.enrich import yolo_ultralytics as y;"
        f"y.load('yolo11n', Path({str(models_dir)!r}), 'cpu');"
        "from ultralytics.utils import AUTOINSTALL, ONLINE; from ultralytics.utils.events import events;"
        "print([AUTOINSTALL, ONLINE, events.enabled])"
    )
    said = subprocess.run(
        [sys.executable, "-c", asks], capture_output=True, text=True, check=True, timeout=240
    ).stdout
    assert said.splitlines()[-1] == "[False, False, False]"


@needs_ultralytics
def test_ultralytics_without_a_gpu_says_so(models_dir: Path) -> None:
    with pytest.raises(Permanent, match="device-missing"):
        detector.load("ultralytics", "yolo11n", models_dir, "cuda", 1)


@pytest.mark.skipif(find_spec("ultralytics") is not None, reason="Ultralytics is installed")
def test_an_engine_that_is_not_installed_says_so(models_dir: Path) -> None:
    with pytest.raises(Permanent, match="engine-missing"):
        detector.load("ultralytics", "yolo11n", models_dir, "cpu", 1)


def test_a_device_that_is_not_there_says_so(models_dir: Path) -> None:
    with pytest.raises(Permanent, match="device-missing"):
        yolo_onnx.load("yolo11n", models_dir, "cuda", 1)
    with pytest.raises(Permanent, match="device-missing"):
        whisper.load("whisper-base", models_dir, whisper.Chosen(device="cuda"))


def test_both_readers_read_a_page_alike(models_dir: Path) -> None:
    fetch.fetch([models.find("tesseract-en", "ocr")], models_dir)
    page = Image.new("RGB", (900, 300), "white")
    said = ["Minutes of the council meeting", "Monday, 12 January"]
    for number, text in enumerate(said):
        ImageDraw.Draw(page).text(
            (40, 40 + 100 * number), text, font=ImageFont.load_default(32), fill="black"
        )
    pixels = np.asarray(page)
    for name in ("pp-ocr-small", "tesseract-en"):
        engine = reader.load(name, models_dir, "cpu", 1)
        assert engine.label.startswith(name)
        lines = engine.read(pixels)
        assert [inscriptions.letters(line.text) for line in lines] == [inscriptions.letters(t) for t in said]
        assert all(abs(line.box[0] - 0.045) < 0.03 for line in lines)
        assert engine.read(np.zeros((3, 3, 3), np.uint8)) == []


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
