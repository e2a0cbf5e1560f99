"""Orders by the API: the job is there at once, the event says what was ordered, and what cannot be made is refused with its field."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from acervo import orders
from functions.transcode.profiles import FILES, OF_KIND, PRORES, TILES
from tests.fix_api import Api

pytestmark = pytest.mark.ceph
SHA256 = "ab" * 32


@pytest.fixture
def film(api: Api) -> str:
    asset_id = str(uuid4())
    api.sql(
        "insert into assets (id, project_id, name, kind, status, owner, sha256, master_key, technical)"
        " values (%s, 'noticias', 'a.mp4', 'video', 'ready', 'user:x', %s, %s, %s)",
        asset_id, uuid4().hex * 2, f"masters/{asset_id}/{SHA256}/source.mp4", json.dumps({"duration_s": 60.0}),
    )  # fmt: skip
    return asset_id


def said(api: Api, asset_id: str) -> list[dict[str, Any]]:
    rows = api.sql("select event from outbox where event->>'subject' = %s order by position", asset_id)
    return [row["event"] for row in rows]


def test_a_clip_is_ordered_and_followed(api: Api, film: str) -> None:
    body = {"profile": "original", "clip": {"start_ms": 1000, "end_ms": 11000}}
    with api.client("editora") as client:
        answer = client.post(f"/assets/{film}/ondemand", json=body)
        assert answer.status_code == 202, answer.text
        job = client.get(f"/jobs/{answer.json()['job']['id']}").json()
    assert (job["kind"], job["state"], job["required"], job["progress"]) == ("ondemand", "queued", False, 0)
    assert answer.json()["rendition"] == f"ondemand-{job['id']}"
    (event,) = said(api, film)
    assert event["type"] == "acervo.rendition.requested.v1"
    assert event["data"] == {
        "asset_id": film, "project_id": "noticias", "job_id": job["id"], "profile": "original", "clip": [1000, 11000],
    }  # fmt: skip
    assert api.sql("select 1 from audit_log where asset_id = %s and what = 'order'", film)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"profile": "original"}, "clip"),
        ({"profile": "web", "clip": {"start_ms": 70_000, "end_ms": 71_000}}, "clip"),
        ({"profile": "thumb-300"}, "profile"),
        ({"profile": "poster", "video_kbps": 900}, "video_kbps"),
        ({"profile": "hls", "box": {"width": 320, "height": 180}}, "box"),
        ({"profile": "web", "at_ms": 10}, "at_ms"),
    ],
)
def test_what_cannot_be_made_is_refused_with_its_field(api: Api, film: str, body: Any, field: str) -> None:
    with api.client("editora") as client:
        answer = client.post(f"/assets/{film}/ondemand", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert said(api, film) == []


def test_rights_that_forbid_clips_stop_an_order(api: Api, film: str) -> None:
    api.sql("update assets set rights = %s where id = %s", json.dumps({"restricted": True}), film)
    body = {"profile": "web", "clip": {"start_ms": 0, "end_ms": 1000}}
    with api.client("editora") as client:
        assert client.post(f"/assets/{film}/ondemand", json=body).status_code == 409


def test_orders_name_the_profiles_that_transcode_makes() -> None:
    assert set(OF_KIND["video"]) | set(PRORES) <= set(orders.PROFILES["video"])
    assert {*OF_KIND["image"], TILES.profile} == set(orders.PROFILES["image"])
    assert set(OF_KIND["audio"]) == set(orders.PROFILES["audio"])
    assert {file.profile for file in FILES} == set(orders.FILM_FILES)
    assert tuple(PRORES) == orders.PRORES
