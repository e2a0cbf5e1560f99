"""Keys for S3 clients, on a real gateway of their own: they put files under their project's prefix, and can do nothing else whatsoever."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote_plus
from uuid import uuid4

import httpx
import pytest
from botocore.exceptions import ClientError

from functions.api.gateway_users import AdminSettings, GatewayUsers
from rgw.provision import Provision
from rgw.store import Access, connect
from tests.fix_api import Api
from tests.fix_ceph import Ceph, wait_for

BUCKET = "dam-archive"
ALL_USERS = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
REFUSED = {"AccessDenied", "403"}


@pytest.fixture(scope="module")
def more_environment(client_gateway: str) -> dict[str, str]:
    return {"S3_PUBLIC_ENDPOINT": client_gateway, "S3_CREDENTIALS_ON_OPEN_GATEWAY": "false"}


@pytest.fixture
def announcements(ceph: Ceph) -> Iterator[list[str]]:
    """Keys that the gateways' notifications name, while somebody listens where they are sent."""
    heard: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers["content-length"])))
            heard.extend(unquote_plus(record["s3"]["object"]["key"]) for record in told["Records"])
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", ceph.notify_port), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield heard
    server.shutdown()
    server.server_close()


def client_of(made: dict[str, Any], service: str = "s3") -> Any:
    return connect(Access(made["endpoint"], made["access_key"], made["secret_key"], made["region"]), service)


def make(api: Api, project: str = "noticias") -> dict[str, Any]:
    answer = api.client("admin").post(f"/projects/{project}/s3-credentials", json={"name": "Agencia"})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def code_of(call: Callable[[], Any]) -> str:
    """The S3 error code of a call, or `done`."""
    try:
        call()
    except ClientError as fault:
        return str(
            fault.response.get("Error", {}).get("Code", "refused")
        )  # of IAM, RGW's refusals have no code
    return "done"


def multipart(s3: Any, key: str, **more: Any) -> None:
    where = {"Bucket": BUCKET, "Key": key}
    upload_id = s3.create_multipart_upload(**where, **more)["UploadId"]
    parts = []
    for number, size in ((1, 5 << 20), (2, 10)):
        tag = s3.upload_part(**where, UploadId=upload_id, PartNumber=number, Body=b"x" * size)["ETag"]
        parts.append({"PartNumber": number, "ETag": tag})
    assert len(s3.list_parts(**where, UploadId=upload_id)["Parts"]) == 2
    s3.complete_multipart_upload(**where, UploadId=upload_id, MultipartUpload={"Parts": parts})


def test_it_puts_files_under_its_prefix_and_the_platform_reads_and_promotes_them(
    api: Api, ceph: Ceph
) -> None:
    made, name = make(api), uuid4().hex
    assert (made["state"], made["bucket"], made["prefix"]) == ("active", BUCKET, "uploads/noticias/")
    s3, small, large = (
        client_of(made),
        f"{made['prefix']}{name}/día 1.mp4",
        f"{made['prefix']}{name}/large.mxf",
    )
    s3.put_object(Bucket=BUCKET, Key=small, Body=b"small", Metadata={"mtime": "1"})
    multipart(s3, large)
    abandoned = s3.create_multipart_upload(Bucket=BUCKET, Key=f"{made['prefix']}{name}/no")["UploadId"]
    s3.abort_multipart_upload(Bucket=BUCKET, Key=f"{made['prefix']}{name}/no", UploadId=abandoned)
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{made['prefix']}{name}/")["Contents"]
    assert [item["Key"] for item in listed] == sorted([small, large])
    # they are the dropper's objects: without the bucket's policy the platform could not even read them
    assert ceph.s3.get_object(Bucket=BUCKET, Key=small)["Body"].read() == b"small"
    for key in (small, large):
        ceph.s3.copy_object(
            Bucket=BUCKET,
            Key=f"masters/{name}",
            CopySource={"Bucket": BUCKET, "Key": key},
            MetadataDirective="REPLACE",
        )
        ceph.s3.delete_object(Bucket=BUCKET, Key=key)
    ceph.s3.delete_object(Bucket=BUCKET, Key=f"masters/{name}")


