"""Downloads and streams: the right name, one object, and films that play without headers and only with their token."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import httpx
import pytest

from tests.asset_rows import SHA, make_asset
from tests.fix_api import Api


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
