"""Speech from an event to a transcript: real PostgreSQL, Ceph, model and human voices."""

from __future__ import annotations

import re
import unicodedata
import uuid
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from acervo.database import as_json, query
from demo.speech import encode, write_wav
from functions.enrich import parts
from tests.fix_hearing import COMPLETED, REQUESTED, Hearing
from tests.fix_speech import Speech

pytestmark = pytest.mark.ceph


def plain_words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"\w+", "".join(c for c in folded if not unicodedata.combining(c)))


def test_spanish_speech_becomes_transcript_captions_and_one_event(
    hearing: Hearing, spanish_speech: Speech, tmp_path: Path
) -> None:
    film = tmp_path / "sound.m4a"
    encode(spanish_speech.path, film, "aac")
    event = hearing.add(film, 35.2)
    assert event.subject
    with hearing.database.transaction() as connection:
        query.put_job(
            connection, id=str(uuid.uuid4()), asset_id=event.subject, kind="transcode", state="done", required=True,
            spec=as_json({}), chunks_total=0, cause="test",
        )  # fmt: skip
    asset_id = hearing.run(event)
    segments = hearing.segments(asset_id)
    heard = plain_words(hearing.text(asset_id))
    said = plain_words(spanish_speech.text)
    assert len(set(said) & set(heard)) >= 0.85 * len(set(said))
    assert plain_words(spanish_speech.word)[0] in heard
    (at,) = [w for s in segments for w in s["words"] if w["word"].startswith(spanish_speech.word)]
    assert 22_000 < at["start_ms"] < 26_000
    assert {s["language"] for s in segments} == {"es"}
    assert {s["model"] for s in segments} == {"whisper-base@1.0.0"}
    times = [t for s in segments for w in s["words"] for t in (w["start_ms"], w["end_ms"])]
    assert times == sorted(times)
    assert all(
        s["start_ms"] == s["words"][0]["start_ms"] and s["end_ms"] == s["words"][-1]["end_ms"]
        for s in segments
    )
    assert hearing.job(asset_id)["state"] == "done"
    (asset,) = hearing.rows("select * from assets where id = %s", asset_id)
    assert (asset["language"], asset["status"]) == ("es", "ready")
    (captions,) = hearing.rows(
        "select * from renditions where asset_id = %s and profile = 'captions'", asset_id
    )
    vtt = hearing.objects.get_bytes(captions["bucket"], captions["key"]).decode()
    srt = hearing.objects.get_bytes(captions["bucket"], captions["detail"]["srt_key"]).decode()
    assert captions["key"] == f"proxies/{asset_id}/{asset['sha256']}/captions/es.vtt"
    assert vtt.startswith("WEBVTT\n\n00:00:0")
    assert srt.startswith("1\n00:00:0")
    assert spanish_speech.word in vtt.replace("\n", " ")
    (completed,) = hearing.heard(COMPLETED, asset_id)
    assert completed.data == {
        "asset_id": asset_id, "project_id": "news", "step": "speech", "language": "es", "results": len(segments),
    }  # fmt: skip
    assert len(hearing.heard("acervo.asset.ready.v1", asset_id)) == 1

    # everything again: the same events, and reconcile's with another id
    again = [event, *hearing.heard(REQUESTED, asset_id), replace(event, id="another")]
    assert [hearing.post(each).status_code for each in again] == [202, 202, 202]
    assert hearing.segments(asset_id) == segments
    assert len(hearing.heard(COMPLETED, asset_id)) == len(hearing.heard(REQUESTED, asset_id)) == 1
    assert hearing.job(asset_id)["state"] == "done"


