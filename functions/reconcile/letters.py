"""Dead letters: what a trigger gave up on is kept, with the reason, until a person replays it."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace

from acervo.database import as_json, query
from acervo.events import Event, to_structured
from acervo.function import Call

DEAD_LETTER_ATTRIBUTES = ("knativeerrordest", "knativeerrorcode", "knativeerrordata")


def keep(event: Event, call: Call) -> None:
    """Store the event as it was before it died; one row while it waits, however often it dies."""
    extensions = {
        name: value for name, value in event.extensions.items() if name not in DEAD_LETTER_ATTRIBUTES
    }
    code = event.extensions.get("knativeerrorcode", "")
    with call.database.transaction() as connection:
        query.put_dead_letter(
            connection,
            event=as_json(to_structured(replace(event, extensions=extensions))),
            event_id=event.id,
            event_type=event.type,
            destination=event.extensions.get("knativeerrordest", ""),
            code=int(code) if code.lstrip("-").isdigit() else None,
            answer=_decoded(event.extensions.get("knativeerrordata", "")),
        )


def _decoded(text: str) -> str:
    """Knative sends the answer's body in base64, cut at 1024 bytes; older versions send it plain."""
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace").replace("\x00", "")
    except binascii.Error:
        return text
