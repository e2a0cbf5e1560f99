"""CloudEvents from CMSs: binary, structured or batched; by token, or signed by a source (docs/cms-contract.md).

Outsiders may say the types of `SPEAKABLE` and nothing else; the payload has to fit the catalogue, and the sender needs the right to
publish in the asset's project. What is accepted is said on as an event of ours whose id follows from sender, source and id, in the
transaction of its inbox row: sent twice it happens once, and nobody can take an id that another system will use.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from starlette.requests import Request

from acervo import access, events, outbox
from acervo.access import Action, Denied
from acervo.database import Connection, Row, query
from acervo.events import Event, InvalidEvent
from acervo.problems import Problem
from functions.api import audit, senders
from functions.api.endpoint import Ask, Reply, Table
from functions.api.models.events import EventsTaken, RefusedEvent, TakenEvent
from functions.api.models.publications import LocalTime, instant
from functions.api.senders import Source

table = Table("events")
MOST_BYTES, MOST_EVENTS = 1 << 20, 100
SOURCE = "/acervo/api/events"
RESERVED = ("/acervo/", "urn:acervo:", "ceph:s3", "arn:")
MAX_ATTRIBUTE = 1000
Look = Callable[[Connection, Ask, dict[str, Any]], Row | None]


def _asset(connection: Connection, ask: Ask, data: dict[str, Any]) -> Row | None:
    row: Row | None = query.asset_access(
        connection, asset_id=data["asset_id"], principals=ask.caller.principals
    )
    return row


def _publication(connection: Connection, ask: Ask, data: dict[str, Any]) -> Row | None:
    row: Row | None = query.publication_access(
        connection, publication_id=data["publication_id"], principals=ask.caller.principals
    )
    return None if row is None else {**row, "id": row["asset_id"]}


# type → what it is about
SPEAKABLE: dict[str, Look] = {
    "acervo.publication.requested.v1": _asset,
    "acervo.publication.withdrawal.requested.v1": _asset,
    "acervo.publication.acknowledged.v1": _publication,
}


class Refused(Exception):
    """One event of a batch; `code` for programs, the text for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


@table.post(
    "/events",
    raw_bytes=MOST_BYTES,
    answers={202: EventsTaken},
    problems=(400, 413, 415),
    headers={"Acervo-Signature": "Instead of a token: `keyid=…, t=…, v1=…`."},
    who=senders.sender,
)
def receive(ask: Ask, raw: bytes) -> Reply:
    """Say one event, or a batch of up to 100: what was accepted, and what was refused and why."""
    if isinstance(ask.caller, Source):
        senders.check(ask.request, ask.caller, raw)
    accepted: list[TakenEvent] = []
    refused: list[RefusedEvent] = []
    for index, (event, fault) in enumerate(_parse(ask.request, raw)):
        names = {name: getattr(event, name, None) for name in ("id", "source", "type")}
        try:
            if event is None:
                raise Refused("not-a-cloudevent", fault)
            duplicate = _take(ask, event)
        except _Forbidden as why:
            audit.denied(ask.database, ask.request, ask.caller, why.fault)
            refused.append(RefusedEvent(index=index, **names, code=why.code, detail=why.detail))
        except Refused as why:
            refused.append(RefusedEvent(index=index, **names, code=why.code, detail=why.detail))
        else:
            accepted.append(TakenEvent(index=index, **names, duplicate=duplicate))  # type: ignore[arg-type]  # an event has them
    return Reply(EventsTaken(accepted=accepted, refused=refused), 202)


