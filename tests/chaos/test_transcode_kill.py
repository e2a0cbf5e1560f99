"""kill -9 of transcode's workers at random moments until a film or a recording is done: its files are those of an undisturbed run, to the byte."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from functions.transcode import plan
from tests.media import make
from tests.media.desk import Desk

pytestmark = [pytest.mark.ceph, pytest.mark.slow]
SEED = int(os.environ.get("CHAOS_SEED", "7"))
LONGEST_S, MOST_KILLS = 90.0, 4
LIVES_S = (0.5, 3.0)  # a worker's life


def long_film(folder: Path, name: str) -> Path:
    """Three chunks and a soundtrack, in few pixels."""
    options = {"preset": "veryfast", "crf": "20", "bf": "2"}
    return make.film(
        folder, name, 500, size=(64, 36), rate=5, gop=25, options=options, sounds=({"language": "spa"},)
    )


def objects_of(desk: Desk, asset_id: str) -> dict[str, str]:
    """Everything that was made of an asset: name and hash."""
    prefix = f"proxies/{asset_id}/"
    return {
        key.removeprefix(prefix): hashlib.sha256(
            desk.objects.get_bytes(desk.objects.proxies, key)
        ).hexdigest()
        for key in desk.objects.keys(desk.objects.proxies, prefix)
    }


@contextmanager
def worker(desk: Desk, asset_id: str, seed: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.chaos.transcode_worker", asset_id, str(seed)]
    with subprocess.Popen(command, env={**os.environ, **desk.env}, stderr=subprocess.DEVNULL) as child:
        try:
            yield child
        finally:
            child.send_signal(signal.SIGKILL)


def is_over(desk: Desk, asset_id: str) -> bool:
    found = desk.connection.execute("select state from jobs where asset_id = %s", (asset_id,)).fetchone()
    return found is not None and found["state"] not in ("queued", "running")


def long_recording(folder: Path, name: str) -> Path:
    """Five parts."""
    return make.sound(folder, name, 24, "stereo")


@pytest.mark.parametrize(
    ("make_master", "name", "kind", "made_of_it"),
    [(long_film, "a.mp4", "video", 5), (long_recording, "a.flac", "audio", 3)],
)
def test_a_master_whose_workers_are_killed_again_and_again_has_the_same_renditions(
    make_master: Callable[[Path, str], Path],
    name: str,
    kind: str,
    made_of_it: int,
    desk: Desk,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plan, "RECORDING_RANGE_S", 4.8)
    path = make_master(tmp_path, name)
    calm, disturbed = (desk.arrive(path, kind, audio=True) for _ in range(2))
    desk.post(desk.ingested(calm))
    desk.deliver(calm)
    assert desk.job(calm)["state"] == "done"

    desk.connection.execute("create table if not exists delivered (id text primary key)")
    desk.post(desk.ingested(disturbed))
    chance = random.Random(SEED)  # moments, no secret
    deadline = time.monotonic() + LONGEST_S
    kills = 0
    while not is_over(desk, disturbed) and time.monotonic() < deadline:
        patient = kills >= MOST_KILLS
        with worker(desk, disturbed, chance.randrange(1 << 30)) as child:
            until = deadline if patient else min(deadline, time.monotonic() + 1 + chance.uniform(*LIVES_S))
            while time.monotonic() < until and not is_over(desk, disturbed):
                assert child.poll() is None, "a worker fell over by itself"
                desk.connection.execute("select pg_sleep(0.05)")
        kills += 1
    job = desk.job(disturbed)
    assert job["state"] == "done", (job, f"CHAOS_SEED={SEED}")
    assert kills > 1, "somebody was killed"
    desk.deliver(disturbed)
    last = [event for event in desk.said(disturbed) if event.type == "acervo.job.encoded.v1"][-1]
    assert desk.post(last) == 202, "who died over it had not said so"
    made = objects_of(desk, disturbed)
    named = objects_of(desk, calm)
    assert {name: made.get(name) for name in named} == named
    assert set(made) == set(named), "nothing is left of those who died"
    assert list(desk.objects.keys(desk.objects.proxies, f"ondemand/{disturbed}/")) == []
    types = [event.type for event in desk.said(disturbed)]
    assert types.count("acervo.rendition.ready.v1") == made_of_it, "each once"
    assert desk.row("select count(*) from job_chunks where job_id = %s", job["id"])["count"] == 0
