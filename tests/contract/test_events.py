"""Our CloudEvents codec against the `cloudevents` library, both ways, and against the specification's corners."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cloudevents import conversion
from cloudevents import http as library
from hypothesis import given
from hypothesis import strategies as st

from acervo import events
from acervo.events import Event, InvalidEvent

NAMES = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), min_size=1, max_size=40)
DATA = st.dictionaries(
    st.text(max_size=8),
    st.one_of(st.text(max_size=20), st.integers(-(2**40), 2**40), st.booleans(), st.none()),
    max_size=5,
)


@given(id_=NAMES, source=st.just("/acervo/test"), subject=NAMES, data=DATA)
def test_what_we_write_we_read(id_: str, source: str, subject: str, data: dict[str, Any]) -> None:
    event = Event(
        id=id_,
        source=source,
        type="acervo.test.v1",
        subject=subject,
        data=data,
        extensions={"traceparent": "00-aa-bb-01"},
    )
    headers, body = events.to_binary(event)
    assert all(value.isascii() for value in headers.values())
    assert events.parse_request(headers, body) == [event]
    structured = json.dumps(events.to_structured(event)).encode()
    assert events.parse_request(
        {"content-type": "application/cloudevents+json; charset=utf-8"}, structured
    ) == [event]
    batch = json.dumps([events.to_structured(event)] * 2).encode()
    assert events.parse_request({"content-type": "application/cloudevents-batch+json"}, batch) == [
        event,
        event,
    ]


def test_the_library_reads_what_we_write() -> None:
    event = Event(
        id="1",
        source="/acervo/test",
        type="acervo.test.v1",
        subject="an-id",
        data={"a": [1, "á"]},
        extensions={"traceparent": "00-aa-bb-01"},
    )
    headers, body = events.to_binary(event)
    read = library.from_http(headers, body)
    assert (read["id"], read["source"], read["type"], read["subject"], read["traceparent"]) == (
        "1",
        "/acervo/test",
        "acervo.test.v1",
        "an-id",
        "00-aa-bb-01",
    )
    assert read.data == {"a": [1, "á"]}
    read = library.from_http(
        {"content-type": "application/cloudevents+json"}, json.dumps(events.to_structured(event)).encode()
    )
    assert read.data == {"a": [1, "á"]}


def test_we_read_what_the_library_writes() -> None:
    event = library.CloudEvent({"type": "acervo.test.v1", "source": "/x", "subject": "s"}, {"a": 1})
    for write in (conversion.to_binary, conversion.to_structured):
        headers, body = write(event)
        (read,) = events.parse_request({name.lower(): value for name, value in headers.items()}, body)
        assert (read.id, read.type, read.source, read.subject, read.data) == (
            event["id"],
            "acervo.test.v1",
            "/x",
            "s",
            {"a": 1},
        )


@pytest.mark.parametrize(
    ("headers", "body", "complaint"),
    [
        ({}, b"", "specversion"),
        ({"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/x"}, b"", "type is missing"),
        ({"ce-specversion": "0.3", "ce-id": "1", "ce-source": "/x", "ce-type": "t"}, b"", "specversion"),
        (
            {
                "ce-specversion": "1.0",
                "ce-id": "1",
                "ce-source": "/x",
                "ce-type": "t",
                "content-type": "application/json",
            },
            b"{",
            "not JSON",
        ),
        (
            {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/x", "ce-type": "t", "ce-not_allowed": "1"},
            b"",
            "not_allowed",
        ),
        ({"content-type": "application/cloudevents+json"}, b"[]", "object"),
        ({"content-type": "application/cloudevents-batch+json"}, b"{}", "array"),
        ({"content-type": "application/cloudevents+avro"}, b"", "not supported"),
        (
            {"content-type": "application/cloudevents+json"},
            b'{"specversion":"1.0","id":"1","source":"/x","type":"t","data_base64":"%"}',
            "base64",
        ),
    ],
)
def test_what_is_no_event_is_refused_with_the_reason(
    headers: dict[str, str], body: bytes, complaint: str
) -> None:
    with pytest.raises(InvalidEvent, match=complaint):
        events.parse_request(headers, body)


def test_the_same_cause_says_the_same_event_again() -> None:
    assert events.caused("a", "t", "s") == events.caused("a", "t", "s")
    assert (
        len(
            {
                events.caused("a", "t", "s"),
                events.caused("b", "t", "s"),
                events.caused("a", "t", "s", "1"),
                events.caused("a", "u", "s"),
            }
        )
        == 4
    )
