"""Where an asset can go, before it is sent: obstacles, limits, and that `publish` would say the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.fix_api import Api

TITLE = "t" * 101


@pytest.fixture(scope="module")
def channels(api: Api) -> None:
    client = api.client("admin")
    for name, body in {
        "o-web": {"type": "web", "profile": "web", "settings": {"base_url": "https://cdn.example/x"}},
        "o-tube": {"type": "youtube", "profile": "proxy", "settings": {"requirements": {"most_duration_s": 60}}, "territories": ["ES"]},
        "o-elsewhere": {"type": "web", "profile": "web", "settings": {"base_url": "https://cdn.example/x"}, "projects": ["deportes"]},
    }.items():  # fmt: skip
        answer = client.put(f"/channels/{name}", json={"name": name, **body})
        assert answer.status_code == 200, answer.text


def make(
    api: Api, *, rights: Any = None, metadata: Any = None, duration_s: float = 20, **columns: Any
) -> str:
    asset_id = str(uuid4())
    technical = {"duration_s": duration_s, "video": {"width": 1920, "height": 1080}}
    api.sql(
        """insert into assets (id, project_id, name, kind, status, owner, size_bytes, rights, metadata, technical)
           values (%s, 'noticias', 'pleno.mp4', %s, %s, 'user:x', 1, %s::jsonb, %s::jsonb, %s::jsonb)""",
        asset_id, columns.get("kind", "video"), columns.get("status", "ready"), json.dumps(rights or {}), json.dumps(metadata or {}), json.dumps(technical),
    )  # fmt: skip
    for profile in columns.get("ready", ("web", "proxy")):
        api.sql(
            """insert into renditions (asset_id, profile, status, bucket, key, mime_type, size_bytes, detail)
               values (%s, %s, 'ready', 'dam-proxies', 'k', 'video/mp4', 42000000, '{"duration_s": 20}')""",
            asset_id, profile,
        )  # fmt: skip
    return asset_id


def outlet(api: Api, asset_id: str, channel: str, user: str = "editora") -> dict[str, Any]:
    answer = api.client(user).get(f"/assets/{asset_id}/outlets")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = next(one for one in answer.json()["items"] if one["channel"]["id"] == channel)
    return found


def limits(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["code"]: one for one in found["limits"]}


@pytest.mark.usefixtures("channels")
def test_what_fits_can_go_now_and_its_limits_are_shown(api: Api) -> None:
    found = outlet(api, make(api, metadata={"title": "Pleno"}), "o-tube")
    assert (found["possible"], found["obstacles"]) == ("now", [])
    assert found["file"] == {"profile": "proxy", "mime_type": "video/mp4", "size_bytes": 42000000}
    shown = limits(found)
    assert (shown["size"]["found"], shown["size"]["most"], shown["size"]["fits"]) == (42e6, 256 << 30, True)
    assert (shown["title"]["found"], shown["title"]["most"]) == (5, 100)
    assert (shown["shape"]["found"], shown["shape"]["least"], shown["shape"]["most"]) == (
        "16:9",
        "1:4",
        "4:1",
    )
    assert shown["duration"]["most"] == 60, "a channel's own limit is tighter than its type's"


@pytest.mark.usefixtures("channels")
def test_what_does_not_fit_is_said_for_each_limit_and_publishing_it_would_fail(api: Api) -> None:
    asset_id = make(api, metadata={"title": TITLE}, duration_s=61, ready=())
    found = outlet(api, asset_id, "o-tube")
    assert found["possible"] == "no"
    unfit = {code: one["detail"] for code, one in limits(found).items() if not one["fits"]}
    assert unfit == {
        "title": "the title has 101 characters, the channel takes 100",
        "duration": "61 s are longer than the 60 s the channel takes",
    }
    assert [one["code"] for one in found["obstacles"]] == ["rendition-missing"]
    assert outlet(api, asset_id, "o-web")["possible"] == "later", (
        "the web has no such limits; the file is made first"
    )


@pytest.mark.usefixtures("channels")
def test_rights_and_time_stand_in_the_way_with_their_reasons(api: Api) -> None:
    later = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    early = outlet(api, make(api, rights={"embargo_until": later}), "o-web")
    (obstacle,) = early["obstacles"]
    assert (early["possible"], obstacle["code"], obstacle["level"]) == ("later", "rights-embargo", "later")
    assert datetime.fromisoformat(obstacle["at"]) == datetime.fromisoformat(later)
    held = outlet(api, make(api, rights={"hold": True, "territories": ["FR"]}), "o-tube")
    assert held["possible"] == "no"
    assert {one["code"] for one in held["obstacles"]} == {"rights-hold", "rights-territory"}


@pytest.mark.usefixtures("channels")
def test_a_kind_that_the_channel_cannot_have_is_told_before_it_is_ordered(api: Api) -> None:
    picture = make(api, kind="image", ready=())
    (obstacle,) = outlet(api, picture, "o-web")["obstacles"]
    assert (obstacle["code"], obstacle["profile"], obstacle["level"]) == ("no-rendition", "web", "no")
    assert "kind" in limits(outlet(api, picture, "o-tube"))
    unready = outlet(api, make(api, status="processing"), "o-web")
    assert [one["code"] for one in unready["obstacles"]] == ["asset-not-ready"]


@pytest.mark.usefixtures("channels")
def test_a_channel_that_is_off_down_or_wrongly_set_says_so(api: Api) -> None:
    asset_id, admin = make(api), api.client("admin")
    admin.put("/channels/o-off", json={"type": "web", "name": "o", "profile": "web", "settings": {"base_url": "https://x.example"}, "enabled": False})  # fmt: skip
    api.sql("update channels set open_until = now() + interval '1 hour', settings = '{}' where id = 'o-off'")
    found = outlet(api, asset_id, "o-off")
    assert [one["code"] for one in found["obstacles"]] == ["channel-off", "channel-down", "settings"]
    api.sql("delete from channels where id = 'o-off'")


@pytest.mark.usefixtures("channels")
def test_channels_are_those_of_the_assets_project_and_come_in_pages(api: Api) -> None:
    asset_id, client = make(api), api.client("admin")
    ids: list[str] = []
    cursor: str | None = None
    while True:
        page = client.get(f"/assets/{asset_id}/outlets", params={"limit": 1, **({"cursor": cursor} if cursor else {})}).json()  # fmt: skip
        ids += [one["channel"]["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert {"o-web", "o-tube"} <= set(ids)
    assert "o-elsewhere" not in ids
    assert outlet(api, asset_id, "o-web", "admin")["channel"]["settings"] is not None
    assert outlet(api, asset_id, "o-web", "editora")["channel"]["settings"] is None
    assert api.client("otro").get(f"/assets/{asset_id}/outlets").status_code == 404