def test_parts_heard_by_themselves_and_in_any_order_join_to_the_whole(
    hearing: Hearing, spanish_speech: Speech, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut in two, the second part first; compared with the same recording as one part."""
    path = tmp_path / "two.wav"
    prompts = ("queue-periodic-announce", "ss-noservice")
    write_wav(path, bytes(16_000).join(spanish_speech.prompt(name) for name in prompts))
    whole = plain_words(hearing.text(hearing.run(hearing.add(path, 16.7))))
    monkeypatch.setattr(parts, "plan_parts", partial(parts.plan_parts, whole_ms=10_000, part_ms=8_000))
    monkeypatch.setattr(parts, "WINDOW_MS", 3_000)
    event = hearing.add(path, 16.7)
    assert event.subject
    hearing.post(event)
    first, second = hearing.heard(REQUESTED, event.subject)
    assert hearing.post(second).status_code == 202
    assert hearing.segments(event.subject) == []
    assert (hearing.job(event.subject)["chunks_done"], hearing.job(event.subject)["chunks_total"]) == (1, 2)
    assert hearing.post(first).status_code == 202
    segments = hearing.segments(event.subject)
    joined = plain_words(hearing.text(event.subject))
    assert abs(len(joined) - len(whole)) <= 1
    assert distance(joined, whole) <= 3
    times = [t for s in segments for w in s["words"] for t in (w["start_ms"], w["end_ms"])]
    assert times == sorted(times)
    assert [event.data["results"] for event in hearing.heard(COMPLETED, event.subject)] == [len(segments)]
    assert hearing.rows("select * from job_chunks where job_id = %s", hearing.job(event.subject)["id"]) == []


def distance(a: list[str], b: list[str]) -> int:
    """Words to change, add or drop."""
    row = list(range(len(b) + 1))
    for i, word in enumerate(a, 1):
        row, above = [i], row
        for j, other in enumerate(b, 1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (word != other)))
    return row[-1]


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.2, 4.0])
def test_a_recording_in_which_nobody_speaks_is_done_without_segments(
    seconds: float, hearing: Hearing, tmp_path: Path
) -> None:
    write_wav(tmp_path / "silence.wav", bytes(2 * round(seconds * 16_000)))
    asset_id = hearing.run(hearing.add(tmp_path / "silence.wav", seconds))
    assert hearing.segments(asset_id) == []
    assert hearing.job(asset_id)["state"] == "done"
    assert hearing.rows("select * from renditions where asset_id = %s", asset_id) == []
    (completed,) = hearing.heard(COMPLETED, asset_id)
    assert (completed.data["language"], completed.data["results"]) == (None, 0)


def test_noise_and_a_tone_are_not_speech(hearing: Hearing, tmp_path: Path) -> None:
    noise = np.cumsum(np.random.default_rng(1).normal(0, 200, 16_000 * 6)) % 9_000
    tone = 8_000 * np.sin(np.arange(16_000 * 6) * 440 * 2 * np.pi / 16_000)
    write_wav(tmp_path / "noise.wav", np.concatenate([noise, tone]).astype("<i2").tobytes())
    asset_id = hearing.run(hearing.add(tmp_path / "noise.wav", 12.0))
    assert hearing.segments(asset_id) == []
    assert len(hearing.heard(COMPLETED, asset_id)) == 1


def test_music_alone_has_no_words(hearing: Hearing, tmp_path: Path) -> None:
    """Chords that are struck twice a second over a drum."""
    at = np.arange(16_000 * 12) / 16_000
    struck, chord = np.exp(-6 * (at % 0.5)), np.array([[0, 4, 7], [5, 9, 12], [7, 11, 14], [0, 4, 7]])
    notes = 220 * 2 ** (chord[(at // 2).astype(int) % 4].T / 12)
    sound = sum(
        np.sin(2 * np.pi * note * at * harmonic) / harmonic for note in notes for harmonic in (1, 2, 3)
    )
    drum = np.random.default_rng(1).normal(0, 1, at.size) * np.exp(-40 * (at % 0.25))
    write_wav(tmp_path / "music.wav", ((sound * struck + drum) * 2_500).astype("<i2").tobytes())
    asset_id = hearing.run(hearing.add(tmp_path / "music.wav", 12.0))
    assert hearing.segments(asset_id) == []
    assert hearing.job(asset_id)["state"] == "done"


def test_a_telephone_recording_of_unknown_length_is_heard(
    hearing: Hearing, spanish_speech: Speech, tmp_path: Path
) -> None:
    write_wav(tmp_path / "prompt.wav", spanish_speech.prompt("ss-noservice"))
    encode(tmp_path / "prompt.wav", tmp_path / "phone.wav", "pcm_mulaw", 8_000, "mono")
    asset_id = hearing.run(hearing.add(tmp_path / "phone.wav", None))
    assert {"numero", "marcado", "fuera", "servicio"} <= set(plain_words(hearing.text(asset_id)))


def test_what_is_around_damaged_packets_is_heard(
    hearing: Hearing, spanish_speech: Speech, tmp_path: Path
) -> None:
    silence = bytes(32_000)
    sound = silence.join(spanish_speech.prompt(name) for name in ("queue-periodic-announce", "tt-weasels"))
    write_wav(tmp_path / "sound.wav", sound)
    path = tmp_path / "damaged.m4a"
    encode(tmp_path / "sound.wav", path, "aac")
    data = bytearray(path.read_bytes())
    middle = data.index(b"mdat") + (data.index(b"moov") - data.index(b"mdat")) // 2
    data[middle : middle + 2_000] = bytes(range(1, 251)) * 8
    path.write_bytes(data)
    heard = plain_words(hearing.text(hearing.run(hearing.add(path, len(sound) / 32_000))))
    assert {"representantes", "ocupados", "comido", "sistema"} <= set(heard)