def _parse(request: Request, raw: bytes) -> Iterator[tuple[Event | None, str]]:
    """The events of a request, each or what is wrong with it.

    Raises:
        Problem: 400 when the request as a whole is not one.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    try:
        if kind != "application/cloudevents-batch+json":
            return iter([(event, "") for event in events.parse_request(dict(request.headers), raw)])
        batch = json.loads(raw)
    except (InvalidEvent, ValueError, RecursionError) as fault:
        text = str(fault) if isinstance(fault, InvalidEvent) else "the body is not JSON"
        raise Problem(400, "not-a-cloudevent", text) from fault
    if not isinstance(batch, list) or not 1 <= len(batch) <= MOST_EVENTS:
        raise Problem(400, "not-a-cloudevent", f"a batch is a JSON array of 1 to {MOST_EVENTS} events")
    return map(_parse_one, batch)


def _parse_one(item: Any) -> tuple[Event | None, str]:
    try:
        return events.parse_structured(item), ""
    except InvalidEvent as fault:
        return None, str(fault)


def _take(ask: Ask, event: Event) -> bool:
    """Whether it was taken before.

    Raises:
        Refused: it is not taken.
    """
    _check_attributes(ask, event)
    if event.type not in SPEAKABLE:
        raise Refused("type-not-allowed", f"{event.type} is not for others to say")
    try:
        events.validate(event)
        for name in ("publish_at", "withdraw_at"):
            _check_moment(event.data.get(name))
    except (InvalidEvent, ValueError) as fault:
        raise Refused("invalid-event", str(fault)) from fault
    with ask.call.change() as work:
        row = _permitted(ask, work.connection, event)
        consumer = f"api.events:{ask.caller.user}"
        if not query.remember(work.connection, consumer=consumer, source=event.source, id=event.id):
            return True
        said = _said_on(ask, event, str(row["id"]))
        work.positions.append(outbox.say(work.connection, said))
        audit.write(
            work.connection, ask, "event", asset_id=str(row["id"]), project_id=row["project_id"], type=event.type,
            source=event.source, event_id=event.id, said=said.id,
        )  # fmt: skip
    return False


def _check_attributes(ask: Ask, event: Event) -> None:
    texts = (event.id, event.source, event.type)
    if any(len(text) > MAX_ATTRIBUTE or "\x00" in text for text in texts):
        raise Refused("invalid-event", f"id, source and type have at most {MAX_ATTRIBUTE} characters")
    if event.source.startswith(RESERVED):
        raise Refused("source-reserved", "this source is the platform's own")
    if isinstance(ask.caller, Source) and event.source != ask.caller.row["source"]:
        raise Refused("other-source", f"this key signs events of {ask.caller.row['source']} only")


def _check_moment(value: Any) -> None:
    """Raises ValueError for a day, an hour or a zone that is not there."""
    instant(LocalTime(**value) if isinstance(value, dict) else value)


def _permitted(ask: Ask, connection: Connection, event: Event) -> Row:
    """What the event is about. Raises Refused, in the same words whether there is no such asset or one may not see it."""
    row = SPEAKABLE[event.type](connection, ask, event.data)
    if row is None:
        raise Refused("not-found", "there is no such asset or publication, or you may not see it")
    try:
        access.require(
            ask.caller, Action.PUBLISH, member=row["member"], owner=row["owner"] == ask.caller.user,
            asset_id=str(row["id"]), project_id=row["project_id"],
        )  # fmt: skip
    except Denied as fault:
        # the transaction of this event is about to be rolled back; the refusal is not
        raise _Forbidden(fault) from fault
    channel_id = event.data.get("channel_id")
    if channel_id and query.get_channel(connection, channel_id=channel_id) is None:
        raise Refused("unknown-channel", f"there is no channel {channel_id}")
    return row


class _Forbidden(Refused):
    def __init__(self, fault: Denied) -> None:
        if fault.status == 404:
            super().__init__("not-found", "there is no such asset or publication, or you may not see it")
        else:
            super().__init__(fault.code, fault.reason)
        self.fault = fault


def _said_on(ask: Ask, event: Event, asset_id: str) -> Event:
    """Our own event: who asked is who we know, not who the event says."""
    data = dict(event.data)
    if event.type != "acervo.publication.acknowledged.v1":
        data["requested_by"] = ask.caller.user[:200]
    trace = {k: v for k, v in event.extensions.items() if k in ("traceparent", "tracestate")}
    cause = f"{ask.caller.user}\n{event.source}\n{event.id}"
    return Event(
        id=events.caused(cause, event.type, asset_id), source=SOURCE, type=event.type, subject=asset_id, data=data, extensions=trace
    )  # fmt: skip
