"""Resemblyzer's weights (a file of PyTorch from before its files were ZIPs) as ONNX: three LSTM layers over mel spectrograms, 256 numbers a voice.

The graph takes samples, not spectrograms: loudness, short-time Fourier transform and mel filters are in it, so that whoever runs it need not
know how the network was trained. PyTorch is not needed, and nothing that the pickle names is run: it may build tensors of floats, no more.
"""

from __future__ import annotations

import io
import math
import pickle
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from acervo.errors import Permanent
from functions.enrich.onnx_file import FLOAT, Graph, Node, build_model

RATE, WINDOW, HOP, MELS = 16_000, 400, 160, 40  # Resemblyzer's hparams.py
LOUDNESS = 10 ** (-30 / 20)  # of full scale: what is quieter is made as loud, what is louder is left
HIDDEN, LAYERS = 256, 3
_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001  # torch.save before 1.6
_GATES = (0, 3, 1, 2)  # PyTorch: in, forget, cell, out; ONNX: in, out, forget, cell
Floats = np.ndarray[Any, np.dtype[np.float32]]
Weights = Mapping[str, Floats]


def convert(source: Path, target: Path) -> None:
    """Raises Permanent: the file does not hold the weights of this network."""
    target.write_bytes(build_model(build_graph(read_weights(source.read_bytes()))))


# -- PyTorch's file -----------------------------------------------------------------------------------------------------
class _Storage:
    """Where the floats of a tensor lie: known by `key` now, read from the end of the file later."""

    def __init__(self, key: str, count: int) -> None:
        self.key, self.count = key, count


class _Tensor:
    def __init__(self, storage: _Storage, offset: int, shape: tuple[int, ...]) -> None:
        self.storage, self.offset, self.shape = storage, offset, shape


def _tensor(storage: _Storage, offset: int, shape: tuple[int, ...], *_: Any) -> _Tensor:
    return _Tensor(storage, offset, tuple(shape))


class _Reader(pickle.Unpickler):
    """Knows four names; any other ends it."""

    _KNOWN: Mapping[tuple[str, str], Any] = {
        ("collections", "OrderedDict"): OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): _tensor,
        ("torch", "FloatStorage"): "float",
        ("torch.cuda", "FloatStorage"): "float",
    }

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self._KNOWN[module, name]
        except KeyError as fault:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in weights") from fault

    def persistent_load(self, about: Any) -> _Storage:
        return _Storage(str(about[2]), int(about[4]))


def read_weights(data: bytes) -> dict[str, Floats]:
    """Name → float32 array.

    Raises:
        Permanent: not such a file.
    """
    stream = io.BytesIO(data)
    try:
        if _load(stream) != _MAGIC or _load(stream) != _PROTOCOL:
            raise pickle.UnpicklingError("no file of PyTorch")
        _load(stream)  # of the machine that wrote it
        state = _Reader(stream).load()["model_state"]
        stored: dict[str, Floats] = {}
        for key in _load(stream):
            count = int.from_bytes(stream.read(8), "little")
            stored[str(key)] = np.frombuffer(stream.read(count * 4), "<f4", count)
        return {
            name: stored[t.storage.key][t.offset : t.offset + math.prod(t.shape)].reshape(t.shape)
            for name, t in state.items()
            if isinstance(t, _Tensor)
        }
    except (pickle.UnpicklingError, EOFError, KeyError, TypeError, ValueError, AttributeError) as fault:
        raise Permanent("model-altered", f"these are not the weights of a voice encoder: {fault}") from fault


def _load(stream: io.BytesIO) -> Any:
    return _Reader(stream).load()


# -- the network --------------------------------------------------------------------------------------------------------
def build_graph(weights: Weights) -> Graph:
    """`samples` (voices × samples, 16 kHz, -1 … 1) → `voices` (voices × 256, length 1)."""
    nodes, kept = _front()
    sequence = "frames"
    for layer in range(LAYERS):
        kept |= _lstm_weights(weights, layer)
        parts = [f"{name}{layer}" for name in ("w", "r", "b")]
        nodes.append(
            Node("LSTM", [sequence, *parts], [f"all{layer}", f"last{layer}"], {"hidden_size": HIDDEN})
        )
        nodes.append(Node("Squeeze", [f"all{layer}", "one"], [f"sequence{layer}"]))
        sequence = f"sequence{layer}"
    kept |= {"out_w": weights["linear.weight"].T.copy(), "out_b": weights["linear.bias"], "one": _whole(1)}
    nodes += [
        Node("Squeeze", [f"last{LAYERS - 1}", "zero"], ["hidden"]),
        Node("MatMul", ["hidden", "out_w"], ["spread"]),
        Node("Add", ["spread", "out_b"], ["raised"]),
        Node("Relu", ["raised"], ["cut"]),
        Node("LpNormalization", ["cut"], ["voices"], {"axis": 1, "p": 2}),
    ]
    return Graph(
        nodes, kept, {"samples": (FLOAT, ("count", "length"))}, {"voices": (FLOAT, ("count", HIDDEN))}
    )


