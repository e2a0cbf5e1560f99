"""`/readyz` says yes only when everything that the API needs answers, names what does not, and never hangs."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from acervo.jwks import FRESH_S, STALE_S, Keys
from acervo.readiness import Readiness
from tests.fix_api import Api
from tests.fix_ceph import wait_for
from tests.fix_oidc import Oidc

ALL_WELL = {"database": "ok", "objects": "ok", "identity": "ok"}


@contextmanager
def silent_server() -> Iterator[str]:
    """Takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def readyz(api: Api) -> httpx.Response:
    return httpx.get(api.url + "/readyz", timeout=20)


def endpoint_of(api: Api, value: str, patch: pytest.MonkeyPatch) -> None:
    patch.setitem(vars(api.app.state.resources.frame.objects), "endpoint", value)


def test_all_is_well(api: Api) -> None:
    answer = readyz(api)
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "needs": ALL_WELL})
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("how", ["refuses", "hangs"])
def test_an_object_store_that_is_away_is_named_in_a_bounded_time(
    api: Api, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    with silent_server() as silent, monkeypatch.context() as patch:
        endpoint_of(api, silent if how == "hangs" else "http://127.0.0.1:1", patch)
        answer = readyz(api)
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["needs"] == {**ALL_WELL, "objects": "the object store did not answer"}
    wait_for(lambda: readyz(api).status_code == 200, "it is ready again")


def test_a_database_that_hangs_is_named_and_many_questions_cost_one_thread(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    with monkeypatch.context() as patch:
        hanging = _Hanging(release)
        patch.setitem(vars(api.app.state.resources), "database", hanging)
        answers: list[dict[str, Any]] = []
        threads = [threading.Thread(target=lambda: answers.append(readyz(api).json())) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert [answer["needs"]["database"] for answer in answers] == ["no answer in 3 s"] * 5
        assert hanging.asked == 1
        release.set()
    wait_for(lambda: readyz(api).status_code == 200, "it is ready again")


class _Hanging:
    def __init__(self, release: threading.Event) -> None:
        self.release, self.asked = release, 0

    def transaction(self) -> Any:
        self.asked += 1
        self.release.wait(30)
        raise RuntimeError("secret text")


def test_an_outage_of_the_issuer_is_no_matter_while_its_keys_are_good(oidc: Oidc) -> None:
    clock, up = [0.0], [True]

    def fetch(url: str) -> Any:
        if not up[0]:
            raise ValueError("away")
        return httpx.get(url, timeout=10).json()

    keys = Keys(oidc.jwks_url, fetch, lambda: clock[0])
    keys.check()
    up[0] = False
    for clock[0] in (FRESH_S - 1, FRESH_S + 11, STALE_S - 1):
        keys.check()
    clock[0] = STALE_S + 60
    with pytest.raises(Exception, match="does not answer"):
        keys.check()
    up[0], clock[0] = True, STALE_S + 120
    keys.check()


@pytest.mark.parametrize("document", [{"keys": []}, {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}])
def test_an_issuer_without_a_key_that_we_accept_is_no_help(document: Any) -> None:
    with pytest.raises(Exception, match="no key that we accept"):
        Keys("http://issuer/", lambda _: document).check()


def test_the_api_is_not_ready_when_it_never_had_keys(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    readyz(api)
    with monkeypatch.context() as patch:
        patch.setattr(api.app.state.verifier, "_keys", Keys("http://127.0.0.1:1/"))
        answer = readyz(api)
    assert (answer.status_code, answer.json()["needs"]) == (
        503,
        {**ALL_WELL, "identity": "the identity provider does not answer"},
    )


def test_a_fault_that_nobody_foresaw_tells_nothing_of_the_inside() -> None:
    def broken(_: Any) -> None:
        raise RuntimeError("password=hunter2")

    found = asyncio.run(Readiness({"a": broken, "b": lambda _: None}).look(None))  # type: ignore[arg-type]  # neither looks at the state
    assert found == {"a": "it could not be asked; the log says why", "b": "ok"}
