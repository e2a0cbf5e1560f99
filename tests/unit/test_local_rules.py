"""The runtime's pure rules: durations, filters, verdicts, delays, messages, demand, schedules, routes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acervo.events import InvalidEvent
from knative.local.broker.filters import matches, wants
from knative.local.broker.message import ARRIVAL, TTL, Message, admit, as_dead_letter, parse_request
from knative.local.broker.pings import next_due, ping_message
from knative.local.broker.verdict import Answer, delay_s, judge
from knative.local.durations import parse_go, parse_iso
from knative.local.gateway import find_route, rewrite
from knative.local.models import Filter
from knative.local.plan import DeliveryPlan, PingPlan, RevisionPlan, RoutePlan, Scaling, Target, TriggerPlan
from knative.local.serving.demand import Window, ceiling, needed

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT0.2S", 0.2),
        ("PT10M", 600),
        ("P1DT2H3M4.5S", 93784.5),
        ("PT0S", 0),
        ("PT1H", 3600),
        ("P2D", 172800),
    ],
)
def test_iso_durations(text: str, seconds: float) -> None:
    assert parse_iso(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["200ms", "P", "PT", "P1M", "PT1", "1S", "PT-1S", "", 5, None, "PT1S "])
def test_what_is_no_iso_duration(text: object) -> None:
    with pytest.raises(ValueError, match="ISO 8601"):
        parse_iso(text)


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59))
def test_go_durations_add_up(hours: int, minutes: int, seconds: int) -> None:
    assert parse_go(f"{hours}h{minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds


@pytest.mark.parametrize("text", ["60", "1 m", "s", "", "1d", None, "1m 30s"])
def test_what_is_no_go_duration(text: object) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_go(text)


NESTED = st.recursive(
    st.builds(
        lambda kind, name, value: {kind: {name: value}},
        st.sampled_from(["exact", "prefix", "suffix"]), st.sampled_from(["type", "word"]), st.text("ab", max_size=2),
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda items: {"all": items}),
        st.lists(inner, min_size=1, max_size=3).map(lambda items: {"any": items}),
        inner.map(lambda item: {"not": item}),
    ),
)  # fmt: skip
ATTRIBUTES = st.dictionaries(st.sampled_from(["type", "word"]), st.text("ab", max_size=3))


@given(NESTED, NESTED, ATTRIBUTES)
def test_filters_are_boolean_algebra(
    one: dict[str, object], two: dict[str, object], attributes: dict[str, str]
) -> None:
    def holds(**expression: object) -> bool:
        return matches(Filter.model_validate(expression), attributes)

    first, second = (
        matches(Filter.model_validate(one), attributes),
        matches(Filter.model_validate(two), attributes),
    )
    assert holds(all=[one, two]) == (first and second)
    assert holds(any=[one, two]) == (first or second)
    assert holds(**{"not": one}) != first


def test_filters_override_attributes_and_an_empty_value_means_any() -> None:
    policy = DeliveryPlan(0, "linear", 0.0, None, None)

    def chooses(expected: dict[str, str], given_: dict[str, str]) -> bool:
        return wants(TriggerPlan("t", "default", expected, (), Target("http://x"), policy), given_)

    assert chooses({}, {"type": "x"})
    assert chooses({"word": ""}, {"word": "any"})
    assert not chooses({"word": ""}, {})
    assert not chooses({"word": "a"}, {"word": "ab"})


@pytest.mark.parametrize(
    ("answer", "ok", "code", "again"),
    [
        (Answer(200, {}, b""), True, 200, False),
        (Answer(202, {"content-type": "text/plain"}, b""), True, 202, False),
        (Answer(200, {}, b"OK"), False, 502, True),
        (Answer(200, {"ce-specversion": "1.0"}, b""), False, 502, True),
        (Answer(200, {"content-type": "application/cloudevents+json"}, b"{}"), False, 502, True),
        (Answer(500, {}, b""), False, 500, True),
        (Answer(404, {}, b""), False, 404, True),
        (Answer(408, {}, b""), False, 408, True),
        (Answer(409, {}, b""), False, 409, True),
        (Answer(429, {}, b""), False, 429, True),
        (Answer(400, {}, b""), False, 400, False),
        (Answer(422, {}, b""), False, 422, False),
        (Answer(302, {}, b""), False, 302, False),
        (Answer(100, {}, b""), False, 100, False),
    ],
)
def test_what_an_answer_means(answer: Answer, ok: bool, code: int, again: bool) -> None:
    verdict = judge(answer)
    assert (verdict.ok, verdict.code) == (ok, code)
    if not ok:
        assert verdict.again == again


@pytest.mark.parametrize(
    ("policy", "waits"), [("exponential", [2, 4, 8, 16, 32]), ("linear", [0, 2, 4, 6, 8])]
)
def test_delays(policy: str, waits: list[float]) -> None:
    plan = DeliveryPlan(5, policy, 2.0, None, None)
    assert [delay_s(plan, retry) for retry in range(5)] == waits


def message(**headers: str) -> Message:
    return Message(
        {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t"} | headers, b"{}"
    )


def test_an_event_loses_a_pass_each_time_it_enters() -> None:
    first = admit(message(), NOW)
    assert first is not None
    assert (first.headers[TTL], first.headers[ARRIVAL]) == ("255", "2026-03-01T12:00:30Z")
    second = admit(first, NOW)
    assert second is not None
    assert second.headers[TTL] == "254"
    assert admit(message(**{TTL: "1"}), NOW) is None
    assert admit(message(**{TTL: "-3"}), NOW) is None


@given(st.binary(max_size=200), st.text(max_size=30))
def test_binary_mode_keeps_bytes_and_percent_encoding(body: bytes, subject: str) -> None:
    sent = message().with_headers(subject=subject).headers | {
        "content-type": "image/png",
        "authorization": "secret",
    }
    parsed = parse_request(sent, body)[0]
    assert parsed.body == body
    assert parsed.headers == {name: value for name, value in sent.items() if name != "authorization"}
    assert parsed.attributes()["subject"] == subject


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ({"data": {"a": 1}}, b'{"a":1}'),
        ({"data": "text"}, b'"text"'),
        ({"data": "text", "datacontenttype": "text/plain"}, b"text"),
        ({"data_base64": "AAE="}, b"\x00\x01"),
        ({"data": None}, b"null"),
        ({}, b""),
    ],
)
def test_structured_data_becomes_bytes(event: dict[str, object], body: bytes) -> None:
    import json

    value = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "flag": True, "count": 3, **event}
    parsed = parse_request(
        {"content-type": "application/cloudevents+json; charset=utf-8"}, json.dumps(value).encode()
    )[0]
    assert parsed.body == body
    assert (parsed.headers["ce-flag"], parsed.headers["ce-count"]) == ("true", "3")
    assert parsed.headers["content-type"] == event.get("datacontenttype", "application/json")


@pytest.mark.parametrize(
    "change", [{"ce-time": "yesterday"}, {"ce-id": ""}, {"ce-Bad_name": "x"}, {"ce-specversion": "0.3"}]
)
def test_what_is_no_event(change: dict[str, str]) -> None:
    with pytest.raises(InvalidEvent):
        parse_request(message().headers | change, b"")


def test_a_dead_letter_says_what_went_wrong() -> None:
    dead = as_dead_letter(message(), "http://x/y z", 422, b"\xff" * 5000)
    assert dead.headers["ce-knativeerrordest"] == "http://x/y%20z"
    assert dead.headers["ce-knativeerrorcode"] == "422"
    assert len(dead.headers["ce-knativeerrordata"]) == 1024
    assert "ce-knativeerrordata" not in as_dead_letter(message(), "http://x", 422, b"").headers


def revision(concurrency: int = 1, **scaling: object) -> RevisionPlan:
    return RevisionPlan("r", {}, Scaling(**scaling), concurrency, 300.0)  # type: ignore[arg-type]  # a test's keywords


@pytest.mark.parametrize(
    ("plan", "requests", "count"),
    [
        (revision(), 0, 0),
        (revision(), 3, 3),
        (revision(), 30, 8),
        (revision(max_scale=2), 3, 2),
        (revision(min_scale=2), 0, 2),
        (revision(min_scale=20), 0, 20),
        (revision(concurrency=10), 11, 2),
        (revision(concurrency=10, target=5.0), 11, 3),
        (revision(concurrency=0), 101, 2),
    ],
)
def test_instances_follow_demand(plan: RevisionPlan, requests: int, count: int) -> None:
    assert needed(plan, requests, machine=8) == count
    assert needed(plan, requests, machine=8) <= ceiling(plan, 8)


def test_scaling_down_waits_for_the_window_and_the_last_one_for_its_retention() -> None:
    window = Window(revision(window_s=60.0, retention_s=30.0))
    window.note(0.0, 5)
    for second in range(1, 120):
        window.note(float(second), 0)
        assert window.floor(float(second)) == (5 if second <= 60 else 1 if second <= 90 else 0), second


def test_schedules_follow_their_time_zone() -> None:
    ping = PingPlan("daily", "30 8 * * *", "Europe/Madrid", "application/json", "{}", "default", {})
    assert next_due(ping, datetime(2026, 3, 28, 12, tzinfo=UTC)) == datetime(
        2026, 3, 29, 6, 30, tzinfo=UTC
    ), "summer time"
    assert next_due(ping, datetime(2026, 3, 27, 12, tzinfo=UTC)) == datetime(2026, 3, 28, 7, 30, tzinfo=UTC)


def test_a_ping_of_a_minute_is_always_the_same_event() -> None:
    ping = PingPlan("minute", "* * * * *", "UTC", "application/json", "{}", "default", {"word": "x"})
    one, two = ping_message(ping, NOW), ping_message(ping, NOW)
    assert one == two
    assert parse_request(one.headers, one.body)[0].attributes()["word"] == "x"


def a_route(
    path: str, *, exact: bool = False, full: str | None = None, prefix: str | None = None
) -> RoutePlan:
    return RoutePlan(exact, path, "s", None, None, full, prefix, 0.0)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/api/v1", "/api/v1"),
        ("/api/v1/x", "/api/v1"),
        ("/api/v10", "/"),
        ("/api/v1/", "/api/v1"),
        ("/exact", "/exact"),
        ("/exact/x", "/"),
    ],
)
def test_the_longest_prefix_of_whole_elements_wins(path: str, found: str) -> None:
    routes = sorted(
        [a_route("/"), a_route("/api/v1"), a_route("/exact", exact=True)],
        key=lambda item: (not item.exact, -len(item.path)),
    )
    match = find_route(routes, path)
    assert match is not None
    assert match.path == found


@pytest.mark.parametrize(
    ("route", "path", "seen"),
    [
        (a_route("/a"), "/a/b", "/a/b"),
        (a_route("/a", prefix="/"), "/a/b", "/b"),
        (a_route("/a", prefix="/"), "/a", "/"),
        (a_route("/a", prefix="/x"), "/a", "/x"),
        (a_route("/a/", prefix="/x/"), "/a/b", "/x/b"),
        (a_route("/a", full="/z"), "/a/b", "/z"),
    ],
)
def test_paths_are_rewritten(route: RoutePlan, path: str, seen: str) -> None:
    assert rewrite(route, path) == seen
