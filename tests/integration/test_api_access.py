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

PLATFORM_ADMINISTER = "administer, of the platform"  # 403 whatever one may see
PLATFORM = (Action.OPERATE, Action.AUDIT, PLATFORM_ADMINISTER)
# route → what it does; None: for everybody who is let in
ROUTES: dict[tuple[str, str], Action | str | None] = {
    ("POST", "/assets/upload/init"): Action.UPLOAD,
    ("POST", "/assets/upload/sign-part"): Action.RESUME,
    ("GET", "/assets/upload/parts"): Action.VIEW,
    ("POST", "/assets/upload/complete"): Action.RESUME,
    ("POST", "/assets/upload/abort"): Action.RESUME,
    ("GET", "/assets"): None,
    ("GET", "/thumbnails"): None,
    ("GET", "/assets/{id}"): Action.VIEW,
    ("GET", "/assets/{id}/transcript"): Action.VIEW,
    ("PATCH", "/assets/{id}/transcript/{line}"): Action.EDIT,
    ("GET", "/assets/{id}/transcript/corrections"): Action.VIEW,
    ("POST", "/assets/{id}/transcript/corrections/{edit}/undo"): Action.EDIT,
    ("GET", "/assets/{id}/transcript/speakers"): Action.VIEW,
    ("PUT", "/assets/{id}/transcript/speakers"): Action.EDIT,
    ("GET", "/assets/{id}/tags"): Action.VIEW,
    ("POST", "/assets/{id}/tags"): Action.EDIT,
    ("DELETE", "/assets/{id}/tags"): Action.EDIT,
    ("POST", "/assets/{id}/tags/rename"): Action.EDIT,
    ("GET", "/assets/{id}/detections"): Action.VIEW,
    ("GET", "/assets/{id}/texts"): Action.VIEW,
    ("GET", "/assets/{id}/shots"): Action.VIEW,
    ("GET", "/assets/{id}/related"): Action.VIEW,
    ("GET", "/assets/{id}/near-duplicates"): Action.VIEW,
    ("PATCH", "/assets/{id}"): Action.EDIT,
    ("DELETE", "/assets/{id}"): Action.DELETE,
    ("POST", "/assets/{id}/retry"): Action.RETRY,
    ("POST", "/assets/{id}/downloads"): Action.DOWNLOAD,
    ("POST", "/assets/{id}/ondemand"): Action.DOWNLOAD,
    ("POST", "/assets/{id}/streams"): Action.STREAM,
    ("POST", "/assets/{id}/views"): Action.STREAM,
    ("GET", "/assets/{id}/hls/{path:path}"): Action.STREAM,
    ("GET", "/assets/{id}/events"): Action.VIEW,
    ("GET", "/jobs/{id}"): Action.VIEW,
    ("DELETE", "/jobs/{id}"): Action.CANCEL,
    ("GET", "/jobs/{id}/events"): Action.VIEW,
    ("GET", "/assets/{id}/xmp"): Action.VIEW,
    ("GET", "/assets/{id}/history"): Action.VIEW,
    ("POST", "/assets/{id}/history/{edit}/undo"): Action.EDIT,
    ("POST", "/assets/bulk-edit"): None,
    ("POST", "/assets/move"): None,
    ("POST", "/assets/bulk-edit/{id}/undo"): None,
    ("GET", "/metadata-schema"): None,
    ("GET", "/assets/{id}/links"): Action.VIEW,
    ("POST", "/assets/{id}/links"): Action.EDIT,
    ("DELETE", "/assets/{id}/links/{kind}/{other}"): Action.EDIT,
    ("GET", "/assets/{id}/publications"): Action.VIEW,
    ("GET", "/assets/{id}/outlets"): Action.VIEW,
    ("POST", "/assets/{id}/publications"): Action.PUBLISH,
    ("DELETE", "/assets/{id}/publications"): Action.PUBLISH,
    ("GET", "/publications/{id}"): Action.VIEW,
    ("DELETE", "/publications/{id}"): Action.PUBLISH,
    ("POST", "/publications/{id}/retry"): Action.PUBLISH,
    ("GET", "/collections"): None,
    ("POST", "/collections"): Action.EDIT,
    ("GET", "/collections/{id}"): Action.VIEW,
    ("PATCH", "/collections/{id}"): Action.EDIT,
    ("DELETE", "/collections/{id}"): Action.EDIT,
    ("GET", "/collections/{id}/assets"): Action.VIEW,
    ("POST", "/collections/{id}/assets"): Action.EDIT,
    ("POST", "/collections/{id}/assets/remove"): Action.EDIT,
    ("GET", "/jobs"): None,
    ("GET", "/me"): None,
    ("GET", "/projects"): None,
    ("POST", "/projects"): PLATFORM_ADMINISTER,
    ("GET", "/projects/{project}"): Action.VIEW,
    ("PATCH", "/projects/{project}"): Action.ADMINISTER,
    ("GET", "/projects/{project}/members"): Action.ADMINISTER,
    ("PUT", "/projects/{project}/members/{principal:path}"): Action.ADMINISTER,
    ("DELETE", "/projects/{project}/members/{principal:path}"): Action.ADMINISTER,
    ("GET", "/projects/{project}/s3-credentials"): Action.ADMINISTER,
    ("POST", "/projects/{project}/s3-credentials"): Action.ADMINISTER,
    ("DELETE", "/projects/{project}/s3-credentials/{id}"): Action.ADMINISTER,
    ("GET", "/publications/{id}/events"): Action.VIEW,
    ("GET", "/channel-types"): None,
    ("GET", "/channels"): None,
    ("GET", "/channels/{channel}"): None,
    ("PUT", "/channels/{channel}"): Action.OPERATE,
    ("PATCH", "/channels/{channel}"): Action.OPERATE,
    ("GET", "/publication-rules"): Action.VIEW,
    ("POST", "/publication-rules"): Action.ADMINISTER,
    ("GET", "/publication-rules/{id}"): Action.VIEW,
    ("PUT", "/publication-rules/{id}"): Action.ADMINISTER,
    ("DELETE", "/publication-rules/{id}"): Action.ADMINISTER,
    ("GET", "/publication-rules/{id}/matches"): Action.VIEW,
    ("POST", "/events"): None,
    ("GET", "/event-sources"): Action.OPERATE,
    ("POST", "/event-sources"): Action.OPERATE,
    ("PATCH", "/event-sources/{source}"): Action.OPERATE,
    ("POST", "/event-sources/{source}/rotate"): Action.OPERATE,
    ("DELETE", "/event-sources/{source}"): Action.OPERATE,
    ("GET", "/webhooks"): PLATFORM_ADMINISTER,
    ("POST", "/webhooks"): PLATFORM_ADMINISTER,
    ("GET", "/webhooks/{id}"): PLATFORM_ADMINISTER,
    ("PATCH", "/webhooks/{id}"): PLATFORM_ADMINISTER,
    ("DELETE", "/webhooks/{id}"): PLATFORM_ADMINISTER,
    ("GET", "/webhooks/{id}/deliveries"): PLATFORM_ADMINISTER,
    ("POST", "/webhooks/{id}/deliveries/replay"): PLATFORM_ADMINISTER,
    ("GET", "/audit"): Action.AUDIT,
    ("GET", "/audit/export"): Action.AUDIT,
    ("GET", "/audit/verify"): Action.AUDIT,
    ("GET", "/platform"): Action.OPERATE,
    ("POST", "/dead-letters/replay"): Action.OPERATE,
    ("GET", "/dead-letters"): Action.OPERATE,
    ("GET", "/dead-letters/{id}"): Action.OPERATE,
    ("POST", "/dead-letters/{id}/replay"): Action.OPERATE,
}
OPEN = {("GET", "/openapi.json"), ("GET", "/")}
WHO = {user["username"]: user for user in USERS}


