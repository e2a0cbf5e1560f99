"""Serving: from zero and back, the hard limit, the queue, crashes, time-outs, and the fork server's likeness to a fresh interpreter."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from knative.local.postgres import Postgres
from knative.local.serving.instance import INHERITED
from tests.fix_runtime import Runtime, new_runtime, route, service, wait_until


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[Runtime]:
    """One runtime for the tests that leave it as it was."""
    with new_runtime(tmp_path_factory.mktemp("serving"), postgres) as runtime:
        source = str(runtime.function)
        one = {"containerConcurrency": 1}
        broken = runtime.directory / "broken.py"
        broken.write_text("raise RuntimeError('cannot be loaded')")
        zero = {"initial-scale": "0", "window": "6s"}
        runtime.start(
            service("zero", source, zero | {"max-scale": "3"}, **one),
            service("single", source, {"max-scale": "1"}, **one),
            service("many", source, {"max-scale": "1"}),
            service("hasty", source, zero, timeoutSeconds=1),
            service("fragile", source, zero | {"max-scale": "1"}),
            service("broken", str(broken), zero),
            *(route(f"/{name}", name) for name in ("zero", "single", "many", "hasty", "fragile", "broken")),
            arguments=("--max-instances", "3", "--grace", "2"),
        )
        yield runtime


def get(runtime: Runtime, path: str, **options: Any) -> httpx.Response:
    return httpx.get(runtime.gateway + path, timeout=30, **options)


def together(runtime: Runtime, path: str, count: int) -> list[httpx.Response]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda _: get(runtime, path), range(count)))


def pids(runtime: Runtime, name: str) -> set[int]:
    return {
        instance["pid"] for instance in runtime.service(name)["instances"] if instance["state"] == "ready"
    }


def gone(pid: int) -> bool:
    """Ended: not there any more, or a zombie that nobody has reaped yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_service_comes_from_zero_and_goes_back_without_a_lost_request(served: Runtime) -> None:
    assert served.service("zero")["state"] == "scaled to zero"
    answers = together(served, "/zero?sleep=0.2", 12)
    assert [answer.status_code for answer in answers] == [200] * 12
    assert {answer.json()["most"] for answer in answers} == {1}, "containerConcurrency is a hard limit"
    assert len({answer.json()["pid"] for answer in answers}) == 3, "max-scale instances, no more"
    assert {answer.json()["revision"] for answer in answers} == {"zero-00001"}
    before = pids(served, "zero")
    ended = time.monotonic()
    wait_until(lambda: not served.service("zero")["instances"], 12, "scaled to zero")
    assert time.monotonic() - ended > 4, "instances stay for the window (6 s, less what the requests took)"
    wait_until(lambda: all(map(gone, before)))
    assert get(served, "/zero").status_code == 200, "and comes again"


def test_concurrency_one_takes_one_after_the_other(served: Runtime) -> None:
    answers = together(served, "/single?sleep=0.05", 8)
    assert {answer.json()["most"] for answer in answers} == {1}
    assert len({answer.json()["pid"] for answer in answers}) == 1


def test_concurrency_zero_has_no_limit(served: Runtime) -> None:
    answers = together(served, "/many?sleep=0.3", 8)
    assert max(answer.json()["most"] for answer in answers) > 4


def test_a_request_beyond_its_time_is_answered_504(served: Runtime) -> None:
    began = time.monotonic()
    answer = get(served, "/hasty?sleep=5")
    assert (answer.status_code, answer.headers["content-type"]) == (504, "application/problem+json")
    assert 0.9 < time.monotonic() - began < 3
    assert get(served, "/hasty").status_code == 200


def test_an_instance_that_dies_is_replaced(served: Runtime) -> None:
    first = get(served, "/fragile").json()["pid"]
    answer = get(served, "/fragile?exit=1")
    assert (answer.status_code, answer.json()["title"]) == (502, "Bad Gateway")
    assert get(served, "/fragile").json()["pid"] != first
    assert served.metric('serving_crashes_total{service="fragile"}') >= 1


def test_a_crash_loop_is_seen_and_refused(served: Runtime) -> None:
    answer = get(served, "/broken")
    assert answer.status_code == 503
    assert "does not start" in answer.json()["detail"]
    state = served.service("broken")
    assert state["state"] == "crash loop"
    assert "cannot be loaded" in Path(state["log"]).read_text()


