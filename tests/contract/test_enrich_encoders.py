"""Networks behind our Protocols, whatever file is configured: voices (the real one, and files of another kind), pictures and words (made by a script)."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from acervo.errors import Permanent
from functions.enrich import picture_onnx, voice_onnx
from functions.enrich.models import Model, ModelFile
from functions.enrich.onnx_file import FLOAT, Graph, Node, build_model
from functions.enrich.picture_onnx import PictureOnnx, parse_preparation, prepare
from functions.enrich.voice_onnx import VoiceOnnx
from tests.fix_voices import Talk, decode
from tests.towers import build_towers

RATE = 16_000


# -- voices -----------------------------------------------------------------------------------------------------------
def stretches(path: Path, spans: list[tuple[int, int]]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    samples = np.frombuffer(decode(path), "<i2").astype(np.float32) / 32768
    return np.stack([samples[start * 16 : start * 16 + RATE * 2] for start, _ in spans])


def test_one_person_is_like_himself_and_unlike_another(voice_model: Path, talk: Talk) -> None:
    encoder = voice_onnx.load("resemblyzer", voice_model, "cpu", 1)
    spans = [(start + 1_000, end) for start, end, _ in talk.turns]
    rows = encoder.voices(stretches(talk.path, spans))
    assert rows.shape == (len(spans), 256)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)
    who = np.array([who for _, _, who in talk.turns])
    alike = rows @ rows.T
    same = who[:, None] == who[None, :]
    assert np.median(alike[same]) > 0.7
    assert alike[~same].max() < 0.7


@pytest.mark.parametrize("samples", [1, 160, 9_600, 60_000])
def test_a_stretch_of_any_length_and_silence_have_a_row(samples: int, voice_model: Path) -> None:
    rows = voice_onnx.load("resemblyzer", voice_model, "cpu", 1).voices(np.zeros((2, samples), np.float32))
    assert rows.shape == (2, 256)
    assert np.isfinite(rows).all()


def file_of(directory: Path, data: bytes) -> Model:
    (directory / "net.onnx").write_bytes(data)
    return Model("net", "1", "voice", "ours", ".", (), (ModelFile("net.onnx", sha256(data).hexdigest(), ()),))


def test_a_network_of_another_kind_is_no_voice_encoder(tmp_path: Path) -> None:
    flat = Graph(
        [Node("ReduceMean", ["x"], ["y"], {"axes": [1], "keepdims": 0})], {}, {"x": (FLOAT, ("a", "b"))}, {"y": (FLOAT, ("a",))}
    )  # fmt: skip
    fixed = Graph([Node("Identity", ["x"], ["y"])], {}, {"x": (FLOAT, (1, 7))}, {"y": (FLOAT, (1, 7))})
    for graph in (flat, fixed):
        encoder = VoiceOnnx(file_of(tmp_path, build_model(graph)), tmp_path, "cpu", 1)
        with pytest.raises(Permanent, match="model-unfit"):
            encoder.voices(np.zeros((2, 1_600), np.float32))
    with pytest.raises(Permanent, match="model-altered"):
        VoiceOnnx(file_of(tmp_path, b"no network"), tmp_path, "cpu", 1)


# -- pictures and words -----------------------------------------------------------------------------------------------
def colour(
    red: int, green: int, blue: int, height: int = 40, width: int = 60
) -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    return np.tile(np.array([red, green, blue], np.uint8), (height, width, 1))


@pytest.mark.parametrize(("tokens", "mask"), [(None, False), (None, True), (16, False), (16, True)])
def test_words_and_pictures_are_near_when_they_mean_the_same(
    tokens: int | None, mask: bool, tmp_path: Path
) -> None:
    model = build_towers(tmp_path, tokens=tokens, mask=mask)
    encoder = PictureOnnx(model, tmp_path / "colours", "cpu", 1)
    pictures = encoder.pictures([colour(200, 10, 10), colour(10, 10, 200)])
    asked = encoder.questions(["red", "azul", "a blue thing\x00" + " of many words" * 500])
    assert pictures.shape == (2, 512)
    assert np.allclose(np.linalg.norm(pictures, axis=1), 1, atol=1e-5)
    assert (asked @ pictures.T).argmax(axis=1).tolist() == [0, 1, 1]


@pytest.mark.parametrize("shape", [(1, 1), (1, 4_000), (4_000, 1), (3, 2), (700, 500)])
def test_pictures_of_any_shape_are_prepared(shape: tuple[int, int], tmp_path: Path) -> None:
    encoder = PictureOnnx(build_towers(tmp_path), tmp_path / "colours", "cpu", 1)
    (row,) = encoder.pictures([colour(0, 200, 0, *shape)])
    assert (encoder.questions(["red", "green", "blue"]) @ row).argmax() == 1


def test_pictures_are_prepared_as_the_two_kinds_of_processors_do() -> None:
    half = np.concatenate([colour(255, 0, 0, 40, 20), colour(0, 0, 255, 40, 60)], axis=1)
    told = {"size": {"height": 10, "width": 20}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    stretched = prepare(half, parse_preparation(json.dumps(told)))
    assert stretched.shape == (3, 10, 20)
    assert (stretched.min(), stretched.max()) == (-1, 1)
    assert stretched[0, 5].tolist() == [1] * 5 + [-1] * 15, "all of it is seen"
    clip = {"size": 20, "crop_size": 10, "image_mean": [0] * 3, "image_std": [1] * 3}
    cropped = prepare(half, parse_preparation(json.dumps(clip)))
    assert cropped.shape == (3, 10, 10)
    assert cropped[2].min() == 1, "the middle"


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"size": {}},
        {"size": "big", "image_mean": [0], "image_std": [1]},
        {"size": 5, "image_mean": [0] * 3, "image_std": [0] * 3},
    ],
)
def test_a_preparation_that_is_none_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # its text is checked where it is shown
        parse_preparation(json.dumps(told))


def test_a_model_that_is_not_whole_or_of_another_length_says_so(tmp_path: Path) -> None:
    model = build_towers(tmp_path, "long", dimensions=768)
    encoder = PictureOnnx(model, tmp_path / "long", "cpu", 1)
    with pytest.raises(Permanent, match="512 numbers"):
        encoder.pictures([colour(1, 2, 3)])
    half = Model("half", "1", "picture", "ours", "long", (), model.files[:2])
    with pytest.raises(Permanent, match=r"no preprocessor_config\.json and no tokenizer\.json"):
        PictureOnnx(half, tmp_path / "long", "cpu", 1)
    (tmp_path / "long" / "tokenizer.json").write_text("{}")
    with pytest.raises(Permanent, match="is no tokenizer"):
        encoder.questions(["red"])
    with pytest.raises(Permanent, match="model-unknown"):
        picture_onnx.load("nothing", tmp_path, "cpu", 1)