def body_of(method: str, path: str, asset_id: str) -> dict[str, Any]:
    bodies: dict[str, dict[str, Any]] = {
        "/assets/upload/init": {"project_id": "noticias", "name": "a", "size_bytes": 1},
        "/assets/upload/sign-part": {"asset_id": asset_id, "part_numbers": [1]},
        "/assets/upload/complete": {"asset_id": asset_id},
        "/assets/upload/abort": {"asset_id": asset_id},
        "/assets/{id}": {"metadata": {"title": "x"}},
        "/assets/{id}/downloads": {"what": "master"},
        "/assets/{id}/views": {"what": "display"},
        "/assets/{id}/ondemand": {"profile": "proxy"},
        "/assets/bulk-edit": {"asset_ids": [asset_id], "edit": {}},
        "/assets/move": {"asset_ids": [asset_id], "project_id": "noticias"},
        "/assets/{id}/transcript/{line}": {"text": "x"},
        "/assets/{id}/transcript/speakers": {"voice": "S1", "name": "x"},
        "/assets/{id}/tags": {"kind": "object", "value": "x"},
        "/assets/{id}/tags/rename": {"kind": "object", "value": "x", "to": "y"},
        "/assets/{id}/links": {"kind": "related", "asset_id": str(uuid4())},
        "/assets/{id}/publications": {"channel_id": "nowhere"},
        "/collections": {"project_id": "noticias", "name": "c"},
        "/collections/{id}": {"name": "d"},
        "/collections/{id}/assets": {"asset_ids": [asset_id]},
        "/collections/{id}/assets/remove": {"asset_ids": [asset_id]},
        "/projects": {"id": "noticias", "name": "n"},
        "/projects/{project}": {"name": "Noticias"},
        "/projects/{project}/s3-credentials": {"name": "Agencia"},
        "/channels/{channel}": {"type": "cms", "name": "n", "profile": "web"},
        "/publication-rules": RULE,
        "/publication-rules/{id}": RULE,
        "/events": {},
        "/event-sources": {"id": "cms-web", "name": "n", "source": "/acervo/x"},
        "/event-sources/{source}": {"name": "n"},
        "/webhooks": {"name": "n", "url": "https://example.org/", "types": ["acervo.asset.ready.v1"]},
        "/webhooks/{id}": {"name": "n"},
        "/dead-letters/replay": {"event_type": "none"},
    }
    return {"name": "n"} if path == "/channels/{channel}" and method == "PATCH" else bodies.get(path, {})


