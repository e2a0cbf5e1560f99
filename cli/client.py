"""The API as the command line uses it: the one that everybody has, with problems as exceptions.

api = Api.from_environment()
for asset in api.pages("/assets", project="noticias"): …
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping
from typing import Any, Self

import httpx
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from cli.config import Config
from cli.tokens import Tokens, source

TIMEOUT = httpx.Timeout(30, connect=10)
STREAM_TIMEOUT = httpx.Timeout(60, connect=10)
ATTEMPTS = 5


class ApiError(Exception):
    """What the API said was wrong (RFC 9457)."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(problem.get("title", status))
        self.detail = str(problem.get("detail", "the API answered with an error"))
        self.errors: list[dict[str, str]] = list(problem.get("errors") or [])
        super().__init__(f"{self.code}: {self.detail}")


class Unavailable(ApiError):
    """No answer, or one that asks to come again (502, 503, 504); tried several times."""


class Api:
    """One HTTP connection pool; safe to use from several threads."""

    def __init__(self, url: str, tokens: Tokens) -> None:
        self.url = url.rstrip("/")
        self._tokens = tokens
        self.http = httpx.Client(
            base_url=self.url + "/api/v1", timeout=TIMEOUT, headers={"user-agent": "acervo-cli"}
        )

    @classmethod
    def from_environment(cls, config: Config | None = None) -> Self:
        known = config or Config.read()
        return cls(known.url, source(known))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.http.close()

    def get(self, path: str, **query: Any) -> Any:
        return self._request("GET", path, params={k: v for k, v in query.items() if v is not None})

    def post(
        self, path: str, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """Tried again when nothing came back: every POST that is used here is safe to send twice."""
        return self._request("POST", path, json=body, headers=headers)

    def put(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return self._request("PUT", path, json=body)

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._request("PATCH", path, json=body)

    def stream(self, path: str, **query: Any) -> Iterator[bytes]:
        """An answer of any length, block by block."""
        headers = {"authorization": f"Bearer {self._tokens.access_token()}"}
        known = {k: v for k, v in query.items() if v is not None}
        with self.http.stream("GET", path, params=known, headers=headers, timeout=STREAM_TIMEOUT) as answer:
            if answer.status_code != 200:
                answer.read()
                raise _error(answer)
            yield from answer.iter_bytes()

    def delete(self, path: str) -> Any:
        return self._request("DELETE", path)

    def pages(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """The items of all pages of a list."""
        cursor: str | None = None
        while True:
            page = self.get(path, **query, cursor=cursor)
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def events(self, path: str) -> Iterator[tuple[str, Any]]:
        """Server-sent events (name, data) of one connection; it ends when the API ends it."""
        for name, data, _ in self.told(path):
            yield name, data

    def told(
        self, path: str, known: str = "", until: float = math.inf
    ) -> Iterator[tuple[str, dict[str, Any], str]]:
        """The same with their ids; `known` is the last one that was heard. No later than `until` (monotonic) by a heartbeat."""
        token = self._tokens.access_token()
        headers = {"authorization": f"Bearer {token}", "accept": "text/event-stream"}
        if known:
            headers["last-event-id"] = known
        with self.http.stream("GET", path, headers=headers, timeout=STREAM_TIMEOUT) as answer:
            if answer.status_code != 200:
                answer.read()
                raise _error(answer)
            name, event_id = "message", known
            for line in answer.iter_lines():
                if time.monotonic() > until:
                    return
                if line.startswith("id: "):
                    event_id = line[4:]
                elif line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    yield name, json.loads(line[6:]), event_id
                    name = "message"

    @retry(
        retry=retry_if_exception_type(Unavailable),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential_jitter(multiplier=0.3, max=10, jitter=0.3),
        reraise=True,
    )
    def _request(self, method: str, path: str, **parts: Any) -> Any:
        refused: str | None = None
        headers = dict(parts.pop("headers", None) or {})
        for _ in range(2):
            token = self._tokens.access_token(refused)
            try:
                answer = self.http.request(
                    method, path, headers={**headers, "authorization": f"Bearer {token}"}, **parts
                )
            except httpx.TransportError as fault:
                problem = {
                    "title": "unreachable",
                    "detail": f"{self.url} does not answer ({type(fault).__name__})",
                }
                raise Unavailable(0, problem) from fault
            if answer.status_code != 401 or refused is not None:
                break
            refused = token  # it may have expired on the way: once more with a fresh one
        if answer.is_success:
            return answer.json() if answer.content else None
        raise _error(answer)


def _error(answer: httpx.Response) -> ApiError:
    is_json = answer.headers.get("content-type", "").split(";")[0].endswith("json")
    problem = answer.json() if is_json else {"title": f"http-{answer.status_code}"}
    kind = Unavailable if answer.status_code in (502, 503, 504) else ApiError
    return kind(answer.status_code, problem if isinstance(problem, dict) else {})
