"""Ultralytics' own kind of file (.pt) with the weights of an ONNX export, so that both adapters can be compared on one model.

An export has batch normalisation folded into the convolutions before it: here it is one that changes nothing. Needs torch, Ultralytics and onnx.
"""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import Any

CONVOLUTION, NORMALISATION = "conv.", "bn."


def write_weights(export: Path, architecture: str, target: Path) -> None:
    """`architecture` is a file of Ultralytics' own, as `yolo11n.yaml`; every weight of the export has to find its place in it."""
    torch, onnx, tasks = (
        importlib.import_module(name) for name in ("torch", "onnx", "ultralytics.nn.tasks")
    )  # fmt: skip
    file: Any = onnx.load(str(export))
    given = {one.name: torch.tensor(onnx.numpy_helper.to_array(one)) for one in file.graph.initializer}
    network = tasks.DetectionModel(architecture, verbose=False)
    network.names = ast.literal_eval(next(one.value for one in file.metadata_props if one.key == "names"))
    modules = dict(network.named_modules())
    state: dict[str, Any] = network.state_dict()
    for name in state:
        where, _, last = name.rpartition(NORMALISATION)
        if not where and not name.startswith(NORMALISATION):
            state[name] = given.pop(name)
        elif last == "bias":
            state[name] = given.pop(f"{where}{CONVOLUTION}bias")
        elif last == "running_var":
            state[name].fill_(1 - modules[f"{where}bn"].eps)
        else:
            state[name].fill_(1 if last == "weight" else 0)
    left = [name for name in given if name.startswith("model.")]
    assert not left, left
    network.load_state_dict(state)
    torch.save({"model": network, "train_args": {"task": "detect"}, "epoch": -1}, str(target))
