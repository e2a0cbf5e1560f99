"""Finds what got stuck, and restarts just that. SPEC 4.7.

hears  dev.knative.sources.ping (PingSource `minute`); every trigger's dead letters on /dead-letters
says   whatever was lost: acervo.asset.ingested.v1, acervo.chunk.requested.v1, acervo.enrichment.requested.v1,
       acervo.job.encoded.v1, com.amazonaws.ObjectCreated:*, acervo.asset.rejected.v1, acervo.asset.corrupted.v1;
       acervo.asset.changed.v1 when rights begin or end by themselves

Twice is safe: each repair commits on its own and is asked for less and less often (`nudges`); who hears a repeated event
finds its work done. A repair that fails is logged and left to the next tick: one broken thing never hides another.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from acervo import function, settings
from acervo.events import Event
from acervo.function import Call, FrameSettings
from functions.reconcile import expiry, fixity, housekeeping, letters, purge, steps, stragglers, uploads

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Settings:
    frame: FrameSettings = settings.nested(FrameSettings)
    grace_s: int = settings.variable("RECONCILE_GRACE_S", 120)
    abandoned_days: int = settings.variable("UPLOAD_ABANDONED_DAYS", 7)
    fixity_days: int = settings.variable("FIXITY_DAYS", 90)
    fixity_budget_s: int = settings.variable("FIXITY_BUDGET_S", 120)


REPAIRS: tuple[Callable[[Call], int], ...] = (
    housekeeping.send_unsent,
    steps.restart_lost_steps,
    steps.restart_lost_chunks,
    steps.assemble_what_is_encoded,
    steps.end_cancelled,
    stragglers.give_to_a_second,
    stragglers.expire_renditions,
    expiry.say_changed_rights,
    uploads.announce_unannounced,
    uploads.close_abandoned,
    housekeeping.prune,
    purge.seal_audit_log,
    purge.prune_answers,
    purge.purge,
    fixity.verify,
)


def handle(event: Event, call: Call) -> None:
    faults: list[Exception] = []
    for repair in REPAIRS:
        try:
            count = repair(call)
        except Exception as fault:  # one broken repair must not keep the others from working; raised below
            log.exception("%s failed", repair.__name__)
            faults.append(fault)
            continue
        if count:
            log.info("%s: %d", repair.__name__, count)
    if faults:
        raise faults[0]


app = function.serve(
    handle,
    name="reconcile",
    settings=Settings,
    hears={"dev.knative.sources.ping"},
    sinks={"/dead-letters": letters.keep},
)
main = function.target(app)
