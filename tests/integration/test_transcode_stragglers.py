"""One slow node does not hold a film: its last chunk is given to a second instance, and the first result wins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from acervo import function
from acervo.database import query
from acervo.function import Call
from functions.reconcile import stragglers
from functions.transcode import main
from functions.transcode.limits import Settings
from tests.media import make
from tests.media.desk import Desk

pytestmark = pytest.mark.ceph


@pytest.fixture(scope="module")
def call(desk: Desk) -> Any:
    app = function.serve(main.handle, name="reconcile", hears=main.DOES, settings=Settings, env=desk.env)
    with TestClient(app):
        yield Call(None, "reconcile", app.state.resources)
    app.state.resources.close()


def slow(desk: Desk, asset_id: str, began_s: int) -> str:
    """All chunks are done but one, which somebody far away works on; its job."""
    job_id = str(desk.job(asset_id)["id"])
    desk.connection.execute(
        "update job_chunks set state = 'running', lease_owner = 'far', lease_until = now() + interval '1 hour' where job_id = %s and number = 1",
        (job_id,),
    )
    desk.connection.execute("update jobs set state = 'running' where id = %s", (job_id,))
    for event in [
        e for e in desk.said(asset_id) if e.type == "acervo.chunk.requested.v1" and e.data["number"] != 1
    ]:
        assert desk.post(event) == 202
        desk.seen.add(event.id)
    desk.connection.execute(
        "update job_chunks set began_at = now() - make_interval(secs => %s) where job_id = %s and number = 1",
        (began_s, job_id),
    )
    return job_id


def test_the_last_chunk_of_a_slow_node_is_done_by_another(desk: Desk, call: Call, tmp_path: Path) -> None:
    asset_id = desk.arrive(make.film(tmp_path, "slow.mp4", 11), "video")
    desk.post(desk.ingested(asset_id))
    job_id = slow(desk, asset_id, 30)
    original = next(
        e for e in desk.said(asset_id) if e.type == "acervo.chunk.requested.v1" and e.data["number"] == 1
    )
    assert desk.post(original) == 503, "it is held"
    assert stragglers.give_to_a_second(call) == 0, "half a minute is not slow"
    desk.connection.execute(
        "update job_chunks set began_at = now() - interval '10 minutes' where job_id = %s and number = 1",
        (job_id,),
    )
    assert stragglers.give_to_a_second(call) == 1
    assert stragglers.give_to_a_second(call) == 0, "one rival is enough"
    desk.seen.add(original.id)
    desk.deliver(asset_id)
    assert desk.job(asset_id)["state"] == "done"
    lost = query.renew_chunk(desk.connection, job_id=job_id, number=1, owner="far", lease_s=30, progress=0.5)
    assert lost is None, "the slow one hears that it lost"
    assert desk.post(original) == 202


def test_a_rival_that_gives_up_leaves_the_first_alone(desk: Desk, call: Call, tmp_path: Path) -> None:
    asset_id = desk.arrive(make.film(tmp_path, "slower.mp4", 12), "video")
    desk.post(desk.ingested(asset_id))
    job_id = slow(desk, asset_id, 600)
    assert stragglers.give_to_a_second(call) == 1
    claim = {"job_id": job_id, "number": 1, "lease_s": 30}
    assert query.claim_chunk(desk.connection, **claim, owner="near")["owner"] == "near"
    assert query.claim_chunk(desk.connection, **claim, owner="third") is None
    query.release_chunk(desk.connection, job_id=job_id, number=1, owner="near")
    chunk = desk.row("select * from job_chunks where job_id = %s and number = 1", job_id)
    assert (chunk["state"], chunk["lease_owner"], chunk["rival_owner"]) == ("running", "far", None)
    assert query.claim_chunk(desk.connection, **claim, owner="fourth")["owner"] == "fourth"
    query.release_chunk(desk.connection, job_id=job_id, number=1, owner="far")
    chunk = desk.row("select * from job_chunks where job_id = %s and number = 1", job_id)
    assert (chunk["state"], chunk["lease_owner"], chunk["rival_owner"]) == ("running", "fourth", None)
