"""What an answer means for a delivery: done, a reply, another try, or the dead letters. Pure; every rule is Knative's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acervo.events import InvalidEvent
from knative.local.broker.message import Message, is_event, parse_request
from knative.local.plan import DeliveryPlan

#: an answer that never came (refused, reset, timed out): Knative reports it as 500 and tries again
NO_RESPONSE = 500
_RETRIED = {404, 408, 409, 429}


@dataclass(frozen=True)
class Answer:
    """Status, headers (names in lower case) and body of a subscriber's answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Verdict:
    ok: bool
    code: int
    reply: Message | None = None
    data: bytes = b""

    @property
    def again(self) -> bool:
        """Whether Knative tries this code again; other 3xx and 4xx go straight to the dead letters."""
        return self.code >= 500 or self.code in _RETRIED


def judge(answer: Answer) -> Verdict:
    """A 2xx must be empty or an event: anything else in it is a failed delivery (502), whatever the function meant."""
    if not 200 <= answer.status < 300:
        return Verdict(ok=False, code=answer.status, data=answer.body)
    if is_event(answer.headers):
        try:
            events = parse_request(answer.headers, answer.body)
        except InvalidEvent as fault:
            return Verdict(ok=False, code=502, data=f"malformed reply event: {fault}".encode())
        if len(events) == 1:
            return Verdict(ok=True, code=answer.status, reply=events[0])
    if answer.body:
        return Verdict(
            ok=False, code=502, data=b"a reply must be empty or one CloudEvent, and this one is neither"
        )
    return Verdict(ok=True, code=answer.status)


def delay_s(delivery: DeliveryPlan, retry: int) -> float:
    """The wait before retry number `retry`, counted from 0. Linear starts with none at all."""
    return delivery.delay_s * (2**retry if delivery.policy == "exponential" else retry)
