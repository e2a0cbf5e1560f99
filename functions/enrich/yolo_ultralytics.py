"""YOLO by Ultralytics (torch): the `Detector` of GPU images. AGPL-3.0: installed only where the extra `enrich-gpu` is; nothing else imports it."""

from __future__ import annotations

import importlib
import os
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from acervo.errors import Permanent
from functions.enrich import models
from functions.enrich.detector import CONFIDENCE, OVERLAP, SIDE, Found

if TYPE_CHECKING:
    from functions.enrich.detector import Pixels

_loading, _using = threading.Lock(), threading.Lock()
# Left alone it reports every use to its makers, and installs with pip, while it serves, what it would like to have.
ALONE = {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false"}


class YoloUltralytics:
    """A `Detector`; runs the registry's file, weights (.pt) or their ONNX export."""

    def __init__(self, model: models.Model, directory: Path, device: str) -> None:
        os.environ.update(ALONE)  # it reads them when it is imported
        try:
            ultralytics: Any = importlib.import_module("ultralytics")
        except ImportError as fault:
            raise Permanent(
                "engine-missing", "this image has no Ultralytics: ENRICH_VISION_ENGINE=onnx needs none"
            ) from fault
        self.label = model.label
        if device == "cuda" and not importlib.import_module("torch").cuda.is_available():
            raise Permanent("device-missing", "torch finds no CUDA device here")
        self._device = "0" if device == "cuda" else device
        self._model = ultralytics.YOLO(str(directory / model.files[0].name), task="detect")

    def detect(self, pixels: Pixels) -> list[Found]:
        """Best first."""
        with _using:
            (result,) = self._model.predict(
                pixels[..., ::-1],
                imgsz=SIDE,
                conf=CONFIDENCE,
                iou=OVERLAP,
                device=self._device,
                verbose=False,
            )  # BGR is what it takes from arrays
        found = [self._found(result, box) for box in result.boxes]
        return sorted(found, key=lambda f: -f.score)

    def _found(self, result: Any, box: Any) -> Found:
        x0, y0, x1, y1 = (float(value) for value in box.xyxyn[0])
        return Found(str(result.names[int(box.cls[0])]), float(box.conf[0]), (x0, y0, x1 - x0, y1 - y0))


@cache
def _load(name: str, models_dir: Path, device: str) -> YoloUltralytics:
    model = models.find(name, "vision")
    return YoloUltralytics(model, models.resolve(model, models_dir, device), device)


def load(name: str, models_dir: Path, device: str) -> YoloUltralytics:
    """The warm model.

    Raises:
        Permanent: the model is unknown, missing or altered, or Ultralytics is not installed.
    """
    with _loading:
        return _load(name, models_dir, device)
