"""Publications, channels, rules and events from CMSs, through the API into real rows."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from acervo import signatures
from tests.fix_api import Api

SETTINGS = {
    "base_url": "https://cms.example",
    "lookup": {"path": "/items"},
    "create": {"path": "/items", "method": "POST"},
}
CHANNEL = {"type": "cms", "name": "Web", "profile": "web", "settings": SETTINGS}


def make_asset(
    api: Api, project: str = "noticias", rights: dict[str, Any] | None = None, **columns: Any
) -> str:
    asset_id = str(uuid4())
    api.sql(
        "insert into assets (id, project_id, name, kind, status, owner, size_bytes, rights, metadata) values (%s, %s, 'a.mp4', 'video', 'ready', 'user:x', 1, %s::jsonb, %s::jsonb)",
        asset_id, project, json.dumps(rights or {}), json.dumps(columns.get("metadata", {})),
    )  # fmt: skip
    return asset_id


def said(api: Api, type_: str, asset_id: str) -> list[dict[str, Any]]:
    rows = api.sql(
        "select event from outbox where event->>'type' = %s and event->>'subject' = %s order by position", type_, asset_id
    )  # fmt: skip
    return [row["event"] for row in rows]


@pytest.fixture(scope="module")
def channel(api: Api) -> str:
    answer = api.client("admin").put("/channels/web-main", json=CHANNEL)
    assert answer.status_code == 200, answer.text
    return "web-main"


# -- publications -----------------------------------------------------------------------------------------------------
def test_an_asset_is_published_followed_tried_again_and_recalled(api: Api, channel: str) -> None:
    client, asset_id = api.client("editora"), make_asset(api)
    order = {"channel_id": channel, "metadata": {"title": "Hola"}, "publish_at": {"local": "2031-03-30T02:30:00", "zone": "Europe/Madrid"}}  # fmt: skip
    made = client.post(f"/assets/{asset_id}/publications", json=order)
    assert made.status_code == 202, made.text
    publication = made.json()
    assert (publication["state"], publication["profile"]) == ("requested", "web")
    assert publication["publish_at"] == "2031-03-30T01:30:00Z"  # 02:30 does not exist that night
    again = client.post(f"/assets/{asset_id}/publications", json=order).json()
    assert (again["id"], again["revision"]) == (publication["id"], 1)
    assert len(said(api, "acervo.publication.continued.v1", asset_id)) == 2
    listed = client.get(f"/assets/{asset_id}/publications").json()["items"]
    assert [one["id"] for one in listed] == [publication["id"]]
    shown = client.get(f"/publications/{publication['id']}").json()
    assert (shown["project_id"], shown["attempts"]) == ("noticias", [])
    assert client.post(f"/publications/{publication['id']}/retry").json()["title"] == "nothing-to-retry"
    api.sql(
        "update asset_distributions set state = 'failed', reason_code = 'x' where id = %s", publication["id"]
    )
    assert client.post(f"/publications/{publication['id']}/retry").json()["state"] == "requested"
    recalled = client.delete(f"/publications/{publication['id']}")
    assert (recalled.status_code, recalled.json()["wanted"]) == (202, "withdrawn")
    assert len(client.delete(f"/assets/{asset_id}/publications").json()["items"]) == 1
    whats = {row["what"] for row in api.sql("select what from audit_log where asset_id = %s", asset_id)}
    assert whats == {"publish", "publication.retry", "withdraw"}


def test_rights_that_time_cannot_mend_refuse_with_every_reason(api: Api, channel: str) -> None:
    client = api.client("editora")
    past = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    future = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    held = make_asset(api, rights={"hold": True, "valid_until": past, "channels": ["youtube"]})
    answer = client.post(f"/assets/{held}/publications", json={"channel_id": channel})
    assert (answer.status_code, answer.json()["title"]) == (409, "rights")
    assert [reason["code"] for reason in answer.json()["reasons"]] == [
        "rights-hold",
        "rights-channel",
        "rights-expired",
    ]
    (row,) = api.sql("select result, what from audit_log where asset_id = %s", held)
    assert row == {"result": "denied", "what": "publish"}
    early = make_asset(api, rights={"embargo_until": future})
    assert client.post(f"/assets/{early}/publications", json={"channel_id": channel}).status_code == 202


@pytest.mark.parametrize(
    ("order", "status", "field"),
    [
        ({"channel_id": "nowhere"}, 422, "channel_id"),
        ({"channel_id": "X"}, 422, "channel_id"),
        ({"channel_id": "web-main", "publish_at": "2030-01-01T00:00:00"}, 422, "publish_at"),
        ({"channel_id": "web-main", "publish_at": "2030-02-31T00:00:00Z"}, 422, "publish_at"),
        ({"channel_id": "web-main", "publish_at": {"local": "2030-01-01T00:00", "zone": "Mars/Olympus"}}, 422, "publish_at"),
        ({"channel_id": "web-main", "publish_at": "2030-01-02T00:00:00Z", "withdraw_at": "2030-01-01T00:00:00Z"}, 422, "withdraw_at"),
    ],
)  # fmt: skip
def test_a_bad_order_names_the_field(
    api: Api, channel: str, order: dict[str, Any], status: int, field: str
) -> None:
    answer = api.client("editora").post(f"/assets/{make_asset(api)}/publications", json=order)
    assert answer.status_code == status, answer.text
    assert answer.json()["field"].startswith(field)


def test_channels_are_seen_by_their_projects_and_their_settings_by_operators(api: Api, channel: str) -> None:
    admin, editor = api.client("admin"), api.client("editora")
    admin.put("/channels/solo-deportes", json={**CHANNEL, "projects": ["deportes"]})
    assert {one["id"] for one in editor.get("/channels").json()["items"]} >= {channel}
    assert "solo-deportes" not in {one["id"] for one in editor.get("/channels").json()["items"]}
    assert editor.get("/channels/solo-deportes").status_code == 404
    assert api.client("otro").get("/channels/solo-deportes").json()["settings"] is None
    assert admin.get(f"/channels/{channel}").json()["settings"] == CHANNEL["settings"]
    changed = admin.patch(f"/channels/{channel}", json={"enabled": False, "projects": None}).json()
    assert (changed["enabled"], changed["settings"], changed["name"]) == (False, CHANNEL["settings"], "Web")
    off = editor.post(f"/assets/{make_asset(api)}/publications", json={"channel_id": channel})
    assert off.json()["title"] == "channel-off"
    admin.patch(f"/channels/{channel}", json={"enabled": True})
    assert admin.put("/channels/A", json=CHANNEL).status_code == 422
    asset = make_asset(api)
    closed = editor.post(f"/assets/{asset}/publications", json={"channel_id": "solo-deportes"})
    assert closed.json()["title"] == "not-published-here"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"type": "carrier-pigeon"}, "type"),
        ({"settings": {"lookup": SETTINGS["lookup"], "create": SETTINGS["create"]}}, "settings.base_url"),
        ({"settings": {**SETTINGS, "create": {"path": "items"}}}, "settings.create.path"),
        ({"type": "sftp", "settings": {"host": "tv.example", "host_keys": ["x"]}}, "settings.host_keys.0"),
        ({"type": "sftp", "settings": {"host": "tv.example", "password": "hush"}}, "settings.host_keys"),
    ],
)
def test_settings_that_do_not_fit_are_refused_with_the_field_at_fault(
    api: Api, channel: str, changes: dict[str, Any], field: str
) -> None:
    admin = api.client("admin")
    answer = admin.put("/channels/other", json={**CHANNEL, **changes})
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert "hush" not in answer.text
    assert admin.get("/channels/other").status_code == 404
    if "type" not in changes:
        refused = admin.patch(f"/channels/{channel}", json={"settings": changes["settings"]})
        assert (refused.status_code, refused.json()["field"]) == (422, field)
        assert admin.get(f"/channels/{channel}").json()["settings"] == SETTINGS


def test_a_channel_of_before_is_switched_off_whatever_its_settings(api: Api) -> None:
    api.sql("insert into channels (id, type, name, profile) values ('older', 'sftp', 'Older', 'web')")
    changed = api.client("admin").patch("/channels/older", json={"enabled": False})
    assert (changed.status_code, changed.json()["enabled"]) == (200, False)


def test_the_types_of_channels_say_what_they_want_page_by_page(api: Api) -> None:
    client = api.client("editora")
    first = client.get("/channel-types", params={"limit": 3}).json()
    rest = client.get("/channel-types", params={"cursor": first["next_cursor"]}).json()
    known = {one["type"]: one for one in first["items"] + rest["items"]}
    assert sorted(known) == ["cms", "facebook", "ftp", "mos", "sftp", "web", "youtube"]
    assert rest["next_cursor"] is None
    assert known["sftp"]["settings"]["required"] == ["host", "host_keys"]
    assert known["sftp"]["credential_sets"] == [["username", "private_key"], ["username", "password"]]
    assert known["web"]["credentials"] == []


# -- progress ---------------------------------------------------------------------------------------------------------
def follow(client: httpx.Client, publication_id: str, **headers: str) -> Iterator[dict[str, str]]:
    """The events of one stream, each with its fields."""
    with client.stream("GET", f"/publications/{publication_id}/events", headers=headers) as answer:
        assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (
            200,
            "text/event-stream",
        )
        event: dict[str, str] = {}
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if line:
                event[name] = value
            elif "event" in event:
                yield event
                event = {}


def test_a_publication_is_followed_from_its_wish_to_its_end(api: Api, channel: str) -> None:
    client, asset_id = api.client("editora"), make_asset(api)
    id_ = client.post(f"/assets/{asset_id}/publications", json={"channel_id": channel}).json()["id"]
    events = follow(client, id_)
    assert json.loads(next(events)["data"])["state"] == "requested"
    api.sql(
        "update asset_distributions set state = 'sending', sent_bytes = 5, total_bytes = 10 where id = %s",
        id_,
    )
    now = json.loads(next(events)["data"])
    assert (now["state"], now["sent_bytes"], now["total_bytes"]) == ("sending", 5, 10)
    api.sql(
        "update asset_distributions set state = 'published', live = true, live_revision = 1 where id = %s",
        id_,
    )
    assert [event["event"] for event in events] == ["progress", "end"]
    last = list(follow(client, id_))[-1]
    known = list(follow(client, id_, **{"last-event-id": last["id"]}))
    assert [event["event"] for event in known] == ["end"], "what is known is not said again"
    assert json.loads(known[0]["data"])["state"] == "published"


def test_a_withdrawal_is_followed_to_its_proof(api: Api, channel: str) -> None:
    client, asset_id = api.client("editora"), make_asset(api)
    id_ = client.post(f"/assets/{asset_id}/publications", json={"channel_id": channel}).json()["id"]
    api.sql(
        "update asset_distributions set state = 'published', live = true, live_revision = 1 where id = %s",
        id_,
    )
    client.delete(f"/assets/{asset_id}/publications")
    events = follow(client, id_)
    assert json.loads(next(events)["data"])["wanted"] == "withdrawn"
    api.sql(
        """update asset_distributions set state = 'withdrawn', live = false, proof = '{"delete": 204}' where id = %s""",
        id_,
    )
    end = list(events)[-1]
    assert (end["event"], json.loads(end["data"])["proof"]) == ("end", {"delete": 204})


def test_nobody_follows_what_they_may_not_see_and_a_stream_ends_when_it_is_taken_away(
    api: Api, channel: str
) -> None:
    client, asset_id = api.client("editora"), make_asset(api)
    id_ = client.post(f"/assets/{asset_id}/publications", json={"channel_id": channel}).json()["id"]
    assert api.client("otro").get(f"/publications/{id_}/events").status_code == 404
    assert api.client("editora").get(f"/publications/{uuid4()}/events").status_code == 404
    events = follow(client, id_)
    next(events)
    api.sql("update assets set project_id = 'deportes' where id = %s", asset_id)
    assert next(events)["event"] == "gone"
    assert next(events, None) is None


def test_a_rule_is_looked_at_dry_before_it_acts(api: Api, channel: str) -> None:
    admin = api.client("admin")
    wanted = make_asset(api, metadata={"keywords": ["Portada"]})
    held = make_asset(api, rights={"hold": True}, metadata={"keywords": ["portada"]})
    make_asset(api, metadata={"keywords": ["otra"]})
    rule = {"name": "Portada", "channel_id": channel, "project_id": "noticias", "tag": "portada"}
    made = admin.post("/publication-rules", json=rule, headers={"idempotency-key": "r-1"})
    assert (made.status_code, made.json()["enabled"]) == (201, False)
    same = admin.post("/publication-rules", json=rule, headers={"idempotency-key": "r-1"})
    assert (same.status_code, same.json()) == (201, made.json())
    other = admin.post("/publication-rules", json={**rule, "name": "B"}, headers={"idempotency-key": "r-1"})
    assert (other.status_code, other.json()["field"]) == (422, "Idempotency-Key")
    matches = api.client("editora").get(f"/publication-rules/{made.json()['id']}/matches").json()["items"]
    assert {one["asset_id"]: one["allowed"] for one in matches} == {wanted: True, held: False}
    assert {one["asset_id"]: one["reason_codes"] for one in matches} == {wanted: [], held: ["rights-hold"]}
    set_ = admin.put(f"/publication-rules/{made.json()['id']}", json={**rule, "enabled": True})
    assert set_.json()["enabled"]
    assert [one["id"] for one in admin.get("/publication-rules", params={"project": "noticias"}).json()["items"]] == [made.json()["id"]]  # fmt: skip
    assert admin.delete(f"/publication-rules/{made.json()['id']}").status_code == 204


# -- events from CMSs -------------------------------------------------------------------------------------------------
def event(asset_id: str, type_: str = "acervo.publication.requested.v1", **more: Any) -> dict[str, Any]:
    data = {"asset_id": asset_id, "channel_id": "web-main"}
    return {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": "/cms/web",
        "type": type_,
        "data": data,
        **more,
    }


def post(
    client: httpx.Client, body: Any, kind: str = "application/cloudevents+json", **headers: str
) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post("/events", content=content, headers={"content-type": kind, **headers})


def test_a_cms_says_events_in_every_mode_and_saying_them_twice_is_saying_them_once(
    api: Api, channel: str
) -> None:
    client, asset_id = api.client("cms"), make_asset(api)
    first = event(asset_id)
    taken = post(client, first)
    assert (taken.status_code, taken.json()["refused"]) == (202, [])
    assert taken.json()["accepted"][0]["duplicate"] is False
    assert post(client, first).json()["accepted"][0]["duplicate"] is True
    binary = {"ce-specversion": "1.0", "ce-id": "b1", "ce-source": "/cms/web", "ce-type": first["type"]}
    assert len(post(client, first["data"], "application/json", **binary).json()["accepted"]) == 1
    batch = [event(asset_id, "acervo.publication.withdrawal.requested.v1", data={"asset_id": asset_id}), event(str(uuid4())),
             event(asset_id, "acervo.asset.ready.v1"), {"specversion": "1.0"}, event(asset_id, source="/acervo/publish"),
             event(asset_id, data={"asset_id": asset_id}), event(asset_id, data={"asset_id": asset_id, "channel_id": "nowhere"}), 5]  # fmt: skip
    answer = post(client, batch, "application/cloudevents-batch+json").json()
    assert [one["index"] for one in answer["accepted"]] == [0]
    assert [(one["index"], one["code"]) for one in answer["refused"]] == [
        (1, "not-found"), (2, "type-not-allowed"), (3, "not-a-cloudevent"), (4, "source-reserved"), (5, "invalid-event"),
        (6, "unknown-channel"), (7, "not-a-cloudevent"),
    ]  # fmt: skip
    events = said(api, first["type"], asset_id)
    assert len(events) == 2
    assert {one["source"] for one in events} == {"/acervo/api/events"}
    assert events[0]["data"]["requested_by"] == "user:cms"
    for bad in (b"", b"{", b"[]", b"null", b"\xff", b'"x"'):
        assert post(client, bad).status_code == 400, bad
        assert post(client, bad, "application/cloudevents-batch+json").status_code == 400, bad
    assert post(client, b"x" * (1 << 20) + b"x").status_code == 413


def test_nobody_says_events_about_assets_of_other_projects(api: Api, channel: str) -> None:
    theirs = make_asset(api, "deportes")
    answer = post(api.client("cms"), event(theirs)).json()
    assert [one["code"] for one in answer["refused"]] == ["not-found"]
    assert said(api, "acervo.publication.requested.v1", theirs) == []
    (row,) = api.sql("select who, result from audit_log where asset_id = %s", theirs)
    assert row == {"who": "user:cms", "result": "denied"}


def test_two_callers_with_the_same_source_and_id_do_not_silence_each_other(api: Api, channel: str) -> None:
    asset_id = make_asset(api)
    same = event(asset_id)
    assert post(api.client("nadie"), same).json()["refused"][0]["code"] == "not-found"
    for user in ("editora", "cms"):
        assert post(api.client(user), same).json()["accepted"][0]["duplicate"] is False
    assert len({one["id"] for one in said(api, same["type"], asset_id)}) == 2


def test_a_source_signs_with_its_key_and_a_forged_or_old_signature_says_nothing(
    api: Api, channel: str
) -> None:
    admin, asset_id = api.client("admin"), make_asset(api)
    source = {"id": "cms-web", "name": "CMS", "source": "urn:cms:web", "groups": ["noticias"]}
    made = admin.post("/event-sources", json=source).json()
    key = made["key"]
    assert admin.post("/event-sources", json=source).status_code == 409
    assert (
        admin.post("/event-sources", json={**source, "id": "x1", "source": "/acervo/api"}).status_code == 409
    )
    assert "key" not in {k for one in admin.get("/event-sources").json()["items"] for k, v in one.items() if v is not None}  # fmt: skip

    def send(
        key: str, at: float | None = None, altered: bool = False, id_: str = "cms-web", **more: Any
    ) -> httpx.Response:
        body = json.dumps(event(asset_id, **{"source": "urn:cms:web", **more})).encode()
        headers = {"content-type": "application/cloudevents+json"}
        signature = signatures.sign(key, id_, int(at or time.time()), headers, body)
        return post(
            api.client(None), body + b" " if altered else body, **{"acervo-signature": str(signature)}
        )

    assert send(key).json()["accepted"]
    assert send(key, source="/cms/web").json()["refused"][0]["code"] == "other-source"
    for refused in (
        send(key + "x"),
        send(key, altered=True),
        send(key, at=time.time() - 301),
        send(key, id_="nobody"),
    ):
        assert (refused.status_code, refused.json()["title"]) == (401, "bad-signature")
    assert post(api.client(None), event(asset_id), **{"acervo-signature": "x"}).status_code == 401
    new = admin.post("/event-sources/cms-web/rotate").json()["key"]
    assert new != key
    assert send(new).json()["accepted"]
    assert send(key).json()["accepted"]  # for a day
    api.sql("update event_sources set old_key_until = now()")
    assert send(key).status_code == 401
    admin.patch("/event-sources/cms-web", json={"enabled": False})
    assert send(new).status_code == 401
    assert admin.delete("/event-sources/cms-web").status_code == 204
    assert admin.post("/event-sources", json=source).json()["key"] not in (key, new)


def test_a_signature_opens_no_other_address(api: Api) -> None:
    headers = {"acervo-signature": "keyid=cms-web, t=1, v1=00"}
    assert api.client(None).get("/assets", headers=headers).status_code == 401