VERSIONED = ("/assets/{id}", "/assets/{id}/transcript/{line}")
RULE = {"name": "r", "project_id": "noticias", "channel_id": "nowhere"}


def url_of(path: str, things: Things) -> str:
    """The address of something of `noticias` (or of nothing, where that is answered politely)."""
    url = path.replace("{path:path}", "main.m3u8").replace("{principal:path}", "user:somebody")
    for name, value in (("project", "noticias"), ("channel", "nowhere"), ("source", "nobody"), ("edit", "0"), ("line", "0"), ("kind", "related"), ("other", str(uuid4()))):  # fmt: skip
        url = url.replace("{" + name + "}", value)
    return url.replace("{id}", next((id_ for prefix, id_ in things.items() if path.startswith(prefix)), ""))


Things = dict[str, str]


def make(api: Api, owner: str) -> Things:
    """One of each in `noticias`; the asset refuses every action politely (409, 412): access is decided before that."""
    asset_id, job_id, publication_id, collection_id, rule_id, credential_id = (str(uuid4()) for _ in range(6))
    api.sql(
        """with a as (insert into assets (id, project_id, name, owner, status) values (%s, 'noticias', 'a', %s, 'rejected') returning id),
           c as (insert into channels (id, type, name, profile, enabled) values ('off', 'cms', 'Off', 'web', false) on conflict do nothing),
           j as (insert into jobs (id, asset_id, kind, state, cause) select %s, id, 'transcode', 'done', 'c' from a),
           p as (insert into asset_distributions (id, asset_id, channel_id, channel_type, profile, requested_by, state) select %s, id, 'off', 'cms', 'web', 'x', 'withdrawn' from a),
           t as (insert into transcript_segments (asset_id, number, start_ms, end_ms, text, speaker, voice, model) select id, 0, 0, 1, 'x', 'S1', 'S1', 'm' from a),
           s as (insert into s3_credentials (id, project_id, name, gateway_user, created_by) select %s, 'noticias', 'k', id, 'x' from a),
           k as (insert into collections (id, project_id, name, created_by) values (%s, 'noticias', 'c', 'x'))
           insert into publication_rules (id, name, channel_id, project_id, created_by) values (%s, 'r', 'off', 'noticias', 'x')""",
        asset_id, owner, job_id, publication_id, credential_id, collection_id, rule_id,
    )  # fmt: skip
    return {
        "/assets": asset_id, "/jobs": job_id, "/publications": publication_id, "/collections": collection_id,
        "/publication-rules": rule_id, "/projects": credential_id, "/webhooks": str(uuid4()), "/dead": "1",
    }  # fmt: skip


