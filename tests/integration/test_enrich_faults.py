"""A step that is killed, that fails or whose model is missing: what is done by whom, and what an asset says of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from acervo import events
from acervo.errors import Permanent
from cli.main import app as cli
from functions.enrich import main, models, reprocess
from functions.reconcile.steps import ENRICHMENTS
from tests.fix_ceph import wait_for
from tests.fix_enrichment import COMPLETED, REQUESTED, ROOT, Enrichment
from tests.media import make

pytestmark = pytest.mark.ceph


def test_a_killed_instance_loses_its_chunk_and_another_does_it_once(
    enrichment: Enrichment, street_report: Path, tmp_path: Path
) -> None:
    event = enrichment.add(street_report, "video", 6.0)
    assert enrichment.post("enrich-frames", event).status_code == 202
    (request,) = enrichment.said(REQUESTED, event.subject)
    headers, body = events.to_binary(request)
    script = tmp_path / "instance.py"
    script.write_text(
        "import asyncio, json, httpx\nfrom functions.enrich.main import frames_app\n"
        "async def go():\n    async with httpx.AsyncClient(transport=httpx.ASGITransport(frames_app), base_url='http://x') as c:\n"
        f"        await c.post('/', content={body!r}, headers=json.loads({json.dumps(headers)!r}))\nasyncio.run(go())\n"
    )
    chunk = "select c.* from job_chunks c join jobs j on j.id = c.job_id where j.asset_id = %s"
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(
        [sys.executable, str(script)], cwd=ROOT, stderr=log,
        env={**os.environ, **enrichment.env, "PYTHONPATH": str(ROOT)},
    ) as instance:  # fmt: skip
        wait_for(
            lambda: enrichment.rows(chunk, event.subject)[0]["state"] == "running", "the chunk begins", 60
        )
        instance.send_signal(signal.SIGKILL)
    assert enrichment.post("enrich-frames", request).status_code == 503, "its lease still runs"
    with enrichment.database.transaction() as connection:  # half a minute later
        connection.execute(
            "update job_chunks set lease_until = now() - interval '1 second' where job_id = %s",
            (request.data["job_id"],),
        )
    assert enrichment.post("enrich-frames", request).status_code == 202
    assert len(enrichment.said(COMPLETED, event.subject)) == 1
    assert enrichment.of("shots", event.subject)


def test_a_step_that_fails_says_why_and_holds_no_asset_back(enrichment: Enrichment, tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"no film at all")
    event = enrichment.add(tmp_path / "film.mp4", "video", 5.0)
    enrichment.settle(event)
    (job,) = enrichment.rows("select * from jobs where asset_id = %s", event.subject)
    assert (job["kind"], job["state"], job["reason_code"]) == ("frames", "failed", "pictures-unreadable")
    assert enrichment.rows("select status from assets where id = %s", event.subject) == [{"status": "ready"}]


def test_a_missing_model_fails_its_step_and_names_itself(enrichment: Enrichment, tmp_path: Path) -> None:
    make.photo(tmp_path, "photo.jpg", (320, 240))
    event = enrichment.add(tmp_path / "photo.jpg", "image")
    enrichment.settle(event, MODELS_DIR=str(tmp_path))
    assert enrichment.states(event.subject) == {"frames": "done", "objects": "failed", "ocr": "failed"}
    assert ("enrich-vision", REQUESTED, 422) in enrichment.answers
    reasons = {row["reason"] for row in enrichment.rows("select reason from jobs where reason is not null and asset_id = %s", event.subject)}  # fmt: skip
    assert all("is not there" in reason for reason in reasons)

    # mended: the step is asked for again, and only it
    work = reprocess.Reprocess(enrichment.call(), "objects", None, 5, 10)
    assert work.run() >= 1
    enrichment.settle()
    assert enrichment.states(event.subject)["objects"] == "done"
    assert enrichment.states(event.subject)["ocr"] == "failed"

    # said again, as somebody who asks for the failed steps once more does: what is done is left alone
    enrichment.settle(replace(event, id="again"))
    assert enrichment.states(event.subject) == {"frames": "done", "objects": "done", "ocr": "done"}
    kinds = [
        row["kind"] for row in enrichment.rows("select kind from jobs where asset_id = %s", event.subject)
    ]
    assert sorted(kinds) == ["frames", "objects", "objects", "ocr", "ocr"]


def test_reprocessing_is_throttled_and_goes_on_where_it_was_stopped(
    enrichment: Enrichment, tmp_path: Path
) -> None:
    make.sound(tmp_path, "voice.wav", 0.1)
    added = [
        enrichment.add(
            tmp_path / "voice.wav", "audio", 1.0, project="again", metadata={"title": f"Pieza {n}"}
        )
        for n in range(4)
    ]
    with enrichment.database.transaction() as connection:  # of other tests
        connection.execute("delete from job_chunks")
        connection.execute("update jobs set state = 'cancelled' where state in ('queued', 'running')")
    ours = {str(event.subject) for event in added}
    work = reprocess.Reprocess(enrichment.call(), "embed", None, 2, 0.5)
    assert ours <= set(work.waiting())
    with pytest.raises(Exception, match="2 runs of embed are open"):
        work.run()
    again = reprocess.Reprocess(enrichment.call(), "embed", None, 100, 5)
    again.run()
    enrichment.settle()
    assert ours & set(again.waiting()) == set()
    assert {enrichment.states(asset_id)["embed"] for asset_id in ours} == {"done"}
    assert reprocess.Reprocess(enrichment.call(), "embed", None, 100, 5).run() == 0


def test_the_command_line_says_what_it_would_do_and_begins_no_more_than_it_may(
    enrichment: Enrichment, tmp_path: Path
) -> None:
    make.sound(tmp_path, "voice.wav", 0.1)
    added = [
        enrichment.add(tmp_path / "voice.wav", "audio", 1.0, project="line", metadata={"title": f"Línea {n}"})
        for n in range(3)
    ]
    ours = {str(event.subject) for event in added}

    def say(*words: str) -> Result:
        return CliRunner().invoke(cli, ["reprocess", *words], env=enrichment.env)

    dry = say("--step", "embed", "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert ours <= set(dry.stdout.split())
    assert all(enrichment.states(asset_id) == {} for asset_id in ours)
    some = say("--step", "embed", "--limit", "2", "--at-once", "1000")
    assert (some.exit_code, some.stderr.splitlines()[-1]) == (0, "2 runs of embed begun")
    assert "models.yaml has no embedding model 'none'" in say("--step", "embed", "--model", "none").stderr
    assert say("--step", "nothing").exit_code == 2
    assert "--at-once" in say("--help").stdout
    enrichment.settle()


def test_a_step_without_a_usual_model_asks_for_its_name(enrichment: Enrichment) -> None:
    for name in ("names", "pictures"):
        with pytest.raises(Permanent, match=f"the step {name} has no usual model: name one with --model"):
            reprocess.Reprocess(enrichment.call(), name, None, 5, 10)


def test_reconcile_knows_every_step_and_every_step_is_in_the_catalogue() -> None:
    schema = events.catalogue()[REQUESTED]
    assert set(ENRICHMENTS) == set(main.STEPS) == set(schema["properties"]["step"]["enum"])
    assert {model.kind for model in models.registry().values()} >= {"speech", "vision", "ocr", "embedding"}
