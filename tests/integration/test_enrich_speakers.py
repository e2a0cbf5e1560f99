"""Who speaks when, in a conversation of two human voices, from an event to lines: real PostgreSQL, Ceph and model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from acervo import edits, events
from acervo.database import query
from acervo.events import Event
from demo.speech import write_wav
from functions.enrich import completion, parts, reprocess
from functions.enrich.transcript import Word, build_segment
from tests.fix_ceph import wait_for
from tests.fix_enrichment import COMPLETED, REQUESTED, ROOT, Enrichment
from tests.fix_voices import Talk

pytestmark = pytest.mark.ceph
ON = {"ENRICH_VOICE_MODEL": "resemblyzer"}


def hear(enrichment: Enrichment, asset_id: str, talk: Talk, model: str = "m@1") -> None:
    """The end of a run of the step `speech`: a word each half second of every turn; two turns in a line, whoever speaks."""
    words = [
        [Word(f"w{at}", at, at + 400) for at in range(start, end - 400, 500)] for start, end, _ in talk.turns
    ]
    segments = [build_segment([*a, *b], "es") for a, b in zip(words[::2], words[1::2], strict=True)]
    call = enrichment.call()
    with call.change() as work:
        asset = query.lock_asset(work.connection, asset_id=asset_id)
        shown = completion.put_transcript(work, asset_id, segments, model)
        completion.put_language_and_captions(call, work, asset, shown, "es")


def right(talk: Talk, rows: list[dict[str, Any]]) -> tuple[float, dict[str, int]]:
    """How much of what rows (turns or lines) say of a voice is so, and who each voice is."""
    seen = [
        (row["voice"], talk.who(at)) for row in rows for at in range(row["start_ms"], row["end_ms"], 50)
        if talk.who(at) is not None
    ]  # fmt: skip
    counted = Counter(seen)
    whose: dict[str, int] = {}
    for (voice, who), _ in counted.most_common():
        whose.setdefault(voice, int(who or 0))
    return sum(n for (voice, who), n in counted.items() if whose[voice] == who) / len(seen), whose


def test_two_people_are_told_apart_named_once_and_keep_their_names(
    enrichment: Enrichment, voice_model: Path, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "plan_parts", partial(parts.plan_parts, whole_ms=20_000, part_ms=20_000))
    event = enrichment.add(talk.path, "audio", talk.duration_s, project="voices")
    asset_id = str(event.subject)
    hear(enrichment, asset_id, talk)
    enrichment.settle(event, **ON)
    assert enrichment.states(asset_id) == {"embed": "done", "speakers": "done"}
    requests = [e for e in enrichment.said(REQUESTED, asset_id) if e.data["step"] == "speakers"]
    assert len(requests) >= 3, "separate instances hear the parts"

    turns = enrichment.of("speaker_turns", asset_id)
    share, whose = right(talk, turns)
    assert share > 0.97
    assert whose == {"S1": 0, "S2": 1}, "numbered as they first speak, over all parts"
    assert {row["model"] for row in turns} == {"resemblyzer@0.1.4"}
    lines = enrichment.of("transcript_segments", asset_id)
    assert len(lines) >= len(talk.turns), "a line in which another takes over is two"
    assert right(talk, lines)[0] > 0.97
    assert {row["model"] for row in lines} == {"m@1"}
    said = [word["word"] for row in lines for word in row["words"]]
    assert len(said) == len(set(said)) == sum(len(range(s, e - 400, 500)) for s, e, _ in talk.turns)
    told = [e.data["step"] for e in enrichment.said(COMPLETED, asset_id)]
    assert sorted(told) == ["captions", "embed", "speakers"], (
        "captions begin anew where a voice does: the stream is told"
    )

    # people: a name for a voice, a line given to somebody else, a line put right
    call = enrichment.call()
    with call.change() as work:
        edits.name_speaker(work, asset_id, "S2", "Ana Gómez", "user:eva")
        edits.correct_line(work, asset_id, 2, edits.KEPT, "user:eva", "Luis Paz")
        edits.correct_line(work, asset_id, 3, "esto dijo", "user:eva")
    enrichment.settle(**ON)
    voices = [row["voice"] for row in lines]

    # the words are made again, by another model, all in one line: voices, names and people's words stay
    hear(enrichment, asset_id, talk, "m@2")
    again = enrichment.of("transcript_segments", asset_id)
    assert right(talk, [row for row in again if row["voice"] != "Luis Paz"])[0] > 0.97
    assert {row["speaker"] for row in again if row["voice"] == "S2"} == {"Ana Gómez"}
    assert [(r["text"], r["voice"]) for r in again if r["text"] == "esto dijo"] == [("esto dijo", voices[3])]
    assert [r["start_ms"] for r in again if r["voice"] == "Luis Paz"] == [lines[2]["start_ms"]]

    # the voices are told apart again: the same turns, the same names
    before = enrichment.of("speaker_turns", asset_id)
    with enrichment.database.transaction() as connection:
        connection.execute(
            "update jobs set spec = spec || '{\"used\": \"old@0\"}' where asset_id = %s and kind = 'speakers'",
            (asset_id,),
        )
    assert asset_id in set(reprocess.Reprocess(enrichment.call(), "speakers", None, 5, 10).waiting())
    reprocess.Reprocess(enrichment.call(), "speakers", None, 5, 10).run()
    enrichment.settle(**ON)
    assert enrichment.of("speaker_turns", asset_id) == before
    last = enrichment.of("transcript_segments", asset_id)
    assert {row["speaker"] for row in last if row["voice"] == "S2"} == {"Ana Gómez"}
    assert [r["start_ms"] for r in last if r["voice"] == "Luis Paz"] == [lines[2]["start_ms"]]
    assert [r["text"] for r in last if r["model"] == "person:user:eva"] == [lines[2]["text"], "esto dijo"]
    assert len(enrichment.rows("select * from jobs where kind = 'speakers' and asset_id = %s", asset_id)) == 2


def test_voices_that_come_before_the_words_are_in_them_from_the_start(
    enrichment: Enrichment, voice_model: Path, talk: Talk
) -> None:
    event = enrichment.add(talk.path, "audio", None, project="voices")
    asset_id = str(event.subject)
    enrichment.settle(event, **ON)
    assert enrichment.of("speaker_turns", asset_id)
    assert enrichment.of("transcript_segments", asset_id) == []
    hear(enrichment, asset_id, talk)
    assert right(talk, enrichment.of("transcript_segments", asset_id))[0] > 0.97
    with enrichment.database.transaction() as connection:
        query.forget_enrichment(connection, asset_id=asset_id)
    assert enrichment.of("speaker_turns", asset_id) == []


@pytest.mark.parametrize("sound", ["nothing", "a moment", "silence", "noise and a tone"])
def test_a_recording_in_which_nobody_speaks_has_no_turns(
    sound: str, enrichment: Enrichment, voice_model: Path, tmp_path: Path
) -> None:
    seconds = {"nothing": 0.0, "a moment": 0.05}.get(sound, 8.0)
    samples = np.zeros(round(seconds * 16_000))
    if "noise" in sound:
        noise = np.cumsum(np.random.default_rng(1).normal(0, 200, len(samples) // 2)) % 9_000
        samples = np.concatenate([noise, 8_000 * np.sin(np.arange(len(noise)) * 440 * 2 * np.pi / 16_000)])
    write_wav(tmp_path / "sound.wav", samples.astype("<i2").tobytes())
    event = enrichment.add(tmp_path / "sound.wav", "audio", seconds, project="voices")
    enrichment.settle(event, **ON)
    assert enrichment.states(event.subject) == {"speakers": "done"}
    assert enrichment.of("speaker_turns", event.subject) == []


def test_sound_that_cannot_be_decoded_fails_the_step_with_a_reason(
    enrichment: Enrichment, voice_model: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.wav").write_bytes(b"no sound at all")
    event = enrichment.add(tmp_path / "a.wav", "audio", 10.0, project="voices")
    enrichment.settle(event, **ON)
    (job,) = enrichment.rows("select * from jobs where asset_id = %s", event.subject)
    assert (job["state"], job["reason_code"]) == ("failed", "sound-unreadable")


def test_without_a_configured_model_nobody_is_told_apart(enrichment: Enrichment, talk: Talk) -> None:
    event = enrichment.add(talk.path, "audio", talk.duration_s, project="voices")
    enrichment.settle(event)
    assert enrichment.states(event.subject) == {}
    hear(enrichment, str(event.subject), talk)
    assert {row["voice"] for row in enrichment.of("transcript_segments", event.subject)} == {None}


def test_a_missing_voice_model_fails_its_step_alone_and_names_itself(
    enrichment: Enrichment, talk: Talk, tmp_path: Path
) -> None:
    event = enrichment.add(talk.path, "audio", talk.duration_s, project="voices")
    enrichment.settle(event, **ON, MODELS_DIR=str(tmp_path))
    (job,) = enrichment.rows("select * from jobs where asset_id = %s", event.subject)
    assert (job["kind"], job["state"], job["reason_code"], job["required"]) == (
        "speakers",
        "failed",
        "model-missing",
        False,
    )
    assert "resemblyzer" in job["reason"]
    assert enrichment.rows("select status from assets where id = %s", event.subject) == [{"status": "ready"}]


def test_an_instance_that_is_killed_leaves_its_part_to_another(
    enrichment: Enrichment, voice_model: Path, talk: Talk, tmp_path: Path
) -> None:
    event = enrichment.add(talk.path, "audio", talk.duration_s, project="voices")
    assert enrichment.post("enrich-embed", event, **ON).status_code == 202
    (request,) = enrichment.said(REQUESTED, event.subject)
    chunk = "select c.* from job_chunks c join jobs j on j.id = c.job_id where j.asset_id = %s"
    script = tmp_path / "instance.py"
    script.write_text(instance(request))
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(
        [sys.executable, str(script)], cwd=ROOT, stderr=log,
        env={**os.environ, **enrichment.env, **ON, "PYTHONPATH": str(ROOT)},
    ) as killed:  # fmt: skip
        wait_for(
            lambda: enrichment.rows(chunk, event.subject)[0]["state"] == "running", "the part begins", 60
        )
        killed.send_signal(signal.SIGKILL)
    assert enrichment.post("enrich-embed", request, **ON).status_code == 503, "its lease still runs"
    with enrichment.database.transaction() as connection:  # half a minute later
        connection.execute(
            "update job_chunks set lease_until = now() - interval '1 second' where job_id = %s",
            (request.data["job_id"],),
        )
    assert [enrichment.post("enrich-embed", request, **ON).status_code for _ in range(2)] == [202, 202]
    assert right(talk, enrichment.of("speaker_turns", event.subject))[0] > 0.97
    assert len(enrichment.said(COMPLETED, event.subject)) == 1


def instance(request: Event) -> str:
    headers, body = events.to_binary(request)
    return (
        "import asyncio, json, httpx\nfrom functions.enrich.main import embed_app\n"
        "async def go():\n    async with httpx.AsyncClient(transport=httpx.ASGITransport(embed_app), base_url='http://x') as c:\n"
        f"        await c.post('/', content={body!r}, headers=json.loads({json.dumps(headers)!r}))\nasyncio.run(go())\n"
    )
