"""The child process that hostile bytes are decoded in."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from acervo import sandbox
from acervo.errors import Rejected, Transient
from acervo.sandbox import Say

LIMITS: dict[str, Any] = {"memory_bytes": 1 << 30, "cpu_s": 20, "wall_s": 20.0}
HERE = "tests.unit.test_sandbox"


def add(arguments: dict[str, Any], say: Say) -> dict[str, Any]:
    print("a library that prints is not in the way")
    say({"done": 0.5})
    return {"sum": arguments["a"] + arguments["b"], "secret": os.environ.get("S3_SECRET_KEY")}


def refuse(arguments: dict[str, Any], say: Say) -> dict[str, Any]:
    raise {"Rejected": Rejected, "Transient": Transient}[arguments["class"]]("a-code", "a reason")


def crash(arguments: dict[str, Any], say: Say) -> dict[str, Any]:
    os.kill(os.getpid(), arguments["signal"])
    return {}


def hog(arguments: dict[str, Any], say: Say) -> dict[str, Any]:
    return {"bytes": len(bytearray(4 << 30))}


def spin(arguments: dict[str, Any], say: Say) -> dict[str, Any]:
    while True:
        pass


def wait(arguments: dict[str, Any], say: Say) -> dict[str, Any]:
    say({"pid": os.getpid()})
    time.sleep(60)
    return {}


def test_a_child_answers_and_has_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3_SECRET_KEY", "hidden")
    said: list[dict[str, Any]] = []
    assert sandbox.run(f"{HERE}:add", {"a": 1, "b": 2}, report=said.append, **LIMITS) == {
        "sum": 3,
        "secret": None,
    }
    assert said == [{"done": 0.5}]


@pytest.mark.parametrize("error", [Rejected, Transient])
def test_our_own_errors_cross_over(error: type[Rejected] | type[Transient]) -> None:
    with pytest.raises(error, match="a-code: a reason"):
        sandbox.run(f"{HERE}:refuse", {"class": error.__name__}, **LIMITS)


def test_a_crash_is_a_rejection() -> None:
    with pytest.raises(sandbox.Crashed):
        sandbox.run(f"{HERE}:crash", {"signal": signal.SIGSEGV}, **LIMITS)


def test_a_kill_from_outside_is_not_the_files_fault() -> None:
    with pytest.raises(Transient, match="killed from outside"):
        sandbox.run(f"{HERE}:crash", {"signal": signal.SIGKILL}, **LIMITS)


def test_memory_is_bounded() -> None:
    with pytest.raises(sandbox.OutOfMemory):
        sandbox.run(f"{HERE}:hog", {}, **LIMITS)


def test_computing_time_is_bounded() -> None:
    with pytest.raises(sandbox.TimedOut):
        sandbox.run(f"{HERE}:spin", {}, memory_bytes=1 << 30, cpu_s=1, wall_s=20.0)


def test_time_on_the_clock_is_bounded_and_the_child_is_gone() -> None:
    said: list[dict[str, Any]] = []
    with pytest.raises(sandbox.TimedOut):
        sandbox.run(f"{HERE}:wait", {}, memory_bytes=1 << 30, cpu_s=20, wall_s=1.5, report=said.append)
    with pytest.raises(ProcessLookupError):
        os.kill(said[0]["pid"], 0)


def test_a_cancel_stops_the_child_at_once() -> None:
    said: list[dict[str, Any]] = []
    started = time.monotonic()
    with pytest.raises(sandbox.Stopped):
        sandbox.run(f"{HERE}:wait", {}, report=said.append, cancelled=lambda: bool(said), **LIMITS)
    assert time.monotonic() - started < 10


def test_arguments_may_be_made_while_the_child_starts() -> None:
    def make() -> dict[str, Any]:
        return {"a": 1, "b": 2}

    assert sandbox.run(f"{HERE}:add", make, **LIMITS)["sum"] == 3


def children() -> set[str]:
    return set(Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split())


def test_no_child_is_left_when_its_arguments_cannot_be_made() -> None:
    before, during = children(), set()

    def fail() -> dict[str, Any]:
        during.update(children())
        raise Transient("objects-unreachable", "the store is away")

    with pytest.raises(Transient, match="the store is away"):
        sandbox.run(f"{HERE}:wait", fail, **LIMITS)
    assert len(during - before) == 1
    assert children() <= before
