"""Deleted assets lose their bytes after a grace, in a bucket with versions, and nothing of anybody else's."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from acervo.function import Call, Resources
from functions.reconcile import purge
from functions.reconcile.main import Settings
from tests.fix_api import Api


@pytest.fixture
def call(api: Api) -> Iterator[Call]:
    access = api.ceph.access
    env = {"DATABASE_URL": api.database_url, "S3_ENDPOINT": access.endpoint, "S3_PUBLIC_ENDPOINT": access.endpoint,
           "S3_ACCESS_KEY": access.access_key, "S3_SECRET_KEY": access.secret_key}  # fmt: skip
    resources = Resources(Settings, env)
    yield Call(None, "reconcile", resources)
    resources.close()


def make(api: Api, days: int, *, live: bool = False) -> tuple[str, list[tuple[str, str]]]:
    """A deleted asset with an upload, a master of two versions and a rendition; its objects."""
    asset_id = str(uuid4())
    upload, master = f"uploads/noticias/{asset_id}/a.mp4", f"masters/{asset_id}/x/source.mp4"
    rendition = f"proxies/{asset_id}/x/proxy/proxy.mp4"
    for bucket, key in (
        ("dam-archive", upload),
        ("dam-archive", master),
        ("dam-archive", master),
        ("dam-proxies", rendition),
    ):
        api.ceph.s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    api.sql("insert into assets (id, project_id, name, owner, status, upload_key, master_key) values (%s, 'noticias', 'a', 'x', 'deleted', %s, %s)", asset_id, upload, master)  # fmt: skip
    api.sql("insert into renditions (asset_id, profile, status, bucket, key) values (%s, 'proxy', 'ready', 'dam-proxies', %s)", asset_id, rendition)  # fmt: skip
    api.sql("alter table assets disable trigger assets_touch")
    api.sql("update assets set updated_at = now() - make_interval(days => %s) where id = %s", days, asset_id)
    api.sql("alter table assets enable trigger assets_touch")
    if live:
        api.sql(
            "insert into channels (id, type, name, profile) values ('web', 'web', 'W', 'web') on conflict do nothing"
        )
        api.sql("insert into asset_distributions (id, asset_id, channel_id, channel_type, profile, requested_by, live) values (gen_random_uuid(), %s, 'web', 'web', 'web', 'x', true)", asset_id)  # fmt: skip
    return asset_id, [("dam-archive", upload), ("dam-archive", master), ("dam-proxies", rendition)]


DESCRIBED = {
    "transcript_segments": "(asset_id, number, start_ms, end_ms, text, model) values (%s, 0, 0, 1, 'x', 'm')",
    "transcript_edits": "(asset_id, start_ms, end_ms, text, words, before, author) values (%s, 0, 1, 'x', '[]', '{}', 'u')",
    "speaker_names": "(asset_id, voice, name, author) values (%s, 'S1', 'Ana', 'u')",
    "speaker_turns": "values (%s, 0, 0, 1, 'S1', 'm')",
    "shots": "values (%s, 0, 0, 1, 0, 0::bit(64))",
    "frames": "values (%s, 0, 1, 'k')",
    "detections": "values (%s, 0, 'dog', 0, 1, 1, 0, 1, '[]', 'm')",
    "ocr_texts": "values (%s, 0, 0, 1, 'x', 1, '[0,0,1,1]', 'm')",
    "tags": "values (%s, 'object', 'dog', 1, 1, 0, 'm')",
    "tag_edits": "(asset_id, kind, value, verdict, author) values (%s, 'object', 'cat', 'added', 'u')",
    "embeddings": "(asset_id, number, project_id, field, text, embedding, model) values (%s, 0, 'noticias', 'title', 'x', '[1,2]', 'm')",
}


def describe(api: Api, asset_id: str) -> None:
    """A row of everything that machines and people say about what is in an asset."""
    for name, row in DESCRIBED.items():
        api.sql(f"insert into {name} {row}", asset_id)


def described(api: Api, asset_id: str) -> set[str]:
    """The tables that still know anything of it."""
    return {
        name
        for name in DESCRIBED
        if api.sql(f"select 1 from {name} where asset_id = %s", asset_id)  # noqa: S608  # ours
    }


def test_what_was_heard_and_seen_is_forgotten_with_the_bytes(api: Api, call: Call) -> None:
    (old, _), (young, _) = make(api, 31), make(api, 3)
    for asset_id in (old, young):
        describe(api, asset_id)
    tables = api.sql(
        "select table_name from information_schema.columns c join information_schema.tables t using (table_schema, table_name)"
        " where column_name = 'model' and table_schema = 'public' and table_type = 'BASE TABLE'"
    )
    assert {row["table_name"] for row in tables} <= set(DESCRIBED), (
        "what a model says has to be forgotten too"
    )
    assert purge.purge(call) == 1
    assert (described(api, old), described(api, young)) == (set(), set(DESCRIBED))
    assert purge.purge(call) == 0


def versions(api: Api, bucket: str, key: str) -> int:
    answer = api.ceph.s3.list_object_versions(Bucket=bucket, Prefix=key)
    return len(answer.get("Versions", [])) + len(answer.get("DeleteMarkers", []))


def test_the_bytes_of_deleted_assets_go_after_a_grace_and_twice_is_once(api: Api, call: Call) -> None:
    old, objects = make(api, 31)
    young, kept = make(api, 29)
    shown, on_air = make(api, 90, live=True)
    neighbour = objects[0][1] + ".bak"
    api.ceph.s3.put_object(Bucket="dam-archive", Key=neighbour, Body=b"x")
    assert (purge.purge(call), purge.purge(call)) == (1, 0)
    assert [versions(api, bucket, key) for bucket, key in objects] == [
        1,
        0,
        0,
    ]  # the neighbour's own name begins alike
    assert versions(api, "dam-archive", neighbour) == 1
    assert [versions(api, bucket, key) for bucket, key in kept + on_air] == [1, 2, 1] * 2
    rows = api.sql(
        "select id::text, purged_at is not null as purged from assets where id = any(%s::uuid[])",
        [old, young, shown],
    )
    assert {row["id"]: row["purged"] for row in rows} == {old: True, young: False, shown: False}
    assert api.sql("select what, who from audit_log where asset_id = %s", old) == [
        {"what": "purge", "who": "reconcile"}
    ]
    api.sql("update asset_distributions set live = false")
    api.sql("alter table assets disable trigger assets_touch")
    api.sql("update assets set updated_at = now() - interval '90 days' where id = %s", shown)
    api.sql("alter table assets enable trigger assets_touch")
    assert purge.purge(call) == 1


def test_the_tick_seals_the_audit_log_and_forgets_old_answers(api: Api, call: Call) -> None:
    purge.seal_audit_log(call)
    assert purge.seal_audit_log(call) == 0
    api.sql(
        "insert into idempotent_answers (principal, key, request, created_at) values ('u', 'old', 'r', now() - interval '3 days'), ('u', 'new', 'r', now())"
    )
    assert purge.prune_answers(call) == 1
