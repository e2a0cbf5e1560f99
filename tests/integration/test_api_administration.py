"""What administrators and the platform team do: projects, members, jobs, dead letters, the audit log; and how the door behaves."""

from __future__ import annotations

import csv
import io
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from acervo import seals
from acervo.database import Database
from functions.api.limits import Buckets
from tests.fix_api import Api


@pytest.fixture(scope="module")
def more_environment() -> dict[str, str]:
    return {"CORS_ORIGINS": "https://page.example, https://other.example"}


def make_asset(api: Api, project: str, size: int = 1, status: str = "ready") -> str:
    asset_id = str(uuid4())
    api.sql("insert into assets (id, project_id, name, owner, status, size_bytes) values (%s, %s, 'a', 'user:x', %s, %s)", asset_id, project, status, size)  # fmt: skip
    return asset_id


# -- projects ---------------------------------------------------------------------------------------------------------
def test_a_project_is_made_filled_and_left_by_its_members(api: Api) -> None:
    admin, editor = api.client("admin"), api.client("editora")
    made = admin.post("/projects", json={"id": "cultura", "name": "Cultura", "quota_bytes": 100})
    assert (made.status_code, made.json()["usage_bytes"]) == (201, 0)
    assert admin.post("/projects", json={"id": "cultura", "name": "x"}).json()["title"] == "project-exists"
    assert editor.get("/projects/cultura").status_code == 404
    for principal in ("group:noticias", "user:https://idp/ana b"):
        assert admin.put(f"/projects/cultura/members/{principal}").json() == {"principal": principal}
    assert [m["principal"] for m in admin.get("/projects/cultura/members").json()["items"]] == ["group:noticias", "user:https://idp/ana b"]  # fmt: skip
    assert editor.get("/projects/cultura").status_code == 200
    assert editor.get("/projects/cultura/members").status_code == 403
    body = {"project_id": "cultura", "name": "a", "size_bytes": 60}
    assert editor.post("/assets/upload/init", json=body).status_code == 201
    assert editor.post("/assets/upload/init", json=body).json()["title"] == "quota-exceeded"
    assert admin.patch("/projects/cultura", json={"quota_bytes": 1000}).json()["usage_bytes"] == 60
    assert editor.post("/assets/upload/init", json=body).status_code == 201
    assert admin.delete("/projects/cultura/members/group:noticias").status_code == 204
    assert editor.get("/projects/cultura").status_code == 404
    assert admin.put("/projects/cultura/members/ana").status_code == 422
    whats = [
        row["what"]
        for row in api.sql(
            "select what from audit_log where project_id = 'cultura' and result = 'done' order by id"
        )
    ]
    assert whats == [
        "project.make",
        "member.add",
        "member.add",
        "upload.init",
        "project.change",
        "upload.init",
        "member.remove",
    ]


def test_what_a_project_uses_is_counted_and_not_summed(api: Api) -> None:
    api.sql("insert into projects (id, name) values ('contado', 'C')")
    api.sql("insert into project_members values ('contado', 'group:noticias')")

    def check() -> int:
        usage = api.client("admin").get("/projects/contado").json()["usage_bytes"]
        (row,) = api.sql("select coalesce(sum(size_bytes), 0) as n from assets where project_id = 'contado' and status not in ('rejected', 'deleted')")  # fmt: skip
        assert usage == row["n"]
        return int(usage)

    one, two = make_asset(api, "contado", 100), make_asset(api, "contado", 20)
    assert check() == 120
    api.sql("update assets set size_bytes = 150 where id = %s", one)
    api.sql("update assets set status = 'rejected' where id = %s", two)
    assert check() == 150
    api.sql("update assets set status = 'uploading' where id = %s", two)
    api.sql("update assets set name = 'b' where id = %s", one)
    body = {"project_id": "contado", "name": "a", "size_bytes": 5}
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda _: api.client("editora").post("/assets/upload/init", json=body), range(6)))
    assert check() == 150 + 20 + 30
    api.sql("update assets set project_id = 'noticias' where id = %s", one)
    assert check() == 50
    assert (
        len(api.sql("select 1 from project_usage where project_id = 'contado'")) <= 2
    )  # folded with each upload


