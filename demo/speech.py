"""Speech for demonstrations, tests and benchmarks: human Spanish from Debian's package of telephone prompts (CC-BY-SA 3.0), and English
read by Debian's espeak-ng, whose words are known for certain.

Nothing is installed: packages are downloaded once, unpacked into a folder and used from there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import wave
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

PACKAGE = "asterisk-core-sounds-es-g722"
READER_PACKAGES = ("espeak-ng", "espeak-ng-data", "libespeak-ng1", "libpcaudio0", "libsonic0")
RATE = 16_000
PAUSE_S = 0.7
DOWNLOAD_TIMEOUT_S = 300

# The package brings no list of its texts: these were written from our own recogniser's output.
# They say whether a pipeline works; they are no independent truth, so no word error rate is taken against them (see bench/enrich.py).
PROMPTS = {
    "queue-periodic-announce": "Todos nuestros representantes se encuentran ocupados. Por favor, espere y pronto le atenderemos.",
    "ss-noservice": "El número que usted ha marcado está fuera de servicio. Por favor, verifique el número y vuelva a intentar.",
    "demo-abouttotry": (
        "Intentaré establecer una conexión intra Asterisk con un servidor de demostración localizado en Digium. "
        "Para lograr esto, usted ya debe estar conectado a Internet. Por favor, espere mientras intento establecer la conexión."
    ),
}
WORD = "demostración"  # said once, in the last prompt, and heard reliably by the smallest models


def build_speech(directory: Path) -> tuple[Path, str]:
    """A WAV (16 kHz, mono, about 35 s) under `directory`, made once, and what a recogniser made of it (see PROMPTS)."""
    path = directory / "spanish.wav"
    if not path.exists():
        sounds = fetch_sounds(directory)
        pause = bytes(int(PAUSE_S * RATE) * 2)
        write_wav(path, pause.join(decode_prompt(sounds / f"{name}.g722") for name in PROMPTS))
    return path, " ".join(PROMPTS.values())


def fetch_sounds(directory: Path) -> Path:
    """The folder of the Spanish prompts, downloaded and unpacked under `directory` when it is not there.

    Raises:
        RuntimeError: apt could not download the package.
    """
    directory = directory.resolve()
    unpacked = directory / "sounds"
    if not unpacked.exists():
        directory.mkdir(parents=True, exist_ok=True)
        waiting = directory / "sounds.part"
        shutil.rmtree(waiting, ignore_errors=True)  # of a run that was stopped
        _unpack(directory, (PACKAGE,), waiting)
        waiting.rename(unpacked)
    (found,) = unpacked.rglob("ss-noservice.g722")
    return found.parent


def unpack(directory: Path, packages: Sequence[str], target: Path) -> None:
    """Debian packages, downloaded into `directory`, as files under `target`, which appears when it is whole.

    Raises:
        RuntimeError: apt could not download them.
    """
    waiting = target.with_name(f"{target.name}.part")
    shutil.rmtree(waiting, ignore_errors=True)  # of a run that was stopped
    _unpack(directory, packages, waiting)
    waiting.rename(target)


def _unpack(directory: Path, packages: Sequence[str], target: Path) -> None:
    _download(directory, packages)
    for package in packages:
        archive = max(directory.glob(f"{package}_*.deb"))
        _run(["dpkg-deb", "--extract", str(archive), str(target)], directory)
        archive.unlink()


def _download(directory: Path, packages: Sequence[str]) -> None:
    command = ["apt-get", "--quiet", "--quiet", "download", *packages]
    try:
        _run(command, directory)
    except RuntimeError:
        if os.geteuid() != 0:
            raise
        _run(["apt-get", "--quiet", "--quiet", "update"], directory)  # a new machine has no list of packages
        _run(command, directory)


def _run(command: list[str], directory: Path, **env: str) -> None:
    done = subprocess.run(
        command, cwd=directory, capture_output=True, text=True, timeout=DOWNLOAD_TIMEOUT_S, check=False,
        env={**os.environ, **env},
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(
            f"{' '.join(command)} failed (is `apt-get update` needed?): {done.stderr.strip()[-500:]}"
        )


def read_english(text: str, path: Path, directory: Path) -> Path:
    """A WAV of `text` read aloud by espeak-ng, which is downloaded and unpacked under `directory` when it is not there.

    Raises:
        RuntimeError: apt could not download it, or it could not read.
    """
    directory = directory.resolve()
    reader = directory / "reader"
    if not reader.exists():
        directory.mkdir(parents=True, exist_ok=True)
        waiting = directory / "reader.part"
        shutil.rmtree(waiting, ignore_errors=True)
        _unpack(directory, READER_PACKAGES, waiting)
        waiting.rename(reader)
    (library,) = reader.glob("usr/lib/*/libespeak-ng.so.1")
    _run(
        [str(reader / "usr/bin/espeak-ng"), "-v", "en-us", "-s", "150", "-w", str(path.resolve()), text], directory,
        LD_LIBRARY_PATH=str(library.parent), ESPEAK_DATA_PATH=str(library.parent / "espeak-ng-data"),
    )  # fmt: skip
    return path


def decode_prompt(path: Path) -> bytes:
    """16 kHz mono 16-bit samples."""
    import av

    with av.open(str(path), format="g722") as container:
        resampler = av.AudioResampler("s16", "mono", RATE)
        frames = [piece for frame in container.decode(audio=0) for piece in resampler.resample(frame)]
        frames += resampler.resample(None)
    return b"".join(bytes(memoryview(frame.planes[0])[: frame.samples * 2]) for frame in frames)


def write_wav(path: Path, samples: bytes, rate: int = RATE) -> None:
    waiting = path.with_suffix(".part")
    with wave.open(str(waiting), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples)
    waiting.rename(path)


def encode(source: Path, target: Path, codec: str, rate: int = 48_000, layout: str = "stereo") -> None:
    """The sound of a WAV in another codec; the container follows from the target's name."""
    import av

    with av.open(str(source)) as wav, av.open(str(target), "w") as out:
        stream: Any = out.add_stream(codec, rate=rate, layout=layout)
        resampler = av.AudioResampler(
            stream.format.name, layout, rate, frame_size=stream.codec_context.frame_size or None
        )
        for frame in [*wav.decode(audio=0), None]:
            for piece in resampler.resample(frame):
                piece.time_base = Fraction(1, rate)
                out.mux(stream.encode(piece))
        out.mux(stream.encode(None))


if __name__ == "__main__":
    made, text = build_speech(Path(sys.argv[1] if len(sys.argv) > 1 else ".cache/speech"))
    sys.stdout.write(f"{made}\n{text}\n")
