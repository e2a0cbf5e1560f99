"""Jobs, their progress as it happens, and dead letters, through the API."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

from tests.asset_rows import make_asset, make_job
from tests.fix_api import Api


# -- jobs -------------------------------------------------------------------------------------------------------------
def test_a_cancelled_job_stops_and_its_asset_says_why(api: Api) -> None:
    client = api.client("editora")
    asset_id = make_asset(api, status="processing")
    job_id = make_job(api, asset_id)
    answer = client.delete(f"/jobs/{job_id}")
    assert (answer.status_code, answer.json()["state"]) == (202, "cancelled")
    assert client.delete(f"/jobs/{job_id}").status_code == 202
    shown = client.get(f"/assets/{asset_id}").json()
    assert (shown["status"], shown["reason_code"]) == ("error", "cancelled")
    assert api.sql("select 1 from job_chunks where job_id = %s", job_id) == []
    done = make_job(api, asset_id, "done", chunks=0)
    assert client.delete(f"/jobs/{done}").json()["title"] == "job-over"


def test_progress_is_streamed_until_the_job_is_over(api: Api) -> None:
    client = api.client("editora")
    asset_id = make_asset(api, status="processing")
    job_id = make_job(api, asset_id, chunks=2)

    def work() -> None:
        time.sleep(0.7)
        api.sql("update job_chunks set progress = 0.5 where job_id = %s", job_id)
        time.sleep(0.7)
        api.sql("update jobs set state = 'done', chunks_done = 2 where id = %s", job_id)

    thread = threading.Thread(target=work)
    thread.start()
    with client.stream("GET", f"/jobs/{job_id}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        said = list(events(answer.iter_lines()))
    thread.join()
    assert [(name, data["progress"]) for name, data in said] == [
        ("progress", 0.0),
        ("progress", 0.5),
        ("progress", 1.0),
        ("end", 1.0),
    ]


def test_an_asset_is_followed_until_it_is_ready(api: Api) -> None:
    asset_id = make_asset(api, status="ready")
    with api.client("editora").stream("GET", f"/assets/{asset_id}/events") as answer:
        said = list(events(answer.iter_lines()))
    assert [name for name, _ in said] == ["progress", "end"]
    assert said[-1][1]["status"] == "ready"
    assert api.client("otro").get(f"/assets/{asset_id}/events").status_code == 404
    busy = make_asset(api, status="processing")
    assert api.client("editora").head(f"/assets/{busy}/events", timeout=5).status_code == 200


def test_a_file_that_is_read_for_hours_says_how_far_it_is(api: Api) -> None:
    asset_id = make_asset(api, status="processing")
    api.sql(
        "insert into hash_progress (asset_id, etag, size_bytes, offset_bytes, holder, held_until) values (%s, 'e', 256, 64, 'h', now())",
        asset_id,
    )
    with api.client("editora").stream("GET", f"/assets/{asset_id}/events") as answer:
        told = events(answer.iter_lines())
        assert next(told)[1]["hashed"] == 0.25
        api.sql("delete from hash_progress where asset_id = %s", asset_id)
        assert next(told)[1]["hashed"] is None


def events(lines: Iterator[str]) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            yield name, json.loads(line[6:])


def test_who_follows_a_file_hears_the_code_of_its_reason(api: Api) -> None:
    refused = make_asset(api, status="rejected")
    api.sql("update assets set reason_code = 'text', reason = 'This is a text file.' where id = %s", refused)
    with api.client("editora").stream("GET", f"/assets/{refused}/events") as answer:
        (_, said), *_ = events(answer.iter_lines())
    assert (said["reason_code"], said["reason"]) == ("text", "This is a text file.")


# -- dead letters -----------------------------------------------------------------------------------------------------
def test_a_dead_letter_is_looked_at_and_replayed_once(api: Api) -> None:
    event = {"specversion": "1.0", "id": "e1", "source": "/s", "type": "t.v9", "data": {"odd": True}}
    (row,) = api.sql(
        "insert into dead_letters (event, event_id, event_type, destination, code) values (%s::jsonb, 'e1', 't.v9', 'http://x', 500) returning id",
        json.dumps(event),
    )
    admin = api.client("admin")
    assert [letter["id"] for letter in admin.get("/dead-letters").json()["items"]] == [row["id"]]
    assert admin.get(f"/dead-letters/{row['id']}").json()["event"] == event
    assert admin.post(f"/dead-letters/{row['id']}/replay").status_code == 202
    assert admin.post(f"/dead-letters/{row['id']}/replay").status_code == 409
    assert api.sql("select event from outbox where event->>'id' = 'e1'")[0]["event"] == event
    assert admin.get("/dead-letters").json()["items"] == []
    assert admin.get("/dead-letters", params={"waiting": "false"}).json()["items"][0]["replayed_at"]
    for user in ("editora", "archivista", "cms"):
        assert api.client(user).get("/dead-letters").status_code == 403
    assert admin.get("/dead-letters/999999999").status_code == 404
    assert admin.get("/dead-letters/x").status_code == 404


def test_a_dead_letter_says_the_code_and_the_reason_of_its_answer(api: Api) -> None:
    answer = json.dumps({"type": "urn:acervo:problem:model-missing", "title": "model-missing", "status": 422, "detail": "there is no model"})  # fmt: skip
    (row,) = api.sql(
        "insert into dead_letters (event, event_id, event_type, destination, code, answer) values ('{}', 'e2', 't.v9', 'http://x', 422, %s) returning id",
        answer,
    )
    shown = api.client("admin").get(f"/dead-letters/{row['id']}").json()
    assert (shown["reason_code"], shown["reason"], shown["answer"]) == (
        "model-missing",
        "there is no model",
        answer,
    )
