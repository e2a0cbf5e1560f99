"""Assets through the API: lists that stand still, details, edits that lose nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.asset_rows import SHA, make_asset, make_job, outbox_of
from tests.fix_api import Api


# -- lists ------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def thirty(api: Api) -> list[str]:
    """Newest first, two of each second."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = [
        make_asset(api, "deportes", name=f"gol {n}", created_at=start + timedelta(seconds=n // 2))
        for n in range(30)
    ]
    rows = api.sql(
        "select id::text from assets where id = any(%s::uuid[]) order by created_at desc, id desc", made
    )
    return [row["id"] for row in rows]


def test_pages_stand_still_while_others_upload(api: Api, thirty: list[str]) -> None:
    client = api.client("otro")
    seen: list[str] = []
    cursor = None
    while True:
        wanted: dict[str, Any] = {"project": "deportes", "limit": 7, **({"cursor": cursor} if cursor else {})}
        page = client.get("/assets", params=wanted).json()
        seen += [item["id"] for item in page["items"]]
        make_asset(api, "deportes", name="nuevo")
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == thirty


def test_lists_are_filtered_and_show_only_what_one_may_see(api: Api, thirty: list[str]) -> None:
    image = make_asset(api, "deportes", kind="image", status="error", owner="user:otro")
    ours = make_asset(api, "noticias")

    def ids(user: str, **wanted: Any) -> list[str]:
        answer = api.client(user).get("/assets", params={"limit": 200, **wanted})
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    assert ids("otro", kind="image") == [image]
    assert ids("otro", status="error", owner="user:otro", project="deportes") == [image]
    assert ids("otro", project="noticias") == []
    assert ours not in ids("otro")
    assert set(ids("archivista")) >= {image, ours, *thirty}
    assert ids("nadie") == []  # a member of `noticias` without any role
    for bad in (
        {"limit": 0},
        {"limit": 201},
        {"limit": "x"},
        {"kind": "text"},
        {"cursor": "!"},
        {"cursor": "bnVsbA"},
        {"foo": "1"},
    ):
        assert api.client("otro").get("/assets", params=bad).status_code == 422, bad


def test_a_list_costs_the_same_number_of_queries_whatever_its_length(api: Api, thirty: list[str]) -> None:
    def statements(limit: int) -> int:
        client = api.client("otro")
        before = api.sql(
            "select sum(xact_commit) as n from pg_stat_database where datname = current_database()"
        )[0]["n"]
        assert (
            len(client.get("/assets", params={"project": "deportes", "limit": limit}).json()["items"])
            == limit
        )
        after = api.sql(
            "select sum(xact_commit) as n from pg_stat_database where datname = current_database()"
        )[0]["n"]
        return int(after - before)

    assert abs(statements(1) - statements(30)) < 10


# -- one asset --------------------------------------------------------------------------------------------------------
def test_an_asset_is_shown_with_everything_and_a_304_hides_no_progress(api: Api) -> None:
    client = api.client("editora")
    asset_id = make_asset(api, status="processing")
    job_id = make_job(api, asset_id)
    api.sql(
        "insert into renditions (asset_id, profile, status, key) values (%s, 'proxy', 'ready', 'x')", asset_id
    )
    answer = client.get(f"/assets/{asset_id}")
    shown = answer.json()
    assert shown["duration_s"] == 2.5
    assert [rendition["profile"] for rendition in shown["renditions"]] == ["proxy"]
    assert [(job["id"], job["progress"]) for job in shown["jobs"]] == [(job_id, 0.0)]
    assert {"view", "edit", "delete", "download"} <= set(shown["actions"])
    tag = answer.headers["etag"]
    same = client.get(f"/assets/{asset_id}", headers={"if-none-match": tag})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    api.sql("update job_chunks set progress = 1, state = 'done' where job_id = %s and number < 2", job_id)
    api.sql("update job_chunks set progress = 0.5 where job_id = %s and number = 2", job_id)
    api.sql("update jobs set chunks_done = 2 where id = %s", job_id)
    moved = client.get(f"/assets/{asset_id}", headers={"if-none-match": tag})
    assert moved.status_code == 200
    assert moved.json()["jobs"][0]["progress"] == 0.625
    head = client.head(f"/assets/{asset_id}")
    assert (head.status_code, head.content) == (200, b"")


def test_a_long_transcript_is_read_page_by_page(api: Api) -> None:
    client = api.client("editora")
    asset_id = make_asset(api)
    api.sql(
        """insert into transcript_segments (asset_id, number, start_ms, end_ms, text, words, model)
           select %s, n, n * 1000, n * 1000 + 900, 'frase ' || n, '[{"word": "frase"}]', 'm' from generate_series(0, 1200) n""",
        asset_id,
    )
    transcript = client.get(f"/assets/{asset_id}").json()["transcript"]
    assert len(transcript["segments"]) == 500
    numbers = [segment["number"] for segment in transcript["segments"]]
    following = transcript["next"]
    while following:
        page = httpx.get(api.url + following, headers=dict(client.headers)).json()
        numbers += [segment["number"] for segment in page["items"]]
        following = (
            page["next_cursor"] and f"/api/v1/assets/{asset_id}/transcript?cursor={page['next_cursor']}"
        )
    assert numbers == list(range(1201))
    worded = client.get(f"/assets/{asset_id}/transcript", params={"words": "true", "limit": 1}).json()
    assert worded["items"][0]["words"] == [{"word": "frase"}]


def test_thumbnails_of_a_page_come_in_one_call_and_only_those_one_may_see(api: Api) -> None:
    ours, other, bare = make_asset(api), make_asset(api, "deportes"), make_asset(api)
    for asset_id, profile in ((ours, "poster"), (ours, "thumb-300"), (other, "poster")):
        key = f"thumbs/{asset_id}/{SHA}/{profile}.webp"
        api.ceph.s3.put_object(Bucket="dam-proxies", Key=key, Body=profile.encode())
        api.sql(
            "insert into renditions (asset_id, profile, status, bucket, key) values (%s, %s, 'ready', 'dam-proxies', %s)", asset_id, profile, key
        )  # fmt: skip
    client = api.client("editora")
    (item,) = client.get("/thumbnails", params={"asset_id": [ours, other, bare]}).json()["items"]
    assert (item["asset_id"], httpx.get(item["url"]).text) == (ours, "thumb-300")
    listed = client.get("/assets", params={"project": "noticias", "thumbnails": "true", "limit": 200}).json()[
        "items"
    ]
    urls = {row["id"]: row["thumbnail_url"] for row in listed}
    assert httpx.get(urls[ours]).text == "thumb-300"
    assert urls[bare] is None


# -- edits ------------------------------------------------------------------------------------------------------------
def test_two_editors_of_one_asset_lose_nothing_silently(api: Api) -> None:
    asset_id = make_asset(api)
    first, second = api.client("editora"), api.client("archivista")
    tag = first.get(f"/assets/{asset_id}").headers["etag"]
    edited = first.patch(
        f"/assets/{asset_id}",
        json={
            "metadata": {"title": "Uno", "keywords": ["a", "b"]},
            "rights": {"embargo_until": "2030-01-01T00:00:00Z"},
        },
        headers={"if-match": tag},
    )
    assert edited.status_code == 200, edited.text
    assert edited.json()["metadata"] == {"title": "Uno", "keywords": ["a", "b"]}
    assert edited.json()["rights"] == {"embargo_until": "2030-01-01T00:00:00Z"}
    late = second.patch(f"/assets/{asset_id}", json={"metadata": {"title": "Dos"}}, headers={"if-match": tag})
    assert late.status_code == 412
    assert late.json()["current"]["metadata"]["title"] == "Uno"
    again = second.patch(
        f"/assets/{asset_id}",
        json={"metadata": {"title": "Dos", "keywords": None}, "name": "otro.mp4"},
        headers={"if-match": late.headers["etag"]},
    )
    assert again.json()["metadata"] == {"title": "Dos"}
    assert again.json()["name"] == "otro.mp4"
    assert second.patch(f"/assets/{asset_id}", json={"metadata": {"title": "x"}}).status_code == 428
    assert [event["type"] for event in outbox_of(api, asset_id)] == ["acervo.asset.changed.v1"] * 2
    rows = api.sql(
        "select who, detail from audit_log where asset_id = %s and what = 'edit' order by id", asset_id
    )
    assert [row["who"] for row in rows] == ["user:editora", "user:archivista"]
    assert rows[1]["detail"]["changed"]["name"] == {"from": "Película – 1.mp4", "to": "otro.mp4"}


def test_an_edit_that_changes_nothing_says_nothing(api: Api) -> None:
    client = api.client("editora")
    asset_id = make_asset(api)
    tag = client.get(f"/assets/{asset_id}").headers["etag"]
    answer = client.patch(
        f"/assets/{asset_id}", json={"metadata": {"title": None}}, headers={"if-match": tag}
    )
    assert (answer.status_code, answer.headers["etag"]) == (200, tag)
    assert outbox_of(api, asset_id) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"metadata": {"titel": "x"}}, "metadata.titel"), ({"metadata": {"title": 5}}, "metadata.title"), ({"status": "ready"}, "status"),
        ({"metadata": {"title": "a\u0000"}}, "metadata.title"), ({"language": "spanish"}, "language"), ({"name": None}, "name"),
        ({"metadata": {"keywords": ["ok", ""]}}, "metadata.keywords.1"), ({"metadata": {"created_on": "1.5.2026"}}, "metadata.created_on"),
    ],
)  # fmt: skip
def test_a_bad_edit_names_the_field(api: Api, body: dict[str, Any], field: str) -> None:
    asset_id = make_asset(api)
    answer = api.client("editora").patch(f"/assets/{asset_id}", json=body, headers={"if-match": '"1"'})
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == field


