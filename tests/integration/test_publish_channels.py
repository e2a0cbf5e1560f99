"""YouTube, Facebook, a CMS, MOS and the web, against strict fakes and the real object store."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.publish import youtube, youtube_api
from tests.fakes import cms as cms_fake
from tests.fakes.cms import FakeCms
from tests.fakes.facebook import FakeFacebook
from tests.fakes.http_server import FakeServer, Trouble
from tests.fakes.newsroom_system import NewsroomSystem
from tests.fakes.sftp_server import SftpServer
from tests.fakes.youtube import FakeYouTube
from tests.fix_publish import World
from tests.integration.test_publish_web import days_pass

Case = tuple[Any, FakeServer]


def open_youtube(world: World, server: FakeServer, **settings: Any) -> str:
    world.bao.put("youtube", "tube", client_id="client", client_secret="hush", refresh_token="refresh-1")
    return world.channel(
        "tube",
        "youtube",
        {"api_url": server.url, "token_url": f"{server.url}/token", "daily_units": 10_000_000, **settings},
    )


def open_facebook(world: World, server: FakeServer, **settings: Any) -> str:
    world.bao.put("facebook", "page", access_token="page-token-1")
    return world.channel(
        "page", "facebook", {"page_id": "page", "api_url": server.url, "upload_url": server.url, **settings}
    )


def open_cms(world: World, server: FakeServer, **settings: Any) -> str:
    world.bao.put("cms", "site", token="cms-1")
    return world.channel("site", "cms", cms_fake.settings(server.url, **settings))


OPEN = {"youtube": open_youtube, "facebook": open_facebook, "cms": open_cms}
FAKES: dict[str, type] = {"youtube": FakeYouTube, "facebook": FakeFacebook, "cms": FakeCms}


def shown(fake: Any) -> list[dict[str, Any]]:
    """What the channel shows of us."""
    if isinstance(fake, FakeYouTube):
        return [
            {"id": video["id"], "title": video["snippet"]["title"], "data": video["data"]}
            for video in fake.videos.values()
        ]
    if isinstance(fake, FakeFacebook):
        return [{"id": video["id"], "title": video["title"], "data": video["data"]} for video in fake.posts]
    return [
        {"id": item["id"], "title": item["headline"], "data": bytes(item["data"])}
        for item in fake.items.values()
    ]


@pytest.fixture(params=sorted(OPEN))
def case(
    request: pytest.FixtureRequest, world: World, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, Any, FakeServer]]:
    monkeypatch.setattr(youtube, "PIECE", 1 << 20)
    fake = FAKES[request.param]()
    with FakeServer(fake) as server:
        yield OPEN[request.param](world, server), fake, server


def test_it_is_published_once_with_its_bytes_and_its_words(
    world: World, case: tuple[str, Any, FakeServer]
) -> None:
    channel, fake, _ = case
    asset = world.asset()
    body = world.rendition(asset, data=secrets.token_bytes((3 << 20) + 17))
    publication = world.request(asset, channel)
    world.pump(tick=False)
    row = world.row(publication)
    assert row["state"] == "published", row["reason"]
    assert shown(fake) == [{"id": row["external_id"], "title": "El pleno aprueba", "data": body}]
    assert row["url"].startswith("https://")


@pytest.mark.parametrize("kind", ["refuse", "cut", "lost"])
def test_whatever_request_fails_it_is_published_exactly_once(
    world: World, case: tuple[str, Any, FakeServer], kind: str
) -> None:
    """The nth request of a publication fails, for every n: before it has an effect, in its middle, after it."""
    channel, fake, server = case
    asset = world.asset()
    body = world.rendition(asset, data=secrets.token_bytes((2 << 20) + 5))
    for number in range(1, 30):
        seen = {"n": 0}

        def trouble(
            _method: str, _path: str, number: int = number, seen: dict[str, int] = seen
        ) -> Trouble | None:
            seen["n"] += 1
            return Trouble(kind, 700_000) if seen["n"] == number else None

        server.trouble = trouble
        publication = world.request(asset, channel)
        world.pump()
        assert world.row(publication)["state"] == "published", world.row(publication)["reason"]
        assert [item["data"] for item in shown(fake)] == [body], f"request {number}"
        if seen["n"] < number:
            break
        server.trouble = lambda _method, _path: None
        world.send("acervo.publication.withdrawal.requested.v1", {"asset_id": asset})
        world.pump()
        assert shown(fake) == []
    else:
        pytest.fail("a publication took 30 requests")


def test_what_was_sent_is_not_sent_again_after_a_break(
    world: World, case: tuple[str, Any, FakeServer]
) -> None:
    channel, fake, server = case
    asset = world.asset()
    size = 8 << 20
    body = world.rendition(asset, data=secrets.token_bytes(size))
    broken = iter([Trouble("cut", 600_000)])
    puts = {"n": 0}

    def trouble(_method: str, path: str) -> Trouble | None:
        puts["n"] += any(part in path for part in ("session", "media", "videos"))
        return (
            next(broken, None)
            if puts["n"] == 5 or (isinstance(fake, FakeCms) and "media" in path and puts["n"] == 2)
            else None
        )

    server.trouble = trouble
    world.request(asset, channel)
    world.pump()
    assert [item["data"] for item in shown(fake)] == [body]
    assert next(broken, None) is None, "it did break"
    assert fake.sent_bytes <= size + (1 << 20)


def test_a_withdrawal_is_proved(world: World, case: tuple[str, Any, FakeServer]) -> None:
    channel, fake, _ = case
    asset = world.asset()
    world.rendition(asset)
    publication = world.request(asset, channel)
    world.pump()
    assert len(world.sql("select 1 from asset_distributions where live")) == 1
    world.send("acervo.publication.withdrawal.requested.v1", {"asset_id": asset, "channel_id": channel})
    world.pump()
    row = world.row(publication)
    assert (row["state"], row["live"], shown(fake)) == ("withdrawn", False, [])
    assert "at" in row["proof"]
    assert world.events("acervo.publication.withdrawn.v1")[0]["proof"] == row["proof"]


@pytest.mark.parametrize("name", ["youtube", "facebook"])
def test_a_channel_is_asked_once_a_week_whether_it_still_has_it(world: World, name: str) -> None:
    fake = FAKES[name]()
    with FakeServer(fake) as server:
        channel = OPEN[name](world, server)
        kept, lost = world.asset(), world.asset()
        for asset in (kept, lost):
            world.rendition(asset)
        publications = [world.request(asset, channel) for asset in (kept, lost)]
        world.pump(tick=True, most=8)
        assert [world.row(each)["state"] for each in publications] == ["published", "published"]
        said = len(world.events("acervo.publication.published.v1"))
        gone = world.row(publications[1])["external_id"]
        del fake.videos[gone]
        for each in publications:
            days_pass(world, each, 8)
        world.pump(tick=True, most=8)
        rows = [world.row(each) for each in publications]
        assert [(row["state"], row["reason_code"]) for row in rows] == [("published", None), ("failed", "gone-from-channel")]  # fmt: skip
        assert rows[0]["due_at"] is not None
        assert len(world.events("acervo.publication.published.v1")) == said


def test_new_words_reach_the_channel_without_new_bytes(
    world: World, case: tuple[str, Any, FakeServer]
) -> None:
    channel, fake, _ = case
    asset = world.asset()
    world.rendition(asset)
    world.request(asset, channel)
    world.pump()
    before = fake.sent_bytes
    world.request(asset, channel, metadata={"title": "Última hora"})
    world.pump()
    assert [item["title"] for item in shown(fake)] == ["Última hora"]
    assert fake.sent_bytes == before


def test_a_new_rendition_takes_the_place_of_the_old(world: World, case: tuple[str, Any, FakeServer]) -> None:
    channel, fake, _ = case
    asset = world.asset()
    world.rendition(asset)
    publication = world.request(asset, channel)
    world.pump()
    body = world.rendition(asset, data=secrets.token_bytes(200_001))
    world.request(asset, channel, metadata={"title": "Otra"})
    world.pump()
    assert [item["data"] for item in shown(fake)] == [body]
    assert world.row(publication)["state"] == "published"


# -- YouTube ----------------------------------------------------------------------------------------------------------
def test_youtube_processes_for_a_while_and_a_session_that_is_gone_is_begun_anew(world: World) -> None:
    fake = FakeYouTube(processing_polls=3)
    with FakeServer(fake) as server:
        channel = open_youtube(world, server, playlist_id="PL1")
        asset = world.asset()
        world.rendition(asset)
        world.rendition(asset, "poster", b"\xff\xd8jpeg", "image/jpeg", "poster.jpg")
        world.sql(
            "insert into transcript_segments (asset_id, number, start_ms, end_ms, text, model) values (%s, 0, 0, 1500, 'Hola & adiós', 'm')",
            asset,
        )
        world.sql("update assets set language = 'es' where id = %s", asset)
        broken = iter([Trouble("cut", 1000)])
        server.trouble = lambda _method, path: next(broken, None) if path.startswith("/session/") else None
        publication = world.request(asset, channel)
        world.take()
        world.send("acervo.publication.continued.v1", {"publication_id": publication, "asset_id": asset})
        fake.sessions.clear()
        world.hurry()
        world.send("acervo.publication.continued.v1", {"publication_id": publication, "asset_id": asset})
        assert world.row(publication)["state"] == "processing"
        for _ in range(3):
            world.later()
            world.tick()
            world.pump()
        row = world.row(publication)
        assert row["state"] == "published", row["reason"]
        video = row["external_id"]
        assert list(fake.videos) == [video]
        assert fake.thumbnails == {video: 6}
        assert fake.playlists == {"PL1": [video]}
        assert "Hola &amp; adiós" in fake.captions[video][0]["body"]


def test_youtube_whose_quota_is_used_up_waits_for_midnight_in_california(world: World) -> None:
    fake = FakeYouTube()
    with FakeServer(fake) as server:
        channel = open_youtube(world, server, daily_units=2000)
        first, second = world.asset(), world.asset(name="Otro.mov")
        world.rendition(first)
        world.rendition(second)
        one, two = world.request(first, channel), world.request(second, channel)
        world.pump()
        rows = sorted((world.row(one), world.row(two)), key=lambda row: row["state"])
        assert [row["state"] for row in rows] == ["published", "waiting"]
        waits = rows[1]
        assert (waits["reason_code"], waits["failures"]) == ("quota-exhausted", 0)
        left = (waits["due_at"] - datetime.now(UTC)).total_seconds()
        assert 0 < left <= 25 * 3600 + 60
        assert world.sql("select used from channel_quota")[0]["used"] <= 2000
        world.sql("delete from channel_quota")
        world.later()
        world.tick()
        world.pump()
        assert world.states() == {"published": 2}


def test_youtube_schedules_itself_and_the_publication_ends_when_it_is_seen(world: World) -> None:
    fake = FakeYouTube()
    with FakeServer(fake) as server:
        asset = world.asset()
        world.rendition(asset)
        starts = datetime.now(UTC) + timedelta(days=2)
        publication = world.request(asset, open_youtube(world, server), publish_at=starts.isoformat())
        world.pump()
        assert world.row(publication)["state"] == "processing"
        video = next(iter(fake.videos.values()))
        assert video["status"]["privacyStatus"] == "private"
        del video["status"]["publishAt"]
        world.later()
        world.tick()
        world.pump()
        assert world.row(publication)["state"] == "published"


@pytest.mark.parametrize(("fate", "code"), [("codec", "processing-failed"), ("reject:copyright", "policy")])
def test_youtube_that_does_not_want_it_fails_with_its_reason(world: World, fate: str, code: str) -> None:
    fake = FakeYouTube()
    fake.fate["El pleno aprueba"] = fate
    with FakeServer(fake) as server:
        asset = world.asset()
        world.rendition(asset)
        publication = world.request(asset, open_youtube(world, server))
        world.pump()
        row = world.row(publication)
        assert (row["state"], row["reason_code"]) == ("failed", code)
        assert fate.removeprefix("reject:") in row["reason"]
        assert world.events("acervo.publication.failed.v1")[0]["advice"]


def test_a_crash_between_the_video_and_our_record_is_settled_by_the_marker(world: World) -> None:
    """The session is gone and nothing was remembered: only the tag tells."""
    fake = FakeYouTube()
    with FakeServer(fake) as server:
        asset = world.asset()
        world.rendition(asset)
        publication = world.request(asset, open_youtube(world, server))
        world.pump()
        fake.sessions.clear()
        world.sql(
            "update asset_distributions set state = 'sending', session = '{}', external_id = null, live_revision = 0, due_at = now() where id = %s",
            publication,
        )
        world.tick()
        world.pump()
        assert (len(fake.videos), world.row(publication)["state"]) == (1, "published")


# -- CMS by events ----------------------------------------------------------------------------------------------------
def test_a_cms_that_hears_events_is_believed_when_it_answers(world: World) -> None:
    fake = FakeCms()
    with FakeServer(fake) as server:
        world.bao.put("cms", "site", token="cms-1")
        channel = world.channel(
            "site", "cms", {"mode": "event", "url": f"{server.url}/events", "acknowledges": True}
        )
        asset = world.asset()
        world.rendition(asset)
        lost = iter([Trouble("lost")])
        server.trouble = lambda _method, _path: next(lost, None)
        publication = world.request(asset, channel)
        world.pump()
        assert len(fake.heard) == 1, "the same event twice is one"
        assert world.row(publication)["state"] == "processing"
        data = fake.heard[0].data
        assert data["media"]["size_bytes"] == 300_000
        world.send(
            "acervo.publication.acknowledged.v1",
            {
                "publication_id": publication,
                "outcome": "published",
                "external_id": "n-7",
                "url": "https://cms.example/n-7",
            },
        )
        world.pump()
        row = world.row(publication)
        assert (row["state"], row["external_id"], row["url"]) == (
            "published",
            "n-7",
            "https://cms.example/n-7",
        )


# -- MOS --------------------------------------------------------------------------------------------------------------
def test_mos_gets_the_file_then_the_object_and_a_recall_names_the_running_orders(
    world: World, sftp_server: SftpServer
) -> None:
    sftp_server.clear()
    with NewsroomSystem() as ncs:
        ncs.beats_first = True
        lost = iter(["lost"])
        ncs.trouble = lambda kind: next(lost, None) if kind == "mosObj" else None
        world.bao.put("mos", "playout", username="acervo", password="first")
        settings = {
            "host": "127.0.0.1",
            "port": ncs.port,
            "mos_id": "ACERVO",
            "ncs_id": "NCS",
            "delivery": {"type": "sftp", **sftp_server.settings()},
        }
        channel = world.channel("playout", "mos", settings)
        asset = world.asset(technical={"duration_s": 10.0, "video": {"frame_rate": "25/1"}})
        body = world.rendition(asset)
        publication = world.request(asset, channel)
        world.pump()
        row = world.row(publication)
        assert row["state"] == "published", row["reason"]
        assert list(ncs.objects) == [row["external_id"]]
        assert body in sftp_server.files().values()
        ncs.running_orders = {"telediario-1": ["x"], "telediario-2": ["x", row["external_id"]]}
        world.send("acervo.publication.withdrawal.requested.v1", {"asset_id": asset})
        world.pump()
        row = world.row(publication)
        assert row["state"] == "withdrawn", row["reason"]
        assert row["proof"]["running_orders"] == ["telediario-2"]
        assert (ncs.objects, sftp_server.files()) == ({}, {})


def test_the_cost_of_every_call_is_known() -> None:
    assert youtube_api.PIECE % (256 << 10) == 0
    assert youtube_api.COSTS["videos.insert"] == 1600
