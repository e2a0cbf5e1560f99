"""Two people who read aloud, in turns: the Spanish prompts that other tests use, and those of a Colombian voice (GPL-2), as one conversation."""

from __future__ import annotations

import fcntl
from dataclasses import dataclass
from pathlib import Path

import av
import pytest

from demo import speech
from demo.speech import RATE, write_wav
from functions.enrich import fetch, models
from tests.fix_speech import Speech

ROOT = Path(__file__).parent.parent
SECOND_PACKAGE = "asterisk-prompt-es-co"
FIRST = ("queue-periodic-announce", "ss-noservice", "tt-allbusy", "vm-options", "dir-intro", "demo-echotest")
PAUSE_S = 0.4


@dataclass(frozen=True)
class Talk:
    """`turns`: (start_ms, end_ms, who) as they are in the WAV."""

    path: Path
    turns: tuple[tuple[int, int, int], ...]

    @property
    def duration_s(self) -> float:
        return self.turns[-1][1] / 1000

    def who(self, at_ms: int) -> int | None:
        return next((who for start, end, who in self.turns if start <= at_ms < end), None)


def decode(path: Path) -> bytes:
    """16 kHz mono 16-bit samples of any file that FFmpeg reads."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler("s16", "mono", RATE)
        frames = [piece for frame in container.decode(audio=0) for piece in resampler.resample(frame)]
        frames += resampler.resample(None)
    return b"".join(bytes(memoryview(frame.planes[0])[: frame.samples * 2]) for frame in frames)


@pytest.fixture(scope="session")
def voice_model(models_dir: Path) -> Path:
    """MODELS_DIR with the voice encoder in it."""
    fetch.fetch([models.find("resemblyzer", "voice")], models_dir)
    return models_dir


@pytest.fixture(scope="session")
def talk(spanish_speech: Speech) -> Talk:
    """About a minute, both speak six times, the first one begins."""
    directory = ROOT / ".cache" / "speech"
    with (directory / ".voices.lock").open("w") as lock:  # two test processes at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        unpacked = directory / "second-voice"
        if not unpacked.exists():
            speech.unpack(directory, (SECOND_PACKAGE,), unpacked)
        longest = sorted(unpacked.rglob("*.gsm"), key=lambda path: (-path.stat().st_size, path.name))
        second = [decode(path) for path in longest[1 : len(FIRST) + 1]]
        samples, turns = b"", []
        for number, name in enumerate(FIRST):
            for who, said in enumerate(
                (spanish_speech.prompt(name)[: 2 * RATE * 7], second[number][: 2 * RATE * 7])
            ):
                turns.append((_ms(samples), _ms(samples + said), who))
                samples += said + bytes(2 * int(PAUSE_S * RATE))
        path = directory / "talk.wav"
        write_wav(path, samples)
    return Talk(path, tuple(turns))


def _ms(samples: bytes) -> int:
    return len(samples) // 2 * 1000 // RATE
