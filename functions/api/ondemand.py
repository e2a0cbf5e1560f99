"""Orders of renditions and clips: the job is there at once, so that its progress can be followed; `transcode-interactive` does it."""

from __future__ import annotations

from uuid import uuid4

from acervo import orders
from acervo.access import Action
from acervo.assets import Status
from acervo.database import Row, as_json, query
from acervo.errors import Rejected
from acervo.orders import Order
from acervo.problems import Problem
from acervo.rights import Use
from functions.api import audit
from functions.api.assets import find
from functions.api.downloads import check_rights
from functions.api.endpoint import Ask, Reply, Table
from functions.api.models.jobs import job_of
from functions.api.models.ondemand import Ordered, RenditionOrder
from functions.api.once import HEADER

table = Table("ondemand")
MOST_OPEN = 20
FIELDS = {"no-clips": "clip", "empty-clip": "clip", "no-clip": "clip", "outside": "clip", "too-long": "clip", "no-size": "box",
          "no-bitrate": "video_kbps", "no-moment": "at_ms", "unknown-profile": "profile"}  # fmt: skip


@table.post(
    "/assets/{id}/ondemand",
    body=RenditionOrder,
    answers={202: Ordered},
    problems=(403, 404, 409, 413, 415, 422, 429),
    headers=HEADER,
    once=True,
)
def order(ask: Ask, body: RenditionOrder) -> Reply:
    """Order a rendition, in another size or bitrate, as ProRes, or a clip; an expired rendition is made again."""
    wanted = _order(body)
    with ask.call.change() as work:
        row = find(ask, work.connection, Action.DOWNLOAD)
        _check(row, wanted)
        use = Use.CLIP if wanted.clip else Use.DOWNLOAD
        master = wanted.profile in (orders.ORIGINAL, orders.TILES)  # as good as the master itself
        _, overridden = check_rights(ask, work.connection, row, use, body.override, master=master)
        if query.open_orders(work.connection, asset_id=row["id"]) >= MOST_OPEN:
            raise Problem(
                429, "too-many-orders", f"{MOST_OPEN} orders of this asset are being made", headers={"retry-after": "30"}
            )  # fmt: skip
        job_id, asset_id = str(uuid4()), str(row["id"])
        query.put_job(
            work.connection, id=job_id, asset_id=asset_id, kind=orders.KIND, state="queued", required=False,
            spec=as_json({"order": wanted.to_json()}), chunks_total=0, cause=job_id,
        )  # fmt: skip
        data = {"asset_id": asset_id, "project_id": row["project_id"], "job_id": job_id, **wanted.to_json()}
        work.say("acervo.rendition.requested.v1", asset_id, data, what=job_id)
        audit.write(
            work.connection, ask, "order", asset_id=asset_id, project_id=row["project_id"], job_id=job_id, order=wanted.to_json(),
            **({"overridden": overridden} if overridden else {}),
        )  # fmt: skip
        job = query.api_job(work.connection, job_id=job_id, principals=ask.caller.principals)
    return Reply(Ordered(job=job_of(job), rendition=orders.profile_of(wanted, job_id)), 202)


def _order(body: RenditionOrder) -> Order:
    return Order(
        body.profile, (body.clip.start_ms, body.clip.end_ms) if body.clip else None,
        (body.box.width, body.box.height) if body.box else None, body.video_kbps, body.at_ms,
    )  # fmt: skip


def _check(asset: Row, wanted: Order) -> None:
    """Raises Problem: 409 when there is no master to make it of, 422 when this asset cannot have it."""
    if not asset["master_key"] or asset["status"] not in (Status.PROCESSING, Status.READY, Status.ERROR):
        raise Problem(409, "no-master", f"the master is not stored yet; the asset is `{asset['status']}`")
    try:
        orders.check(wanted, asset["kind"], asset["technical"].get("duration_s"))
    except Rejected as fault:
        raise Problem(422, fault.code, fault.reason, field=FIELDS.get(fault.code, "profile")) from fault
