"""Records and the ids of their events."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acervo.events import parse_request, to_binary, validate
from rgw.record import InvalidRecord, build_event, build_record, check, identity, parse, receipt, with_version

KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200).filter(
    lambda key: len(key.encode()) <= 1024
)


def record(key: str = "uploads/p/a.mp4", **changes: Any) -> dict[str, Any]:
    thing = {"key": key, "size": 3, "eTag": "abc", "versionId": "v1", "sequencer": "01"} | changes.pop(
        "object", {}
    )
    return {
        "eventName": "ObjectCreated:Put", "eventTime": "2026-01-02T03:04:05.6Z", "awsRegion": "",
        "s3": {"configurationId": "one", "bucket": {"name": "dam-archive"}, "object": thing}, **changes,
    }  # fmt: skip


@given(KEYS)
def test_any_key_comes_back_whole_from_the_event_on_the_wire(key: str) -> None:
    event = build_event(check(record(key)))
    validate(event)
    headers, body = to_binary(event)
    assert all(value.isascii() and value.isprintable() for value in headers.values())
    [heard] = parse_request(headers, body)
    assert unquote(heard.subject or "") == heard.data["s3"]["object"]["key"] == key


@given(st.lists(st.tuples(KEYS, st.text("abc.-_", max_size=5)), min_size=2, max_size=2, unique=True))
def test_other_objects_and_versions_have_other_ids(pair: list[tuple[str, str]]) -> None:
    one, other = (identity(record(key, object={"versionId": version})) for key, version in pair)
    assert one != other
    assert uuid.UUID(one).version == 5


def test_the_id_of_a_version_does_not_depend_on_who_tells_it_or_how_often() -> None:
    told = record()
    again = record(
        object={"sequencer": "02"}, eventName="s3:ObjectCreated:CompleteMultipartUpload", awsRegion="x"
    )
    assert identity(told) == identity(again)
    assert receipt(told) != receipt(again)
    assert receipt(told) == receipt(record())


def test_without_a_version_the_sequencer_tells_events_apart() -> None:
    bare = {"versionId": ""}
    assert identity(record(object=bare)) != identity(record(object=bare | {"sequencer": "02"}))
    assert identity(record(object=bare)) != identity(record(object=bare, eventName="ObjectCreated:Copy"))


def test_a_removal_is_another_event_than_the_creation_of_the_same_version() -> None:
    assert identity(record()) != identity(record(eventName="ObjectRemoved:Delete"))


def test_the_event_carries_what_the_gateway_said() -> None:
    event = build_event(record("uploads/p/día +%.mp4"))
    assert (event.type, event.source) == ("com.amazonaws.ObjectCreated:Put", "ceph:s3.default.dam-archive")
    assert event.subject == "uploads/p/d%C3%ADa%20%2B%25.mp4"
    assert event.time == "2026-01-02T03:04:05.6Z"
    assert build_event(record(awsRegion="madrid")).source == "ceph:s3.madrid.dam-archive"


def test_filling_in_a_version_leaves_the_record_that_was_received_alone() -> None:
    told = record(object={"versionId": ""})
    filled = with_version(told, "v9")
    assert (told["s3"]["object"]["versionId"], filled["s3"]["object"]["versionId"]) == ("", "v9")


def test_an_object_found_by_listing_has_the_id_of_its_notification() -> None:
    found = build_record(
        "dam-archive", "uploads/p/a.mp4", size=3, etag='"abc"', version="v1", modified=datetime.now(UTC)
    )
    assert identity(found) == identity(record())
    assert build_event(found).type == "com.amazonaws.ObjectCreated:Put"
    parts = build_record(
        "dam-archive", "uploads/p/a.mp4", size=3, etag='"abc-2"', version="v1", modified=datetime.now(UTC)
    )
    assert build_event(parts).type == "com.amazonaws.ObjectCreated:CompleteMultipartUpload"
    validate(build_event(parts))


@pytest.mark.parametrize(
    "body", [b"", b"x", b"1", b"[]", b"{}", b'{"Records": {}}', json.dumps({"Records": [0] * 1001}).encode()]
)
def test_a_body_that_is_no_notification_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRecord):
        parse(body)


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        (7, "object"),
        ({}, "eventName"),
        ({"eventName": "x", "s3": 1}, r"s3\.bucket\.name"),
        ({"eventName": "x", "s3": {"bucket": {"name": "b"}, "object": {"key": ""}}}, r"s3\.object\.key"),
        (
            {"eventName": "x", "s3": {"bucket": {"name": "b"}, "object": {"key": "é" * 600}}},
            "longer than 1024",
        ),
        ({"eventName": "x", "s3": {"bucket": {"name": "b"}, "object": {"key": "\ud800"}}}, "surrogate"),
    ],
)
def test_a_broken_record_is_refused_by_name(broken: Any, named: str) -> None:
    with pytest.raises(InvalidRecord, match=named):
        check(broken)


def test_the_catalogue_takes_both_what_the_bridge_says_and_what_a_newer_gateway_says() -> None:
    event = build_event(record())
    validate(event)
    validate(type(event)(id="1", source="s", type=event.type, data={"Records": [event.data]}))