def test_everything_else_is_refused(api: Api, ceph: Ceph) -> None:
    made, other, name = make(api), make(api, "deportes"), uuid4().hex
    s3 = client_of(made)
    own, foreign, master = (
        f"uploads/noticias/{name}",
        f"uploads/deportes/{name}",
        f"masters/{name}/source.mp4",
    )
    s3.put_object(Bucket=BUCKET, Key=own, Body=b"own")
    client_of(other).put_object(Bucket=BUCKET, Key=foreign, Body=b"theirs")
    ceph.s3.put_object(Bucket=BUCKET, Key=master, Body=b"master")
    open_upload = ceph.s3.create_multipart_upload(Bucket=BUCKET, Key=own + "-open")["UploadId"]
    foreign_upload = ceph.s3.create_multipart_upload(Bucket=BUCKET, Key=foreign)["UploadId"]
    mine = s3.create_multipart_upload(Bucket=BUCKET, Key=own + "-parts")["UploadId"]
    at = {"Bucket": BUCKET}
    calls: dict[str, Callable[[], Any]] = {
        "put into another project": lambda: s3.put_object(**at, Key=foreign, Body=b"x"),
        "put beside the prefix": lambda: s3.put_object(**at, Key=f"uploads/noticias2/{name}", Body=b"x"),
        "put at the top": lambda: s3.put_object(**at, Key=f"uploads/{name}", Body=b"x"),
        "put over a master": lambda: s3.put_object(**at, Key=master, Body=b"x"),
        "multipart into another project": lambda: s3.create_multipart_upload(**at, Key=foreign),
        "abort another project's upload": lambda: s3.abort_multipart_upload(**at, Key=foreign, UploadId=foreign_upload),
        "get a master": lambda: s3.get_object(**at, Key=master),
        "head a master": lambda: s3.head_object(**at, Key=master),
        "get what it dropped itself": lambda: s3.get_object(**at, Key=own),
        "head what it dropped itself": lambda: s3.head_object(**at, Key=own),
        "copy a master out": lambda: s3.copy_object(**at, Key=own, CopySource={**at, "Key": master}),
        "copy another project's upload": lambda: s3.copy_object(**at, Key=own, CopySource={**at, "Key": foreign}),
        "copy a master as a part": lambda: s3.upload_part_copy(
            **at, Key=own + "-parts", UploadId=mine, PartNumber=1, CopySource={**at, "Key": master}
        ),
        "delete its own": lambda: s3.delete_object(**at, Key=own),
        "delete a master": lambda: s3.delete_object(**at, Key=master),
        "make its own public": lambda: s3.put_object_acl(**at, Key=own, ACL="public-read"),
        "read its own ACL": lambda: s3.get_object_acl(**at, Key=own),
        "tag its own": lambda: s3.put_object_tagging(**at, Key=own, Tagging={"TagSet": []}),
        "list the bucket": lambda: s3.list_objects_v2(**at),
        "list all uploads": lambda: s3.list_objects_v2(**at, Prefix="uploads/"),
        "list neighbours": lambda: s3.list_objects_v2(**at, Prefix="uploads/noticias"),
        "list another project": lambda: s3.list_objects_v2(**at, Prefix="uploads/deportes/"),
        "list masters": lambda: s3.list_objects_v2(**at, Prefix="masters/"),
        "list versions": lambda: s3.list_object_versions(**at, Prefix="uploads/noticias/"),
        "list open uploads": lambda: s3.list_multipart_uploads(**at),
        "list another bucket": lambda: s3.list_objects_v2(Bucket="dam-proxies"),
        "put into another bucket": lambda: s3.put_object(Bucket="dam-proxies", Key=own, Body=b"x"),
        "make a bucket": lambda: s3.create_bucket(Bucket=f"own-{name}"),
        "read the bucket's policy": lambda: s3.get_bucket_policy(**at),
        "change the bucket's policy": lambda: s3.put_bucket_policy(**at, Policy="{}"),
        "switch versions off": lambda: s3.put_bucket_versioning(**at, VersioningConfiguration={"Status": "Suspended"}),
        "change notifications": lambda: s3.put_bucket_notification_configuration(**at, NotificationConfiguration={}),
    }  # fmt: skip
    answers = {what: code_of(call) for what, call in calls.items()}
    assert {what: code for what, code in answers.items() if code not in REFUSED} == {}
    # it may not widen its own policy either, nor administer the gateway
    iam = client_of(made, "iam")
    assert code_of(lambda: iam.put_user_policy(UserName="x", PolicyName="p", PolicyDocument="{}")) != "done"
    assert not httpx.get(f"{made['endpoint']}/admin/user?uid=acervo").is_success
    assert ceph.s3.get_object(Bucket=BUCKET, Key=master)["Body"].read() == b"master"
    for key, upload_id in ((own + "-open", open_upload), (foreign, foreign_upload), (own + "-parts", mine)):
        ceph.s3.abort_multipart_upload(Bucket=BUCKET, Key=key, UploadId=upload_id)
    ceph.s3.delete_object(Bucket=BUCKET, Key=master)


