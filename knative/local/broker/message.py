"""A CloudEvent as the broker keeps it: binary-mode headers and the raw bytes of the data, which it never reads."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote

from acervo.events import MAX_BATCH, InvalidEvent

TTL = "ce-knativebrokerttl"
ARRIVAL = "ce-knativearrivaltime"
MAX_TTL = 255
MAX_ERROR_DATA = 1024
STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"
_PASSED = ("content-type", "traceparent", "tracestate")
_PRINTABLE = (
    "!#$&'()*+,-./:;<=>?@[\\]^_`{|}~"  # HTTP binding 3.1.3.2: what stays as it is, beside letters and digits
)


@dataclass(frozen=True, slots=True)
class Message:
    """Header names are in lower case; `ce-*` values stay percent-encoded as they came."""

    headers: dict[str, str]
    body: bytes

    def attributes(self) -> dict[str, str]:
        """What filters see."""
        found = {name[3:]: unquote(value) for name, value in self.headers.items() if name.startswith("ce-")}
        if content_type := self.headers.get("content-type"):
            found["datacontenttype"] = content_type
        return found

    def ttl(self) -> int | None:
        text = self.headers.get(TTL, "")
        return int(text) if text.lstrip("-").isdecimal() else None

    def with_headers(self, **headers: str) -> Message:
        return replace(
            self,
            headers=self.headers
            | {f"ce-{name}": quote(value, safe=_PRINTABLE) for name, value in headers.items()},
        )


def parse_request(headers: Mapping[str, str], body: bytes) -> list[Message]:
    """The events of a request in binary, structured or batched content mode.

    Args:
        headers: names in lower case.

    Raises:
        InvalidEvent: not CloudEvents 1.0.
    """
    kind = headers.get("content-type", "").split(";")[0].strip().lower()
    passed = {name: headers[name] for name in _PASSED if name in headers}
    if kind == STRUCTURED:
        return [_structured(_json(body), passed)]
    if kind == BATCHED:
        batch = _json(body)
        if not isinstance(batch, list) or len(batch) > MAX_BATCH:
            raise InvalidEvent(f"a batch is a JSON array of at most {MAX_BATCH} events")
        return [_structured(item, passed) for item in batch]
    if kind.startswith("application/cloudevents"):
        raise InvalidEvent(f"content type {kind} is not supported")
    message = Message(
        passed | {name: value for name, value in headers.items() if name.startswith("ce-")}, body
    )
    _check(message.attributes())
    return [message]


def is_event(headers: Mapping[str, str]) -> bool:
    """Whether an answer claims to be an event (it may still be a malformed one)."""
    return "ce-specversion" in headers or headers.get("content-type", "").startswith(
        "application/cloudevents"
    )


def admit(message: Message, now: datetime) -> Message | None:
    """Knative's ingress: an event enters with TTL 255, loses one each time it passes, and is dropped at zero."""
    ttl = message.ttl()
    left = MAX_TTL if ttl is None else ttl - 1
    if left <= 0:
        return None
    arrival = now.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return Message(message.headers | {TTL: str(left), ARRIVAL: arrival}, message.body)


def as_dead_letter(message: Message, destination: str, code: int, data: bytes) -> Message:
    """The original event with what went wrong: Knative's three error extensions."""
    encoded = base64.b64encode(data[: MAX_ERROR_DATA * 3 // 4]).decode()
    errors = {"knativeerrordest": destination, "knativeerrorcode": str(code), "knativeerrordata": encoded}
    return message.with_headers(**{name: value for name, value in errors.items() if value})


def _structured(value: Any, passed: dict[str, str]) -> Message:
    if not isinstance(value, dict):
        raise InvalidEvent("an event in JSON format is an object")
    attributes = {
        name: item for name, item in value.items() if name not in ("data", "data_base64") and item is not None
    }
    _check(attributes)
    content_type = str(attributes.pop("datacontenttype", "application/json"))
    headers = {f"ce-{name}": quote(_text(item), safe=_PRINTABLE) for name, item in attributes.items()}
    return Message({**passed, **headers, "content-type": content_type}, _data(value, content_type))


def _data(value: dict[str, Any], content_type: str) -> bytes:
    if "data_base64" in value:
        try:
            return base64.b64decode(value["data_base64"], validate=True)
        except (binascii.Error, TypeError) as fault:
            raise InvalidEvent("data_base64 is not base64") from fault
    if "data" not in value:
        return b""
    kind = content_type.split(";")[0].strip().lower()
    if isinstance(value["data"], str) and not (kind.endswith(("/json", "+json"))):
        return value["data"].encode()
    return json.dumps(value["data"], ensure_ascii=False, separators=(",", ":")).encode()


def _check(attributes: Mapping[str, Any]) -> None:
    if attributes.get("specversion") != "1.0":
        raise InvalidEvent("specversion must be 1.0")
    for name in ("id", "source", "type"):
        if not isinstance(attributes.get(name), str) or not attributes[name]:
            raise InvalidEvent(f"attribute {name} is missing or empty")
    for name, value in attributes.items():
        if not (name.isascii() and name.isalnum() and name == name.lower()):
            raise InvalidEvent(f"attribute name {name!r} is not a to z and 0 to 9")
        if not isinstance(value, str | int | bool):
            raise InvalidEvent(f"attribute {name} is not text, a whole number or a boolean")
    if "time" in attributes:
        try:
            datetime.fromisoformat(str(attributes["time"]))
        except ValueError as fault:
            raise InvalidEvent("time is not RFC 3339") from fault


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as fault:
        raise InvalidEvent("the body is not JSON") from fault
