"""Every route for every role and relation, compared with the table of `acervo/access.py`; and who is let in at all."""

from __future__ import annotations

import json
from itertools import product
from typing import Any
from uuid import uuid4

import httpx
import pytest

from acervo.access import Action, may
from functions.api.main import endpoints
from tests.fix_api import Api
from tests.fix_oidc import USERS

# route → what it does; None: for everybody who is let in
ROUTES: dict[tuple[str, str], Action | None] = {
    ("POST", "/assets/upload/init"): Action.UPLOAD,
    ("POST", "/assets/upload/sign-part"): Action.RESUME,
    ("GET", "/assets/upload/parts"): Action.VIEW,
    ("POST", "/assets/upload/complete"): Action.RESUME,
    ("POST", "/assets/upload/abort"): Action.RESUME,
    ("GET", "/assets"): None,
    ("GET", "/thumbnails"): None,
    ("GET", "/assets/{id}"): Action.VIEW,
    ("GET", "/assets/{id}/transcript"): Action.VIEW,
    ("PATCH", "/assets/{id}"): Action.EDIT,
    ("DELETE", "/assets/{id}"): Action.DELETE,
    ("POST", "/assets/{id}/retry"): Action.RETRY,
    ("POST", "/assets/{id}/downloads"): Action.DOWNLOAD,
    ("POST", "/assets/{id}/streams"): Action.STREAM,
    ("GET", "/assets/{id}/hls/{path:path}"): Action.STREAM,
    ("GET", "/assets/{id}/events"): Action.VIEW,
    ("GET", "/jobs/{id}"): Action.VIEW,
    ("DELETE", "/jobs/{id}"): Action.CANCEL,
    ("GET", "/jobs/{id}/events"): Action.VIEW,
    ("GET", "/me"): None,
    ("GET", "/projects"): None,
    ("GET", "/dead-letters"): Action.OPERATE,
    ("GET", "/dead-letters/{id}"): Action.OPERATE,
    ("POST", "/dead-letters/{id}/replay"): Action.OPERATE,
}
OPEN = {("GET", "/openapi.json"), ("GET", "/")}
WHO = {user["username"]: user for user in USERS}


def body_of(path: str, asset_id: str) -> dict[str, Any]:
    bodies: dict[str, dict[str, Any]] = {
        "/assets/upload/init": {"project_id": "noticias", "name": "a", "size_bytes": 1},
        "/assets/upload/sign-part": {"asset_id": asset_id, "part_numbers": [1]},
        "/assets/upload/complete": {"asset_id": asset_id},
        "/assets/upload/abort": {"asset_id": asset_id},
        "/assets/{id}": {"metadata": {"title": "x"}},
        "/assets/{id}/downloads": {"what": "master"},
    }
    return bodies.get(path, {})


def make(api: Api, owner: str) -> tuple[str, str]:
    """An asset of `noticias` that refuses every action politely (409, 412): access is decided before that."""
    asset_id, job_id = str(uuid4()), str(uuid4())
    api.sql(
        "insert into assets (id, project_id, name, owner, status) values (%s, 'noticias', 'a', %s, 'rejected')",
        asset_id,
        owner,
    )
    api.sql(
        "insert into jobs (id, asset_id, kind, state, cause) values (%s, %s, 'transcode', 'done', 'c')",
        job_id,
        asset_id,
    )
    return asset_id, job_id


def call(api: Api, user: str, method: str, path: str, asset_id: str, job_id: str) -> httpx.Response:
    url = path.replace("{path:path}", "main.m3u8")
    url = url.replace(
        "{id}", "1" if path.startswith("/dead") else job_id if path.startswith("/jobs") else asset_id
    )
    params = {"asset_id": asset_id} if path == "/assets/upload/parts" else None
    headers = {"if-match": '"99"'} if method in ("PATCH", "DELETE") else {}
    body = body_of(path, asset_id) if method in ("POST", "PATCH") else None
    return api.client(user).request(method, url, params=params, json=body or None, headers=headers)


def test_every_route_is_in_the_table() -> None:
    assert {(e.method, e.path) for e in endpoints} == set(ROUTES) | OPEN
    assert all((e.who is None) == ((e.method, e.path) in OPEN) for e in endpoints)


