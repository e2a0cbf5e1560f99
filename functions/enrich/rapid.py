"""RapidOCR (PP-OCR by ONNX Runtime): a `Reader`. Its models are the registry's files, so it never downloads any.

Lines are looked for in a picture of at most SIDE (three times faster than the library's own setting, and it found more), and are read from
the picture as it is.
"""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from acervo.errors import Permanent
from functions.enrich import models
from functions.enrich.reader import Line

if TYPE_CHECKING:
    from functions.enrich.detector import Pixels

_loading, _using = threading.Lock(), threading.Lock()
SIDE = 960
LEAST_SIDE = 16  # a smaller picture holds no letters


class Rapid:
    """A `Reader`."""

    def __init__(self, model: models.Model, directory: Path, device: str, threads: int) -> None:
        from rapidocr import RapidOCR

        self.label = model.label
        detect, recognise, turn = (str(directory / file.name) for file in model.files)
        self._engine: Any = RapidOCR(
            params={
                "Global.log_level": "error",
                "Det.model_path": detect, "Rec.model_path": recognise, "Cls.model_path": turn,
                "Det.limit_type": "max", "Det.limit_side_len": SIDE,
                "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "EngineConfig.onnxruntime.use_cuda": device == "cuda",
            }
        )  # fmt: skip

    def read(self, pixels: Pixels) -> list[Line]:
        """From top to bottom."""
        height, width = pixels.shape[:2]
        if min(height, width) < LEAST_SIDE:
            return []
        with _using:
            answer = self._engine(pixels[..., ::-1].copy())  # it takes BGR
        if answer.txts is None or answer.boxes is None:
            return []
        lines = []
        for text, score, corners in zip(answer.txts, answer.scores, answer.boxes, strict=True):
            if text := " ".join(text.split()):
                x0, y0 = max(0.0, float(corners[:, 0].min())), max(0.0, float(corners[:, 1].min()))
                x1, y1 = min(width, float(corners[:, 0].max())), min(height, float(corners[:, 1].max()))
                box = (x0 / width, y0 / height, max(0.0, x1 - x0) / width, max(0.0, y1 - y0) / height)
                lines.append(Line(text, float(score), box))
        return sorted(lines, key=lambda line: (line.box[1], line.box[0]))


@cache
def _load(name: str, models_dir: Path, device: str, threads: int) -> Rapid:
    model = models.find(name, "ocr")
    if len(model.files) != 3:
        raise Permanent("models-malformed", f"model {name}: three files are needed: detect, recognise, turn")
    return Rapid(model, models.resolve(model, models_dir, device), device, threads)


def load(name: str, models_dir: Path, device: str, threads: int) -> Rapid:
    """The warm model.

    Raises:
        Permanent: the model is unknown, missing or altered.
    """
    with _loading:
        return _load(name, models_dir, device, threads)