def _lstm_weights(weights: Weights, layer: int) -> dict[str, Floats]:
    """Of one layer, gates in ONNX's order, with its leading axis of directions."""

    def ordered(name: str) -> Floats:
        gates = weights[f"lstm.{name}_l{layer}"]
        gates = gates.reshape(4, HIDDEN, *gates.shape[1:])[list(_GATES)]
        return np.ascontiguousarray(gates.reshape(4 * HIDDEN, *gates.shape[2:]))

    biases = np.concatenate([ordered("bias_ih"), ordered("bias_hh")])
    return {
        f"w{layer}": ordered("weight_ih")[None],
        f"r{layer}": ordered("weight_hh")[None],
        f"b{layer}": biases[None],
    }


def _front() -> tuple[list[Node], dict[str, Any]]:
    """Samples to `frames` (time × voices × MELS): made louder, windowed, transformed, summed by mel filters."""
    nodes = [
        Node("Mul", ["samples", "samples"], ["squares"]),
        Node("ReduceMean", ["squares"], ["power"], {"axes": [1], "keepdims": 1}),
        Node("Sqrt", ["power"], ["level"]),
        Node("Max", ["level", "least"], ["audible"]),
        Node("Div", ["loudness", "audible"], ["wanted"]),
        Node("Max", ["wanted", "unity"], ["gain"]),
        Node("Mul", ["samples", "gain"], ["loud"]),
        Node("Unsqueeze", ["loud", "one"], ["channel"]),
        Node("Conv", ["channel", "fourier"], ["waves"], {"strides": [HOP], "pads": [WINDOW // 2] * 2}),
        Node("Mul", ["waves", "waves"], ["energies"]),
        Node("Transpose", ["energies"], ["in_time"], {"perm": [2, 0, 1]}),
        Node("MatMul", ["in_time", "filters"], ["frames"]),
    ]
    filters = mel_filters()
    kept = {
        "least": np.array([1e-5], np.float32), "loudness": np.array([LOUDNESS], np.float32), "unity": np.array([1], np.float32), "zero": _whole(0),
        "fourier": _fourier(), "filters": np.concatenate([filters, filters]),  # cosines, then sines: their squares add up
    }  # fmt: skip
    return nodes, kept


def _fourier() -> Floats:
    """A Hann window's waves as a convolution: WINDOW // 2 + 1 cosines, as many sines. Rounded, so that every machine writes the same."""
    at = np.arange(WINDOW)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * at / WINDOW)
    angles = 2 * np.pi * np.outer(np.arange(WINDOW // 2 + 1), at) / WINDOW
    waves = np.concatenate([np.cos(angles), np.sin(angles)]) * hann
    return _rounded(waves)[:, None, :]


def mel_filters() -> Floats:
    """Frequencies × MELS: triangles of equal area, evenly spaced on Slaney's scale (Auditory Toolbox, 1998): linear to 1 kHz, then logarithmic."""
    linear_hz, break_hz, step = 200 / 3, 1_000.0, math.log(6.4) / 27
    top = break_hz / linear_hz + math.log(RATE / 2 / break_hz) / step
    mels = np.linspace(0, top, MELS + 2)
    edges = np.where(
        mels < break_hz / linear_hz, mels * linear_hz, break_hz * np.exp(step * (mels - break_hz / linear_hz))
    )
    bins = np.linspace(0, RATE / 2, WINDOW // 2 + 1)[:, None]
    rising = (bins - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - bins) / np.diff(edges)[1:]
    return _rounded(np.maximum(0, np.minimum(rising, falling)) * 2 / (edges[2:] - edges[:-2]))


def _rounded(values: np.ndarray[Any, np.dtype[np.float64]]) -> Floats:
    return np.round(values, 9).astype(np.float32)


def _whole(value: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.array([value], np.int64)