def test_it_can_neither_overwrite_nor_delete_what_ingest_hears_from(api: Api, ceph: Ceph) -> None:
    made, name = make(api), "acervo-uploads-durable"
    topics = client_of(made, "sns")
    arn = f"arn:aws:sns:{made['region']}::{name}"
    before = ceph.sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    elsewhere = {"push-endpoint": "http://127.0.0.1:9"}
    calls: dict[str, Callable[[], Any]] = {
        "overwrite": lambda: topics.create_topic(Name=name, Attributes=elsewhere),
        "delete": lambda: topics.delete_topic(TopicArn=arn),
        "list": lambda: topics.list_topics(),
        "make its own": lambda: topics.create_topic(Name=f"own-{uuid4().hex}", Attributes=elsewhere),
    }
    assert [what for what, call in calls.items() if code_of(call) == "done"] == []
    assert ceph.sns.get_topic_attributes(TopicArn=arn)["Attributes"] == before


def test_what_comes_through_the_gateway_of_clients_is_announced_like_everything_else(
    api: Api, ceph: Ceph, announcements: list[str]
) -> None:
    made, name = make(api), uuid4().hex
    small, large = (f"{made['prefix']}{name}/{which}.mov" for which in ("small", "large"))
    s3 = client_of(made)
    s3.put_object(Bucket=BUCKET, Key=small, Body=b"small")
    multipart(s3, large)
    wait_for(lambda: {small, large} <= set(announcements), "both are announced", 60)


