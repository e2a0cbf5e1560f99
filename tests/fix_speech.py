"""Human Spanish speech whose words were written down from a recogniser (demo/speech.py), unpacked once under `.cache/speech` of the repository."""

from __future__ import annotations

import fcntl
from dataclasses import dataclass
from pathlib import Path

import pytest

from demo import speech

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Speech:
    """`path`: a WAV of about 35 s; `text`: about what is said, no independent truth; `word`: one that every model hears; `prompts`: one recording each."""

    path: Path
    text: str
    word: str
    prompts: Path

    def prompt(self, name: str) -> bytes:
        """16 kHz mono 16-bit samples of one prompt."""
        return speech.decode_prompt(self.prompts / f"{name}.g722")


@pytest.fixture(scope="session")
def spanish_speech() -> Speech:
    directory = ROOT / ".cache" / "speech"
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / ".lock").open("w") as lock:  # two test processes at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        path, text = speech.build_speech(directory)
        return Speech(path, text, speech.WORD, speech.fetch_sounds(directory))