@pytest.mark.parametrize("user", sorted(WHO))
def test_every_route_answers_as_the_table_says(api: Api, user: str) -> None:
    roles = WHO[user]["roles"]
    member = "noticias" in WHO[user]["groups"]
    for owner, ((method, path), action) in product((f"user:{user}", "user:somebody"), ROUTES.items()):
        if action is None:
            continue
        asset_id, job_id = make(api, owner)
        status = call(api, user, method, path, asset_id, job_id).status_code
        ours = owner == f"user:{user}"
        where = f"{user} {method} {path} owner={ours}"
        if action is Action.OPERATE:
            assert (status == 403) == (not may(roles, action, member)), where
        elif may(roles, action, member, ours):
            assert status not in (401, 403, 404) or "hls" in path, f"{where}: {status}"
        else:
            assert status == (403 if may(roles, Action.VIEW, member, ours) else 404), f"{where}: {status}"


@pytest.mark.parametrize(("method", "path"), sorted(ROUTES))
def test_nobody_comes_in_without_a_token(api: Api, method: str, path: str) -> None:
    url = path.replace("{path:path}", "main.m3u8").replace("{id}", str(uuid4()))
    answer = api.client(None).request(method, url, json={} if method in ("POST", "PATCH") else None)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="acervo"'
    assert answer.json()["title"] == "no-token"
    bad = api.client(None, authorization="Bearer x.y.z").request(
        method, url, json={} if method in ("POST", "PATCH") else None
    )
    assert (bad.status_code, 'error="invalid_token"' in bad.headers["www-authenticate"]) == (401, True)


def test_what_is_denied_is_in_the_audit_log(api: Api) -> None:
    asset_id, _ = make(api, "user:editora")
    assert (
        api.client("otro", **{"x-forwarded-for": "10.0.0.9, 192.0.2.7"})
        .get(f"/assets/{asset_id}")
        .status_code
        == 404
    )
    (row,) = api.sql(
        "select who, what, result, from_where, detail from audit_log where asset_id = %s and result = 'denied'",
        asset_id,
    )
    assert (row["who"], row["what"], row["from_where"], row["detail"]["status"]) == (
        "user:otro",
        "view",
        "192.0.2.7",
        404,
    )


def test_me_and_projects_show_what_the_token_says(api: Api) -> None:
    me = api.client("editora").get("/me").json()
    assert (me["subject"], me["name"], me["roles"], me["groups"]) == (
        "editora",
        "Eva Editora",
        ["editor"],
        ["noticias"],
    )
    assert [project["id"] for project in api.client("editora").get("/projects").json()["items"]] == [
        "noticias",
        "vacio",
    ]
    first = api.client("admin").get("/projects", params={"limit": 2}).json()
    rest = api.client("admin").get("/projects", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [project["id"] for project in first["items"] + rest["items"]] == ["deportes", "noticias", "vacio"]
    assert rest["next_cursor"] is None
    assert api.client("nadie").get("/projects").json()["items"] == []
    assert "operate" in api.client("admin").get("/me").json()["actions"]


def test_faults_tell_nothing_of_the_inside(api: Api) -> None:
    client = api.client("editora")
    for answer in (
        client.get("/nowhere"),
        client.put("/assets"),
        client.get("/assets/not-a-uuid"),
        client.get(f"/assets/{uuid4()}"),
    ):
        assert answer.status_code in (404, 405)
        assert answer.headers["content-type"] == "application/problem+json"
        assert set(answer.json()) == {"type", "title", "status", "detail"}
    assert client.get("/me").headers["x-request-id"]
    assert client.get("/me", headers={"x-request-id": "abc-1"}).headers["x-request-id"] == "abc-1"


def test_the_document_is_valid_openapi_and_the_page_needs_nothing_from_elsewhere(api: Api) -> None:
    validator = pytest.importorskip("openapi_spec_validator")
    document = api.client(None).get("/openapi.json").json()
    validator.validate(document)
    assert document["openapi"] == "3.1.0"
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len(operations) == len(endpoints)
    assert all(operation["summary"] for operation in operations)
    page = api.client(None).get("/")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert (
        "http"
        not in json.dumps(page.text.replace("http-", "")).replace("/api/v1", "").replace("https://", "http")
        or "src=" not in page.text
    )


def test_an_internal_fault_is_a_problem_without_its_text(api: Api) -> None:
    api.sql("alter table project_members rename to hidden")
    try:
        answer = api.client("editora").get("/assets")
    finally:
        api.sql("alter table hidden rename to project_members")
    assert (answer.status_code, answer.json()["title"]) == (500, "internal")
    assert "project_members" not in answer.text
