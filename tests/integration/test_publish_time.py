"""When a publication begins and ends: schedules, embargoes, holds, the end of rights, deletion, recalls; against a CMS and the real database and object store."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from tests.fakes.http_server import Trouble
from tests.fix_publish import World
from tests.fix_site import Site


def iso(delta: timedelta) -> str:
    return (datetime.now(UTC) + delta).isoformat()


def test_a_schedule_is_kept_and_ends_by_itself(world: World, site: Site) -> None:
    asset = world.asset()
    world.rendition(asset)
    publication = world.request(
        asset, "site", publish_at=iso(timedelta(hours=1)), withdraw_at=iso(timedelta(hours=2))
    )
    world.pump(tick=True)
    row = world.row(publication)
    assert (row["state"], row["reason_code"], site.titles()) == ("waiting", "scheduled", [])
    assert timedelta(minutes=59) < row["due_at"] - datetime.now(UTC) < timedelta(minutes=61)
    world.sql("update asset_distributions set publish_at = now(), due_at = now()")
    world.tick()
    world.pump()
    row = world.row(publication)
    assert (row["state"], len(site.titles())) == ("published", 1)
    assert row["due_at"] is not None, "its end is due"
    world.sql("update asset_distributions set withdraw_at = now()")
    world.tick()
    world.pump()
    row = world.row(publication)
    assert (row["state"], row["reason"], site.titles()) == ("withdrawn", "its time is over", [])


def test_a_local_time_is_read_in_its_zone(world: World, site: Site) -> None:
    asset = world.asset()
    world.rendition(asset)
    publication = world.request(
        asset, "site", publish_at={"local": "2035-07-01T08:00", "zone": "Europe/Madrid"}
    )
    assert world.row(publication)["publish_at"] == datetime(2035, 7, 1, 6, 0, tzinfo=UTC)


def test_an_embargo_is_waited_for_and_one_that_comes_late_takes_down_until_it_ends(
    world: World, site: Site
) -> None:
    asset = world.asset(rights={"embargo_until": iso(timedelta(hours=1))})
    world.rendition(asset)
    publication = world.request(asset, "site")
    world.pump()
    assert (world.row(publication)["reason_code"], site.titles()) == ("rights-embargo", [])
    changed = {"asset_id": asset, "project_id": "news", "status": "ready"}
    world.sql("update assets set rights = '{}' where id = %s", asset)
    world.send("acervo.asset.changed.v1", changed)
    world.pump()
    assert world.row(publication)["state"] == "published"
    world.sql(
        "update assets set rights = jsonb_build_object('embargo_until', %s::text) where id = %s",
        iso(timedelta(hours=1)),
        asset,
    )
    world.send("acervo.asset.changed.v1", changed)
    world.pump()
    assert (world.row(publication)["state"], site.titles()) == ("waiting", [])
    world.sql("update assets set rights = '{}' where id = %s", asset)
    world.send("acervo.asset.changed.v1", changed)
    world.pump()
    assert (world.row(publication)["state"], len(site.titles())) == ("published", 1)


def test_a_hold_takes_down_what_is_live_and_stops_what_is_not(world: World, site: Site) -> None:
    live, asked = world.asset(), world.asset(rights={"hold": True})
    world.rendition(live)
    world.rendition(asked)
    first = world.request(live, "site")
    second = world.request(asked, "site")
    world.pump()
    assert (world.row(second)["state"], world.row(second)["reason_code"]) == ("failed", "rights")
    world.sql("""update assets set rights = '{"hold": true}' where id = %s""", live)
    world.send("acervo.asset.changed.v1", {"asset_id": live, "project_id": "news", "status": "ready"})
    world.pump()
    assert (world.row(first)["state"], world.row(first)["reason_code"], site.titles()) == (
        "withdrawn",
        "rights-hold",
        [],
    )


def test_the_end_of_rights_ends_the_publication(world: World, site: Site) -> None:
    asset = world.asset(rights={"valid_until": iso(timedelta(hours=3))})
    world.rendition(asset)
    publication = world.request(asset, "site")
    world.pump()
    due = world.row(publication)["due_at"]
    assert timedelta(hours=2, minutes=59) < due - datetime.now(UTC) < timedelta(hours=3, minutes=1)


def test_a_deleted_asset_is_taken_down_and_one_never_sent_is_forgotten(world: World, site: Site) -> None:
    sent, unsent = world.asset(), world.asset()
    world.rendition(sent)
    first, second = world.request(sent, "site"), world.request(unsent, "site")
    world.pump()
    for asset in (sent, unsent):
        world.sql("update assets set status = 'deleted' where id = %s", asset)
        world.send("acervo.asset.deleted.v1", {"asset_id": asset, "project_id": "news"})
    world.pump()
    assert [world.row(one)["state"] for one in (first, second)] == ["withdrawn", "withdrawn"]
    assert site.titles() == []


def test_an_update_that_fails_leaves_what_is_live_and_a_recall_takes_it_down(
    world: World, site: Site
) -> None:
    """What is seen outside can always be taken down, also when the last thing that was tried with it failed."""
    asset = world.asset()
    world.rendition(asset)
    publication = world.request(asset, "site")
    world.pump()
    site.fake.tokens = {"another"}
    world.sql("""update assets set metadata = '{"title": "Otro"}' where id = %s""", asset)
    world.send("acervo.asset.changed.v1", {"asset_id": asset, "project_id": "news", "status": "ready"})
    world.pump()
    row = world.row(publication)
    assert (row["state"], row["live"], site.titles()) == ("failed", True, ["El pleno aprueba"])
    site.fake.tokens = {"cms-1"}
    world.send("acervo.publication.withdrawal.requested.v1", {"asset_id": asset})
    world.pump()
    row = world.row(publication)
    assert (row["state"], row["live"], site.titles()) == ("withdrawn", False, []), row["reason"]
    assert row["proof"]["lookup"] == "not found"


def test_a_channel_that_is_switched_off_is_still_taken_down_from(world: World, site: Site) -> None:
    asset, other = world.asset(), world.asset()
    world.rendition(asset)
    world.rendition(other)
    publication = world.request(asset, "site")
    world.pump()
    world.sql("update channels set enabled = false")
    world.request(other, "site")
    world.send("acervo.publication.withdrawal.requested.v1", {"asset_id": asset})
    world.take()  # what was said got lost: the tick finds it
    world.tick()
    world.pump()
    assert world.row(publication)["state"] == "withdrawn"
    assert site.titles() == []
    assert world.states() == {"withdrawn": 1, "requested": 1}


def test_what_is_asked_for_again_while_it_is_taken_down_is_published_again(world: World, site: Site) -> None:
    asset = world.asset()
    world.rendition(asset)
    publication = world.request(asset, "site")
    world.pump()
    gate, at_work = threading.Event(), threading.Event()

    def trouble(method: str, _path: str) -> Trouble | None:
        if method == "DELETE":
            at_work.set()
            gate.wait(30)
        return None

    site.server.trouble = trouble
    world.send("acervo.publication.withdrawal.requested.v1", {"asset_id": asset})
    taker = threading.Thread(target=lambda: [world.deliver(event) for event in world.take()])
    taker.start()
    try:
        assert at_work.wait(20)
        assert world.request(asset, "site") == publication
    finally:
        gate.set()
        taker.join(30)
    world.pump()
    row = world.row(publication)
    assert (row["state"], row["wanted"], row["live"]) == ("published", "live", True)
    assert site.titles() == ["El pleno aprueba"]


def test_a_recall_does_not_wait_for_a_channel_full_of_transfers(world: World, site: Site) -> None:
    world.sql("update channels set max_concurrent = 1")
    asset, other = world.asset(), world.asset()
    world.rendition(asset)
    world.rendition(other)
    publication = world.request(asset, "site")
    world.pump()
    gate, at_work = threading.Event(), threading.Event()

    def trouble(method: str, path: str) -> Trouble | None:
        if method == "POST" and path == "/items":
            at_work.set()
            gate.wait(30)
        return None

    site.server.trouble = trouble
    world.request(other, "site")
    transfer = threading.Thread(target=lambda: [world.deliver(event) for event in world.take()])
    transfer.start()
    try:
        assert at_work.wait(20)
        world.send("acervo.publication.withdrawal.requested.v1", {"asset_id": asset})
        for event in world.take():
            world.deliver(event)
        assert world.row(publication)["state"] == "withdrawn"
    finally:
        gate.set()
        transfer.join(30)


def test_what_failed_while_live_goes_with_its_asset(world: World, site: Site) -> None:
    asset = world.asset()
    world.rendition(asset)
    publication = world.request(asset, "site")
    world.pump()
    world.sql(
        "update asset_distributions set state = 'failed', due_at = null, failures = 5 where id = %s",
        publication,
    )
    world.sql("update assets set status = 'deleted' where id = %s", asset)
    world.send("acervo.asset.deleted.v1", {"asset_id": asset, "project_id": "news"})
    world.pump()
    assert (world.row(publication)["state"], site.titles()) == ("withdrawn", [])


def test_what_was_withdrawn_and_is_asked_for_again_is_published_again(world: World, site: Site) -> None:
    asset = world.asset()
    world.rendition(asset)
    publication = world.request(asset, "site")
    world.pump()
    world.send("acervo.publication.withdrawal.requested.v1", {"asset_id": asset})
    world.pump()
    assert world.request(asset, "site") == publication
    world.pump()
    assert (world.row(publication)["state"], len(site.titles())) == ("published", 1)