# -- jobs and dead letters --------------------------------------------------------------------------------------------
def test_jobs_are_listed_by_state_and_project(api: Api) -> None:
    ours, theirs = make_asset(api, "noticias"), make_asset(api, "deportes")
    for asset_id, state in ((ours, "failed"), (ours, "running"), (theirs, "failed")):
        api.sql("insert into jobs (id, asset_id, kind, state, cause) values (gen_random_uuid(), %s, 'transcode', %s, gen_random_uuid()::text)", asset_id, state)  # fmt: skip
    listed = api.client("editora").get("/jobs", params={"state": "failed"}).json()["items"]
    assert [(job["asset_id"], job["project_id"]) for job in listed] == [(ours, "noticias")]
    admin = api.client("admin")
    first = admin.get("/jobs", params={"limit": 1}).json()
    rest = admin.get("/jobs", params={"cursor": first["next_cursor"]}).json()
    assert len(first["items"] + rest["items"]) == 3
    assert len(admin.get("/jobs", params={"asset_id": ours}).json()["items"]) == 2


def letter(api: Api, type_: str) -> int:
    event = {"specversion": "1.0", "id": str(uuid4()), "source": "/s", "type": type_}
    (row,) = api.sql(
        "insert into dead_letters (event, event_id, event_type, destination) values (%s::jsonb, %s, %s, 'http://f') returning id", json.dumps(event), event["id"], type_
    )  # fmt: skip
    return int(row["id"])


def test_dead_letters_are_replayed_by_type_no_faster_than_asked_and_once(api: Api) -> None:
    admin = api.client("admin")
    a, b = [letter(api, "a.v1") for _ in range(6)], [letter(api, "b.v1") for _ in range(2)]
    began = time.monotonic()
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda _: admin.post("/dead-letters/replay", json={"event_type": "a.v1", "per_second": 4}).json(), range(2)))  # fmt: skip
    assert sum(answer["replayed"] for answer in answers) == 6
    assert time.monotonic() - began >= 0.5
    replayed = api.sql(
        "select id from dead_letters where replayed_at is not null and event_type in ('a.v1', 'b.v1') order by id"
    )
    assert [row["id"] for row in replayed] == a
    assert len(api.sql("select 1 from outbox where event->>'type' = 'a.v1'")) == 6
    some = admin.post("/dead-letters/replay", json={"limit": 1}).json()
    assert (some["replayed"], some["left"]) == (1, 1)
    assert admin.post("/dead-letters/replay", json={"destination": "http://f"}).json() == {
        "replayed": 1,
        "left": 0,
    }
    assert admin.get("/platform").json()["dead_letters"] == 0
    assert b


# -- audit ------------------------------------------------------------------------------------------------------------
def test_the_audit_log_is_searched_and_exported_and_that_is_in_it(api: Api) -> None:
    asset_id = make_asset(api, "noticias")
    editor, admin = api.client("editora"), api.client("admin")
    editor.post(f"/assets/{asset_id}/downloads", json={"what": "master"})
    api.client("otro").get(f"/assets/{asset_id}")
    editor.patch(f"/assets/{asset_id}", json={"name": "=cmd()"}, headers={"if-match": "*"})
    found = admin.get("/audit", params={"asset_id": asset_id}).json()["items"]
    assert [(row["who"], row["what"], row["result"]) for row in found] == [("user:editora", "edit", "done"), ("user:otro", "view", "denied")]  # fmt: skip
    assert len(admin.get("/audit", params={"asset_id": asset_id, "result": "denied"}).json()["items"]) == 1
    page = admin.get("/audit", params={"limit": 1}).json()
    assert admin.get("/audit", params={"limit": 1, "cursor": page["next_cursor"]}).json()["items"][0]["id"] < page["items"][0]["id"]  # fmt: skip
    lines = admin.get("/audit/export", params={"asset_id": asset_id}).text.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [row["id"] for row in found]
    table = list(
        csv.reader(
            io.StringIO(admin.get("/audit/export", params={"format": "csv", "what": "audit.export"}).text)
        )
    )
    assert (table[0][0], len(table)) == ("id", 3)
    assert editor.get("/audit").status_code == 403
    (denied,) = admin.get("/audit", params={"who": "user:editora", "what": "audit"}).json()["items"]
    assert denied["result"] == "denied"


