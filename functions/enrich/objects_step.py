"""Step `objects`: what is in the picture, from–to, and as facets of the asset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from functions.enrich import appearances, detector, looking, step
from functions.enrich.appearances import Sighting
from functions.enrich.detector import Found
from functions.enrich.step import Completion, Outcome, Planned, Planning

if TYPE_CHECKING:
    from acervo.function import Call
    from acervo.leases import Lease
    from functions.enrich.settings import VisionSettings

AT_ONCE = 200  # frames of a chunk


class Objects:
    """A `Step`."""

    name, required = "objects", False

    def plan(self, on: Planning) -> Planned | None:
        return looking.plan_frames(on.work, str(on.asset["id"]), AT_ONCE)

    def do(self, call: Call, lease: Lease) -> tuple[dict[str, Any], str]:
        chosen: VisionSettings = call.settings
        model = detector.load(
            chosen.engine,
            step.model_of(lease, chosen.model),
            chosen.models_dir,
            chosen.device,
            chosen.threads,
        )
        seen = [
            [at_ms, until_ms, [_packed(found) for found in model.detect(pixels)]]
            for at_ms, until_ms, pixels in looking.pixels_of(call, lease)
        ]
        return {"seen": seen}, model.label

    def complete(self, done: Completion) -> Outcome:
        from acervo.database import as_json, query

        asset_id = str(done.asset["id"])
        merged = appearances.merge(
            Sighting(at_ms, until_ms, tuple(_found(item) for item in items))
            for row in done.results
            for at_ms, until_ms, items in row["result"]["seen"]
        )
        query.delete_detections(done.work.connection, asset_id=asset_id)
        query.delete_tags(done.work.connection, asset_id=asset_id, kinds=["object"])
        rows = [
            {
                "asset_id": asset_id, "number": number, "label": one.label, "start_ms": one.start_ms, "end_ms": one.end_ms,
                "score": one.score, "best_ms": one.best_ms, "most": one.most, "model": done.model,
                "boxes": as_json([[at_ms, *_packed(found)[1:]] for at_ms, found in one.boxes]),
            }
            for number, one in enumerate(merged)
        ]  # fmt: skip
        tags = [
            {
                "asset_id": asset_id, "kind": "object", "value": one.label, "score": one.score, "times": one.times,
                "total_ms": one.total_ms, "model": done.model,
            }
            for one in appearances.summarise(merged)
        ]  # fmt: skip
        if rows:
            query.put_detection(done.work.connection, rows)
            query.put_tag(done.work.connection, tags)
        return Outcome(len(rows))


def _packed(found: Found) -> list[Any]:
    """[label, score, x, y, width, height]"""
    return [found.label, round(found.score, 3), *(round(value, 4) for value in found.box)]


def _found(item: Sequence[Any]) -> Found:
    label, score, x, y, width, height = item
    return Found(label, score, (x, y, width, height))
