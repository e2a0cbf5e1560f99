"""Nothing is lost: kill -9 of the runtime, of PostgreSQL's connections, restarts within a minute."""

from __future__ import annotations

import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest

from tests.fix_runtime import (
    ROOT,
    Answer,
    Received,
    Runtime,
    Sink,
    broker,
    route,
    service,
    trigger,
    wait_until,
)


def ping(name: str, schedule: str = "* * * * *") -> dict[str, Any]:
    sink = {"ref": {"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "name": "default"}}
    spec = {
        "schedule": schedule,
        "contentType": "application/json",
        "data": '{"a": 1}',
        "sink": sink,
        "ceOverrides": {"extensions": {"word": "x"}},
    }
    return {
        "apiVersion": "sources.knative.dev/v1",
        "kind": "PingSource",
        "metadata": {"name": name},
        "spec": spec,
    }


def test_kill_9_loses_nothing_that_was_accepted(runtime: Runtime, sink: Sink) -> None:
    def answer(_: Received) -> Answer:
        time.sleep(0.02)
        return 202, {}, b""

    sink.answers["/one"] = sink.answers["/two"] = answer
    documents = (broker(), trigger("one", f"{sink.url}/one"), trigger("two", f"{sink.url}/two"))
    accepted: set[str] = set()
    for turn in range(2):
        runtime.start(*documents)
        stop = threading.Event()

        def send(stop: threading.Event = stop) -> None:
            while not stop.is_set():
                try:
                    accepted.add(runtime.send())
                except httpx.TransportError:
                    return

        with ThreadPoolExecutor(4) as pool:
            for _ in range(4):
                pool.submit(send)
            _wait_for_count(accepted, 100 * (turn + 1))
            runtime.kill()
            stop.set()
    runtime.start(*documents)
    for path in ("/one", "/two"):
        _wait_for_all(sink, path, accepted)
    wait_until(lambda: runtime.waiting() == 0)


def _wait_for_count(accepted: set[str], count: int) -> None:
    wait_until(lambda: len(accepted) > count)


def _wait_for_all(sink: Sink, path: str, accepted: set[str]) -> None:
    wait_until(lambda: accepted <= {one.id for one in list(sink.received) if one.path == path}, 30)


def test_an_event_in_a_functions_hands_is_delivered_again_at_once(runtime: Runtime, sink: Sink) -> None:
    held = threading.Event()

    def answer(_: Received) -> Answer:
        held.wait(10)
        return 202, {}, b""

    sink.answers["/slow"] = answer
    documents = (broker(), trigger("slow", f"{sink.url}/slow"))
    runtime.start(*documents)
    identifier = runtime.send()
    sink.wait(identifier)
    runtime.kill()
    runtime.start(*documents)
    again = sink.wait(identifier, 2, deadline_s=5)
    held.set()
    assert len(again) == 2
    wait_until(lambda: runtime.waiting() == 0)


def test_events_wait_while_postgresql_is_away(runtime: Runtime, sink: Sink) -> None:
    runtime.start(broker(), trigger("all", f"{sink.url}/all"))
    runtime.send()
    for _ in range(5):
        with psycopg.connect(runtime.database_url, autocommit=True) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'knative-local'"
            )
        headers = {"ce-specversion": "1.0", "ce-id": "x", "ce-source": "/t", "ce-type": "t"}
        assert httpx.post(runtime.ingress, headers=headers, timeout=30).status_code in (202, 503)
    sink.wait(runtime.send())
    wait_until(lambda: runtime.waiting() == 0, 40)


def test_a_second_runtime_on_the_same_queue_refuses(
    runtime: Runtime, tmp_path_factory: pytest.TempPathFactory
) -> None:
    runtime.start(broker())
    second = Runtime(tmp_path_factory.mktemp("second"), runtime.database_url)
    command = runtime.process.args if runtime.process else []
    assert isinstance(command, list)
    ports = [str(port) for port in (second.gateway_port, second.broker_port)]
    own = [str(port) for port in (runtime.gateway_port, runtime.broker_port)]
    argv = [ports[own.index(part)] if part in own else part for part in command]
    ended = subprocess.run(argv, cwd=ROOT, capture_output=True, timeout=60)
    second.client.close()
    assert ended.returncode != 0
    assert b"another runtime works on this database" in ended.stderr


def test_a_ping_fires_once_for_a_minute_whatever_restarts(runtime: Runtime, sink: Sink) -> None:
    documents = (
        broker(),
        trigger("ticks", f"{sink.url}/ticks", filter={"attributes": {"type": "dev.knative.sources.ping"}}),
        ping("clock"),
    )
    runtime.start(*documents)
    wait_until(lambda: sink.received, what="the ping of the minute that runs")
    for _ in range(2):
        runtime.stop()
        runtime.start(*documents)
        sink.wait(runtime.send("dev.knative.sources.ping"))  # enters after the pings that the start fires
    first = sink.received[0]
    assert first.headers["ce-source"] == "/apis/v1/namespaces/default/pingsources/clock"
    assert (first.headers["ce-word"], first.body) == ("x", b'{"a": 1}')
    wait_until(lambda: runtime.waiting() == 0)
    times = [one.headers["ce-time"] for one in sink.received if "ce-time" in one.headers]
    assert len(times) == len(set(times)), "one event a minute"


def test_an_event_wakes_a_function_from_zero_and_never_exceeds_its_limit(runtime: Runtime) -> None:
    function = runtime.directory / "counter.py"
    function.write_text(COUNTER)
    spec = service("counter", str(function), {"initial-scale": "0", "max-scale": "2"}, containerConcurrency=1)
    runtime.start(
        spec, broker(), trigger("a", "counter", path="/events"), trigger("b", "counter", path="/events"), route("/", "counter"),
        arguments=("--max-instances", "2"),
    )  # fmt: skip
    for _ in range(20):
        runtime.send()
    peaks = []

    def done() -> bool:
        peaks.append(runtime.service("counter")["requests"])
        return runtime.waiting() == 0

    wait_until(done, 20)
    assert max(peaks) <= 2, "no more is claimed than there is room for: a lease must not run out in a line"
    lines = runtime.directory.joinpath("log", "counter.log").read_text().split()
    assert lines.count("/events") == 40
    assert "overlap" not in lines
    assert len(runtime.service("counter")["instances"]) == 2


COUNTER = """
import asyncio
import functions_framework.aio
from starlette.responses import Response
running = 0

@functions_framework.aio.http
async def main(request):
    global running
    running += 1
    print(request.url.path if running == 1 else "overlap", flush=True)
    await asyncio.sleep(0.02)
    running -= 1
    return Response(status_code=202)
"""
