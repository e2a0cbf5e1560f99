"""Searches take turns: never more at a time than there are processors, in the order in which they came."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from acervo.errors import Transient
from functions.search import turns
from functions.search.routes import still_there
from functions.search.turns import Gone, Turns

SOON_S = 30.0


@retry(retry=retry_if_result(lambda so: not so), stop=stop_after_delay(SOON_S), wait=wait_fixed(0.005))
def wait_until_queued(taken: Turns, count: int) -> bool:
    return len(taken._queue) == count


def test_no_more_than_agreed_work_at_the_same_moment() -> None:
    taken, lock, working, most = Turns(2, SOON_S), threading.Lock(), 0, 0

    def work(_: int) -> None:
        nonlocal working, most
        with taken.take():
            with lock:
                working += 1
                most = max(most, working)
            with lock:
                working -= 1

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(work, range(500)))
    assert most <= 2
    with taken.take(), taken.take():  # both are free again
        pass


def test_who_came_first_is_served_first() -> None:
    taken, order = Turns(1, SOON_S), []

    def work(number: int) -> None:
        with taken.take():
            order.append(number)

    with ThreadPoolExecutor(8) as threads, taken.take():
        for number in range(8):
            threads.submit(work, number)
            wait_until_queued(taken, number + 1)
    assert order == list(range(8))


def test_who_waits_in_vain_is_told_so_and_takes_nobody_s_place() -> None:
    taken = Turns(1, wait_s=0.01)
    with taken.take(), pytest.raises(Transient, match="search-busy"), taken.take():
        pass
    with taken.take():
        assert not taken._queue


def test_a_search_that_fails_gives_its_turn_back() -> None:
    taken = Turns(1, SOON_S)
    with pytest.raises(ZeroDivisionError), taken.take():
        raise ZeroDivisionError
    with taken.take():
        pass


def test_who_has_gone_while_waiting_is_not_searched_for_and_the_next_one_is() -> None:
    taken, served = Turns(1, SOON_S), []

    def work(number: int) -> None:
        with taken.take(lambda: number != 0):
            served.append(number)

    with ThreadPoolExecutor(3) as threads:
        with taken.take(lambda: False):  # who need not wait is not asked
            working = []
            for number in range(3):
                working.append(threads.submit(work, number))
                wait_until_queued(taken, number + 1)
        faults = [one.exception() for one in working]
    assert served == [1, 2]
    assert isinstance(faults[0], Gone)


@pytest.mark.parametrize("left", [True, False])
def test_a_route_knows_whether_its_browser_is_still_there(left: bool) -> None:
    found: list[bool] = []

    def endpoint(request: Request) -> Response:
        found.append(still_there(request)())
        return Response()

    messages = [{"type": "http.request", "body": b"", "more_body": False}]
    messages += [{"type": "http.disconnect"}] if left else []

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop(0)
        await anyio.sleep_forever()
        raise AssertionError("unreachable")

    async def send(_: Any) -> None:
        return None

    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    anyio.run(Starlette(routes=[Route("/", endpoint)]), scope, receive, send)
    assert found == [not left]


def test_without_a_limit_nobody_waits() -> None:
    taken = Turns(0)
    with taken.take(), taken.take(), taken.take():
        pass


@pytest.mark.parametrize(
    ("quota", "most"), [("150000 100000", 2), ("50000 100000", 1), ("max 100000", 10_000), ("", 10_000)]
)
def test_a_container_s_quota_limits_the_processors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: str, most: int
) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    monkeypatch.setattr(turns, "_QUOTA", tmp_path / "cpu.max")
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(64)))
    assert turns.processors() == min(64, most)
