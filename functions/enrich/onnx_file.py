"""ONNX files written by hand: graphs of a few nodes, the same bytes for the same graph on every machine, so that a registry can know their SHA-256.

The field numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3; only what is needed here is there. It needs neither the
library onnx nor the framework that a model was trained with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

IR_VERSION, OPSET = 8, 17
FLOAT, INT64 = 1, 7
_VARINT, _BYTES = 0, 2
_ATTRIBUTE_FLOAT, _ATTRIBUTE_INT, _ATTRIBUTE_INTS = 1, 2, 7
Array = np.ndarray[Any, Any]
Shape = Sequence[int | str]  # a name: any number


@dataclass(frozen=True)
class Node:
    """`attributes`: whole numbers, lists of them, or floats."""

    op: str
    inputs: Sequence[str]
    outputs: Sequence[str]
    attributes: Mapping[str, int | float | Sequence[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """`inputs`, `outputs`: name → (FLOAT or INT64, shape); `weights`: float32 or int64."""

    nodes: Sequence[Node]
    weights: Mapping[str, Array]
    inputs: Mapping[str, tuple[int, Shape]]
    outputs: Mapping[str, tuple[int, Shape]]


def build_model(graph: Graph) -> bytes:
    """A ModelProto."""
    body = b"".join(
        [
            *(_message(1, _node(node)) for node in graph.nodes),
            _message(2, b"acervo"),
            *(_message(5, _tensor(name, weights)) for name, weights in graph.weights.items()),
            *(_message(11, _value(name, *about)) for name, about in graph.inputs.items()),
            *(_message(12, _value(name, *about)) for name, about in graph.outputs.items()),
        ]
    )
    return _number(1, IR_VERSION) + _message(7, body) + _message(8, _number(2, OPSET))


def _node(node: Node) -> bytes:
    return b"".join(
        [
            *(_message(1, name.encode()) for name in node.inputs),
            *(_message(2, name.encode()) for name in node.outputs),
            _message(4, node.op.encode()),
            *(_message(5, _attribute(name, value)) for name, value in node.attributes.items()),
        ]
    )


def _attribute(name: str, value: int | float | Sequence[int]) -> bytes:
    head = _message(1, name.encode())
    if isinstance(value, int):
        return head + _number(3, value) + _number(20, _ATTRIBUTE_INT)
    if isinstance(value, float):
        return head + _tag(2, 5) + np.float32(value).tobytes() + _number(20, _ATTRIBUTE_FLOAT)
    return head + b"".join(_number(8, one) for one in value) + _number(20, _ATTRIBUTE_INTS)


def _tensor(name: str, weights: Array) -> bytes:
    kind, stored = (INT64, "<i8") if weights.dtype.kind == "i" else (FLOAT, "<f4")
    raw = np.ascontiguousarray(weights, stored).tobytes()
    dims = b"".join(_number(1, size) for size in weights.shape)
    return dims + _number(2, kind) + _message(8, name.encode()) + _message(9, raw)


def _value(name: str, kind: int, shape: Shape) -> bytes:
    dims = b"".join(
        _message(1, _message(2, size.encode()) if isinstance(size, str) else _number(1, size))
        for size in shape
    )
    tensor = _number(1, kind) + _message(2, dims)
    return _message(1, name.encode()) + _message(2, _message(1, tensor))


# -- protocol buffers: https://protobuf.dev/programming-guides/encoding/ ------------------------------------------------
def _tag(number: int, wire: int) -> bytes:
    return _varint(number << 3 | wire)


def _number(number: int, value: int) -> bytes:
    return _tag(number, _VARINT) + _varint(value % (1 << 64))


def _message(number: int, body: bytes) -> bytes:
    return _tag(number, _BYTES) + _varint(len(body)) + body


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
