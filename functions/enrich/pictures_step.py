"""Step `pictures`: a vector of each chosen frame, in one space with words, beside the vectors of passages. Only where a model is configured
(`ENRICH_PICTURE_MODEL`)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from functions.enrich import looking, step
from functions.enrich.step import Completion, Outcome, Planned, Planning

if TYPE_CHECKING:
    from acervo.function import Call
    from acervo.leases import Lease
    from functions.enrich.detector import Pixels
    from functions.enrich.settings import VisionSettings

AT_ONCE, BATCH = 200, 8  # frames of a chunk, of a run of the network
FIRST_NUMBER = 1_000_000  # in the table `embeddings`: passages come before
FIELD = "picture"


class Pictures:
    """A `Step`."""

    name, required = "pictures", False

    def plan(self, on: Planning) -> Planned | None:
        wanted = on.model or on.call.settings.picture_model
        planned = looking.plan_frames(on.work, str(on.asset["id"]), AT_ONCE) if wanted else None
        return Planned(planned.chunks, f"{planned.of} {wanted}") if planned else None

    def do(self, call: Call, lease: Lease) -> tuple[dict[str, Any], str]:
        import numpy as np

        from functions.enrich import picture_onnx

        chosen: VisionSettings = call.settings
        encoder = picture_onnx.load(
            step.model_of(lease, chosen.picture_model), chosen.models_dir, chosen.device, chosen.threads
        )
        times, rows = [], []
        batch: list[Pixels] = []
        for at_ms, until_ms, pixels in looking.pixels_of(call, lease):
            times.append([at_ms, until_ms])
            batch.append(pixels)
            if len(batch) == BATCH:
                rows.append(encoder.pictures(batch))
                batch = []
        if batch:
            rows.append(encoder.pictures(batch))
        packed = base64.b64encode(np.concatenate(rows).astype("<f2").tobytes()).decode()
        return {"times": times, "vectors": packed}, encoder.label

    def complete(self, done: Completion) -> Outcome:
        import numpy as np

        from acervo.database import query
        from functions.enrich.embed_step import literal

        asset_id = str(done.asset["id"])
        rows: list[dict[str, Any]] = []
        for chunk in done.results:
            times = chunk["result"]["times"]
            vectors = np.frombuffer(base64.b64decode(chunk["result"]["vectors"]), "<f2").reshape(
                len(times), -1
            )
            for (start_ms, end_ms), vector in zip(times, vectors, strict=True):
                if vector.any():  # all zero has no direction: nothing is like it
                    rows.append(
                        {
                            "asset_id": asset_id, "number": FIRST_NUMBER + len(rows), "project_id": done.asset["project_id"],
                            "field": FIELD, "start_ms": start_ms, "end_ms": end_ms, "text": "", "embedding": literal(vector), "model": done.model,
                        }
                    )  # fmt: skip
        query.delete_picture_embeddings(done.work.connection, asset_id=asset_id)
        if rows:
            query.put_embedding(done.work.connection, rows)
        return Outcome(len(rows))