def test_a_deleted_asset_is_gone_and_said_to_be(api: Api) -> None:
    asset_id = make_asset(api)
    assert api.client("cms").delete(f"/assets/{asset_id}").status_code == 403  # a colleague's
    client = api.client("editora")
    job_id = make_job(api, asset_id)
    assert client.delete(f"/assets/{asset_id}", headers={"if-match": '"99"'}).status_code == 412
    assert client.get(f"/jobs/{job_id}").json()["state"] == "running"
    assert client.delete(f"/assets/{asset_id}").status_code == 204
    assert client.get(f"/assets/{asset_id}").status_code == 404
    assert client.delete(f"/assets/{asset_id}").status_code == 404
    assert api.sql("select state, cancel_requested from jobs where id = %s", job_id) == [
        {"state": "cancelled", "cancel_requested": True}
    ]
    assert [event["type"] for event in outbox_of(api, asset_id)] == ["acervo.asset.deleted.v1"]


def test_the_failed_steps_of_an_asset_run_again(api: Api) -> None:
    client = api.client("editora")
    asset_id = make_asset(api, status="error")
    assert client.post(f"/assets/{asset_id}/retry").status_code == 202
    assert client.get(f"/assets/{asset_id}").json()["status"] == "processing"
    ingested = outbox_of(api, asset_id)[0]
    assert ingested["type"] == "acervo.asset.ingested.v1"
    assert (ingested["data"]["has_audio"], ingested["data"]["duration_s"]) == (True, 2.5)
    assert client.post(f"/assets/{asset_id}/retry").json()["title"] == "nothing-to-retry"
