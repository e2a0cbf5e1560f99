"""The bridge as a process, killed and starved: what it has answered 200 for reaches the broker, under one id."""

from __future__ import annotations

import json
import signal
import threading
import time
from functools import partial
from typing import Any

import httpx
import pytest

from acervo.events import validate
from rgw.record import identity
from tests.fix_ceph import Bridge, Broker, wait_for


def record(key: str, version: str = "v1", sequencer: str = "01", **changes: Any) -> dict[str, Any]:
    return {
        "eventVersion": "2.2", "eventSource": "ceph:s3", "awsRegion": "", "eventTime": "2026-01-02T03:04:05.678901Z",
        "eventName": "ObjectCreated:Put",
        "s3": {
            "configurationId": "acervo-uploads-durable", "bucket": {"name": "dam-archive"},
            "object": {"key": key, "size": 3, "eTag": "900150983cd24fb0d6963f7d28e17f72", "versionId": version, "sequencer": sequencer},
        },
        **changes,
    }  # fmt: skip


def test_a_bridge_killed_between_writing_down_and_sending_delivers_after_its_restart(
    bridge: Bridge, broker: Broker
) -> None:
    bridge.start()
    assert bridge.post(record("uploads/p/a.mp4")) == 200  # the broker is down
    wait_for(lambda: bridge.metric("bridge_retried_total") >= 1, "no attempt was made")
    bridge.stop(signal.SIGKILL)
    broker.up()
    bridge.start()
    wait_for(lambda: broker.events, "the event did not arrive")
    assert broker.ids() == [identity(record("uploads/p/a.mp4"))]
    wait_for(lambda: bridge.metric("bridge_spool_records") == 0, "the spool is not empty")


def test_killed_again_and_again_under_load_it_loses_nothing_it_has_answered_for(
    bridge: Bridge, broker: Broker
) -> None:
    broker.up()
    bridge.start()
    answered: list[str] = []
    done = threading.Event()

    def load() -> None:
        number = 0
        with httpx.Client(timeout=5) as client:
            while not done.is_set():
                number += 1
                told = record(f"uploads/p/{number}.mp4")
                try:
                    if client.post(bridge.url, json={"Records": [told]}).status_code == 200:
                        answered.append(identity(told))
                except httpx.TransportError:
                    time.sleep(0.02)  # the bridge is down: not a wait for order, a pause between attempts

    thread = threading.Thread(target=load)
    thread.start()
    try:
        for _ in range(3):
            enough = len(answered) + 20
            wait_for(partial(lambda least: len(answered) > least, enough), "no load")
            bridge.stop(signal.SIGKILL)
            bridge.start()
    finally:
        done.set()
        thread.join()
    wait_for(lambda: set(answered) <= set(broker.ids()), "an answered record did not arrive")
    assert len(answered) > 60


def test_a_broker_that_is_down_for_a_while_gets_everything_in_the_order_of_each_key(
    bridge: Bridge, broker: Broker
) -> None:
    bridge.start()
    told = [
        record(f"uploads/p/{key}", version=f"v{number}", sequencer=f"{number:02}")
        for number in range(6)
        for key in "ab"
    ]
    for one in told:
        assert bridge.post(one) == 200
    wait_for(lambda: bridge.metric("bridge_retried_total") >= 3, "it gave up")
    broker.answers += [503, 500, 429, 404, 302]
    broker.up()
    wait_for(lambda: len(broker.events) == len(told), "not everything arrived")
    for key in "ab":
        versions = [
            event.data["s3"]["object"]["versionId"]
            for event in broker.events
            if event.subject == f"uploads/p/{key}"
        ]
        assert versions == [f"v{number}" for number in range(6)]


def test_two_topics_that_tell_of_one_version_make_one_event(bridge: Bridge, broker: Broker) -> None:
    broker.up()
    bridge.start()
    told = record("uploads/p/a.mp4", sequencer="01")
    again = record("uploads/p/a.mp4", sequencer="02")
    again["s3"]["configurationId"] = "acervo-uploads-instant"
    assert bridge.post(told) == bridge.post(again) == bridge.post(told) == 200
    wait_for(lambda: broker.events and bridge.metric("bridge_spool_records") == 0, "not delivered")
    assert broker.ids() == [identity(told)]


def test_what_is_wrong_is_taken_and_set_aside_so_that_the_gateway_does_not_repeat_it(
    bridge: Bridge, broker: Broker
) -> None:
    broker.up()
    bridge.start()
    bodies = [
        b"",
        b"not json",
        b"[]",
        b'{"Records": 7}',
        b"\xff\xfe",
        b'{"Records": [7, {"eventName": "x"}]}',
        b"[" * 100_000,
        json.dumps({"Records": [record("uploads/\ud800")]}).encode(),
    ]
    for body in bodies:
        assert httpx.post(bridge.url, content=body, timeout=10).status_code == 200
    good = record("uploads/good")
    assert bridge.post({"eventName": "ObjectCreated:Put"}, good) == 200
    wait_for(lambda: broker.ids() == [identity(good)], "the good one of a mixed batch did not arrive")
    assert bridge.metric("bridge_quarantine_records") == 10


def test_an_event_that_the_broker_calls_wrong_is_set_aside_and_can_be_put_back(
    bridge: Bridge, broker: Broker
) -> None:
    from rgw.bridge.spool import Spool

    broker.answers.append(400)
    broker.up()
    bridge.start()
    assert bridge.post(record("uploads/p/a.mp4")) == 200
    wait_for(lambda: bridge.metric("bridge_quarantine_records") == 1, "it was not set aside")
    assert not broker.events
    bridge.stop()
    spool = Spool(bridge.spool, 1 << 30)
    [(number, reason, _, _)] = spool.quarantined()
    assert "400" in reason
    assert spool.requeue([number], time.time()) == 1
    spool.close()
    bridge.start()
    wait_for(lambda: broker.ids() == [identity(record("uploads/p/a.mp4"))], "it was not delivered")


def test_a_full_spool_makes_the_gateway_wait_and_then_keep_the_record(bridge: Bridge, broker: Broker) -> None:
    bridge.start(BRIDGE_SPOOL_MAX_BYTES="200000", BRIDGE_FULL_WAIT_S="0.5")
    taken = []
    for number in range(300):
        told = record(f"uploads/{number}", responseElements={"x": "y" * 2000})
        start = time.monotonic()
        if bridge.post(told) == 503:
            assert time.monotonic() - start >= 0.5
            break
        taken.append(identity(told))
    else:
        pytest.fail("the spool has no bound")
    broker.up()
    wait_for(lambda: set(broker.ids()) == set(taken), "what was taken did not arrive")
    wait_for(lambda: bridge.post(told) == 200, "there is room again, and still it refuses")


def test_figures_are_told_in_prometheus_text(bridge: Bridge, broker: Broker) -> None:
    broker.up()
    bridge.start()
    bridge.post(record("uploads/p/a.mp4"))
    wait_for(lambda: bridge.metric("bridge_sent_total") == 1, "not sent")
    wait_for(lambda: bridge.metric("bridge_spool_records") == 0, "not deleted after it was sent")
    assert bridge.metric("bridge_spool_oldest_age_seconds") == 0
    assert bridge.metric("bridge_received_total") == 1
    validate(broker.events[0])
