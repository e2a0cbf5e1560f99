"""The few routes of Meilisearch (1.15 or newer) that we use. Every write is a task: `wait` polls it until it is done.

A request is sent once: what failed is told, and the caller's own retry (a redelivered event, the next sweep) does it again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import httpx

POLL_S, LONGEST_POLL_S = 0.02, 1.0


class MeilisearchError(Exception):
    """`code` as Meilisearch documents it (`index_not_found`, …), or `unreachable`, `late`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}"[:500])
        self.code = code


class MeilisearchClient:
    def __init__(self, url: str, key: str, timeout_s: float) -> None:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout_s)

    def close(self) -> None:
        self._http.close()

    def has(self, uid: str) -> bool:
        try:
            self._call("GET", f"/indexes/{uid}")
        except MeilisearchError as fault:
            if fault.code == "index_not_found":
                return False
            raise
        return True

    def create(self, uid: str) -> int:
        return self._task("POST", "/indexes", {"uid": uid, "primaryKey": "id"})

    def delete(self, uid: str) -> int:
        return self._task("DELETE", f"/indexes/{uid}")

    def swap(self, one: str, other: str) -> int:
        return self._task("POST", "/swap-indexes", [{"indexes": [one, other]}])

    def set(self, uid: str, settings: dict[str, Any]) -> int:
        return self._task("PATCH", f"/indexes/{uid}/settings", settings)

    def put(self, uid: str, documents: Sequence[dict[str, Any]]) -> int:
        return self._task("POST", f"/indexes/{uid}/documents", list(documents))

    def remove(self, uid: str, ids: Sequence[str]) -> int:
        return self._task("POST", f"/indexes/{uid}/documents/delete-batch", list(ids))

    def fetch(self, uid: str, filter_: str, fields: Sequence[str], limit: int) -> list[dict[str, Any]]:
        body = {"filter": filter_, "fields": list(fields), "limit": limit}
        found: list[dict[str, Any]] = self._call("POST", f"/indexes/{uid}/documents/fetch", body)["results"]
        return found

    def count(self, uid: str) -> int:
        return int(self._call("GET", f"/indexes/{uid}/stats")["numberOfDocuments"])

    def search(self, queries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Several at once; one that is wrong fails all of them."""
        found: list[dict[str, Any]] = self._call("POST", "/multi-search", {"queries": list(queries)})[
            "results"
        ]
        return found

    def facet_values(self, uid: str, query: dict[str, Any]) -> list[str]:
        return [
            hit["value"] for hit in self._call("POST", f"/indexes/{uid}/facet-search", query)["facetHits"]
        ]

    def wait(self, task: int, deadline_s: float) -> None:
        """
        Raises:
            MeilisearchError: the task failed, or is not done by the deadline (`late`).
        """
        until, pause = time.monotonic() + deadline_s, POLL_S
        while (state := self._call("GET", f"/tasks/{task}"))["status"] != "succeeded":
            if state["status"] in ("failed", "canceled"):
                error = state.get("error") or {}
                raise MeilisearchError(str(error.get("code", state["status"])), str(error.get("message", "")))
            if time.monotonic() > until:
                raise MeilisearchError("late", f"task {task} is {state['status']}")
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_POLL_S)

    def _task(self, method: str, path: str, body: Any = None) -> int:
        return int(self._call(method, path, body)["taskUid"])

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        try:
            answer = self._http.request(method, path, **({} if body is None else {"json": body}))
            value = answer.json()
        except (httpx.HTTPError, ValueError) as fault:
            raise MeilisearchError("unreachable", type(fault).__name__) from fault
        if answer.is_error:
            known = isinstance(value, dict)
            code = value.get("code") if known else None
            raise MeilisearchError(
                code or f"status-{answer.status_code}", value.get("message", "") if known else ""
            )
        return value
