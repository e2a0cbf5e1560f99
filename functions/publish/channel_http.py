"""HTTP with a channel: every answer becomes a value or a `Fault`; URLs, headers and bodies never get into a reason or a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from functions.publish.faults import Fault, of_status

Explain = Callable[[httpx.Response], Fault | None]
MOST_ANSWER_BYTES = 4 << 20


class ChannelHttp:
    """One client for one step. `explain` knows the channel's own error bodies; what it does not know goes by status."""

    def __init__(
        self,
        *,
        timeout_s: float,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        explain: Explain | None = None,
        base_url: str = "",
    ) -> None:
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout_s, connect=10), headers=dict(headers or {}), auth=auth, base_url=base_url, follow_redirects=False
        )  # fmt: skip
        self._explain = explain

    def close(self) -> None:
        self._client.close()

    def ask(
        self,
        what: str,
        method: str,
        url: str,
        *,
        expect: tuple[int, ...] = (200, 201, 202, 203, 204, 206),
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        form: Mapping[str, Any] | None = None,
        content: bytes | Iterator[bytes] | None = None,
    ) -> httpx.Response:
        """An answer with one of the expected statuses, read whole (at most 4 MiB).

        Raises:
            Fault: any other status, no answer, or a broken connection.
        """
        try:
            with self._client.stream(
                method, url, headers=dict(headers or {}), params=params, json=json, data=form,
                content=content,
            ) as answer:  # fmt: skip
                body = bytearray()
                for part in answer.iter_bytes():
                    body += part
                    if len(body) > MOST_ANSWER_BYTES:
                        raise Fault("channel-error", f"{what}: the channel's answer is too large")
                whole = httpx.Response(
                    answer.status_code, headers=_plain(answer.headers), content=bytes(body)
                )
        except httpx.ConnectTimeout:
            raise Fault("channel-unreachable", f"{what}: no connection in time") from None
        except httpx.TimeoutException:
            raise Fault("channel-timeout", f"{what}: the channel was too slow") from None
        except httpx.ConnectError:
            raise Fault("channel-unreachable", f"{what}: no connection") from None
        except (httpx.TransportError, httpx.DecodingError) as fault:
            raise Fault("connection-lost", f"{what}: the connection broke ({type(fault).__name__})") from None
        except httpx.InvalidURL:
            raise Fault("settings", f"{what}: the address is not a URL") from None
        if whole.status_code in expect:
            return whole
        raise self.fault_of(what, whole)

    def fault_of(self, what: str, answer: httpx.Response) -> Fault:
        """What an unexpected answer means."""
        explained = self._explain(answer) if self._explain else None
        return explained or of_status(answer.status_code, what, retry_after=answer.headers.get("retry-after"))


def _plain(headers: httpx.Headers) -> dict[str, str]:
    """Without what described the transfer: the body is decoded already."""
    return {
        name: value
        for name, value in headers.items()
        if name not in ("content-encoding", "content-length", "transfer-encoding")
    }


def body_of(answer: httpx.Response, what: str) -> Any:
    """The JSON of an answer. Raises Fault when it is none."""
    try:
        return answer.json()
    except ValueError:
        raise Fault("channel-error", f"{what}: the channel's answer is not JSON") from None
