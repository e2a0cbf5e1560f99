"""The web: copies inside the real object store, their one stable address, and how they outlive the bucket's lifecycle."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.publish.web import KEEPS
from rgw.declaration import parse
from tests.fix_ceph import DECLARATION
from tests.fix_publish import World


def publish_tree(world: World, segments: int) -> tuple[str, str]:
    """(asset, publication) of an HLS tree that is live."""
    asset = world.asset()
    world.rendition(asset, "hls", b"#EXTM3U", "application/vnd.apple.mpegurl", "master.m3u8")
    prefix = world.sql("select key from renditions where asset_id = %s", asset)[0]["key"].rsplit("/", 1)[0]
    for number in range(segments):
        world.objects.put_bytes(
            world.objects.proxies, f"{prefix}/720p/{number:05}.m4s", b"segment", "video/iso.segment"
        )
    channel = world.channel("web", "web", {"base_url": "https://cdn.example"}, profile="hls")
    publication = world.request(asset, channel)
    world.pump()
    assert world.row(publication)["state"] == "published"
    return asset, publication


def days_pass(world: World, publication: str, days: float) -> None:
    """For this row: it was seen so long ago, and what is due by then is due."""
    seen = datetime.now(UTC) - timedelta(days=days)
    world.sql(
        "update asset_distributions set session = session || jsonb_build_object('seen_at', %s::text), due_at = due_at - %s where id = %s",
        seen.isoformat(), timedelta(days=days), publication,
    )  # fmt: skip


def modified(world: World, asset: str) -> dict[str, datetime]:
    found = world.objects.client.list_objects_v2(Bucket=world.objects.delivery, Prefix=f"web/{asset}/")
    return {item["Key"]: item["LastModified"] for item in found.get("Contents", [])}


def wait_a_second(world: World) -> None:
    """The store tells times in whole seconds: wait for its next one, by its own clock."""
    probe, bucket = "web/clock", world.objects.delivery
    world.objects.put_bytes(bucket, probe, b"x", "text/plain")
    first = world.objects.client.head_object(Bucket=bucket, Key=probe)["LastModified"]
    deadline = datetime.now(UTC) + timedelta(seconds=20)
    while world.objects.client.head_object(Bucket=bucket, Key=probe)["LastModified"] == first:
        assert datetime.now(UTC) < deadline
        world.objects.put_bytes(bucket, probe, b"x", "text/plain")
    world.objects.delete(bucket, probe)


def test_the_web_gets_every_segment_under_immutable_keys_and_one_stable_address(world: World) -> None:
    asset = world.asset()
    world.rendition(asset, "hls", b"#EXTM3U", "application/vnd.apple.mpegurl", "master.m3u8")
    prefix = world.sql("select key from renditions where asset_id = %s", asset)[0]["key"].rsplit("/", 1)[0]
    for number in range(25):
        world.objects.put_bytes(
            world.objects.proxies, f"{prefix}/720p/{number:05}.m4s", b"segment", "video/iso.segment"
        )
    channel = world.channel("web", "web", {"base_url": "https://cdn.example"}, profile="hls")
    publication = world.request(asset, channel)
    world.pump()
    row = world.row(publication)
    assert row["state"] == "published", row["reason"]
    keys = list(world.objects.keys(world.objects.delivery, f"web/{asset}/"))
    assert len(keys) == 27
    manifest = json.loads(world.objects.get_bytes(world.objects.delivery, row["external_id"]))
    assert manifest["url"].startswith("https://cdn.example/web/")
    segment = world.objects.client.head_object(
        Bucket=world.objects.delivery, Key=next(key for key in keys if key.endswith(".m4s"))
    )
    assert "immutable" in segment["CacheControl"]
    assert segment["ContentType"] == "video/iso.segment"
    world.send("acervo.publication.withdrawal.requested.v1", {"asset_id": asset})
    world.pump()
    assert list(world.objects.keys(world.objects.delivery, f"web/{asset}/")) == []
    assert world.row(publication)["proof"]["removed"] == 26


def test_what_is_live_is_made_new_before_the_bucket_forgets_it_and_nobody_hears_of_it(world: World) -> None:
    asset, publication = publish_tree(world, 120)
    before, said = modified(world, asset), len(world.said)
    left = world.sql("select extract(epoch from due_at - now())::float8 / 86400 as days from asset_distributions where id = %s", publication)  # fmt: skip
    assert KEEPS.days - 0.1 < left[0]["days"] <= KEEPS.days
    days_pass(world, publication, KEEPS.days + 1)
    wait_a_second(world)
    world.pump(tick=True, most=5)
    after = modified(world, asset)
    assert set(after) == set(before)
    assert all(after[key] > before[key] for key in before)
    row = world.row(publication)
    assert (row["state"], row["due_at"] > datetime.now(UTC) + KEEPS - timedelta(hours=1)) == (
        "published",
        True,
    )
    news = [event.type for event in world.said[said:] if event.type.startswith("acervo.publication.")]
    assert set(news) <= {"acervo.publication.continued.v1"}
    actions = world.sql("select action, code from publication_attempts where publication_id = %s order by id", publication)  # fmt: skip
    assert [(each["action"], each["code"]) for each in actions][-1] == ("keep", None)
    head = world.objects.client.head_object(Bucket=world.objects.delivery, Key=next(k for k in after if k.endswith(".m4s")))  # fmt: skip
    assert (head["ContentType"], "immutable" in head["CacheControl"]) == ("video/iso.segment", True)
    manifest = world.objects.client.head_object(Bucket=world.objects.delivery, Key=row["external_id"])
    assert (manifest["ContentType"], manifest["CacheControl"]) == ("application/json", "no-cache")


def test_new_words_alone_do_not_keep_old_bytes_alive(world: World) -> None:
    asset, publication = publish_tree(world, 3)
    days_pass(world, publication, KEEPS.days - 5)
    before = modified(world, asset)
    world.sql("""update assets set metadata = metadata || '{"title": "Otro"}' where id = %s""", asset)
    world.send("acervo.asset.changed.v1", {"asset_id": asset, "project_id": "noticias", "status": "ready"})
    world.pump(tick=True, most=5)
    row = world.row(publication)
    assert json.loads(world.objects.get_bytes(world.objects.delivery, row["external_id"]))["title"] == "Otro"
    actions = world.sql("select action from publication_attempts where publication_id = %s order by id", publication)  # fmt: skip
    assert actions[-1]["action"] == "update"
    segments = {key: at for key, at in modified(world, asset).items() if key.endswith(".m4s")}
    assert segments == {key: at for key, at in before.items() if key.endswith(".m4s")}
    left = row["due_at"] - datetime.now(UTC)
    assert timedelta(days=4) < left < timedelta(days=6), "the segments are as old as they were"


def test_what_somebody_removed_from_the_web_is_a_failure_with_a_reason(world: World) -> None:
    _, publication = publish_tree(world, 1)
    world.objects.delete(world.objects.delivery, world.row(publication)["external_id"])
    days_pass(world, publication, KEEPS.days + 1)
    world.pump(tick=True, most=5)
    row = world.row(publication)
    assert (row["state"], row["reason_code"]) == ("failed", "gone-from-channel")


def test_the_web_is_made_new_well_before_its_lifecycle_ends() -> None:
    env: dict[str, Any] = {"NOTIFY_URL": "http://127.0.0.1:9/"}
    (delivery,) = (
        bucket for bucket in parse(DECLARATION.read_text(), env).buckets if "delivery" in bucket.name
    )
    (days,) = (rule.expire_days for rule in delivery.lifecycle if rule.prefix == "web/")
    assert KEEPS + timedelta(days=10) <= timedelta(days=days)
