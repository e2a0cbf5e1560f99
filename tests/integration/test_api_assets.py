"""Assets through the API: lists that stand still, edits that lose nothing, downloads, streams, jobs, progress."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import httpx
import pytest

from tests.fix_api import Api

SHA = "ab" * 32
INSERT = """insert into assets (id, project_id, name, kind, status, owner, size_bytes, mime_type, sha256, master_key, technical, created_at)
            values (%s, %s, %s, %s, %s, %s, 11, 'video/mp4', %s, %s, '{"duration_s": 2.5, "audio": [{}]}', %s)"""


def make_asset(
    api: Api,
    project: str = "noticias",
    *,
    name: str = "Película – 1.mp4",
    kind: str = "video",
    status: str = "ready",
    owner: str = "user:editora",
    created_at: datetime | None = None,
) -> str:
    """An asset as ingest leaves it (the master's bytes only where a test puts them)."""
    asset_id = str(uuid4())
    sha256 = uuid4().hex * 2
    at = created_at or datetime.now(UTC)
    api.sql(
        INSERT,
        asset_id,
        project,
        name,
        kind,
        status,
        owner,
        sha256,
        f"masters/{asset_id}/{sha256}/source.mp4",
        at,
    )
    return asset_id


def make_job(
    api: Api, asset_id: str, state: str = "running", kind: str = "transcode", chunks: int = 4
) -> str:
    job_id = str(uuid4())
    api.sql(
        "insert into jobs (id, asset_id, kind, state, chunks_total, cause) values (%s, %s, %s, %s, %s, %s)",
        job_id, asset_id, kind, state, chunks, job_id,
    )  # fmt: skip
    for number in range(chunks):
        api.sql("insert into job_chunks (job_id, number, spec) values (%s, %s, '{}')", job_id, number)
    return job_id


def outbox_of(api: Api, asset_id: str) -> list[dict[str, Any]]:
    rows = api.sql("select event from outbox where event->>'subject' = %s order by position", asset_id)
    return [row["event"] for row in rows]


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


# -- downloads and streams --------------------------------------------------------------------------------------------
def test_a_download_has_the_right_name_for_one_object_and_is_in_the_audit_log(api: Api) -> None:
    client = api.client("editora")
    asset_id = make_asset(api, name='Año "nuevo"; 1.mp4')
    key = client_key(api, asset_id)
    api.ceph.s3.put_object(Bucket="dam-archive", Key=key, Body=b"hello master")
    order = client.post(f"/assets/{asset_id}/downloads", json={"what": "master"}).json()
    answer = httpx.get(order["url"], headers={"range": "bytes=6-"})
    assert (answer.status_code, answer.content) == (206, b"master")
    assert "filename*=UTF-8''A%C3%B1o%20_nuevo_%201.mp4" in answer.headers["content-disposition"]
    assert httpx.put(order["url"], content=b"x").status_code == 403
    assert httpx.get(order["url"].replace("source.mp4", "other.mp4")).status_code == 403
    left = datetime.fromisoformat(order["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=14) < left <= timedelta(minutes=15)
    (row,) = api.sql("select who, detail from audit_log where asset_id = %s and what = 'download'", asset_id)
    assert (row["who"], row["detail"]["object"]) == ("user:editora", "master")
    assert client.post(f"/assets/{asset_id}/downloads", json={"what": "proxy"}).status_code == 404


def client_key(api: Api, asset_id: str) -> str:
    return str(api.sql("select master_key from assets where id = %s", asset_id)[0]["master_key"])


MAIN = """#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="es",URI="audio/index.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1000,AUDIO="a"
v720/index.m3u8
"""
MEDIA = """#EXTM3U
#EXT-X-MAP:URI="init.mp4"
#EXTINF:2.000,
seg-0.m4s
#EXTINF:2.000,
seg-1.m4s
#EXT-X-ENDLIST
"""


@pytest.fixture(scope="module")
def film(api: Api) -> str:
    asset_id = make_asset(api)
    folder = f"proxies/{asset_id}/{SHA}/hls"
    for name, body in (
        ("main.m3u8", MAIN), ("v720/index.m3u8", MEDIA), ("audio/index.m3u8", MEDIA), ("evil.m3u8", "#EXTM3U\nhttp://evil.example/a.ts\n"),
        ("up.m3u8", "#EXTM3U\n../../../../masters/secret\n"), ("v720/seg-0.m4s", "fragment"), ("v720/init.mp4", "init"),
    ):  # fmt: skip
        api.ceph.s3.put_object(Bucket="dam-proxies", Key=f"{folder}/{name}", Body=body.encode())
    api.sql(
        "insert into renditions (asset_id, profile, status, bucket, key) values (%s, 'hls', 'ready', 'dam-proxies', %s)",
        asset_id, f"{folder}/main.m3u8",
    )  # fmt: skip
    return asset_id


def test_a_private_film_plays_without_headers_and_only_with_its_token(api: Api, film: str) -> None:
    stream = api.client("editora").post(f"/assets/{film}/streams").json()
    main = httpx.get(api.url + stream["url"])
    assert (main.status_code, main.headers["content-type"]) == (200, "application/vnd.apple.mpegurl")
    assert 'URI="audio/index.m3u8?token=' in main.text
    link = next(line for line in main.text.splitlines() if line.startswith("v720/"))
    media = httpx.get(main.url.join(link))
    fragment = next(line for line in media.text.splitlines() if "seg-0" in line)
    assert httpx.get(fragment).text == "fragment"
    init = media.text.split('URI="')[1].split('"')[0]
    assert httpx.get(init).text == "init"
    bare = stream["url"].split("?")[0]
    assert httpx.get(api.url + bare).status_code == 401
    assert httpx.get(api.url + stream["url"] + "x").status_code == 401
    other = make_asset(api)
    assert httpx.get(api.url + stream["url"].replace(film, other)).status_code == 401
    access_token = api.client("editora").headers["authorization"].removeprefix("Bearer ")
    assert httpx.get(f"{api.url}{bare}?token={access_token}").status_code == 401
    token = stream["url"].split("token=")[1]
    assert (
        httpx.get(f"{api.url}/api/v1/assets/{film}", headers={"authorization": f"Bearer {token}"}).status_code
        == 401
    )
    assert httpx.get(api.url + bare, headers=dict(api.client("editora").headers)).status_code == 200
    assert httpx.get(api.url + bare, headers=dict(api.client("otro").headers)).status_code == 404


def test_a_private_film_plays_by_dash_too(api: Api, film: str) -> None:
    (row,) = api.sql("select key from renditions where asset_id = %s and profile = 'hls'", film)
    folder = row["key"].rsplit("/", 1)[0]
    mpd = (
        '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" mediaPresentationDuration="PT1H2M3.5S"><Period><AdaptationSet>'
        '<Representation><SegmentList><Initialization sourceURL="v720/init.mp4"/><SegmentURL media="v720/seg-0.m4s" mediaRange="0-3"/></SegmentList>'
        "</Representation></AdaptationSet><AdaptationSet><Representation><BaseURL>v720/seg-0.m4s</BaseURL></Representation></AdaptationSet></Period></MPD>"
    )
    api.ceph.s3.put_object(Bucket="dam-proxies", Key=f"{folder}/manifest.mpd", Body=mpd.encode())
    api.sql(
        "update renditions set detail = jsonb_build_object('dash', %s::text) where asset_id = %s",
        f"{folder}/manifest.mpd",
        film,
    )
    stream = api.client("editora").post(f"/assets/{film}/streams").json()
    answer = httpx.get(api.url + stream["dash_url"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/dash+xml")
    root = ElementTree.fromstring(answer.text)  # noqa: S314  # our own API's
    space = "{urn:mpeg:dash:schema:mpd:2011}"
    (media,) = [found.get("media", "") for found in root.iter(f"{space}SegmentURL")]
    (init,) = [found.get("sourceURL", "") for found in root.iter(f"{space}Initialization")]
    (whole,) = [found.text or "" for found in root.iter(f"{space}BaseURL")]
    assert httpx.get(media, headers={"range": "bytes=0-3"}).text == "frag"
    assert (httpx.get(init).text, httpx.get(whole).text) == ("init", "fragment")
    assert httpx.get(api.url + stream["dash_url"] + "x").status_code == 401
    for evil in (
        mpd.replace("v720/init.mp4", "../../../secret"), mpd.replace("v720/init.mp4", "http://evil.example/x"), mpd.replace("SegmentURL", "SegmentTemplate"),
        "<!DOCTYPE x [<!ENTITY a 'b'>]>" + mpd, "<x/>", "no",
    ):  # fmt: skip
        api.ceph.s3.put_object(Bucket="dam-proxies", Key=f"{folder}/manifest.mpd", Body=evil.encode())
        assert httpx.get(api.url + stream["dash_url"]).status_code == 422, evil


def test_the_thumbnail_track_of_a_private_film_leads_to_its_sprites(api: Api, film: str) -> None:
    (row,) = api.sql("select key from renditions where asset_id = %s and profile = 'hls'", film)
    folder = row["key"].rsplit("/", 1)[0]
    cue = "00:00:00.000 --> 00:00:02.000\nthumbnails/000000-ab.jpg#xywh=160,0,160,90\n"
    for name, body in (
        ("thumbnails.vtt", f"WEBVTT\n\n{cue}"),
        ("thumbnails/000000-ab.jpg", "sprite"),
        ("other.vtt", f"WEBVTT\n\n{cue}"),
    ):
        api.ceph.s3.put_object(Bucket="dam-proxies", Key=f"{folder}/{name}", Body=body.encode())
    path = f"/assets/{film}/hls/thumbnails.vtt"
    client = api.client("editora")
    assert client.get(path).status_code == 404, "this rendition says that it has none"
    api.sql(
        "update renditions set detail = jsonb_build_object('thumbnails', %s::text) where asset_id = %s",
        f"{folder}/thumbnails.vtt",
        film,
    )
    track = client.get(path)
    assert (track.status_code, track.headers["content-type"]) == (200, "text/vtt; charset=utf-8")
    sprite, _, place = track.text.splitlines()[3].partition("#")
    assert place == "xywh=160,0,160,90"
    assert httpx.get(sprite).text == "sprite"
    assert client.get(f"/assets/{film}/hls/other.vtt").status_code == 404
    assert api.client("otro").get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["evil.m3u8", "up.m3u8", "../../x.m3u8", "v720/seg-0.m4s", "none.m3u8", "%2e%2e/x.m3u8"]
)
def test_playlists_lead_nowhere_else(api: Api, film: str, path: str) -> None:
    answer = api.client("editora").get(f"/assets/{film}/hls/{path}")
    assert answer.status_code in (404, 422), answer.text


# -- jobs -------------------------------------------------------------------------------------------------------------
def test_a_cancelled_job_stops_and_its_asset_says_why(api: Api) -> None:
    client = api.client("editora")
    asset_id = make_asset(api, status="processing")
    job_id = make_job(api, asset_id)
    answer = client.delete(f"/jobs/{job_id}")
    assert (answer.status_code, answer.json()["state"]) == (202, "cancelled")
    assert client.delete(f"/jobs/{job_id}").status_code == 202
    shown = client.get(f"/assets/{asset_id}").json()
    assert (shown["status"], shown["reason_code"]) == ("error", "cancelled")
    assert api.sql("select 1 from job_chunks where job_id = %s", job_id) == []
    done = make_job(api, asset_id, "done", chunks=0)
    assert client.delete(f"/jobs/{done}").json()["title"] == "job-over"


def test_progress_is_streamed_until_the_job_is_over(api: Api) -> None:
    client = api.client("editora")
    asset_id = make_asset(api, status="processing")
    job_id = make_job(api, asset_id, chunks=2)

    def work() -> None:
        time.sleep(0.7)
        api.sql("update job_chunks set progress = 0.5 where job_id = %s", job_id)
        time.sleep(0.7)
        api.sql("update jobs set state = 'done', chunks_done = 2 where id = %s", job_id)

    thread = threading.Thread(target=work)
    thread.start()
    with client.stream("GET", f"/jobs/{job_id}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        said = list(events(answer.iter_lines()))
    thread.join()
    assert [(name, data["progress"]) for name, data in said] == [
        ("progress", 0.0),
        ("progress", 0.5),
        ("progress", 1.0),
        ("end", 1.0),
    ]


def test_an_asset_is_followed_until_it_is_ready(api: Api) -> None:
    asset_id = make_asset(api, status="ready")
    with api.client("editora").stream("GET", f"/assets/{asset_id}/events") as answer:
        said = list(events(answer.iter_lines()))
    assert [name for name, _ in said] == ["progress", "end"]
    assert said[-1][1]["status"] == "ready"
    assert api.client("otro").get(f"/assets/{asset_id}/events").status_code == 404
    busy = make_asset(api, status="processing")
    assert api.client("editora").head(f"/assets/{busy}/events", timeout=5).status_code == 200


def events(lines: Iterator[str]) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            yield name, json.loads(line[6:])


# -- dead letters -----------------------------------------------------------------------------------------------------
def test_a_dead_letter_is_looked_at_and_replayed_once(api: Api) -> None:
    event = {"specversion": "1.0", "id": "e1", "source": "/s", "type": "t.v9", "data": {"odd": True}}
    (row,) = api.sql(
        "insert into dead_letters (event, event_id, event_type, destination, code) values (%s::jsonb, 'e1', 't.v9', 'http://x', 500) returning id",
        json.dumps(event),
    )
    admin = api.client("admin")
    assert [letter["id"] for letter in admin.get("/dead-letters").json()["items"]] == [row["id"]]
    assert admin.get(f"/dead-letters/{row['id']}").json()["event"] == event
    assert admin.post(f"/dead-letters/{row['id']}/replay").status_code == 202
    assert admin.post(f"/dead-letters/{row['id']}/replay").status_code == 409
    assert api.sql("select event from outbox where event->>'id' = 'e1'")[0]["event"] == event
    assert admin.get("/dead-letters").json()["items"] == []
    assert admin.get("/dead-letters", params={"waiting": "false"}).json()["items"][0]["replayed_at"]
    for user in ("editora", "archivista", "cms"):
        assert api.client(user).get("/dead-letters").status_code == 403
    assert admin.get("/dead-letters/999999999").status_code == 404
    assert admin.get("/dead-letters/x").status_code == 404
