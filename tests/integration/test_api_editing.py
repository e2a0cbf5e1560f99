"""History and undo, bulk edits, extra fields, collections, links, and the rights gate."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pyvips
from PIL import Image

from tests.fix_api import Api

SCHEMA = {
    "type": "object",
    "properties": {
        "desk": {"enum": ["nacional", "internacional"]},
        "page": {"type": "integer", "minimum": 1},
    },
}


@pytest.fixture(scope="module")
def more_environment() -> dict[str, str]:
    return {"METADATA_SCHEMA": json.dumps(SCHEMA)}


def make(
    api: Api,
    project: str = "noticias",
    *,
    status: str = "ready",
    rights: dict[str, Any] | None = None,
    **columns: Any,
) -> str:
    asset_id = str(uuid4())
    api.sql(
        """insert into assets (id, project_id, name, kind, status, owner, size_bytes, rights, metadata, master_key, upload_key, technical)
           values (%s, %s, 'a.mp4', 'video', %s, 'user:editora', 1, %s::jsonb, %s::jsonb, %s, %s, '{"duration_s": 1}')""",
        asset_id, project, status, json.dumps(rights or {}), json.dumps(columns.get("metadata", {})), columns.get("master_key"), columns.get("upload_key"),
    )  # fmt: skip
    return asset_id


def edit(client: httpx.Client, asset_id: str, **patch: Any) -> httpx.Response:
    return client.patch(f"/assets/{asset_id}", json=patch, headers={"if-match": "*"})


# -- history ----------------------------------------------------------------------------------------------------------
def test_every_change_is_in_the_history_and_each_can_be_taken_back(api: Api) -> None:
    client, asset_id = api.client("editora"), make(api)
    edit(client, asset_id, name="b.mp4", metadata={"title": "Uno", "keywords": ["a"]})
    edit(api.client("archivista"), asset_id, metadata={"title": "Dos"}, rights={"hold": True})
    history = client.get(f"/assets/{asset_id}/history").json()["items"]
    assert [(one["who"], one["what"]) for one in history] == [
        ("user:archivista", "edit"),
        ("user:editora", "edit"),
    ]
    changes = {change["field"]: (change["before"], change["after"]) for change in history[0]["changes"]}
    assert changes == {"metadata.title": ("Uno", "Dos"), "rights.hold": (None, True)}
    blocked = client.post(f"/assets/{asset_id}/history/{history[1]['id']}/undo")
    assert (blocked.status_code, blocked.json()["fields"]) == (409, ["metadata.title"])
    undone = client.post(f"/assets/{asset_id}/history/{history[0]['id']}/undo")
    assert (undone.json()["metadata"]["title"], undone.json()["rights"]) == ("Uno", {})
    assert (
        client.post(f"/assets/{asset_id}/history/{history[0]['id']}/undo").json()["title"] == "undone-before"
    )
    first = client.post(f"/assets/{asset_id}/history/{history[1]['id']}/undo").json()
    assert (first["name"], first["metadata"]) == ("a.mp4", {})
    newest = client.get(f"/assets/{asset_id}/history", params={"limit": 1}).json()
    assert (newest["items"][0]["what"], newest["items"][0]["undoes"]) == ("undo", history[1]["id"])
    rest = client.get(f"/assets/{asset_id}/history", params={"cursor": newest["next_cursor"]}).json()["items"]
    assert [one["undone"] for one in rest] == [False, True, True]
    assert (
        client.post(f"/assets/{asset_id}/history/{newest['items'][0]['id']}/undo").json()["metadata"]["title"]
        == "Uno"
    )
    assert client.post(f"/assets/{make(api)}/history/{history[0]['id']}/undo").status_code == 404


def test_many_assets_are_edited_at_once_each_for_itself_and_back(api: Api) -> None:
    client = api.client("editora")
    one, two = make(api, metadata={"keywords": ["Gol", "viejo"]}), make(api)
    theirs, gone = make(api, "deportes"), str(uuid4())
    body = {
        "asset_ids": [one, two, theirs, gone], "edit": {"metadata": {"credit": "EFE"}, "rights": {"licence": "CC"}},
        "add_keywords": ["gol", "liga"], "remove_keywords": ["VIEJO"],
    }  # fmt: skip
    answer = client.post("/assets/bulk-edit", json=body, headers={"idempotency-key": "bulk-1"})
    assert answer.status_code == 200, answer.text
    assert {row["asset_id"] for row in answer.json()["edited"]} == {one, two}
    assert {row["asset_id"]: row["code"] for row in answer.json()["refused"]} == {
        theirs: "not-found",
        gone: "not-found",
    }
    assert client.get(f"/assets/{one}").json()["metadata"] == {"keywords": ["Gol", "liga"], "credit": "EFE"}
    assert client.get(f"/assets/{two}").json()["metadata"] == {"keywords": ["gol", "liga"], "credit": "EFE"}
    assert (
        client.post("/assets/bulk-edit", json=body, headers={"idempotency-key": "bulk-1"}).json()
        == answer.json()
    )
    assert len(api.sql("select 1 from asset_edits where asset_id = %s", one)) == 1
    (denied,) = api.sql("select result from audit_log where asset_id = %s", theirs)
    assert denied["result"] == "denied"
    edit(client, two, metadata={"credit": "AP"})
    bulk_id = answer.json()["bulk_id"]
    assert api.client("otro").post(f"/assets/bulk-edit/{bulk_id}/undo").status_code == 404
    back = client.post(f"/assets/bulk-edit/{bulk_id}/undo").json()
    assert [row["asset_id"] for row in back["edited"]] == [one]
    assert [(row["asset_id"], row["code"]) for row in back["refused"]] == [(two, "changed-since")]
    assert client.get(f"/assets/{one}").json()["metadata"] == {"keywords": ["Gol", "viejo"]}
    named = client.post("/assets/bulk-edit", json={"asset_ids": [one], "edit": {"name": "x"}})
    assert (named.status_code, named.json()["field"]) == (422, "edit.name")


def test_an_installation_has_fields_of_its_own_and_refuses_others(api: Api) -> None:
    client, asset_id = api.client("editora"), make(api)
    schema = client.get("/metadata-schema").json()
    assert schema["extra"]["properties"]["desk"] == SCHEMA["properties"]["desk"]  # type: ignore[index]  # a dict
    assert edit(client, asset_id, metadata={"extra": {"desk": "nacional", "page": 1}}).status_code == 200
    assert edit(client, asset_id, metadata={"extra": {"page": None}}).json()["metadata"]["extra"] == {
        "desk": "nacional"
    }
    for extra, field in (({"desk": "x"}, "metadata.extra.desk"), ({"page": 0}, "metadata.extra.page"), ({"new": 1}, "metadata.extra")):  # fmt: skip
        answer = edit(client, asset_id, metadata={"extra": extra})
        assert (answer.status_code, answer.json()["field"]) == (422, field)
    history = client.get(f"/assets/{asset_id}/history").json()["items"]
    assert [change["field"] for change in history[0]["changes"]] == ["metadata.extra.page"]
    assert (
        client.post(f"/assets/{asset_id}/history/{history[0]['id']}/undo").json()["metadata"]["extra"]["page"]
        == 1
    )


# -- collections and links --------------------------------------------------------------------------------------------
def test_a_collection_holds_assets_of_its_project_in_their_order(api: Api) -> None:
    client = api.client("editora")
    made = client.post("/collections", json={"project_id": "noticias", "name": "Elecciones"}).json()
    url = f"/collections/{made['id']}"
    assets = [make(api) for _ in range(3)]
    theirs = make(api, "deportes")
    for asset_id in assets:
        assert client.post(f"{url}/assets", json={"asset_ids": [asset_id, theirs]}).json() == {"changed": 1}
    assert client.post(f"{url}/assets", json={"asset_ids": assets}).json() == {"changed": 0}
    page = client.get(f"{url}/assets", params={"limit": 2}).json()
    rest = client.get(f"{url}/assets", params={"limit": 2, "cursor": page["next_cursor"]}).json()
    assert [one["id"] for one in page["items"] + rest["items"]] == assets
    assert client.post(f"{url}/assets/remove", json={"asset_ids": assets[:1]}).json() == {"changed": 1}
    assert client.get(url).json()["assets"] == 2
    assert client.patch(url, json={"name": "Elecciones 2027"}).json()["name"] == "Elecciones 2027"
    containing = client.get("/collections", params={"asset_id": assets[1]}).json()["items"]
    assert [one["id"] for one in containing] == [made["id"]]
    assert api.client("otro").get(url).status_code == 404
    assert api.client("otro").get("/collections").json()["items"] == []
    assert client.delete(url).status_code == 204
    assert client.get(f"/assets/{assets[1]}").status_code == 200


def test_links_are_seen_from_both_ends_and_only_to_what_one_may_see(api: Api) -> None:
    client, clip, film, theirs = api.client("editora"), make(api), make(api), make(api, "deportes")
    links = client.post(f"/assets/{clip}/links", json={"kind": "derived-from", "asset_id": film}).json()[
        "items"
    ]
    assert [(one["asset_id"], one["outgoing"]) for one in links] == [(film, True)]
    back = client.get(f"/assets/{film}/links").json()["items"]
    assert [(one["asset_id"], one["outgoing"], one["kind"]) for one in back] == [
        (clip, False, "derived-from")
    ]
    hidden = client.post(f"/assets/{clip}/links", json={"kind": "related", "asset_id": theirs})
    assert (hidden.status_code, hidden.json()["field"]) == (422, "asset_id")
    archivist = api.client("archivista")
    assert (
        len(
            archivist.post(f"/assets/{clip}/links", json={"kind": "related", "asset_id": theirs}).json()[
                "items"
            ]
        )
        == 2
    )
    assert len(client.get(f"/assets/{clip}/links").json()["items"]) == 1
    assert client.delete(f"/assets/{clip}/links/derived-from/{film}").status_code == 204
    assert client.get(f"/assets/{film}/links").json()["items"] == []
    assert client.post(f"/assets/{clip}/links", json={"kind": "part-of", "asset_id": clip}).status_code == 422


# -- rights -----------------------------------------------------------------------------------------------------------
def test_rights_stand_against_downloads_until_somebody_who_may_overrides_them(api: Api) -> None:
    past = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    asset_id = make(api, rights={"valid_until": past}, master_key="masters/x/y/source.mp4")
    client, archivist = api.client("editora"), api.client("archivista")
    shown = client.get(f"/assets/{asset_id}").json()
    assert shown["rights_flags"] == ["rights-expired"]
    assert {use["use"]: use["allowed"] for use in shown["uses"]} == {
        "view": True,
        "download": False,
        "clip": False,
        "publish": False,
    }
    for override in (False, True):
        refused = client.post(f"/assets/{asset_id}/downloads", json={"what": "master", "override": override})
        assert (refused.status_code, refused.json()["reasons"][0]["code"]) == (409, "rights-expired")
        assert refused.json()["may_override"] is False
    warned = archivist.post(f"/assets/{asset_id}/downloads", json={"what": "master"})
    assert (warned.status_code, warned.json()["may_override"]) == (409, True)
    assert (
        archivist.post(f"/assets/{asset_id}/downloads", json={"what": "master", "override": True}).status_code
        == 200
    )
    rows = api.sql("select result, detail from audit_log where asset_id = %s order by id", asset_id)
    assert [row["result"] for row in rows] == ["denied", "denied", "denied", "done"]
    assert rows[-1]["detail"]["overridden"] == ["rights-expired"]


def test_a_url_lives_no_longer_than_the_rights(api: Api) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=90)
    asset_id = make(api, rights={"valid_until": soon.isoformat()}, master_key="masters/x/y/source.mp4")
    order = api.client("editora").post(f"/assets/{asset_id}/downloads", json={"what": "master"}).json()
    assert datetime.fromisoformat(order["expires_at"]) <= soon + timedelta(seconds=1)


def test_a_restricted_master_is_for_archivists_and_its_proxies_for_all(api: Api) -> None:
    asset_id = make(api, rights={"restricted": True}, master_key="masters/x/y/source.mp4")
    api.sql(
        "insert into renditions (asset_id, profile, status, bucket, key) values (%s, 'proxy', 'ready', 'dam-proxies', 'p.mp4')",
        asset_id,
    )
    client = api.client("editora")
    assert client.post(f"/assets/{asset_id}/downloads", json={"what": "master"}).status_code == 409
    assert client.post(f"/assets/{asset_id}/downloads", json={"what": "proxy"}).status_code == 200


def test_what_is_on_hold_is_not_deleted(api: Api) -> None:
    asset_id = make(api, rights={"hold": True})
    client = api.client("editora")
    assert client.delete(f"/assets/{asset_id}").json()["title"] == "rights-hold"
    edit(client, asset_id, rights={"hold": None})
    assert client.delete(f"/assets/{asset_id}").status_code == 204


def test_metadata_is_inside_a_download_when_asked_and_the_master_stays_as_it_is(api: Api) -> None:
    picture: bytes = pyvips.Image.black(16, 16, bands=3).jpegsave_buffer()
    key = f"masters/{uuid4()}/x/source.jpg"
    api.ceph.s3.put_object(Bucket="dam-archive", Key=key, Body=picture)
    client, asset_id = (
        api.client("editora"),
        make(api, master_key=key, metadata={"title": "Año nuevo", "byline": "Ana"}),
    )
    order = client.post(
        f"/assets/{asset_id}/downloads", json={"what": "master", "with_metadata": True}
    ).json()
    got = httpx.get(order["url"])
    assert hashlib.sha256(got.content).hexdigest() == order["sha256"]
    packet = pyvips.Image.new_from_buffer(got.content, "").get("xmp-data").decode()
    assert "Año nuevo" in packet
    with Image.open(io.BytesIO(got.content)) as embedded:
        assert b"A\xc3\xb1o nuevo" in embedded.info["photoshop"][0x0404]
    assert "/ondemand/" in order["url"]
    assert api.ceph.s3.get_object(Bucket="dam-archive", Key=key)["Body"].read() == picture
    sidecar = client.get(f"/assets/{asset_id}/xmp")
    assert (sidecar.headers["content-type"], "Año nuevo" in sidecar.text) == ("application/rdf+xml", True)
    assert "a.xmp" in sidecar.headers["content-disposition"]
    film = make(api, master_key="masters/x/y/source.mxf")
    refused = client.post(f"/assets/{film}/downloads", json={"what": "master", "with_metadata": True})
    assert (refused.status_code, refused.json()["field"]) == (422, "with_metadata")


# -- a second chance --------------------------------------------------------------------------------------------------
def test_a_rejected_upload_whose_bytes_were_kept_is_looked_at_again_and_goes_when_deleted(api: Api) -> None:
    key = f"uploads/noticias/{uuid4()}/x.mp4"
    api.ceph.s3.put_object(Bucket="dam-archive", Key=key, Body=b"x")
    client, asset_id = api.client("editora"), make(api, status="rejected", upload_key=key)
    assert client.post(f"/assets/{asset_id}/retry").json()["status"] == "uploading"
    events = api.sql(
        "select event from outbox where event->>'type' = 'com.amazonaws.ObjectCreated:Put' order by position desc limit 1"
    )
    assert events[0]["event"]["data"]["s3"]["object"]["key"] == key
    lost = make(api, status="rejected")
    assert "upload it again" in client.post(f"/assets/{lost}/retry").json()["detail"]
    api.sql("update assets set status = 'rejected' where id = %s", asset_id)
    assert client.delete(f"/assets/{asset_id}").status_code == 204
    assert api.ceph.s3.list_objects_v2(Bucket="dam-archive", Prefix=key).get("KeyCount") == 0
