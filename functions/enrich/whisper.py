"""faster-whisper (CTranslate2) behind our Protocols: plain decoding, since batched decoding dropped speech on CPU.

One model a process, loaded and verified on first use, kept warm; one call at a time uses it.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from acervo.errors import Permanent
from functions.enrich import models
from functions.enrich.language import choose_language
from functions.enrich.pcm import RATE, Samples, as_float
from functions.enrich.transcript import Segment, Word, build_segments, separator

if TYPE_CHECKING:
    from functions.enrich.parts import Span

_loading, _using = threading.Lock(), threading.Lock()
_MIN_LOGPROB, _MAX_NO_SPEECH, _MAX_COMPRESSION = (
    -1.0,
    0.6,
    2.4,
)  # the thresholds of OpenAI's reference decoder


@dataclass(frozen=True)
class Chosen:
    """How a model is run. `languages`: those that the newsroom works in."""

    device: str = "cpu"
    compute: str = "int8"
    threads: int = 2
    beam: int = 5
    languages: tuple[str, ...] = ()


class Silero:
    """A `VoiceDetector`: the voice detector that faster-whisper ships."""

    def speech(self, samples: Samples) -> list[Span]:
        from faster_whisper.vad import VadOptions, get_speech_timestamps

        options = VadOptions(min_silence_duration_ms=100, speech_pad_ms=30)
        found = get_speech_timestamps(as_float(samples), options)
        return [(span["start"] * 1000 // RATE, span["end"] * 1000 // RATE) for span in found]


class HeardWord(Protocol):
    """faster-whisper's word; times in seconds."""

    word: str
    start: float
    end: float
    probability: float


class _Steady:
    """CTranslate2's model, whose choice of language is ours. The library asks it before each half minute that it decodes."""

    def __init__(self, model: Any, usual: Sequence[str]) -> None:
        self._model, self._usual = model, usual
        self.language: str | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def detect_language(self, features: Any) -> list[list[tuple[str, float]]]:
        (ranked,) = self._model.detect_language(features)
        found = [(token.strip("<|>"), probability) for token, probability in ranked]
        self.language = choose_language(found, self.language, self._usual)
        return [sorted(ranked, key=lambda item: item[0] != f"<|{self.language}|>")]


class Whisper:
    """A `Recogniser`."""

    def __init__(self, model: models.Model, directory: Path, chosen: Chosen) -> None:
        from ctranslate2 import get_cuda_device_count  # type: ignore[import-untyped]  # ships no types
        from faster_whisper import WhisperModel

        if chosen.device == "cuda" and not get_cuda_device_count():
            raise Permanent("device-missing", "CTranslate2 finds no CUDA device here")
        self.label = model.label
        self._beam = chosen.beam
        self._model = WhisperModel(
            str(directory), device=chosen.device, compute_type=chosen.compute, cpu_threads=chosen.threads
        )
        self._steady = self._model.model = _Steady(self._model.model, chosen.languages)

    def listening_for(self, vocabulary: str) -> Listening:
        """A `Recogniser` that knows these names."""
        return Listening(self, vocabulary)

    def recognise(
        self, samples: Samples, language: str | None = None, vocabulary: str | None = None
    ) -> Generator[Segment, None, None]:
        """Segments one by one, on the clock of `samples`; `language` is what was spoken before."""
        with _using:
            self._steady.language = language
            heard, _ = self._model.transcribe(
                as_float(samples),
                beam_size=self._beam,
                word_timestamps=True,
                vad_filter=True,
                multilingual=True,
                condition_on_previous_text=False,
                log_prob_threshold=_MIN_LOGPROB,
                no_speech_threshold=_MAX_NO_SPEECH,
                compression_ratio_threshold=_MAX_COMPRESSION,
                hallucination_silence_threshold=2.0,
                hotwords=vocabulary,
            )
            floor_ms = 0
            for segment in heard:
                if is_invented(segment.avg_logprob, segment.no_speech_prob, segment.compression_ratio):
                    continue
                language = self._steady.language
                words = build_words(segment.words or (), language)
                for built in build_segments(words, language, floor_ms):
                    floor_ms = built.end_ms
                    yield built


@dataclass(frozen=True)
class Listening:
    """A `Recogniser`: the warm model with the names that a project speaks of as a hint in front of every half minute."""

    whisper: Whisper
    vocabulary: str

    @property
    def label(self) -> str:
        return self.whisper.label

    def recognise(self, samples: Samples, language: str | None = None) -> Generator[Segment, None, None]:
        return self.whisper.recognise(samples, language, self.vocabulary)


def is_invented(logprob: float, no_speech: float, compression: float) -> bool:
    """Whether a segment that the decoder gave in the end is text over noise: unsure, and silent or a loop."""
    return logprob < _MIN_LOGPROB and (no_speech > _MAX_NO_SPEECH or compression > _MAX_COMPRESSION)


def build_words(heard: Iterable[HeardWord], language: str | None) -> list[Word]:
    """Words of ours. The library's begin with a space; one that does not goes on from the one before ("28" and ".8")."""
    words: list[Word] = []
    for piece in heard:
        word = Word(piece.word, round(piece.start * 1000), round(piece.end * 1000), float(piece.probability))
        if words and separator(language) and not piece.word.startswith(" "):
            before = words[-1]
            words[-1] = replace(
                before, text=before.text + word.text, end_ms=max(before.end_ms, word.end_ms),
                probability=min(before.probability, word.probability),
            )  # fmt: skip
        else:
            words.append(word)
    return words


@cache
def _load(name: str, models_dir: Path, chosen: Chosen) -> Whisper:
    model = models.find(name, "speech")
    return Whisper(model, models.resolve(model, models_dir, chosen.device), chosen)


def load(name: str, models_dir: Path, chosen: Chosen) -> Whisper:
    """The warm model.

    Raises:
        Permanent: the model is unknown, missing or altered, or the device is not there.
    """
    with _loading:
        return _load(name, models_dir, chosen)
