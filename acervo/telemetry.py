"""Logs as one JSON object a line on stderr, with the trace of the event that is handled.

The CloudEvents distributed-tracing extension (`traceparent`) names the origin and is carried from event to event.
"""

from __future__ import annotations

import json
import logging
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from acervo.events import Event

_current: ContextVar[dict[str, str]] = ContextVar("acervo_event", default={})  # noqa: B039  # never mutated, only replaced
log = logging.getLogger("acervo")


class _JsonLines(logging.Formatter):
    def __init__(self, function: str) -> None:
        super().__init__()
        self._function = function

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(), "function": self._function, "logger": record.name,
            "message": record.getMessage(), **_current.get(),
        }  # fmt: skip
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configure(function: str) -> None:
    """One handler on the root logger, once a process."""
    root = logging.getLogger()
    if any(isinstance(handler.formatter, _JsonLines) for handler in root.handlers):
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines(function))
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("httpx", "httpcore", "boto3", "botocore", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class Outcome:
    """What became of an event, for its one log line."""

    def __init__(self) -> None:
        self.text = ""
        self.failed = False

    def set(self, text: str) -> None:
        self.text = text

    def fail(self) -> None:
        self.text, self.failed = "failed", True
        log.exception("handler failed")


@contextmanager
def handling(function: str, event: Event) -> Iterator[Outcome]:
    """Logs one line an event: type, subject, outcome, duration."""
    token = _current.set(
        {
            "event_id": event.id,
            "event_type": event.type,
            "subject": event.subject or "",
            "trace": event.extensions.get("traceparent", ""),
        }
    )
    outcome, started = Outcome(), time.monotonic()
    try:
        yield outcome
    finally:
        log.log(
            logging.ERROR if outcome.failed else logging.INFO,
            "%s %s in %.3f s: %s",
            function,
            event.type,
            time.monotonic() - started,
            outcome.text,
        )
        _current.reset(token)


def trace_extensions() -> dict[str, str]:
    """A new trace for an event that no other event caused (W3C Trace Context)."""
    return {"traceparent": f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"}
