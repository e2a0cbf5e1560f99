"""Transcode: every rendition of an asset, in chunks that as many instances encode as there are.

Hears `acervo.asset.ingested.v1` (plan), `acervo.rendition.requested.v1` (plan an order), `acervo.chunk.requested.v1` (chunk),
`acervo.job.encoded.v1` (assemble), `acervo.enrichment.completed.v1` (captions). Says `acervo.chunk.requested.v1` for each chunk,
`acervo.job.encoded.v1` when only assembling is left, `acervo.rendition.ready.v1` or `acervo.rendition.failed.v1` for each profile,
`acervo.asset.changed.v1` with the attribute `clock` when a recording's clock was straightened, and what `acervo.steps` says of the asset. Events of orders carry the attribute `lane`: two Services run this function, one for
films that arrive (`transcode`) and one for people who wait (`transcode-interactive`).

Why twice is safe: an asset has at most one open job (asked again under a lock on its row); a chunk is leased, its first result
wins, and its objects have keys that carry a hash of their bytes, so that an attempt that was not first disturbs nothing; what
assembling writes follows from the results alone, and the job ends once, under a lock.
Captions are put in under the asset's lock, by whichever of film and transcript comes second. Killed anywhere, the lease runs out and the chunk is done again by somebody else.
"""

from __future__ import annotations

from acervo import function
from acervo.events import Event
from acervo.function import Call
from functions.transcode import assemble, captions, ordering, planning, work
from functions.transcode.limits import Settings

DOES = {
    "acervo.asset.ingested.v1": planning.plan_job,
    "acervo.rendition.requested.v1": ordering.take_order,
    "acervo.chunk.requested.v1": work.do_chunk,
    "acervo.job.encoded.v1": assemble.assemble_job,
    "acervo.enrichment.completed.v1": captions.renew,
}


def handle(event: Event, call: Call) -> None:
    """One step of a job; see the head of this file."""
    DOES[event.type](event, call)


app = function.serve(handle, name="transcode", hears=DOES, settings=Settings)
main = function.target(app)
