"""A recording's clock turns out to jump when its transcript is planned already: it is planned again, on the straight one."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from acervo.database import as_json
from acervo.events import Event
from functions.transcode import index
from tests.fix_hearing import REQUESTED, Hearing
from tests.fix_media import Shelf
from tests.media import make
from tests.media.pipeline import quiet

pytestmark = pytest.mark.ceph


def straightened(asset_id: str) -> Event:
    """What `transcode` says."""
    data = {"asset_id": asset_id, "project_id": "news", "status": "processing"}
    return Event(
        str(uuid.uuid4()), "/acervo/transcode", "acervo.asset.changed.v1", asset_id, data, extensions={"clock": "straightened"}
    )  # fmt: skip


def test_what_was_planned_on_a_clock_that_jumps_is_overtaken(
    hearing: Hearing, shelf: Shelf, tmp_path: Path
) -> None:
    path = make.recording(tmp_path, ((50, 0.0), (50, 900.0)), size=(64, 64), sounds=({},))
    clock = index.index_film({"source": shelf.source(path)}, quiet)["clock"]
    event = hearing.add(path, 904.0, "video")
    asset_id = str(event.subject)
    assert hearing.post(event).status_code == 202
    early = hearing.heard(REQUESTED, asset_id)
    with hearing.database.transaction() as connection:
        connection.execute(
            "insert into jobs (id, asset_id, kind, state, required, spec, chunks_total, cause)"
            " values (%s, %s, 'transcode', 'running', true, %s, 1, 'x')",
            (str(uuid.uuid4()), asset_id, as_json({"clock": clock})),
        )
        connection.execute(
            "update assets set technical = technical || %s where id = %s",
            (as_json({"duration_s": 4.0}), asset_id),
        )
    for _ in range(2):  # said twice, planned once
        assert hearing.post(straightened(asset_id)).status_code == 202
    jobs = hearing.rows("select * from jobs where asset_id = %s and kind = 'speech' order by created_at", asset_id)  # fmt: skip
    assert [bool(job["cancel_requested"]) for job in jobs] == [True, False]
    assert [job["spec"].get("clock") for job in jobs] == [None, clock]
    (again,) = (each for each in hearing.heard(REQUESTED, asset_id) if each not in early)
    assert hearing.post(early[0]).status_code == 202, "nobody's work any more"
    assert hearing.post(again).status_code == 202
    states = hearing.rows("select state from jobs where asset_id = %s and kind = 'speech' order by created_at", asset_id)  # fmt: skip
    assert states[1] == {"state": "done"}