def call(client: httpx.Client, method: str, path: str, things: Things) -> httpx.Response:
    params = {"asset_id": things["/assets"]} if path == "/assets/upload/parts" else None
    if (method, path) == ("DELETE", "/assets/{id}/tags"):
        params = {"kind": "object", "value": "x"}
    if (method, path) == ("GET", "/publication-rules"):
        params = {"project": "noticias"}
    headers = {"if-match": '"99"'} if method in ("PATCH", "DELETE") and path in VERSIONED else {}
    body = body_of(method, path, things["/assets"]) if method in ("POST", "PATCH", "PUT") else None
    return client.request(method, url_of(path, things), params=params, json=body or None, headers=headers)


def test_every_route_is_in_the_table() -> None:
    assert {(e.method, e.path) for e in endpoints} == set(ROUTES) | OPEN
    assert all((e.who is None) == ((e.method, e.path) in OPEN) for e in endpoints)


@pytest.mark.parametrize("user", sorted(WHO))
def test_every_route_answers_as_the_table_says(api: Api, user: str) -> None:
    roles, client = WHO[user]["roles"], api.client(user)
    member = "noticias" in WHO[user]["groups"]
    for owner, ((method, path), action) in product((f"user:{user}", "user:somebody"), ROUTES.items()):
        if action is None or (action in PLATFORM and owner == "user:somebody"):
            continue
        things = make(api, owner)
        status = call(client, method, path, things).status_code
        # a project's own things have no owner: whoever is a member is as close as one gets
        ours = owner == f"user:{user}" and path.startswith(("/assets", "/jobs", "/publications"))
        where = f"{user} {method} {path} owner={ours}: {status}"
        if action in PLATFORM:
            allowed = may(
                roles, Action.ADMINISTER if action == PLATFORM_ADMINISTER else Action(action), member
            )
            assert (status == 403) == (not allowed), where
        elif may(roles, Action(action), member, ours):
            assert status not in (401, 403), where
            assert status != 404 or "hls" in path or path.endswith("/undo"), where
        else:
            assert status == (403 if may(roles, Action.VIEW, member, ours) else 404), where


@pytest.mark.parametrize(("method", "path"), sorted(ROUTES))
def test_nobody_comes_in_without_a_token(api: Api, method: str, path: str) -> None:
    things = {"/assets": str(uuid4()), "/": str(uuid4())}
    url = url_of(path, things)
    body: dict[str, Any] | None = {} if method in ("POST", "PATCH", "PUT") else None
    answer = api.client(None).request(method, url, json=body)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="acervo"'
    assert answer.json()["title"] == "no-token"
    bad = api.client(None, authorization="Bearer x.y.z").request(method, url, json=body)
    assert (bad.status_code, 'error="invalid_token"' in bad.headers["www-authenticate"]) == (401, True)


def test_what_is_denied_is_in_the_audit_log(api: Api) -> None:
    asset_id = make(api, "user:editora")["/assets"]
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
