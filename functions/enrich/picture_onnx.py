"""CLIP and its kin by ONNX Runtime: a `PictureEncoder` of two networks (`image.onnx`, `text.onnx`), a `tokenizer.json` and a `preprocessor_config.json`.

The four files are what Hugging Face's exporters write: pixels in, a vector a row out, in `image_embeds` where there are several outputs; words are
`acervo.picture_words`. A model of this kind has vectors of 512 numbers.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from acervo.errors import Permanent
from acervo.onnx_session import open_session
from acervo.picture_words import TEXT, TOKENS, PictureWords, rows_of
from functions.enrich import models

if TYPE_CHECKING:
    from functions.enrich.detector import Pixels
    from functions.enrich.embedder import Vectors

IMAGE, PREPARATION = "image.onnx", "preprocessor_config.json"
_loading, _using = threading.Lock(), threading.Lock()


@dataclass(frozen=True)
class Preparation:
    """How a network wants its pictures. `cropped`: the shorter side becomes `resized` and the middle is cut out; else both sides are stretched."""

    height: int
    width: int
    resized: int
    cropped: bool
    mean: tuple[float, ...]
    deviation: tuple[float, ...]


def parse_preparation(text: str) -> Preparation:
    """`preprocessor_config.json` of Hugging Face's image processors.

    Raises:
        ValueError: it is not one.
    """
    try:
        told: Mapping[str, Any] = json.loads(text)
        size = told["size"]
        mean, deviation = tuple(map(float, told["image_mean"])), tuple(map(float, told["image_std"]))
        shortest = size if isinstance(size, int) else size.get("shortest_edge")
        crop = told.get("crop_size", shortest)
        if shortest is None:
            height, width, cropped = int(size["height"]), int(size["width"]), False
        else:
            both = {"height": crop, "width": crop} if isinstance(crop, int) else crop
            height, width, cropped = int(both["height"]), int(both["width"]), True
    except (KeyError, TypeError, AttributeError) as fault:
        raise ValueError(f"{type(fault).__name__} {fault}") from fault
    if not (
        len(mean) == len(deviation) == 3 and all(deviation) and 1 <= height <= 1024 and 1 <= width <= 1024
    ):
        raise ValueError("sizes or means that no network has")
    return Preparation(height, width, max(int(shortest or 0), height, width), cropped, mean, deviation)


def prepare(pixels: Pixels, how: Preparation) -> np.ndarray[Any, np.dtype[np.float32]]:
    """3 × height × width."""
    import cv2

    height, width = pixels.shape[:2]
    if how.cropped:
        ratio = how.resized / min(height, width)
        # what a panorama has beside its middle is cut off first: it would be enlarged for nothing
        most = max(1, round(max(how.height, how.width) / ratio))
        top, left = max(0, (height - most) // 2), max(0, (width - most) // 2)
        pixels = pixels[top : top + most, left : left + most]
        height, width = pixels.shape[:2]
        target = max(how.width, round(width * ratio)), max(how.height, round(height * ratio))
    else:
        target = how.width, how.height
    shrinks = target[0] <= width and target[1] <= height
    scaled = cv2.resize(
        np.ascontiguousarray(pixels), target, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    )
    top, left = (target[1] - how.height) // 2, (target[0] - how.width) // 2
    part = scaled[top : top + how.height, left : left + how.width].astype(np.float32) / np.float32(255)
    levelled = (part - np.array(how.mean, np.float32)) / np.array(how.deviation, np.float32)
    return np.ascontiguousarray(levelled.transpose(2, 0, 1))


class PictureOnnx:
    """A `PictureEncoder`. The tower of words is opened when somebody asks first."""

    def __init__(self, model: models.Model, directory: Path, device: str, threads: int) -> None:
        self.label = model.label
        self._directory, self._device, self._threads = directory, device, threads
        missing = {IMAGE, TEXT, TOKENS, PREPARATION} - {file.name for file in model.files}
        if missing:
            raise Permanent("model-unfit", f"model {model.name} has no {' and no '.join(sorted(missing))}")
        try:
            self._how = parse_preparation((directory / PREPARATION).read_text())
        except ValueError as fault:
            raise Permanent("model-unfit", f"model {model.name}: {PREPARATION}: {fault}") from fault
        self._image = open_session(directory / IMAGE, device, threads)

    def pictures(self, pictures: Sequence[Pixels]) -> Vectors:
        """Raises Permanent: the network is of another kind."""
        given = np.stack([prepare(one, self._how) for one in pictures])
        with _using:
            return rows_of(self._image, {self._image.get_inputs()[0].name: given}, "image_embeds", self.label)

    def questions(self, texts: Sequence[str]) -> Vectors:
        with _using:
            return np.concatenate([self._words.question(text) for text in texts])

    @cached_property
    def _words(self) -> PictureWords:
        return PictureWords(self._directory, self.label, self._device, self._threads)


@cache
def _load(name: str, models_dir: Path, device: str, threads: int) -> PictureOnnx:
    model = models.find(name, "picture")
    return PictureOnnx(model, models.resolve(model, models_dir, device), device, threads)


def load(name: str, models_dir: Path, device: str, threads: int) -> PictureOnnx:
    """The warm model.

    Raises:
        Permanent: the model is unknown, missing, altered or of another kind.
    """
    with _loading:
        return _load(name, models_dir, device, threads)