def test_a_stream_arrives_as_it_is_made(served: Runtime) -> None:
    arrived = []
    with httpx.stream("GET", served.gateway + "/many?stream=5", timeout=10) as answer:
        arrived = [time.monotonic() for line in answer.iter_lines() if line.startswith("data:")]
    assert len(arrived) == 5
    assert arrived[-1] - arrived[0] > 0.15


def test_a_client_that_leaves_gives_its_slot_back(served: Runtime) -> None:
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(served.gateway + "/single?sleep=20", timeout=0.3)
    wait_until(lambda: served.service("single")["requests"] == 0, 5)


def test_the_cold_start_is_measured_and_quick(served: Runtime) -> None:
    get(served, "/zero")
    count = served.metric('serving_cold_start_seconds_count{service="zero"}')
    total = served.metric('serving_cold_start_seconds_sum{service="zero"}')
    assert count >= 1
    assert total / count < 2, (
        "a broken fork server would take a fresh interpreter's time; the target is in the benchmarks"
    )


# -- the process tree -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("fork_server", ["1", "0"])
def test_an_instance_sees_only_its_manifest(runtime: Runtime, fork_server: str) -> None:
    """Parity: the same answer, forked or in a fresh interpreter."""
    env = [{"name": "WORD", "value": "one"}, {"name": "MORE", "value": "$(WORD)/$(OTHER)/$$"}]
    spec = service("env", str(runtime.function), env=env)
    runtime.start(spec, route("/", "env"), ACERVO_FORK_SERVER=fork_server, LEAK="secret")
    seen = get(runtime, "/?env=1").json()
    inherited = {*INHERITED, "LC_CTYPE"}  # PEP 538 sets it in a fresh interpreter
    given = {name: value for name, value in seen["env"].items() if name not in inherited}
    assert given.pop("PORT").isdecimal()
    assert given.pop("FUNCTION_SIGNATURE_TYPE") == "http", "the framework itself sets it"
    assert given == {
        "FUNCTION_SOURCE": str(runtime.function), "FUNCTION_TARGET": "main", "WORD": "one", "MORE": "one/$(OTHER)/$",
        "K_SERVICE": "env", "K_REVISION": "env-00001", "K_CONFIGURATION": "env", "K_GRACE_SECONDS": "10",
    }  # fmt: skip
    assert (seen["cwd"], seen["argv"], seen["session"], seen["stdin"]) == (
        str(Path.cwd()),
        [],
        True,
        "/dev/null",
    )
    assert seen["threads"] <= 2
    answer = get(runtime, "/a/b%20c?x=%2F").json()
    assert (answer["path"], answer["query"]) == ("/a/b c", "x=%2F")
    broken = get(runtime, "/?exit=1")
    assert broken.status_code == 502
    assert get(runtime, "/").status_code == 200
    instances = pids(runtime, "env")
    assert runtime.stop() == 0
    assert all(map(gone, instances))
    assert "loaded env" in (runtime.directory / "log" / "env.log").read_text()


@pytest.mark.parametrize("fork_server", ["1", "0"])
def test_instances_die_with_the_runtime(runtime: Runtime, fork_server: str) -> None:
    runtime.start(service("echo", str(runtime.function)), route("/", "echo"), ACERVO_FORK_SERVER=fork_server)
    pid = get(runtime, "/").json()["pid"]
    runtime.kill()
    wait_until(lambda: gone(pid), 5, "the instance ends")


def test_a_fork_server_that_dies_is_started_again(runtime: Runtime) -> None:
    runtime.start(service("echo", str(runtime.function)), route("/", "echo"))
    pid = get(runtime, "/").json()["pid"]
    parent = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    os.kill(parent, signal.SIGKILL)
    wait_until(lambda: gone(pid), 5, "the instance ends with it")

    def answered() -> bool:
        return get(runtime, "/").status_code == 200

    wait_until(answered, 15)


def test_sigterm_lets_running_requests_end(runtime: Runtime) -> None:
    runtime.start(service("echo", str(runtime.function)), route("/", "echo"))
    assert get(runtime, "/").status_code == 200
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(get, runtime, "/?sleep=1")
        wait_until(lambda: runtime.service("echo")["requests"] == 1)
        assert runtime.stop() == 0
        assert running.result().status_code == 200
