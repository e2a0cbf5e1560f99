"""The chosen frames as pixels: what the steps that look at pictures share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from acervo.errors import Permanent, Rejected
from functions.enrich.step import Planned

if TYPE_CHECKING:
    from acervo.function import Call, Work
    from acervo.leases import Lease
    from functions.enrich.detector import Pixels

MAX_FRAME_BYTES = 16 << 20


def plan_frames(work: Work, asset_id: str, at_once: int) -> Planned | None:
    """Chunks of frames of the last run of the step `frames`; None while there is none."""
    from acervo.database import query

    source = query.latest_job(work.connection, asset_id=asset_id, kind="frames")
    if source is None or source["state"] != "done":
        return None
    rows = [
        [row["at_ms"], row["until_ms"], row["key"]]
        for row in query.frames_of(work.connection, asset_id=asset_id)
    ]
    if not rows:
        return None
    chunks = [{"frames": rows[first : first + at_once]} for first in range(0, len(rows), at_once)]
    return Planned(chunks, str(source["id"]))


def pixels_of(call: Call, lease: Lease) -> Iterator[tuple[int, int, Pixels]]:
    """(at_ms, until_ms, RGB) of the frames of a chunk; progress is reported, a cancel stops it.

    Raises:
        Rejected: the frames are gone from the bucket (they expire); the step `frames` makes them again.
    """
    import cv2
    import numpy as np

    from acervo.objects import NotFound

    frames: Sequence[Any] = lease.spec["frames"]
    for number, (at_ms, until_ms, key) in enumerate(frames):
        lease.check()
        try:
            data = call.objects.get_bytes(call.objects.proxies, key, MAX_FRAME_BYTES)
        except NotFound as fault:
            raise Rejected(
                "frames-expired", "the frames of this asset have expired: run the step `frames` again"
            ) from fault
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        if picture is None:
            raise Permanent("frame-damaged", f"{key} is no picture")
        pixels: Any = picture[..., ::-1]
        yield at_ms, until_ms, pixels
        lease.report((number + 1) / len(frames))
