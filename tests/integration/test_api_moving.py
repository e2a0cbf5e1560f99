"""Assets change their project: who may, what stands against it, what goes with them and what stays."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.fix_api import SMALL_QUOTA, Api


def make(api: Api, project: str = "noticias", owner: str = "user:editora", **columns: Any) -> str:
    asset_id = str(uuid4())
    api.sql(
        """insert into assets (id, project_id, name, kind, status, owner, size_bytes, rights, sha256, master_key)
           values (%s, %s, 'a.mp4', 'video', %s, %s, %s, %s::jsonb, %s, 'masters/x')""",
        asset_id, project, columns.get("status", "ready"), owner, columns.get("size_bytes", 1), json.dumps(columns.get("rights", {})),
        columns.get("sha256", uuid4().hex * 2),
    )  # fmt: skip
    return asset_id


def move(client: httpx.Client, project: str, *ids: str) -> dict[str, Any]:
    answer = client.post("/assets/move", json={"asset_ids": list(ids), "project_id": project})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def refusal(client: httpx.Client, project: str, asset_id: str) -> str:
    body = move(client, project, asset_id)
    assert body["moved"] == []
    return str(body["refused"][0]["code"])


def where(api: Api, asset_id: str) -> dict[str, Any]:
    return api.sql("select project_id, master_key, version from assets where id = %s", asset_id)[0]


def test_an_asset_goes_with_all_that_is_its_own(api: Api) -> None:
    client, asset_id = api.client("editora"), make(api)
    api.sql("insert into embeddings (asset_id, number, project_id, field, text, embedding, model) values (%s, 0, 'noticias', 'title', 'x', '[1,0]', 'm')", asset_id)  # fmt: skip
    body = move(client, "vacio", asset_id)
    assert [(one["asset_id"], one["changed"]) for one in body["moved"]] == [(asset_id, True)]
    asset = client.get(f"/assets/{asset_id}").json()
    assert (asset["project_id"], asset["version"]) == ("vacio", body["moved"][0]["version"])
    assert where(api, asset_id)["master_key"] == "masters/x", "keys are immutable"
    assert api.sql("select project_id from embeddings where asset_id = %s", asset_id) == [
        {"project_id": "vacio"}
    ]
    (edit,) = client.get(f"/assets/{asset_id}/history").json()["items"]
    assert (edit["what"], edit["changes"]) == (
        "move",
        [{"field": "project_id", "before": "noticias", "after": "vacio"}],
    )
    assert client.post(f"/assets/{asset_id}/history/{edit['id']}/undo").json()["title"] == "moved"
    rows = api.sql("select project_id, detail from audit_log where asset_id = %s and what = 'move' order by id", asset_id)  # fmt: skip
    assert [(row["project_id"], row["detail"]["from"], row["detail"]["to"]) for row in rows] == [
        ("noticias", "noticias", "vacio"),
        ("vacio", "noticias", "vacio"),
    ]
    (event,) = api.sql("select event from outbox where event->>'subject' = %s", asset_id)
    assert (event["event"]["type"], event["event"]["data"]["moved_from"]) == (
        "acervo.asset.changed.v1",
        "noticias",
    )


def test_what_is_there_already_is_not_moved_again(api: Api) -> None:
    asset_id = make(api)
    before = where(api, asset_id)
    body = move(api.client("editora"), "noticias", asset_id, asset_id)
    assert [(one["changed"], one["version"]) for one in body["moved"]] == [(False, before["version"])]


def test_it_leaves_the_collections_of_the_project_that_it_leaves(api: Api) -> None:
    client, asset_id = api.client("editora"), make(api)
    made = client.post("/collections", json={"project_id": "noticias", "name": f"c {asset_id}"}).json()
    client.post(f"/collections/{made['id']}/assets", json={"asset_ids": [asset_id]})
    move(client, "vacio", asset_id)
    assert client.get(f"/collections/{made['id']}/assets").json()["items"] == []


def used_bytes(api: Api, project: str) -> int:
    """The folded sum and what has changed since."""
    rows = api.sql(
        "select used_bytes + (select coalesce(sum(delta), 0) from project_usage where project_id = p.id) as used from projects p where id = %s", project
    )  # fmt: skip
    return int(rows[0]["used"])


def test_bytes_are_counted_where_the_asset_is(api: Api) -> None:
    asset_id = make(api, size_bytes=5000)
    before = [used_bytes(api, project) for project in ("noticias", "deportes")]
    move(api.client("archivista"), "deportes", asset_id)
    after = [used_bytes(api, project) for project in ("noticias", "deportes")]
    assert after == [before[0] - 5000, before[1] + 5000]


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"status": "processing"}, "not-at-rest"),
        ({"status": "uploading"}, "not-at-rest"),
        ({"rights": {"hold": True}}, "rights-hold"),
        ({"size_bytes": SMALL_QUOTA + 1}, "quota-exceeded"),
    ],
    ids=["processing", "uploading", "hold", "quota"],
)
def test_what_stands_against_it_is_told_and_leaves_it_where_it_is(
    api: Api, columns: dict[str, Any], code: str
) -> None:
    asset_id = make(api, **columns)
    before = where(api, asset_id)
    assert refusal(api.client("archivista"), "vacio", asset_id) == code
    assert where(api, asset_id) == before


def test_work_under_way_and_the_same_bytes_stand_against_it(api: Api) -> None:
    client, sha256 = api.client("archivista"), uuid4().hex * 2
    asset_id, _ = make(api, sha256=sha256), make(api, "deportes", sha256=sha256)
    assert refusal(client, "deportes", asset_id) == "duplicate"
    api.sql("insert into jobs (id, asset_id, kind, state, cause) values (%s, %s, 'embed', 'running', 'c')", str(uuid4()), asset_id)  # fmt: skip
    assert refusal(client, "vacio", asset_id) == "not-at-rest"


def test_two_with_the_same_bytes_do_not_both_arrive(api: Api) -> None:
    sha256 = uuid4().hex * 2
    ids = [make(api, "noticias", sha256=sha256), make(api, "deportes", sha256=sha256)]
    body = move(api.client("archivista"), "vacio", *ids, make(api))
    assert len(body["moved"]) == 2
    assert [one["code"] for one in body["refused"]] == ["duplicate"]


def test_what_is_on_a_channel_that_the_other_project_has_not_is_withdrawn_first(api: Api) -> None:
    client, asset_id = api.client("archivista"), make(api)
    api.sql("insert into channels (id, type, name, profile, projects) values ('only-noticias', 'web', 'N', 'web', '{noticias}') on conflict do nothing")  # fmt: skip
    api.sql(
        """insert into asset_distributions (id, asset_id, channel_id, channel_type, profile, requested_by, state, wanted, live)
           values (%s, %s, 'only-noticias', 'web', 'web', 'x', 'published', 'live', true)""",
        str(uuid4()), asset_id,
    )  # fmt: skip
    assert refusal(client, "deportes", asset_id) == "published-here"
    api.sql("update asset_distributions set state = 'withdrawn', wanted = 'withdrawn', live = false where asset_id = %s", asset_id)  # fmt: skip
    assert len(move(client, "deportes", asset_id)["moved"]) == 1


def test_editors_move_their_own_into_projects_of_theirs(api: Api) -> None:
    client = api.client("editora")
    theirs, hidden = make(api, owner="user:somebody"), make(api, "deportes")
    body = move(client, "vacio", theirs, hidden, str(uuid4()))
    assert sorted(one["code"] for one in body["refused"]) == ["forbidden", "not-found", "not-found"]
    mine = make(api)
    elsewhere = client.post("/assets/move", json={"asset_ids": [mine], "project_id": "deportes"})
    nowhere = client.post("/assets/move", json={"asset_ids": [mine], "project_id": "nowhere-at-all"})
    assert (elsewhere.status_code, nowhere.status_code) == (404, 404)
    denied = api.sql("select asset_id::text from audit_log where who = 'user:editora' and what = 'move' and result = 'denied'")  # fmt: skip
    assert {theirs, hidden} <= {row["asset_id"] for row in denied}


def test_sent_twice_it_happens_once(api: Api) -> None:
    client, asset_id = api.client("editora"), make(api)
    body = {"asset_ids": [asset_id], "project_id": "vacio"}
    answers = [client.post("/assets/move", json=body, headers={"idempotency-key": asset_id}) for _ in "12"]
    assert answers[0].json() == answers[1].json()
    assert len(client.get(f"/assets/{asset_id}/history").json()["items"]) == 1
