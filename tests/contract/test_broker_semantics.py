"""What Knative's broker and triggers do, said once, to hold for the one-machine broker and for a real one.

`BROKER_URL=http://…/default/default` points the tests that need only an ingress at a real broker; the others say that they skip,
because a cluster cannot be told here to send to a sink on this machine.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from knative.local.postgres import Postgres
from tests.fix_runtime import (
    Answer,
    Received,
    Runtime,
    Sink,
    broker,
    new_runtime,
    open_sink,
    trigger,
    wait_until,
)

SOON: dict[str, Any] = {"retry": 3, "backoffPolicy": "exponential", "backoffDelay": "PT0.05S"}


@dataclass
class Subject:
    """A broker under test: its ingress, and, when its triggers can be ours, where they send to."""

    ingress: str
    sink: Sink | None = None
    runtime: Runtime | None = None

    @property
    def stage(self) -> Sink:
        if self.sink is None:
            pytest.skip("BROKER_URL names a broker whose triggers are not ours")
        return self.sink

    @property
    def local(self) -> Runtime:
        if self.runtime is None:
            pytest.skip("looks inside the one-machine broker, and BROKER_URL names another")
        return self.runtime

    def post(self, headers: Mapping[str, str], body: bytes = b"{}") -> httpx.Response:
        return httpx.post(self.ingress, headers=dict(headers), content=body, timeout=30)

    def say(self, type_: str, body: bytes = b"{}", **attributes: str) -> str:
        headers = event(type_, **attributes)
        answer = self.post(headers, body)
        assert answer.status_code == 202, answer.text
        return headers["ce-id"]


def event(type_: str = "nobody.hears.this", **attributes: str) -> dict[str, str]:
    """The headers of an event in binary mode."""
    core = {"specversion": "1.0", "id": secrets.token_hex(8), "source": "/contract", "type": type_}
    return {"content-type": "application/json"} | {
        f"ce-{name}": value for name, value in (core | attributes).items()
    }


def triggers(url: str) -> Iterator[dict[str, Any]]:
    """Every trigger of the suite: one for each type, sending to the path of its name."""

    def to(name: str, **spec: Any) -> dict[str, Any]:
        return trigger(name, f"{url}/{name}", **({"filter": {"attributes": {"type": name}}} | spec))

    dead = {"deadLetterSink": {"uri": f"{url}/dead"}}
    yield to("plain")
    yield to("exponential", delivery=SOON | dead | {"backoffDelay": "PT0.3S"})
    yield to("linear", delivery=SOON | dead | {"backoffPolicy": "linear", "backoffDelay": "PT0.3S"})
    yield to("once", delivery=dead | {"retry": 1, "backoffPolicy": "linear", "backoffDelay": "PT0S"})
    yield to("slow", delivery=dead | SOON | {"retry": 1, "timeout": "PT0.3S"})
    yield to("inherits")
    yield to("replaces", delivery={"retry": 0})
    yield to("hopeless", delivery={"retry": 0, "deadLetterSink": {"uri": f"{url}/refuses"}})
    yield to("loop", delivery=dead | {"retry": 0})
    yield to("replied")
    yield to("exact", filters=[{"exact": {"type": "filtered", "word": "one"}}])
    yield to("prefix", filters=[{"prefix": {"type": "filt", "subject": "a/"}}])
    yield to("suffix", filters=[{"suffix": {"type": "tered", "subject": ".mxf"}}])
    yield to("all", filters=[{"all": [{"exact": {"type": "filtered"}}, {"prefix": {"word": "o"}}]}])
    yield to(
        "any",
        filters=[
            {"exact": {"type": "filtered"}},
            {"any": [{"exact": {"word": "one"}}, {"exact": {"word": "two"}}]},
        ],
    )
    yield to("not", filters=[{"exact": {"type": "filtered"}}, {"not": {"exact": {"word": "one"}}}])
    yield to("overrides", filter={"attributes": {"type": "never"}}, filters=[{"exact": {"type": "filtered"}}])
    yield to("present", filter={"attributes": {"type": "filtered", "word": ""}})


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Subject]:
    if url := os.environ.get("BROKER_URL"):
        yield Subject(url)
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    with open_sink() as sink, new_runtime(tmp_path_factory.mktemp("broker"), postgres) as runtime:
        runtime.start(broker(**SOON, deadLetterSink={"uri": f"{sink.url}/broker-dead"}), *triggers(sink.url))
        yield Subject(runtime.ingress, sink, runtime)


def always(status: int, body: bytes = b"", **headers: str) -> Callable[[Received], Answer]:
    return lambda _: (status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def gaps(received: list[Received]) -> list[float]:
    return [later.at - earlier.at for earlier, later in itertools.pairwise(received)]


# -- ingress ----------------------------------------------------------------------------------------------------------
def test_an_event_in_binary_mode_is_accepted(subject: Subject) -> None:
    answer = subject.post(event())
    assert (answer.status_code, answer.content) == (202, b"")


def test_an_event_in_structured_mode_is_accepted(subject: Subject) -> None:
    body = json.dumps(
        {"specversion": "1.0", "id": "1", "source": "/c", "type": "nobody.hears.this", "data": {"a": 1}}
    )
    assert subject.post({"content-type": "application/cloudevents+json"}, body.encode()).status_code == 202


@pytest.mark.parametrize("name", ["id", "source", "type", "specversion"])
def test_an_event_without_a_required_attribute_is_refused(subject: Subject, name: str) -> None:
    headers = event()
    del headers[f"ce-{name}"]
    assert subject.post(headers).status_code == 400


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-type": "application/json"}, b"{}"),
        ({"content-type": "application/cloudevents+json"}, b"not json"),
        ({"content-type": "application/cloudevents+json"}, b'{"id": "1"}'),
        (event() | {"ce-specversion": "7.0"}, b""),
        (event() | {"ce-Partition_key": "x"}, b""),
    ],
    ids=["no event", "not json", "attributes missing", "version unknown", "attribute name with underscore"],
)
def test_what_is_not_a_cloudevent_is_refused(subject: Subject, headers: dict[str, str], body: bytes) -> None:
    assert subject.post(headers, body).status_code == 400


def test_only_post_is_allowed(subject: Subject) -> None:
    assert httpx.get(subject.ingress).status_code == 405


def test_an_event_whose_ttl_is_used_up_is_refused(subject: Subject) -> None:
    assert subject.post(event(knativebrokerttl="1")).status_code == 400


def test_a_batch_enters_whole_or_not_at_all(subject: Subject) -> None:
    runtime = subject.local
    assert subject.ingress == runtime.ingress
    good = {
        "specversion": "1.0",
        "source": "/c",
        "type": "plain",
        "data": "text",
        "datacontenttype": "text/plain",
    }
    ids = [secrets.token_hex(8) for _ in range(3)]
    kind = {"content-type": "application/cloudevents-batch+json"}
    assert subject.post(kind, json.dumps([{**good, "id": ids[0]}, {"id": "bad"}]).encode()).status_code == 400
    assert (
        subject.post(kind, json.dumps([{**good, "id": one} for one in ids[1:]]).encode()).status_code == 202
    )
    assert [subject.stage.wait(one)[0].body for one in ids[1:]] == [b"text", b"text"]
    assert subject.stage.of(ids[0]) == []


def test_an_event_that_is_too_long_is_refused(subject: Subject) -> None:
    runtime = subject.local
    assert subject.ingress == runtime.ingress
    assert subject.post(event("plain"), b"x" * ((1 << 20) + 1)).status_code == 413
    identifier = subject.say("plain", b"x" * (1 << 20))
    assert len(subject.stage.wait(identifier)[0].body) == 1 << 20


def test_an_unknown_broker_is_not_found(subject: Subject) -> None:
    url = f"{subject.local.broker_url}/default/other"
    assert httpx.post(url, headers=event()).status_code == 404


# -- what the subscriber gets -------------------------------------------------------------------------------------------
def test_bytes_and_attributes_arrive_as_they_came(subject: Subject) -> None:
    body = b'{"n": 1.0,   "t": "\xc3\xa9"}\n'
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = event("plain", subject="uploads/a%C3%A9%20b.mxf", word="x", traceparent=trace) | {
        "traceparent": trace,
        "x-secret": "no",
    }
    headers["content-type"] = "application/json; charset=utf-8"
    sink = subject.stage
    assert subject.post(headers, body).status_code == 202
    got = sink.wait(headers["ce-id"])[0]
    assert got.body == body
    assert {name: got.headers[name] for name in headers if name != "x-secret"} == {
        k: v for k, v in headers.items() if k != "x-secret"
    }
    assert got.headers["prefer"] == "reply"
    assert "ce-knativearrivaltime" in got.headers
    assert not {"x-secret", "ce-knativebrokerttl"} & set(got.headers)


def test_a_structured_event_arrives_in_binary_mode(subject: Subject) -> None:
    identifier = secrets.token_hex(8)
    value = {
        "specversion": "1.0",
        "id": identifier,
        "source": "/c",
        "type": "plain",
        "subject": "é",
        "data": {"a": [1, "é"]},
    }
    sink = subject.stage
    subject.post({"content-type": "application/cloudevents+json"}, json.dumps(value).encode())
    got = sink.wait(identifier)[0]
    assert json.loads(got.body) == {"a": [1, "é"]}
    assert (got.headers["ce-subject"], got.headers["content-type"]) == ("%C3%A9", "application/json")


@pytest.mark.parametrize(
    ("attributes", "wanted"),
    [
        ({"word": "one"}, {"exact", "all", "any", "overrides", "present"}),
        ({"word": "two"}, {"any", "not", "overrides", "present"}),
        ({}, {"not", "overrides"}),
        ({"word": "three", "subject": "a/b.mxf"}, {"prefix", "suffix", "not", "overrides", "present"}),
        ({"word": "o", "subject": "b/a/.mxf.x"}, {"all", "not", "overrides", "present"}),
    ],
)  # fmt: skip
def test_filters_choose_the_subscribers(
    subject: Subject, attributes: dict[str, str], wanted: set[str]
) -> None:
    sink = subject.stage
    identifier = subject.say("filtered", b"", **attributes)
    sink.wait(identifier, len(wanted))
    wait_until(lambda: subject.local.waiting() == 0)
    assert {one.path.strip("/") for one in sink.of(identifier)} == wanted


# -- delivery ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("policy", "waits"), [("exponential", [0.3, 0.6, 1.2]), ("linear", [0.0, 0.3, 0.6])])
def test_retries_wait_as_the_policy_says_and_then_die(
    subject: Subject, policy: str, waits: list[float]
) -> None:
    sink = subject.stage
    sink.answers[f"/{policy}"] = always(503, b"busy", retry_after="60")
    identifier = subject.say(policy)
    dead = sink.wait(identifier, path="/dead")[0]
    tries = sink.of(identifier, f"/{policy}")
    assert len(tries) == 4, "retry: 3 means four tries"
    for measured, wait in zip(gaps(tries), waits, strict=True):
        assert wait - 0.005 <= measured < wait + 0.25, gaps(tries)
    assert dead.headers["ce-knativeerrorcode"] == "503"
    assert dead.headers["ce-knativeerrordest"] == f"{sink.url}/{policy}"
    assert base64.b64decode(dead.headers["ce-knativeerrordata"]) == b"busy"
    assert dead.headers["ce-type"] == policy


@pytest.mark.parametrize("status", [500, 502, 503, 599, 404, 408, 409, 429, 0])
def test_what_may_pass_is_tried_again(subject: Subject, status: int) -> None:
    sink = subject.stage
    answers = iter([always(status), always(202)])
    sink.answers["/once"] = lambda one: next(answers)(one)
    identifier = subject.say("once")
    assert len(sink.wait(identifier, 2)) == 2
    wait_until(lambda: subject.local.waiting() == 0)
    assert sink.of(identifier, "/dead") == []


@pytest.mark.parametrize("status", [301, 304, 400, 401, 403, 410, 422, 451])
def test_what_cannot_pass_dies_at_once(subject: Subject, status: int) -> None:
    sink = subject.stage
    sink.answers["/once"] = always(status, location=f"{sink.url}/elsewhere")
    identifier = subject.say("once")
    assert sink.wait(identifier, path="/dead")[0].headers["ce-knativeerrorcode"] == str(status)
    assert [one.path for one in sink.of(identifier)] == ["/once", "/dead"], (
        "tried once, and no redirect followed"
    )


def test_a_subscriber_that_is_too_slow_is_tried_again_and_then_dies(subject: Subject) -> None:
    sink = subject.stage

    def answer(_: Received) -> Answer:
        time.sleep(0.5)
        return 202, {}, b""

    sink.answers["/slow"] = answer
    identifier = subject.say("slow")
    dead = sink.wait(identifier, path="/dead")[0]
    tries = sink.of(identifier, "/slow")
    assert len(tries) == 2
    assert 0.3 <= gaps(tries)[0] < 0.3 + 0.05 + 0.25
    assert dead.headers["ce-knativeerrorcode"] == "500"


def test_error_data_is_cut(subject: Subject) -> None:
    sink = subject.stage
    sink.answers["/once"] = always(422, b"x" * 5000)
    dead = sink.wait(subject.say("once"), path="/dead")[0]
    assert len(dead.headers["ce-knativeerrordata"]) == 1024


def test_a_trigger_without_delivery_has_the_brokers(subject: Subject) -> None:
    sink = subject.stage
    sink.answers["/inherits"] = always(500)
    identifier = subject.say("inherits")
    sink.wait(identifier, path="/broker-dead")
    assert len(sink.of(identifier, "/inherits")) == 4


KEPT = "select trigger, body, error_code, error_data, reason from knative.undeliverable where headers->>'ce-id' = %s"


def test_a_triggers_delivery_replaces_the_brokers_whole_one(subject: Subject) -> None:
    sink, runtime = subject.stage, subject.local
    sink.answers["/replaces"] = always(500, b"no")
    identifier = subject.say("replaces")
    kept = wait_until(lambda: runtime.query(KEPT, identifier))
    assert kept == [("replaces", b"{}", 500, b"no", "no dead letter sink")]
    assert [one.path for one in sink.of(identifier)] == ["/replaces"]


def test_what_the_dead_letter_sink_does_not_take_is_kept(subject: Subject) -> None:
    sink, runtime = subject.stage, subject.local
    sink.answers |= {"/hopeless": always(422, b"why"), "/refuses": always(500)}
    identifier = subject.say("hopeless", b"the data")
    kept = wait_until(lambda: runtime.query(KEPT, identifier))
    assert kept == [("hopeless", b"the data", 422, b"why", "dead letter sink: 500")]
    assert runtime.metric("broker_undeliverable") >= 1


# -- replies ----------------------------------------------------------------------------------------------------------
def test_a_reply_enters_the_broker(subject: Subject) -> None:
    sink = subject.stage
    answer = event("replied")
    sink.answers["/plain"] = lambda _: (200, answer, b'{"re": 1}')
    try:
        subject.say("plain")
        got = sink.wait(answer["ce-id"])[0]
    finally:
        del sink.answers["/plain"]
    assert (got.path, got.body) == ("/replied", b'{"re": 1}')


@pytest.mark.parametrize("reply", [b"OK", b'{"not": "an event"}'])
def test_a_reply_that_is_no_event_is_a_failed_delivery(subject: Subject, reply: bytes) -> None:
    sink = subject.stage
    sink.answers["/once"] = always(200, reply, content_type="application/json")
    identifier = subject.say("once")
    assert sink.wait(identifier, path="/dead")[0].headers["ce-knativeerrorcode"] == "502"
    assert len(sink.of(identifier, "/once")) == 2, "502 is tried again"


def test_a_loop_of_replies_ends(subject: Subject) -> None:
    sink = subject.stage
    ids = [secrets.token_hex(8) for _ in range(10)]
    turn = iter(ids[1:])
    sink.answers["/loop"] = lambda _: (200, event("loop", id=next(turn)), b"")
    subject.say("loop", id=ids[0], knativebrokerttl="4")
    sink.wait(ids[2], path="/dead")
    assert [len(sink.of(one, "/loop")) for one in ids[:4]] == [1, 1, 1, 0], "entered with 3 passes left"
    assert subject.local.metric("broker_ttl_drops_total") >= 1


def test_nothing_remains_of_what_was_delivered(subject: Subject) -> None:
    wait_until(lambda: subject.local.waiting() == 0)
    wait_until(lambda: subject.local.query("select count(*) from knative.events") == [(0,)])
