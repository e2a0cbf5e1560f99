"""One call of the broker to a subscriber or a sink: the event in binary mode out, a bounded answer back."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager

import aiohttp
from yarl import URL

from knative.local.broker.message import Message
from knative.local.broker.verdict import Answer
from knative.local.plan import Target
from knative.local.serving.serving import Serving, Unserved

#: the in-memory channel's own limit, where `delivery.timeout` says nothing
DEFAULT_TIMEOUT_S = 900.0
MAX_ANSWER = 1 << 20
_REPLY_WANTED = {"prefer": "reply"}


class NoAnswer(Exception):  # an outcome, and Knative's name for it
    """Refused, reset or timed out."""


class Calls:
    def __init__(self, serving: Serving, session: aiohttp.ClientSession) -> None:
        self._serving = serving
        self._session = session

    async def call(self, target: Target, message: Message, timeout_s: float | None) -> Answer:
        """
        Raises:
            NoAnswer: nothing that has a status came back in time.
        """
        headers = message.headers | _REPLY_WANTED
        limit = timeout_s or DEFAULT_TIMEOUT_S
        try:
            async with asyncio.timeout(limit), self._request(target, headers, message.body) as response:
                names = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status, names, await _read(response))
        except Unserved as fault:
            return Answer(fault.status, {}, str(fault).encode())
        except TimeoutError:
            raise NoAnswer(f"no answer in {limit:g} s") from None
        except (aiohttp.ClientError, OSError) as fault:
            raise NoAnswer(f"{type(fault).__name__}: {fault}") from fault

    def _request(
        self, target: Target, headers: dict[str, str], body: bytes
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        if target.service is not None:
            return self._serving.request(target.service, "POST", target.path, headers, body)
        url = URL(target.url, encoded=True)
        return self._session.post(url, headers=headers, data=body, allow_redirects=False)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_ANSWER:
            response.close()
            raise NoAnswer(f"the answer is longer than {MAX_ANSWER} bytes")
    return bytes(body)
