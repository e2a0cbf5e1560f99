"""What the page shows: rights that forbid a download hide nothing, and a view is never as good as the master."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.fix_api import Api

HELD = {"hold": True}
OVER = {"valid_until": "2001-01-01T00:00:00Z"}
PROFILES = ("display", "tiles", "preview", "proxy")


def make(api: Api, rights: dict[str, Any]) -> str:
    asset_id = str(uuid4())
    api.sql(
        """insert into assets (id, project_id, name, kind, status, owner, size_bytes, rights, master_key)
           values (%s, 'noticias', 'Feria.jpg', 'image', 'ready', 'user:x', 1, %s::jsonb, 'm')""",
        asset_id, json.dumps(rights),
    )  # fmt: skip
    for profile in PROFILES:
        api.sql(
            """insert into renditions (asset_id, profile, status, bucket, key, mime_type, size_bytes)
               values (%s, %s, 'ready', 'dam-proxies', %s, 'image/jpeg', 3)""",
            asset_id, profile, f"proxies/{asset_id}/{profile}.jpg",
        )  # fmt: skip
    api.ceph.s3.put_object(
        Bucket="dam-proxies", Key=f"proxies/{asset_id}/display.jpg", Body=b"jpg", ContentType="image/jpeg"
    )
    return asset_id


def view(api: Api, asset_id: str, what: str, user: str = "editora") -> httpx.Response:
    return api.client(user).post(f"/assets/{asset_id}/views", json={"what": what})


@pytest.mark.parametrize("rights", [HELD, OVER], ids=["hold", "expired"])
def test_what_may_not_be_taken_away_is_shown_all_the_same(api: Api, rights: dict[str, Any]) -> None:
    asset_id = make(api, rights)
    assert api.client("editora").post(f"/assets/{asset_id}/downloads", json={"what": "display"}).status_code == 409  # fmt: skip
    answer = view(api, asset_id, "display")
    assert answer.status_code == 200, answer.text
    shown = httpx.get(answer.json()["url"])
    assert (shown.content, shown.headers["content-disposition"].split(";")[0]) == (b"jpg", "inline")
    (row,) = api.sql("select what, detail from audit_log where asset_id = %s and result = 'done'", asset_id)
    assert (row["what"], row["detail"]["object"]) == ("look", "display")


@pytest.mark.parametrize("rights", [HELD, OVER, {"restricted": True}], ids=["hold", "expired", "restricted"])
def test_every_pixel_takes_what_the_master_takes(api: Api, rights: dict[str, Any]) -> None:
    asset_id = make(api, rights)
    assert view(api, asset_id, "tiles").json()["title"] == "rights"
    ordered = api.client("editora").post(f"/assets/{asset_id}/ondemand", json={"profile": "tiles"})
    assert (ordered.status_code, ordered.json()["title"]) == (409, "rights")
    free = make(api, {})
    assert view(api, free, "tiles").status_code == 200


def test_what_is_made_for_work_is_no_view(api: Api) -> None:
    asset_id = make(api, {})
    for what in ("master", "proxy", "web", "hls", "prores-hq"):
        answer = view(api, asset_id, what)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "what")
    assert view(api, asset_id, "poster").json()["title"] == "no-view"
    api.sql("update renditions set status = 'expired' where asset_id = %s", asset_id)
    assert view(api, asset_id, "display").json()["title"] == "no-view"
    assert view(api, asset_id, "display", "otro").status_code == 404
