"""Recordings in which the language changes: two people of one profession, each in his own language. Real PostgreSQL, Ceph, model and voices."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from demo import speech
from demo.speech import RATE, write_wav
from tests.fix_hearing import Hearing
from tests.fix_speech import Speech
from tests.integration.test_enrich_speech import plain_words

pytestmark = [pytest.mark.ceph, pytest.mark.slow]
ENGLISH_PACKAGE = "asterisk-core-sounds-en-g722"  # the same prompts (CC-BY-SA 3.0)
PROMPTS = ("queue-periodic-announce", "ss-noservice", "demo-abouttotry")
PAUSE_S = 1.0


@pytest.fixture(scope="module")
def english(spanish_speech: Speech) -> Path:
    """The folder of the English prompts."""
    directory = spanish_speech.path.parent
    with (directory / ".english.lock").open("w") as lock:  # two test processes at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        unpacked = directory / "english-voice"
        if not unpacked.exists():
            speech.unpack(directory.resolve(), (ENGLISH_PACKAGE,), unpacked.resolve())
    (found,) = unpacked.rglob("ss-noservice.g722")
    return found.parent


def test_two_languages_in_one_recording_are_both_written_down_where_one_goes_over_into_the_other(
    hearing: Hearing, spanish_speech: Speech, english: Path, tmp_path: Path
) -> None:
    pieces = [
        *(spanish_speech.prompt(name) for name in PROMPTS),
        *(speech.decode_prompt(english / f"{name}.g722") for name in PROMPTS),
    ]
    write_wav(tmp_path / "both.wav", bytes(round(PAUSE_S * RATE) * 2).join(pieces))
    over_ms = sum(len(piece) for piece in pieces[:3]) * 1000 // (2 * RATE) + round(2 * PAUSE_S * 1000)
    asset_id = hearing.run(hearing.add(tmp_path / "both.wav", None))
    before, after = (
        plain_words(" ".join(s["text"] for s in hearing.segments(asset_id) if (s["start_ms"] < over_ms) is first))
        for first in (True, False)
    )  # fmt: skip
    assert {s["language"] for s in hearing.segments(asset_id) if s["end_ms"] < over_ms} == {"es"}
    assert {s["language"] for s in hearing.segments(asset_id) if s["start_ms"] > over_ms} == {"en"}
    assert {
        "representantes",
        "ocupados",
        "numero",
        "servicio",
        "demostracion",
        "conectado",
        "mientras",
    } <= set(before)
    assert {"representatives", "busy", "number", "service", "demonstration", "internet", "wait"} <= set(after)
    assert before[-2:] == ["la", "conexion"], "the last words before the other language takes over"
    times = [t for s in hearing.segments(asset_id) for w in s["words"] for t in (w["start_ms"], w["end_ms"])]
    assert times == sorted(times)
