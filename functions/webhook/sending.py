"""Talks to a webhook's address: asks whether it agrees, and sends it an event (CloudEvents "HTTP 1.1 Web Hooks for Event Delivery")."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from acervo import signatures
from functions.webhook import guard
from functions.webhook.guard import Network, NotAllowed

CONNECT_S, ANSWER_S = 5.0, 10.0
MOST_ANSWER_BYTES = 64 << 10
MAX_RETRY_AFTER_S = 3600
GONE = 410


@dataclass(frozen=True)
class Agreement:
    """`agreed` None: it did not answer, ask again."""

    agreed: bool | None
    notice: str | None = None
    rate_a_minute: int | None = None


@dataclass(frozen=True)
class Answer:
    """What became of one attempt. `retry_after_s` is what the address asks for; `never` says that it is of no use to try again."""

    ok: bool
    status: int | None = None
    reason: str | None = None
    retry_after_s: int | None = None
    never: bool = False


@dataclass(frozen=True)
class Sending:
    """`origin` is who we say we are in the handshake."""

    origin: str
    allowed: tuple[Network, ...] = ()
    plain: bool = False

    def ask(self, url: str) -> Agreement:
        """The validation handshake: an address that does not want our events does not get any."""
        headers = {"webhook-request-origin": self.origin, "webhook-request-rate": "*"}
        try:
            answer = self._call("OPTIONS", url, headers, b"")
        except NotAllowed as fault:
            return Agreement(False, str(fault))
        except (OSError, httpx.HTTPError) as fault:
            return Agreement(None, f"it does not answer ({type(fault).__name__})")
        origin = answer.headers.get("webhook-allowed-origin", "")
        if not answer.is_success or origin not in ("*", self.origin):
            if answer.status_code >= 500:
                return Agreement(None, f"it answers {answer.status_code}")
            return Agreement(False, "it does not allow our events (no WebHook-Allowed-Origin)")
        rate = answer.headers.get("webhook-allowed-rate", "*")
        number = int(rate) if rate.isascii() and rate.isdigit() and len(rate) < 8 else None
        return Agreement(True, None, max(1, number) if number is not None else None)

    def send(self, url: str, key: str, key_id: str, event: Mapping[str, Any]) -> Answer:
        """One event in structured mode, signed."""
        body = json.dumps(event, ensure_ascii=False).encode()
        headers = {"content-type": "application/cloudevents+json; charset=utf-8"}
        signature = signatures.sign(key, key_id, int(time.time()), headers, body)
        try:
            answer = self._call("POST", url, {**headers, signatures.HEADER: str(signature)}, body)
        except NotAllowed as fault:
            return Answer(False, None, str(fault), never=True)
        except httpx.TimeoutException:
            return Answer(False, None, "it was too slow")
        except (OSError, httpx.HTTPError) as fault:
            return Answer(False, None, f"no connection ({type(fault).__name__})")
        if answer.is_success:
            return Answer(True, answer.status_code)
        after = answer.headers.get("retry-after", "")
        wait = (
            min(MAX_RETRY_AFTER_S, int(after))
            if after.isascii() and after.isdigit() and len(after) < 8
            else None
        )
        status = answer.status_code
        # the specification: 410 the address is gone, 415 it will never take this; 429 and the rest may pass
        return Answer(False, status, f"it answers {status}", wait, never=status in (GONE, 415))

    def _call(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> httpx.Response:
        """Raises NotAllowed, OSError, httpx.HTTPError. Of a long answer only the beginning is read."""
        where = guard.target(url, self.allowed, plain=self.plain)
        timeout = httpx.Timeout(ANSWER_S, connect=CONNECT_S)
        with (
            httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False) as client,
            client.stream(
                method, where.url, content=body or None, extensions={"sni_hostname": where.host},
                headers={**headers, "host": where.authority, "user-agent": "acervo-webhook"},
            ) as answer,
        ):  # fmt: skip
            read = 0
            for part in answer.iter_raw():
                read += len(part)
                if read > MOST_ANSWER_BYTES:
                    break
            return httpx.Response(answer.status_code, headers=answer.headers)
