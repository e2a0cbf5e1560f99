"""CloudEvents 1.0 in and out, and the catalogue of types: values in, values out, no HTTP library.

Every event Acervo says or hears has a JSON Schema in `eventing/catalogue/{type}.json`; that folder is the only list.
Times are RFC 3339 in UTC, `subject` is the asset's id (for Ceph's: the object's key, percent-encoded).
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

CATALOGUE = Path(os.environ.get("ACERVO_CATALOGUE", Path(__file__).parent.parent / "eventing" / "catalogue"))
NAMESPACE = uuid.UUID("6f0b4a53-2d6e-5b0e-9f53-0d2f1f3b7c11")
MAX_BATCH = 1000
_ATTRIBUTE = re.compile(r"^[a-z][a-z0-9]{0,19}$")
_REQUIRED = ("id", "source", "type")


class InvalidEvent(ValueError):
    """Says what is wrong with which attribute."""


@dataclass(frozen=True)
class Event:
    """One CloudEvent. `data` is decoded JSON (or bytes when the content type is not JSON)."""

    id: str
    source: str
    type: str
    subject: str | None = None
    data: Any = None
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat().replace("+00:00", "Z"))
    datacontenttype: str = "application/json"
    extensions: Mapping[str, str] = field(default_factory=dict)


def caused(cause: str, type_: str, subject: str | None, what: str = "") -> str:
    """The id of an event that follows from `cause`: the same cause gives the same id, whatever the number of retries."""
    return str(uuid.uuid5(NAMESPACE, f"{cause}\n{type_}\n{subject or ''}\n{what}"))


# -- in ---------------------------------------------------------------------------------------------------------------
def parse_request(headers: Mapping[str, str], body: bytes) -> list[Event]:
    """The events of one HTTP request: binary, structured or batched content mode, decided by the content type.

    Args:
        headers: names in lower case.

    Raises:
        InvalidEvent: not a CloudEvent.
    """
    content_type = headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type == "application/cloudevents+json":
        return [parse_structured(_json(body))]
    if content_type == "application/cloudevents-batch+json":
        batch = _json(body)
        if not isinstance(batch, list) or len(batch) > MAX_BATCH:
            raise InvalidEvent(f"a batch is a JSON array of at most {MAX_BATCH} events")
        return [parse_structured(item) for item in batch]
    if content_type.startswith("application/cloudevents"):
        raise InvalidEvent(f"content type {content_type} is not supported")
    attributes = {name[3:]: unquote(value) for name, value in headers.items() if name.startswith("ce-")}
    attributes["datacontenttype"] = headers.get("content-type") or "application/json"
    return [_event(attributes, _decode(body, attributes["datacontenttype"]))]


def parse_structured(value: Any) -> Event:
    """An event from the JSON event format."""
    if not isinstance(value, dict):
        raise InvalidEvent("an event in JSON format is an object")
    attributes = {name: item for name, item in value.items() if name not in ("data", "data_base64")}
    data = value.get("data")
    if "data_base64" in value:
        try:
            data = base64.b64decode(value["data_base64"], validate=True)
        except (binascii.Error, TypeError) as fault:
            raise InvalidEvent("data_base64 is not base64") from fault
        data = _decode(data, str(attributes.get("datacontenttype") or "application/json"))
    return _event(attributes, data)


def _event(attributes: dict[str, Any], data: Any) -> Event:
    if attributes.pop("specversion", None) != "1.0":
        raise InvalidEvent("specversion must be 1.0")
    for name in _REQUIRED:
        if not isinstance(attributes.get(name), str) or not attributes[name]:
            raise InvalidEvent(f"attribute {name} is missing or empty")
    known = {name: attributes.pop(name) for name in ("id", "source", "type")}
    optional = {
        name: str(attributes.pop(name))
        for name in ("subject", "time", "datacontenttype")
        if attributes.get(name)
    }
    attributes.pop("dataschema", None)
    extensions = {name: str(value) for name, value in attributes.items() if value is not None}
    for name in extensions:
        if not _ATTRIBUTE.match(name):
            raise InvalidEvent(f"attribute name {name!r} is not a to z and 0 to 9")
    return Event(**known, **optional, data=data, extensions=extensions)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as fault:
        raise InvalidEvent("the body is not JSON") from fault


def _decode(body: bytes, content_type: str) -> Any:
    kind = content_type.split(";")[0].strip().lower()
    if not body:
        return None
    return _json(body) if kind == "application/json" or kind.endswith("+json") else body


# -- out --------------------------------------------------------------------------------------------------------------
def to_binary(event: Event) -> tuple[dict[str, str], bytes]:
    """Headers and body in binary content mode."""
    attributes = {
        "specversion": "1.0", "id": event.id, "source": event.source, "type": event.type,
        "subject": event.subject, "time": event.time, **event.extensions,
    }  # fmt: skip
    # CloudEvents HTTP binding 3.1.3.2: space, double-quote, percent and everything outside printable ASCII is percent-encoded
    headers = {
        f"ce-{name}": quote(value, safe="!#$&'()*+,-./:;<=>?@[\\]^_`{|}~")
        for name, value in attributes.items()
        if value
    }
    headers["content-type"] = event.datacontenttype
    return headers, event.data if isinstance(event.data, bytes) else json.dumps(
        event.data, ensure_ascii=False
    ).encode()


def to_structured(event: Event) -> dict[str, Any]:
    """The event in the JSON event format."""
    value: dict[str, Any] = {"specversion": "1.0", "id": event.id, "source": event.source, "type": event.type,
                             "time": event.time, "datacontenttype": event.datacontenttype, **event.extensions}  # fmt: skip
    if event.subject:
        value["subject"] = event.subject
    if isinstance(event.data, bytes):
        value["data_base64"] = base64.b64encode(event.data).decode()
    elif event.data is not None:
        value["data"] = event.data
    return value


# -- catalogue --------------------------------------------------------------------------------------------------------
@cache
def catalogue() -> dict[str, dict[str, Any]]:
    """Type pattern → JSON Schema of its data. A pattern may end in `*` (Ceph's event names)."""
    schemas = {}
    for path in sorted(CATALOGUE.glob("*.json")):
        schema = json.loads(path.read_text())
        schemas[schema["title"]] = schema
    return schemas


def matches(pattern: str, type_: str) -> bool:
    """Whether an event type is the one named, or begins as a pattern with a trailing `*` does."""
    return type_.startswith(pattern[:-1]) if pattern.endswith("*") else type_ == pattern


@cache
def _validator(type_: str) -> Any:
    import jsonschema  # imported on first use: a quarter of a cold start

    for pattern, schema in catalogue().items():
        if matches(pattern, type_):
            return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    return None


def validate(event: Event) -> None:
    """Check an event's data against the catalogue.

    Raises:
        InvalidEvent: the type is not in the catalogue, or the data does not fit its schema (says where).
    """
    validator = _validator(event.type)
    if validator is None:
        raise InvalidEvent(f"type {event.type} is not in the catalogue")
    for fault in validator.iter_errors(event.data):
        raise InvalidEvent(f"data{fault.json_path[1:]}: {fault.message[:200]}")
