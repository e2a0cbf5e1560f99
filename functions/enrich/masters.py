"""A master as steps plan on it and as decoders get at it: no credentials, and the clock that its renditions have.

`transcode` finds out whether a recording's own clock jumps, perhaps after the first plan of a step: then it says so
(`acervo.asset.changed.v1` with the attribute `clock`), and what was planned on the old clock is overtaken.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from functions.enrich import step

if TYPE_CHECKING:
    from acervo.function import Call
    from acervo.leases import Lease
    from functions.enrich.step import Planning


def plan_spec(on: Planning) -> tuple[dict[str, Any], str]:
    """What the parts of a job need to know of the master, and what their results follow from (`Planned.of`)."""
    sha256, clock = str(on.asset["sha256"]), on.facts.clock
    spec: dict[str, Any] = {"master_key": on.asset["master_key"], "sha256": sha256}
    if clock is None:
        return spec, sha256
    digest = hashlib.sha256(json.dumps(clock, sort_keys=True).encode()).hexdigest()
    return {**spec, "clock": clock}, f"{sha256} clock {digest[:16]}"


def source(call: Call, lease: Lease) -> dict[str, Any]:
    """Arguments of the sandbox entries that decode; the ETag pins the bytes."""
    objects, key = call.objects, lease.job_spec["master_key"]
    stored = objects.head(objects.archive, key)
    url = objects.presign_internal_get(objects.archive, key, step.URL_S)
    return {"url": url, "size": stored.size, "etag": stored.etag, "clock": lease.job_spec.get("clock")}
