"""Two handlers and an event between them: `first` says it in a transaction, `second` notes when it came."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from acervo import function, settings
from acervo.events import Event
from acervo.function import Call, FrameSettings


@dataclass(frozen=True, kw_only=True)
class Settings:
    frame: FrameSettings = settings.nested(FrameSettings)


def say(event: Event, call: Call) -> None:
    with call.commit() as work:
        data = {"asset_id": event.data["asset_id"], "job_id": event.data["job_id"], "number": time.time_ns()}
        work.say("acervo.chunk.requested.v1", event.subject or "", data)


def note(event: Event, call: Call) -> None:
    """One short line an event; O_APPEND keeps lines of several processes apart."""
    line = f"{time.time_ns() - event.data['number']}\n".encode()
    descriptor = os.open(os.environ["HOP_FILE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, line)
    os.close(descriptor)


first = function.target(function.serve(say, name="first", settings=Settings, hears={"acervo.job.encoded.v1"}))
second = function.target(
    function.serve(note, name="second", settings=Settings, hears={"acervo.chunk.requested.v1"})
)
