"""What finds objects in a picture, whichever library does it (`yolo_onnx.py` on CPU nodes, `yolo_ultralytics.py` on GPU nodes)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np

    Pixels = np.ndarray[Any, np.dtype[np.uint8]]  # height × width × 3, RGB

SIDE = 640  # the longer side of what the network sees
CONFIDENCE, OVERLAP = 0.25, 0.45
Box = tuple[float, float, float, float]  # x, y, width, height as fractions of the picture


@dataclass(frozen=True)
class Found:
    label: str
    score: float
    box: Box


class Detector(Protocol):
    @property
    def label(self) -> str:
        """Name and version of the model, stored beside every result."""

    def detect(self, pixels: Pixels) -> list[Found]:
        """The objects of a picture, best first."""


def load(engine: str, name: str, models_dir: Path, device: str, threads: int) -> Detector:
    """The warm detector of an engine, `onnx` or `ultralytics`.

    Raises:
        Permanent: the model is unknown, missing or altered, or the engine is not in this image.
    """
    if engine == "ultralytics":
        from functions.enrich import yolo_ultralytics

        return yolo_ultralytics.load(name, models_dir, device)
    from functions.enrich import yolo_onnx

    return yolo_onnx.load(name, models_dir, device, threads)
