"""The optional engines of enrichment are extras: installed by name, named by whoever misses them, locked for their image, and no part of the base."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
IMAGE = ROOT / "knative" / "image"
EXTRAS: dict[str, list[str]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
    "optional-dependencies"
]
# extra → (the package that its adapter imports, the adapter)
ENGINES = {
    "enrich-gpu": ("ultralytics", "yolo_ultralytics.py"), "enrich-names": ("spacy", "spacy_names.py"),
    "enrich-documents": ("tesserocr", "tesseract.py"),
}  # fmt: skip


def names_of(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=;! ]", one)[0] for one in requirements}


def locked(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9][a-z0-9.-]*)==([^ \\\n]+)", path.read_text(), re.MULTILINE))


@pytest.mark.parametrize("extra", ENGINES)
def test_an_engine_is_in_its_extra_and_its_adapter_names_it(extra: str) -> None:
    package, adapter = ENGINES[extra]
    assert package in names_of(EXTRAS[extra])
    assert "acervo[enrich]" in EXTRAS[extra]
    assert extra in (ROOT / "functions" / "enrich" / adapter).read_text()


def test_every_extra_that_a_test_or_an_adapter_names_is_there() -> None:
    texts = [*(ROOT / "functions" / "enrich").glob("*.py"), *(ROOT / "tests").rglob("test_enrich*.py")]
    named = {name for path in texts for name in re.findall(r"extra `?(enrich-[a-z]+)", path.read_text())}
    assert named == set(ENGINES)


def test_the_locks_know_every_engine_and_agree_in_what_both_have() -> None:
    base, engines = locked(ROOT / "requirements.lock"), locked(IMAGE / "enrich.lock")
    assert all(name in engines for extra in ENGINES for name in names_of(EXTRAS[extra]) - {"acervo"})
    assert {
        name: (base[name], engines[name]) for name in base.keys() & engines if base[name] != engines[name]
    } == {}


def test_nothing_here_has_torch_or_what_is_agpl() -> None:
    locked_here = locked(ROOT / "requirements.lock").keys()
    assert not {"torch", "torchvision", "ultralytics", "onnxruntime-gpu"} & locked_here


def test_what_is_deployed_has_an_optional_engine_only_where_its_extra_is_named() -> None:
    """They are installed for the tests (`dev`), and in an image by its extra."""
    optional = {package for package, _ in ENGINES.values()}
    for extra in EXTRAS.keys() - ENGINES.keys() - {"dev"}:
        assert not optional & named_by(extra), extra
    assert named_by("dev") & optional == {"spacy", "tesserocr"}


def named_by(extra: str) -> set[str]:
    """The packages of an extra and of those that it takes in."""
    found = set()
    for requirement in EXTRAS[extra]:
        inner = re.match(r"acervo\[([^]]+)\]", requirement)
        found |= (
            {name for each in inner[1].split(",") for name in named_by(each)}
            if inner
            else names_of([requirement])
        )
    return found


def test_no_two_packages_of_the_gpu_image_bring_the_same_modules() -> None:
    left_out = {
        line.split(" ;")[0]
        for line in (IMAGE / "enrich-gpu.overrides").read_text().splitlines()
        if " ;" in line
    }
    engines = locked(IMAGE / "enrich.lock").keys()
    assert left_out == {"onnxruntime", "opencv-python"}
    assert not left_out & engines
    assert {"onnxruntime-gpu", "opencv-python-headless"} <= engines


def test_the_recipe_of_images_takes_the_extra_and_says_what_is_agpl() -> None:
    recipe = (IMAGE / "Dockerfile").read_text()
    assert "ARG EXTRA=${FUNCTION}" in recipe
    assert "AGPL-3.0" in recipe
    for file in ("enrich.lock", "enrich-gpu.overrides"):
        assert f"knative/image/{file}" in recipe
