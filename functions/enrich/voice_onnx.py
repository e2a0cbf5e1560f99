"""Voices by ONNX Runtime: a `VoiceEncoder` of any network whose first input takes rows of samples (16 kHz, -1 … 1) and whose first output is a vector a row.

What the network needs in front of it (spectrogram, loudness) belongs into its file: `voice_graph.py` writes one.
"""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from acervo.errors import Permanent
from acervo.onnx_session import open_session
from functions.enrich import models

if TYPE_CHECKING:
    from functions.enrich.embedder import Vectors
    from functions.enrich.voice_encoder import Stretches

_loading, _using = threading.Lock(), threading.Lock()


class VoiceOnnx:
    """A `VoiceEncoder`."""

    def __init__(self, model: models.Model, directory: Path, device: str, threads: int) -> None:
        self.label = model.label
        self._session: Any = open_session(directory / model.files[0].name, device, threads)
        self._input = self._session.get_inputs()[0].name

    def voices(self, stretches: Stretches) -> Vectors:
        """Raises Permanent: the file is a network of another kind."""
        import numpy as np

        with _using:
            try:
                (found, *_) = self._session.run(None, {self._input: stretches.astype(np.float32)})
            except Exception as fault:  # its exception classes are not public
                raise Permanent(
                    "model-unfit", f"model {self.label} takes no rows of samples: it is no voice encoder"
                ) from fault
        rows = np.asarray(found, np.float32)
        if rows.ndim != 2 or len(rows) != len(stretches):
            raise Permanent(
                "model-unfit", f"model {self.label} gives no vector a stretch: it is no voice encoder"
            )
        rows = np.nan_to_num(rows, posinf=0, neginf=0)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        voices: Vectors = (rows / np.where(lengths > 1e-6, lengths, 1)).astype(np.float32)
        return voices


@cache
def _load(name: str, models_dir: Path, device: str, threads: int) -> VoiceOnnx:
    model = models.find(name, "voice")
    return VoiceOnnx(model, models.resolve(model, models_dir, device), device, threads)


def load(name: str, models_dir: Path, device: str, threads: int) -> VoiceOnnx:
    """The warm model.

    Raises:
        Permanent: the model is unknown, missing or altered.
    """
    with _loading:
        return _load(name, models_dir, device, threads)
