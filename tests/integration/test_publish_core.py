"""What is wanted, when it is due, and what stands in the way: the core, against a CMS and the real database and object store."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from acervo.database import query
from acervo.events import Event
from tests.fakes import cms as cms_fake
from tests.fakes.http_server import Trouble
from tests.fix_publish import World, wait_for
from tests.fix_site import Site


# -- once -------------------------------------------------------------------------------------------------------------
def test_the_same_wish_twice_is_one_publication(world: World, site: Site) -> None:
    asset = world.asset()
    world.rendition(asset)
    data = {"asset_id": asset, "channel_id": "site"}
    for event_id in ("one", "one", "two"):
        world.send("acervo.publication.requested.v1", data, event_id)
    world.pump()
    world.send("acervo.publication.requested.v1", data, "three")
    world.pump()
    assert (len(site.titles()), world.states()) == (1, {"published": 1})
    assert len(world.events("acervo.publication.published.v1")) == 1
    logged = world.sql(
        "select result, from_where from audit_log where what = 'publish' and asset_id = %s", asset
    )
    assert logged == [{"result": "published", "from_where": "channel:site"}]


def test_a_second_delivery_while_one_is_at_work_does_nothing(world: World, site: Site) -> None:
    asset = world.asset()
    world.rendition(asset)
    publication = world.request(asset, "site")
    event = next(event for event in world.take() if event.type == "acervo.publication.continued.v1")
    entered, go = threading.Event(), threading.Event()

    def trouble(method: str, _path: str) -> Trouble | None:
        if method == "POST":
            entered.set()
            assert go.wait(20)
        return None

    site.server.trouble = trouble
    first = threading.Thread(target=world.deliver, args=(event,))
    first.start()
    assert entered.wait(20)
    world.deliver(event)
    assert world.row(publication)["claims"] == 1
    go.set()
    first.join(20)
    world.pump()
    assert (len(site.titles()), world.row(publication)["state"]) == (1, "published")


def test_an_unknown_asset_or_channel_goes_to_the_dead_letters(world: World, site: Site) -> None:
    asset = world.asset()
    world.send("acervo.publication.requested.v1", {"asset_id": asset, "channel_id": "nowhere"})
    world.send(
        "acervo.publication.requested.v1",
        {"asset_id": "00000000-0000-4000-8000-000000000000", "channel_id": "site"},
    )
    assert [code for _, code in world.refused] == ["unknown-channel", "unknown-asset"]


# -- what must be there -----------------------------------------------------------------------------------------------
def test_a_rendition_that_is_missing_is_ordered_and_waited_for(world: World, site: Site) -> None:
    asset = world.asset()
    publication = world.request(asset, "site")
    world.pump()
    row = world.row(publication)
    assert (row["state"], row["reason_code"]) == ("waiting", "rendition-ordered")
    orders = world.events("acervo.rendition.requested.v1")
    assert [(order["asset_id"], order["profile"]) for order in orders] == [(asset, "proxy")]
    world.rendition(asset)
    world.send("acervo.rendition.ready.v1", {"asset_id": asset, "project_id": "news", "profile": "proxy"})
    world.pump()
    assert world.row(publication)["state"] == "published"


def test_an_object_that_expired_is_no_crash(world: World, site: Site) -> None:
    asset = world.asset()
    world.rendition(asset)
    world.sql("update renditions set status = 'expired' where asset_id = %s", asset)
    publication = world.request(asset, "site")
    world.pump()
    assert world.row(publication)["reason_code"] == "rendition-ordered"


def test_what_does_not_fit_fails_before_the_channel_hears_of_it(world: World, site: Site) -> None:
    world.sql(
        'update channels set settings = settings || \'{"requirements": {"most_bytes": 1000, "title_most": 5}}\''
    )
    asset = world.asset()
    world.rendition(asset)
    publication = world.request(asset, "site")
    world.pump()
    row = world.row(publication)
    assert (row["state"], row["reason_code"], site.server.log) == ("failed", "unfit", [])
    assert "bytes are more than" in row["reason"]
    assert "title has" in row["reason"]


def test_a_project_that_may_not_publish_there_is_told_so(world: World, site: Site) -> None:
    world.sql("update channels set projects = '{sports}'")
    asset = world.asset()
    world.rendition(asset)
    publication = world.request(asset, "site")
    world.pump()
    assert world.row(publication)["reason_code"] == "not-published-here"


def test_wrong_settings_are_named(world: World, site: Site) -> None:
    world.sql("update channels set settings = settings - 'lookup'")
    asset = world.asset()
    publication = world.request(asset, "site")
    world.pump()
    row = world.row(publication)
    assert (row["state"], row["reason_code"]) == ("failed", "settings")
    assert "settings.lookup" in row["reason"]


# -- rules ------------------------------------------------------------------------------------------------------------
def put_rule(world: World, enabled: bool, **more: Any) -> dict[str, Any]:
    rule = {"id": "11111111-1111-4111-8111-111111111111", "name": "Plenos", "channel_id": "site", "project_id": "news", "tag": "PLENO",
            "kind": None, "profile": None, "enabled": enabled, "created_by": "user:ada", **more}  # fmt: skip
    from acervo.database import as_json

    with world.resources.database.transaction() as connection:
        query.put_publication_rule(connection, metadata=as_json({}), **rule)
    return rule


def test_a_rule_shows_what_it_would_do_then_does_it_once(world: World, site: Site) -> None:
    asset, other = world.asset(), world.asset(metadata={"title": "x", "keywords": ["otro"]})
    world.rendition(asset)
    world.rendition(other)
    rule = put_rule(world, enabled=False)
    asked = {name: rule[name] for name in ("project_id", "kind", "tag", "channel_id", "profile")}
    with world.resources.database.transaction() as connection:
        found = [str(row["id"]) for row in query.rule_candidates(connection, after=None, limit=10, **asked)]
    assert found == [asset]
    ready = {"asset_id": asset, "project_id": "news", "kind": "video"}
    world.send("acervo.asset.ready.v1", ready)
    world.pump()
    assert world.states() == {}, "it is not enabled"
    put_rule(world, enabled=True)
    for one in (asset, other):
        world.send("acervo.asset.ready.v1", {**ready, "asset_id": one})
    world.pump()
    assert (world.states(), site.titles()) == ({"published": 1}, ["El pleno aprueba"])
    world.send("acervo.publication.withdrawal.requested.v1", {"asset_id": asset})
    world.pump()
    world.send("acervo.asset.changed.v1", {"asset_id": asset, "project_id": "news", "status": "ready"})
    world.pump()
    assert world.states() == {"withdrawn": 1}, "a person's withdrawal stands"


# -- faults -----------------------------------------------------------------------------------------------------------
def test_five_attempts_then_a_reason_and_a_dead_letter_that_says_what_to_do(world: World, site: Site) -> None:
    asset = world.asset()
    world.rendition(asset)
    publication = world.request(asset, "site")
    site.server.trouble = lambda _method, path: Trouble("refuse") if path.endswith("media") else None
    for _ in range(12):
        world.sql("update channels set failures = 0, open_until = null")
        world.pump(tick=False)
        world.later()
        world.tick()
    row = world.row(publication)
    assert (row["state"], row["reason_code"], row["failures"]) == ("failed", "channel-error", 5)
    assert len(world.sql("select 1 from publication_attempts")) == 5
    letter = world.sql("select event_type, answer from dead_letters")[0]
    assert letter["event_type"] == "acervo.publication.retried.v1"
    assert "retry when it has recovered" in letter["answer"]
    site.server.trouble = lambda _method, _path: None
    world.send("acervo.publication.retried.v1", {"publication_id": publication, "asset_id": asset})
    world.pump()
    assert (world.row(publication)["state"], len(site.titles())) == ("published", 1)


def test_a_channel_that_is_down_is_left_alone_and_others_go_on(world: World, site: Site) -> None:
    world.bao.put("cms", "down", token="x")
    world.channel("down", "cms", cms_fake.settings("http://127.0.0.1:9"))
    assets = [world.asset() for _ in range(8)]
    for asset in assets:
        world.rendition(asset, data=b"x" * 2000)
        world.request(asset, "down")
        world.request(asset, "site")
    for event in world.take():
        world.deliver(event)
    for _ in range(3):
        for event in world.take():
            world.deliver(event)
    channel = world.sql("select failures, open_until from channels where id = 'down'")[0]
    assert channel["failures"] == 5, "the sixth was not even tried"
    assert channel["open_until"] > datetime.now(UTC)
    assert len(site.titles()) == 8
    assert (
        world.sql(
            "select count(*)::int as n from asset_distributions where channel_id = 'down' and reason_code = 'channel-down'"
        )[0]["n"]
        == 3
    )


def test_no_more_than_its_number_at_once_and_the_others_follow(world: World, site: Site) -> None:
    world.sql("update channels set max_concurrent = 2")
    running, most, lock = {"n": 0}, {"n": 0}, threading.Lock()
    gate = threading.Event()

    def trouble(method: str, path: str) -> Trouble | None:
        if method == "POST" and path == "/items":
            with lock:
                running["n"] += 1
                most["n"] = max(most["n"], running["n"])
            gate.wait(20)
            with lock:
                running["n"] -= 1
        return None

    site.server.trouble = trouble
    for _ in range(6):
        asset = world.asset()
        world.rendition(asset, data=b"x" * 2000)
        world.request(asset, "site")
    threads = [threading.Thread(target=world.deliver, args=(event,)) for event in world.take()]
    for thread in threads:
        thread.start()
    wait_for(
        lambda: running["n"] == 2 and sum(thread.is_alive() for thread in threads) == 2,
        "two at work, four turned away",
    )
    gate.set()
    for thread in threads:
        thread.join(20)
    world.pump()
    assert (most["n"], world.states()) == (2, {"published": 6})


def test_a_withdrawal_stops_a_transfer_within_seconds(world: World, site: Site) -> None:
    asset = world.asset()
    world.rendition(asset, data=b"z" * (20 << 20))
    world.sql("update channels set bytes_a_second = 2000000")
    publication = world.request(asset, "site")
    event = next(event for event in world.take() if event.type == "acervo.publication.continued.v1")
    thread = threading.Thread(target=world.deliver, args=(event,))
    thread.start()
    wait_for(lambda: world.row(publication)["sent_bytes"] > 0, "the transfer is under way")
    world.send("acervo.publication.withdrawal.requested.v1", {"asset_id": asset})
    thread.join(8)
    assert not thread.is_alive(), "10 s of transfer were left"
    world.pump()
    row = world.row(publication)
    assert (row["state"], site.titles()) == ("withdrawn", [])


def test_nothing_secret_is_in_a_log_or_a_row(
    world: World, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "s3cr3t-token-that-must-not-show"
    world.bao.put("cms", "site", token=secret)
    site.fake.tokens = {secret}
    assets = [world.asset() for _ in range(3)]
    for asset in assets:
        world.rendition(asset)
        world.request(asset, "site")
    bad = iter([Trouble("refuse"), Trouble("lost"), Trouble("cut", 100)])
    site.server.trouble = lambda _method, _path: next(bad, None)
    world.pump()
    site.fake.tokens = set()
    world.request(world.asset(), "site")
    world.pump()
    assert world.states().get("published") == 3
    rows = world.sql("select d::text as t from asset_distributions d") + world.sql(
        "select e::text as t from outbox e"
    )
    rows += world.sql("select l::text as t from dead_letters l") + world.sql(
        "select a::text as t from publication_attempts a"
    )
    rows += world.sql("select a::text as t from audit_log a")
    text = caplog.text + "".join(row["t"] for row in rows)
    assert secret not in text
    assert world.env["VAULT_SECRET_ID"] not in text


def test_an_event_of_another_version_is_not_taken() -> None:
    from acervo.events import InvalidEvent, validate

    with pytest.raises(InvalidEvent):
        validate(
            Event(
                id="1",
                source="/x",
                type="acervo.publication.requested.v1",
                data={"asset_id": "x", "channel_id": "site"},
            )
        )
    with pytest.raises(InvalidEvent):
        validate(Event(id="1", source="/x", type="acervo.publication.requested.v1",
                       data={"asset_id": "00000000-0000-4000-8000-000000000000", "channel_id": "site", "publish_at": "2026-01-01T10:00"}))  # fmt: skip


def test_one_command_says_where_it_is_live_and_takes_it_down(
    world: World, site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from functions.publish import recall

    for name, value in world.env.items():
        monkeypatch.setenv(name, value)
    asset = world.asset()
    world.rendition(asset)
    world.request(asset, "site")
    world.pump()
    assert recall.main([asset]) == 1
    assert '"shown": true' in capsys.readouterr().out
    assert recall.main([asset, "--take-down"]) == 0
    assert '"lookup": "not found"' in capsys.readouterr().out
    assert site.titles() == []
    assert recall.main([asset]) == 0
