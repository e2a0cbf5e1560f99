"""What each enrich service reads from its environment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from acervo import settings
from acervo.function import FrameSettings


@dataclass(frozen=True, kw_only=True)
class FramesSettings:
    frame: FrameSettings = settings.nested(FrameSettings)
    threads: int = settings.variable("ENRICH_THREADS", 2)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Of the target `main`: speech."""

    frame: FrameSettings = settings.nested(FrameSettings)
    models_dir: Path = settings.variable("MODELS_DIR")
    model: str = settings.variable("ENRICH_SPEECH_MODEL", "whisper-base")
    device: str = settings.variable("ENRICH_DEVICE", "cpu")
    compute: str = settings.variable("ENRICH_COMPUTE", "int8")
    threads: int = settings.variable("ENRICH_THREADS", 2)
    beam: int = settings.variable("ENRICH_BEAM", 5)
    languages: tuple[str, ...] = settings.variable("ENRICH_LANGUAGES", ("es", "en", "pt"))


@dataclass(frozen=True, kw_only=True)
class VisionSettings:
    frame: FrameSettings = settings.nested(FrameSettings)
    models_dir: Path = settings.variable("MODELS_DIR")
    engine: str = settings.variable("ENRICH_VISION_ENGINE", "onnx")  # or ultralytics
    model: str = settings.variable("ENRICH_VISION_MODEL", "yolo11n")
    picture_model: str = settings.variable("ENRICH_PICTURE_MODEL", "")  # none: pictures get no vectors
    device: str = settings.variable("ENRICH_DEVICE", "cpu")
    threads: int = settings.variable("ENRICH_THREADS", 2)


@dataclass(frozen=True, kw_only=True)
class OcrSettings:
    frame: FrameSettings = settings.nested(FrameSettings)
    models_dir: Path = settings.variable("MODELS_DIR")
    model: str = settings.variable("ENRICH_OCR_MODEL", "pp-ocr-small")
    device: str = settings.variable("ENRICH_DEVICE", "cpu")
    threads: int = settings.variable("ENRICH_THREADS", 2)


@dataclass(frozen=True, kw_only=True)
class EmbedSettings:
    frame: FrameSettings = settings.nested(FrameSettings)
    models_dir: Path = settings.variable("MODELS_DIR")
    model: str = settings.variable("ENRICH_EMBEDDING_MODEL", "multilingual-e5-small")
    names: tuple[str, ...] = settings.variable(
        "ENRICH_NAMES_MODELS", ()
    )  # one a language; none: no names are looked for
    voice_model: str = settings.variable("ENRICH_VOICE_MODEL", "")  # none: nobody is told apart
    device: str = settings.variable("ENRICH_DEVICE", "cpu")
    threads: int = settings.variable("ENRICH_THREADS", 2)
