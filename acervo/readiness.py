"""Whether a function could do its work now: what it needs is asked, all at once, each for a bounded time, and named in the answer.

However often one asks, each need is asked by one thread at a time: who comes while it is asked shares its answer, so that a need that
hangs costs one thread. Reasons are the public texts of errors, never those of other exceptions.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING

from acervo.errors import AcervoError, Transient
from acervo.settings import SettingsError

if TYPE_CHECKING:
    from starlette.datastructures import State

    from acervo.function import Resources

log = logging.getLogger(__name__)
Need = Callable[["State"], None]  # gets `app.state`: `resources`, and what the function itself keeps there
PATIENCE_S = 3.0
STORE_S = 2.0
OK = "ok"


def database(state: State) -> None:
    """PostgreSQL answers a statement."""
    resources: Resources = state.resources
    with resources.database.transaction() as connection:
        connection.execute("select 1")


def objects(state: State) -> None:
    """The object store answers, whatever it says to a stranger: a store without its disks answers, but not to this (5xx, or nothing)."""
    import httpx

    resources: Resources = state.resources
    try:
        answer = httpx.get(resources.frame.objects.endpoint, timeout=STORE_S, trust_env=False)
    except httpx.HTTPError as fault:
        raise Transient("objects-unreachable", "the object store did not answer") from fault
    if answer.status_code >= 500:
        raise Transient("objects-unavailable", f"the object store answered {answer.status_code}")


class Readiness:
    """Asks `needs` by name."""

    def __init__(self, needs: Mapping[str, Need], patience_s: float = PATIENCE_S) -> None:
        self._needs, self._patience_s = dict(needs), patience_s
        self._asking: dict[str, Future[str]] = {}
        self._lock = threading.Lock()

    async def look(self, state: State) -> dict[str, str]:
        """`ok` or a reason for each need, after `patience_s` at most."""
        asked = {name: asyncio.wrap_future(self._ask(name, state)) for name in self._needs}
        await asyncio.wait(asked.values(), timeout=self._patience_s)
        late = f"no answer in {self._patience_s:g} s"
        return {name: answer.result() if answer.done() else late for name, answer in asked.items()}

    def _ask(self, name: str, state: State) -> Future[str]:
        with self._lock:
            if name not in self._asking or self._asking[name].done():
                answer: Future[str] = Future()
                self._asking[name] = answer
                threading.Thread(
                    target=self._answer, args=(name, state, answer), name=f"ready-{name}", daemon=True
                ).start()
            return self._asking[name]

    def _answer(self, name: str, state: State, answer: Future[str]) -> None:
        try:
            self._needs[name](state)
        except SettingsError as fault:
            answer.set_result(str(fault))
        except AcervoError as fault:
            answer.set_result(fault.reason)
        except Exception:  # its text is for the log; whoever asks needs an answer
            log.exception("asking for %s failed", name)
            answer.set_result("it could not be asked; the log says why")
        else:
            answer.set_result(OK)
