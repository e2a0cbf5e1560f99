"""All revisions of the machine, and requests to them by service name."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from knative.local.plan import Plan
from knative.local.serving.revision import Machine, Revision, Unserved

MAX_LOG_BYTES = 10 << 20
_STATES = ("starting", "ready", "stopping")
log = logging.getLogger(__name__)

__all__ = ["Serving", "Unserved"]


class Serving:
    def __init__(self, plan: Plan, machine: Machine, session: aiohttp.ClientSession) -> None:
        self._revisions = {revision.name: Revision(revision, machine) for revision in plan.revisions}
        self._machine = machine
        self._session = session

    def __contains__(self, service: object) -> bool:
        return service in self._revisions

    def capacity(self, service: str) -> int:
        return self._revisions[service].capacity()

    @asynccontextmanager
    async def request(
        self,
        service: str,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | AsyncIterable[bytes] | None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """A request to an instance of a service; its answer, not yet read. `timeoutSeconds` covers all of it.

        Raises:
            Unserved: no instance answered.
        """
        revision = self._revisions[service]
        answered = False
        try:
            async with asyncio.timeout(revision.plan.timeout_s), revision.slot() as instance:
                url = URL(instance.url + path, encoded=True)
                async with self._session.request(
                    method, url, headers=headers, data=body, allow_redirects=False
                ) as response:
                    answered = True
                    revision.answered()
                    yield response
        except TimeoutError:
            raise Unserved(504, f"{service} did not answer in {revision.plan.timeout_s:g} s") from None
        except aiohttp.ClientConnectionError as fault:
            if answered:
                raise
            raise Unserved(502, f"{service} broke off: {type(fault).__name__}") from fault

    # -- life -----------------------------------------------------------------------------------------------------
    async def open(self) -> None:
        self._machine.log_dir.mkdir(parents=True, exist_ok=True)
        await self._machine.spawner.open()
        for revision in self._revisions.values():
            revision.start_initial()

    async def run(self) -> None:
        """Scale down, replace, rotate: until cancelled."""
        while True:
            await asyncio.sleep(1.0)
            for revision in self._revisions.values():
                revision.tick()
                if _size(revision.log_path) > MAX_LOG_BYTES:
                    await asyncio.to_thread(_rotate, revision.log_path)

    async def close(self) -> None:
        await asyncio.gather(*(revision.close() for revision in self._revisions.values()))
        await self._machine.spawner.close()

    # -- what is seen ---------------------------------------------------------------------------------------------
    def status(self) -> list[dict[str, Any]]:
        return [
            {
                "service": name,
                "state": "crash loop"
                if revision.crash_looping
                else "ready"
                if revision.instances
                else "scaled to zero",
                "instances": [
                    {
                        "pid": instance.pid,
                        "state": instance.state,
                        "port": instance.port,
                        "in_flight": instance.in_flight,
                    }
                    for instance in revision.instances
                ],
                "requests": revision.requests(),
                "failures": revision.failures,
                "last_error": revision.last_error,
                "log": str(revision.log_path),
            }
            for name, revision in self._revisions.items()
        ]

    def measure(self) -> None:
        for name, revision in self._revisions.items():
            states = Counter(instance.state for instance in revision.instances)
            for state in _STATES:
                self._machine.metrics.instances.labels(name, state).set(states[state])


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _rotate(path: Path) -> None:
    """Copy and cut: instances append through descriptors of their own, which go on at the new start."""
    shutil.copyfile(path, path.with_suffix(".log.1"))
    with path.open("r+b") as file:
        file.truncate(0)
