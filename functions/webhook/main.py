"""Tells other systems what happened, at addresses that agreed to hear it. docs/adr/0010-webhooks-are-a-function-of-their-own.md

hears  acervo.asset.{ingested,rejected,changed,ready,deleted,corrupted}.v1, acervo.rendition.{ready,failed}.v1,
       acervo.enrichment.completed.v1, acervo.publication.{published,failed,withdrawn}.v1, dev.knative.sources.ping (time passes)
says   nothing

Twice is safe: an event is one row for each webhook that wants it (webhook, event id), sent under a lease; whoever hears it twice, because
an answer got lost, knows it by (source, id). What fails is tried again with the tick, later and later, for two days, then it is dead
until somebody replays it; an address that fails for a day is switched off, with a notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from acervo import events, function, settings
from acervo.database import as_json, query
from acervo.events import Event
from acervo.function import Call, DatabaseSettings
from functions.webhook import deliveries, guard
from functions.webhook.sending import Sending

TICK = "dev.knative.sources.ping"
TOLD = (
    "acervo.asset.ingested.v1", "acervo.asset.rejected.v1", "acervo.asset.changed.v1", "acervo.asset.ready.v1", "acervo.asset.deleted.v1",
    "acervo.asset.corrupted.v1", "acervo.rendition.ready.v1", "acervo.rendition.failed.v1", "acervo.enrichment.completed.v1",
    "acervo.publication.published.v1", "acervo.publication.failed.v1", "acervo.publication.withdrawn.v1",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What the frame needs here: no objects, so that this function has no key to them."""

    database: DatabaseSettings = settings.nested(DatabaseSettings)
    sink: str = settings.variable("K_SINK", "")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`WEBHOOK_ALLOW`: networks inside which addresses may be, comma-separated; `WEBHOOK_PLAIN`: http is allowed."""

    frame: Frame = settings.nested(Frame)
    stream_secret: str = settings.variable("STREAM_SECRET")
    origin: str = settings.variable("WEBHOOK_ORIGIN", "acervo")
    allow: tuple[str, ...] = settings.variable("WEBHOOK_ALLOW", ())
    plain: bool = settings.variable("WEBHOOK_PLAIN", False)


@cache
def _sending(known: Settings) -> Sending:
    return Sending(known.origin, guard.networks(known.allow), known.plain)


def handle(event: Event, call: Call) -> None:
    sending = _sending(call.settings)
    if event.type == TICK:
        deliveries.ask_pending(call, sending)
        deliveries.send_due(call, sending)
        deliveries.prune(call)
        return
    made = _note(event, call)
    if made:
        deliveries.send(call, sending, made)


def _note(event: Event, call: Call) -> list[int]:
    """One row for each webhook that wants the event."""
    made: list[int] = []
    with call.commit() as work:
        data = event.data if isinstance(event.data, dict) else {}
        project_id = data.get("project_id") or query.project_of_asset(
            work.connection, asset_id=data.get("asset_id")
        )
        for webhook in list(
            query.webhooks_for(work.connection, project_id=project_id, moved_from=data.get("moved_from"))
        ):
            if any(events.matches(pattern, event.type) for pattern in webhook["types"]):
                row = query.put_delivery(
                    work.connection, webhook_id=webhook["id"], event_id=f"{event.source}\n{event.id}", event=as_json(events.to_structured(event))
                )  # fmt: skip
                made += [row] if row is not None else []
    return made


app = function.serve(handle, name="webhook", settings=Settings, hears={*TOLD, TICK})
main = function.target(app)
