"""YOLO by ONNX Runtime, without torch: letterbox, run, suppress overlaps. A `Detector`.

Preparation follows what Ultralytics does with a rectangular picture (scale the longer side to SIDE, pad to a multiple of 32 with grey 114),
so that both adapters find the same boxes; tests/contract/test_enrich_engines.py holds them together where both are installed.
"""

from __future__ import annotations

import ast
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from acervo.errors import Permanent
from acervo.onnx_session import open_session
from functions.enrich import models
from functions.enrich.detector import CONFIDENCE, OVERLAP, SIDE, Found

if TYPE_CHECKING:
    from functions.enrich.detector import Pixels

_loading, _using = threading.Lock(), threading.Lock()
GREY, STRIDE = 114, 32


class YoloOnnx:
    """A `Detector`. The names of the classes are in the file's own metadata."""

    def __init__(self, model: models.Model, directory: Path, device: str, threads: int) -> None:
        self.label = model.label
        self._session = open_session(directory / model.files[0].name, device, threads)
        try:
            named = ast.literal_eval(self._session.get_modelmeta().custom_metadata_map["names"])
            self._names = {int(number): str(name) for number, name in named.items()}
        except (KeyError, ValueError, SyntaxError, AttributeError) as fault:
            raise Permanent(
                "model-altered", f"model {model.name}: the file does not name its classes"
            ) from fault

    def detect(self, pixels: Pixels) -> list[Found]:
        """Best first."""
        prepared, ratio, (left, top) = letterbox(pixels)
        with _using:
            (rows,) = self._session.run(None, {self._session.get_inputs()[0].name: prepared})
        height, width = pixels.shape[:2]
        found = []
        for number, score, (x, y, w, h) in suppress(rows[0].T):
            x0, y0 = max(0.0, (x - left) / ratio / width), max(0.0, (y - top) / ratio / height)
            x1, y1 = min(1.0, (x + w - left) / ratio / width), min(1.0, (y + h - top) / ratio / height)
            if x1 > x0 and y1 > y0:
                found.append(Found(self._names[number], score, (x0, y0, x1 - x0, y1 - y0)))
        return sorted(found, key=lambda f: -f.score)


def letterbox(pixels: Pixels) -> tuple[Any, float, tuple[int, int]]:
    """(1 × 3 × H × W floats, scale, (left, top) of the picture inside)."""
    import cv2

    height, width = pixels.shape[:2]
    ratio = SIDE / max(height, width)
    inner_w, inner_h = max(1, round(width * ratio)), max(1, round(height * ratio))
    outer_w, outer_h = -(-inner_w // STRIDE) * STRIDE, -(-inner_h // STRIDE) * STRIDE
    left, top = round((outer_w - inner_w) / 2 - 0.1), round((outer_h - inner_h) / 2 - 0.1)
    canvas = np.full((outer_h, outer_w, 3), GREY, np.uint8)
    canvas[top : top + inner_h, left : left + inner_w] = cv2.resize(
        pixels, (inner_w, inner_h), interpolation=cv2.INTER_LINEAR
    )
    return np.ascontiguousarray(canvas.transpose(2, 0, 1)[None]).astype(np.float32) / 255, ratio, (left, top)


def suppress(rows: Any) -> list[tuple[int, float, tuple[float, float, float, float]]]:
    """(class, score, (x, y, w, h)) of the boxes that stay; rows are centre, size, then a score for each class."""
    import cv2

    classes = rows[:, 4:].argmax(1)
    scores = rows[np.arange(len(rows)), 4 + classes]
    sure = scores > CONFIDENCE
    rows, classes, scores = rows[sure], classes[sure], scores[sure]
    if not len(rows):
        return []
    boxes = rows[:, :4].copy()
    boxes[:, :2] -= boxes[:, 2:] / 2
    kept = cv2.dnn.NMSBoxesBatched(boxes.tolist(), scores.tolist(), classes.tolist(), CONFIDENCE, OVERLAP)
    found = []
    for index in np.ravel(kept):
        x, y, width, height = (float(value) for value in boxes[index])
        found.append((int(classes[index]), float(scores[index]), (x, y, width, height)))
    return found


@cache
def _load(name: str, models_dir: Path, device: str, threads: int) -> YoloOnnx:
    model = models.find(name, "vision")
    return YoloOnnx(model, models.resolve(model, models_dir, device), device, threads)


def load(name: str, models_dir: Path, device: str, threads: int) -> YoloOnnx:
    """The warm model.

    Raises:
        Permanent: the model is unknown, missing or altered.
    """
    with _loading:
        return _load(name, models_dir, device, threads)