def test_no_key_is_made_where_clients_would_reach_the_topics(
    api: Api, ceph: Ceph, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, admin = api.app.state.resources.objects, api.client("admin")
    address = "/projects/deportes/s3-credentials"

    def asked(endpoint: str) -> httpx.Response:
        with monkeypatch.context() as public:
            public.setattr(known, "settings", replace(known.settings, public_endpoint=endpoint))
            return admin.post(address, json={"name": "nobody's"})

    open_, away = asked(ceph.endpoint), asked("http://127.0.0.1:1")
    assert (open_.status_code, open_.json()["title"]) == (501, "gateway-serves-topics")
    assert away.status_code == 503
    assert "nobody's" not in [row["name"] for row in admin.get(address).json()["items"]]


def test_nothing_that_it_drops_can_be_read_by_the_public(api: Api) -> None:
    made, name = make(api), uuid4().hex
    s3 = client_of(made)
    keys = [f"{made['prefix']}{name}-{number}" for number in range(3)]
    s3.put_object(Bucket=BUCKET, Key=keys[0], Body=b"x", ACL="public-read")
    s3.put_object(Bucket=BUCKET, Key=keys[1], Body=b"x", GrantRead=ALL_USERS)
    multipart(s3, keys[2], ACL="public-read-write")
    assert [httpx.get(f"{made['endpoint']}/{BUCKET}/{key}").status_code for key in keys] == [403, 403, 403]
    assert httpx.put(f"{made['endpoint']}/{BUCKET}/{keys[2]}", content=b"y").status_code == 403


def test_a_revoked_key_is_refused_at_once_and_what_it_dropped_stays(api: Api, ceph: Ceph) -> None:
    made, kept = make(api), make(api)
    s3, key = client_of(made), f"{made['prefix']}{uuid4().hex}"
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    address = f"/projects/noticias/s3-credentials/{made['id']}"
    admin = api.client("admin")
    assert [admin.delete(address).status_code for _ in range(2)] == [204, 204]
    assert code_of(lambda: s3.put_object(Bucket=BUCKET, Key=key, Body=b"y")) == "InvalidAccessKeyId"
    assert ceph.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"x"
    client_of(kept).put_object(Bucket=BUCKET, Key=key, Body=b"z")  # the others' keys are as good as before
    assert admin.delete(f"/projects/deportes/s3-credentials/{kept['id']}").status_code == 404
    assert admin.delete(f"/projects/noticias/s3-credentials/{uuid4()}").status_code == 404


def test_the_list_shows_no_secret_and_the_audit_log_who_made_and_revoked(api: Api) -> None:
    admin = api.client("admin")
    made = make(api)
    admin.delete(f"/projects/noticias/s3-credentials/{made['id']}")
    page = admin.get("/projects/noticias/s3-credentials", params={"limit": 1})
    (row,) = page.json()["items"]
    assert (row["id"], row["state"], row["revoked_by"]) == (made["id"], "revoked", "user:admin")
    assert made["secret_key"] not in page.text
    following = admin.get(
        "/projects/noticias/s3-credentials", params={"cursor": page.json()["next_cursor"]}
    ).json()
    assert made["id"] not in [item["id"] for item in following["items"]]
    rows = api.sql(
        "select what, who, project_id, detail from audit_log where detail ->> 'credential' = %s order by id",
        made["id"],
    )
    assert [(row["what"], row["who"], row["project_id"]) for row in rows] == [
        ("s3-credential.make", "user:admin", "noticias"), ("s3-credential.revoke", "user:admin", "noticias"),
    ]  # fmt: skip
    stored = json.dumps(
        [*rows, *api.sql("select * from s3_credentials"), *api.sql("select * from idempotent_answers")],
        default=str,
    )
    assert made["secret_key"] not in stored


def test_a_project_has_a_limit_of_keys_and_strange_names_are_only_names(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.api.s3_credentials.MOST", 1)
    address, admin = "/projects/vacio/s3-credentials", api.client("admin")
    made = admin.post(address, json={"name": 'Ñandú "&=+ %'})
    assert (made.status_code, made.json()["name"]) == (201, 'Ñandú "&=+ %')
    full = admin.post(address, json={"name": "b"})
    assert (full.status_code, full.json()["title"]) == (409, "too-many-credentials")
    assert admin.post(address, json={"name": ""}).json()["field"] == "name"


def test_a_gateway_that_is_away_leaves_a_row_that_can_be_revoked(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = api.client("admin")
    nowhere = GatewayUsers("http://127.0.0.1:1", "default", AdminSettings(access_key="a", secret_key="b"))
    with monkeypatch.context() as away:
        away.setattr("functions.api.s3_credentials._gateway", lambda _: nowhere)
        answer = admin.post("/projects/deportes/s3-credentials", json={"name": "lost"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        (row,) = [
            r for r in admin.get("/projects/deportes/s3-credentials").json()["items"] if r["name"] == "lost"
        ]
        assert (row["state"], row["access_key"]) == ("making", None)
        address = f"/projects/deportes/s3-credentials/{row['id']}"
        assert admin.delete(address).status_code == 503
    assert admin.delete(address).status_code == 204


def test_without_an_administrator_of_the_gateway_nothing_is_promised(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = api.app.state.resources.settings
    with monkeypatch.context() as without:
        without.setitem(vars(known), "s3_admin", AdminSettings(access_key="", secret_key=""))
        answer = api.client("admin").post("/projects/deportes/s3-credentials", json={"name": "x"})
    assert (answer.status_code, answer.json()["title"]) == (501, "no-s3-administration")
    assert api.sql("select 1 from s3_credentials where name = 'x' and project_id = 'deportes'") == []


def test_provisioning_again_changes_nothing_and_keeps_statements_of_others(ceph: Ceph) -> None:
    assert ceph.provision() == []
    before = ceph.s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    policy = json.loads(before)
    theirs = {
        "Sid": "backup", "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam:::user/backup"]}, "Action": ["s3:GetObject"],
        "Resource": [f"arn:aws:s3:::{BUCKET}/masters/*"],
    }  # fmt: skip
    ceph.s3.put_bucket_policy(
        Bucket=BUCKET, Policy=json.dumps({**policy, "Statement": [theirs]}, separators=(",", ":"))
    )
    try:
        changes = list(Provision(ceph.s3, ceph.sns, ceph.declaration(), "bridge").apply())
        assert [str(change) for change in changes] == [
            f"bucket {BUCKET}: its owner reads what others put there"
        ]
        statements = json.loads(ceph.s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
        assert sorted(statement["Sid"] for statement in statements) == ["acervo-owner", "backup"]
        assert ceph.provision() == []
    finally:
        ceph.s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy, separators=(",", ":")))
