"""Step `ocr`: what is written in the picture, from–to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from functions.enrich import inscriptions, looking, reader, step
from functions.enrich.inscriptions import Seen
from functions.enrich.reader import Line
from functions.enrich.step import Completion, Outcome, Planned, Planning

if TYPE_CHECKING:
    from acervo.function import Call
    from acervo.leases import Lease
    from functions.enrich.settings import OcrSettings

AT_ONCE = 60  # frames of a chunk: a second each


class Ocr:
    """A `Step`."""

    name, required = "ocr", False

    def plan(self, on: Planning) -> Planned | None:
        return looking.plan_frames(on.work, str(on.asset["id"]), AT_ONCE)

    def do(self, call: Call, lease: Lease) -> tuple[dict[str, Any], str]:
        chosen: OcrSettings = call.settings
        chosen_reader = reader.load(
            step.model_of(lease, chosen.model), chosen.models_dir, chosen.device, chosen.threads
        )
        seen = [
            [at_ms, until_ms, [_packed(line) for line in chosen_reader.read(pixels)]]
            for at_ms, until_ms, pixels in looking.pixels_of(call, lease)
        ]
        return {"seen": seen}, chosen_reader.label

    def complete(self, done: Completion) -> Outcome:
        from acervo.database import as_json, query, without_nul

        asset_id = str(done.asset["id"])
        merged = inscriptions.merge(
            Seen(at_ms, until_ms, tuple(_line(item) for item in items))
            for row in done.results
            for at_ms, until_ms, items in row["result"]["seen"]
        )
        query.delete_texts(done.work.connection, asset_id=asset_id)
        rows = [
            {
                "asset_id": asset_id, "number": number, "start_ms": one.start_ms, "end_ms": one.end_ms,
                "text": without_nul(one.text), "score": one.score, "box": as_json(one.box), "model": done.model,
            }
            for number, one in enumerate(merged)
        ]  # fmt: skip
        if rows:
            query.put_text(done.work.connection, rows)
        return Outcome(len(rows))


def _packed(line: Line) -> list[Any]:
    """[text, score, x, y, width, height]"""
    return [line.text, round(line.score, 3), *(round(value, 4) for value in line.box)]


def _line(item: Sequence[Any]) -> Line:
    text, score, x, y, width, height = item
    return Line(text, score, (x, y, width, height))
