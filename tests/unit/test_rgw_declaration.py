"""buckets.yaml and what is made of it."""

from __future__ import annotations

import pathlib

import pytest

from rgw.declaration import DeclarationError, cors_rules, lifecycle_rules, normal, parse, topic_configurations

TEXT = (pathlib.Path(__file__).parents[2] / "ceph-notifications" / "buckets.yaml").read_text()
ENV = {"NOTIFY_URL": "http://bridge/"}


def test_the_declared_buckets_are_those_of_the_specification() -> None:
    declaration = parse(TEXT, ENV)
    found = {bucket.name: (bucket.versioning, bucket.storage_class) for bucket in declaration.buckets}
    assert found == {
        "dam-archive": (True, "STANDARD"),
        "dam-proxies": (False, "HOT-STORAGE"),
        "dam-delivery": (False, "HOT-STORAGE"),
    }


def test_what_expires_is_what_the_specification_says() -> None:
    rules = {bucket.name: lifecycle_rules(bucket) for bucket in parse(TEXT, ENV).buckets}
    expiring = {
        (name, rule["Filter"]["Prefix"]): rule["Expiration"]["Days"]
        for name, found in rules.items()
        for rule in found
        if "Days" in rule.get("Expiration", {})
    }
    assert expiring == {
        ("dam-proxies", "proxies/"): 90, ("dam-proxies", "thumbs/"): 180, ("dam-proxies", "ondemand/"): 2,
        ("dam-delivery", "web/"): 60, ("dam-delivery", "social/"): 90, ("dam-delivery", "tv/"): 365,
    }  # fmt: skip
    for found in rules.values():
        assert any(rule.get("AbortIncompleteMultipartUpload") == {"DaysAfterInitiation": 7} for rule in found)


def test_nothing_in_the_archive_expires_but_old_versions_under_uploads() -> None:
    archive = parse(TEXT, ENV).buckets[0]
    for rule in lifecycle_rules(archive):
        if "NoncurrentVersionExpiration" in rule or "Expiration" in rule:
            assert rule["Filter"] == {"Prefix": "uploads/"}
            assert "Days" not in rule.get("Expiration", {})


def test_every_way_of_making_an_object_under_uploads_is_notified() -> None:
    [notification] = parse(TEXT, ENV).notifications
    assert (notification.bucket, notification.prefix) == ("dam-archive", "uploads/")
    assert notification.events == ("s3:ObjectCreated:*",)


def test_names_and_origins_come_from_the_environment() -> None:
    declaration = parse(TEXT, ENV | {"BUCKET_ARCHIVE": "other", "CORS_ORIGINS": "https://a, https://b"})
    assert declaration.buckets[0].name == declaration.notifications[0].bucket == "other"
    [rule] = cors_rules(declaration.buckets[0], declaration)
    assert rule["AllowedOrigins"] == ["https://a", "https://b"]
    assert {"ETag", "Content-Range"} <= set(rule["ExposeHeaders"])


def test_only_the_topics_of_the_chosen_way_are_notified() -> None:
    declaration = parse(TEXT, ENV)
    found = topic_configurations("dam-archive", {"acervo-uploads-durable": "arn:x"}, declaration)
    assert [item["Id"] for item in found] == ["acervo-uploads-durable"]


def test_a_persistent_topic_must_come_before_one_that_is_not() -> None:
    swapped = TEXT.replace("acervo-uploads-durable", "acervo-uploads-z")
    with pytest.raises(DeclarationError, match="sort before"):
        parse(swapped, ENV)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a: b", "nothing else"),
        ("[", "not YAML"),
        ("buckets: [{name: x, colour: red}]", "colour"),
        ("buckets: [{name: 7}]", r"buckets\.name"),
        ("buckets: [{versioning: true}]", "name"),
        ("buckets: [{name: '${NOWHERE}'}]", "NOWHERE is not set"),
        ("buckets: [{name: x, cors: [page]}]", "no cors named"),
        ("notifications: [{bucket: x, topics: [], events: []}]", "no such bucket"),
        ("topics: [{name: x, push: here, via: [bridge]}]", "no http address"),
        ("topics: [{name: x, push: 'http://a', via: [pigeon]}]", "via"),
        ("buckets: [{name: x, lifecycle: [{id: a, days: 3}]}]", "days"),
    ],
)
def test_a_fault_in_the_declaration_is_named(text: str, named: str) -> None:
    with pytest.raises(DeclarationError, match=named):
        parse(text, ENV)


def test_rules_that_a_gateway_writes_in_another_way_are_the_same() -> None:
    one = [
        {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}},
        {"ID": "b", "Status": "Enabled", "Filter": {"Prefix": "x/"}},
    ]
    other = [{"ID": "b", "Status": "Enabled", "Prefix": "x/"}, {"ID": "a", "Status": "Enabled", "Prefix": ""}]
    assert normal(one) == normal(other)
    assert normal(one) != normal(one[:1])
