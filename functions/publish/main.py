"""Brings assets to channels, once each, and takes them down again. SPEC 4.5.

hears  acervo.publication.{requested,continued,retried,withdrawal.requested,acknowledged}.v1, acervo.rendition.{ready,failed}.v1,
       acervo.asset.{ready,changed,deleted}.v1, dev.knative.sources.ping (time passes)
says   acervo.publication.{continued,published,failed,withdrawn}.v1, acervo.rendition.requested.v1

Twice is safe: what is wanted is one row for asset + channel + profile; a step is taken under a lease by one instance; the row
says that a transfer has begun before the channel hears of it, and whoever goes on asks the channel what it has (its marker,
its upload session, its file) before sending. `continued` carries nothing: the row is the truth.
"""

from __future__ import annotations

from dataclasses import dataclass

from acervo import function, settings
from acervo.events import Event
from acervo.function import Call, FrameSettings
from functions.publish.vault_settings import VaultSettings


@dataclass(frozen=True, kw_only=True)
class Settings:
    frame: FrameSettings = settings.nested(FrameSettings)
    vault: VaultSettings = settings.nested(VaultSettings)
    slice_s: float = settings.variable("PUBLISH_SLICE_S", 300.0)
    timeout_s: float = settings.variable("PUBLISH_TIMEOUT_S", 60.0)


# type → the function of `intake` that takes it
INTAKE = {
    "acervo.publication.requested.v1": "requested",
    "acervo.publication.withdrawal.requested.v1": "withdrawal_requested",
    "acervo.publication.retried.v1": "retried",
    "acervo.publication.acknowledged.v1": "acknowledged",
    "acervo.rendition.ready.v1": "rendition_changed",
    "acervo.rendition.failed.v1": "rendition_changed",
    "acervo.asset.ready.v1": "asset_changed",
    "acervo.asset.changed.v1": "asset_changed",
    "acervo.asset.deleted.v1": "asset_changed",
}
CONTINUED, TICK = "acervo.publication.continued.v1", "dev.knative.sources.ping"


def handle(event: Event, call: Call) -> None:
    from functions.publish import intake, worker  # database, object store and HTTP clients: half a cold start

    if event.type == CONTINUED:
        worker.advance(call, event.data["publication_id"])
    elif event.type == TICK:
        intake.tick(call)
    else:
        getattr(intake, INTAKE[event.type])(event, call)


app = function.serve(handle, name="publish", settings=Settings, hears={*INTAKE, CONTINUED, TICK})
main = function.target(app)