def test_nobody_changes_the_audit_log_and_who_forces_it_is_found(api: Api) -> None:
    admin = api.client("admin")
    whole = admin.get("/audit/verify").json()
    assert (whole["whole"], whole["head"] is not None) == (True, True)
    for statement in (
        "update audit_log set who = 'x'",
        "delete from audit_log",
        "truncate audit_log",
        "update audit_seals set hash = ''",
    ):
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            api.sql(statement)
    (row,) = api.sql(
        "select id, who, (select count(*) from audit_seals) as seals from audit_log order by id limit 1 offset 1"
    )

    def force(statement: str, *parameters: Any) -> None:
        """As the owner of the database can."""
        api.sql("alter table audit_log disable trigger all")
        api.sql(statement, *parameters)
        api.sql("alter table audit_log enable trigger all")

    force("update audit_log set who = 'user:nobody' where id = %s", row["id"])
    changed = admin.get("/audit/verify").json()
    assert (changed["whole"], changed["broken_seal"]) == (False, 1)
    force("update audit_log set who = %s where id = %s", row["who"], row["id"])
    mended = admin.get("/audit/verify", params={"expect": whole["head"]}).json()
    assert (mended["whole"], mended["contains"]) == (True, True)
    assert admin.get("/audit/verify", params={"expect": "00" * 32}).json()["contains"] is False
    force("delete from audit_log where id = (select max(to_id) from audit_seals)")
    assert "now there are" in admin.get("/audit/verify").json()["detail"]


def test_a_row_that_commits_late_is_not_behind_a_seal(database_url: str, api: Api) -> None:
    api.sql("alter table audit_seals disable trigger all")
    api.sql("delete from audit_seals")
    api.sql("alter table audit_seals enable trigger all")
    database = Database(database_url)
    insert = "insert into audit_log (who, what, result) values ('w', 'late', 'done')"
    try:
        with psycopg.connect(database_url) as slow, ThreadPoolExecutor(1) as thread:
            slow.execute(insert)
            api.sql(insert)  # a later number, committed first
            sealing = thread.submit(seals.seal, database)
            deadline = time.monotonic() + 5
            while not api.sql(
                "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like 'lock table audit_log%%'"
            ):
                assert time.monotonic() < deadline, "the sealer does not wait"
                time.sleep(0.01)
            slow.commit()
            assert sealing.result() == api.sql("select count(*) as n from audit_log")[0]["n"]
        assert seals.verify(database).broken is None
    finally:
        database.close()


# -- the door ---------------------------------------------------------------------------------------------------------
def test_pages_of_other_origins_may_ask_when_configuration_names_them(api: Api) -> None:
    asked = {"origin": "https://page.example", "access-control-request-method": "PATCH", "access-control-request-headers": "authorization,if-match"}  # fmt: skip
    preflight = api.client(None).options("/assets/x", headers=asked)
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (
        200,
        "https://page.example",
    )
    answer = api.client("editora").get("/me", headers={"origin": "https://other.example"})
    assert "etag" in answer.headers["access-control-expose-headers"].lower()
    foreign = api.client("editora").get("/me", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in foreign.headers
    refused = api.client(None).get("/me", headers={"origin": "https://page.example"})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (
        401,
        "https://page.example",
    )


def test_what_is_known_is_answered_304_and_heads_have_no_body(api: Api) -> None:
    client = api.client("editora")
    for path in ("/projects", "/assets", "/me", "/channels"):
        first = client.get(path)
        same = client.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (same.status_code, same.content) == (304, b""), path
        head = client.head(path)
        assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", first.headers["etag"])
    assert client.get("/assets", headers={"if-none-match": '"other"'}).status_code == 200
    large = client.get("/openapi.json", headers={"accept-encoding": "gzip"})
    assert large.headers["content-encoding"] == "gzip"


def test_who_asks_too_often_waits_and_the_others_do_not(api: Api) -> None:
    now = [0.0]
    buckets = Buckets(2, 3, clock=lambda: now[0])
    assert [buckets.take("a") for _ in range(3)] == [0.0] * 3
    assert buckets.take("a") == pytest.approx(0.5)
    assert buckets.take("b") == 0.0
    now[0] = 0.5
    assert buckets.take("a") == 0.0
    assert buckets.take("a") > 0
    now[0] = 1e6
    assert [buckets.take("a") > 0 for _ in range(4)] == [False, False, False, True]
    assert Buckets(0, 0).take("a") == 0.0


def test_a_forged_address_in_the_path_is_only_missing(api: Api) -> None:
    admin = api.client("admin")
    for path in ("/projects/%00", "/channels/..%00", "/event-sources/%00", "/webhooks/x", "/collections/1", "/dead-letters/9e9", f"/assets/{uuid4()}/history/1.5/undo"):  # fmt: skip
        method = "POST" if path.endswith("undo") else "DELETE" if "source" in path else "GET"
        assert admin.request(method, path).status_code == 404, path


def test_a_caller_gets_429_with_the_time_to_wait(api: Api) -> None:
    app: Any = api.app
    limits = app.state.limits
    app.state.limits = type(limits)(Buckets(1, 2), limits.clients)
    try:
        answers = [api.client("nadie").get("/me") for _ in range(3)]
    finally:
        app.state.limits = limits
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert answers[-1].json()["title"] == "too-many-requests"
