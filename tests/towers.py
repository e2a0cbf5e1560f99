"""A picture model made by a script: two small ONNX networks that know colours, in the files that CLIP comes in. No trained weights.

A picture is its mean colour, a text the mean of the colours that its words name; both are spread over 512 numbers by the same matrix.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import numpy as np

from functions.enrich.models import Model, ModelFile
from functions.enrich.onnx_file import FLOAT, INT64, Graph, Node, build_model

COLOURS = {
    "red": (1, 0, 0),
    "green": (0, 1, 0),
    "blue": (0, 0, 1),
    "rojo": (1, 0, 0),
    "verde": (0, 1, 0),
    "azul": (0, 0, 1),
}
SIDE = 8
PREPARATION = {
    "size": {"shortest_edge": SIDE},
    "crop_size": {"height": SIDE, "width": SIDE},
    "image_mean": [0, 0, 0],
    "image_std": [1, 1, 1],
}


def build_towers(
    directory: Path,
    name: str = "colours",
    *,
    dimensions: int = 512,
    tokens: int | None = None,
    mask: bool = False,
) -> Model:
    """The model, its files under `directory / name`. `tokens`: the only length of text that it takes; `mask`: it wants one."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    spread = np.random.default_rng(7).normal(0, 1, (3, dimensions)).astype(np.float32)
    words = {"[unknown]": 0, **{word: number for number, word in enumerate(COLOURS, 1)}}
    table = np.array([(0, 0, 0), *COLOURS.values()], np.float32)
    image = Graph(
        [
            Node("ReduceMean", ["pixel_values"], ["colour"], {"axes": [2, 3], "keepdims": 0}),
            Node("MatMul", ["colour", "spread"], ["image_embeds"]),
            Node("Identity", ["pixel_values"], ["last_hidden_state"]),
        ],
        {"spread": spread},
        {"pixel_values": (FLOAT, ("batch", 3, SIDE, SIDE))},
        {"last_hidden_state": (FLOAT, ("batch", 3, SIDE, SIDE)), "image_embeds": (FLOAT, ("batch", dimensions))},
    )  # fmt: skip
    length = tokens or "length"
    text = Graph(
        [
            Node("Gather", ["table", "input_ids"], ["colours"]),
            Node("ReduceMean", ["colours"], ["colour"], {"axes": [1], "keepdims": 0}),
            Node("MatMul", ["colour", "spread"], ["text_embeds"]),
            *([Node("Identity", ["attention_mask"], ["unused"])] if mask else []),
        ],
        {"spread": spread, "table": table},
        {
            "input_ids": (INT64, ("batch", length)),
            **({"attention_mask": (INT64, ("batch", length))} if mask else {}),
        },
        {
            "text_embeds": (FLOAT, ("batch", dimensions)),
            **({"unused": (INT64, ("batch", length))} if mask else {}),
        },
    )
    tokenizer = Tokenizer(WordLevel(words, "[unknown]"))
    tokenizer.pre_tokenizer = Whitespace()
    files = {
        "image.onnx": build_model(image), "text.onnx": build_model(text), "tokenizer.json": tokenizer.to_str().encode(),
        "preprocessor_config.json": json.dumps(PREPARATION).encode(),
    }  # fmt: skip
    folder = directory / name
    folder.mkdir(parents=True)
    for file, data in files.items():
        (folder / file).write_bytes(data)
    known = tuple(ModelFile(file, sha256(data).hexdigest(), ()) for file, data in files.items())
    return Model(name, "1", "picture", "ours", name, (), known)
