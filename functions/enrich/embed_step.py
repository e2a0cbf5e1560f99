"""Step `embed`: vectors of what people wrote and of what is said, anew whenever either changes; corrected captions are written first."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from functions.enrich import completion, passages, step
from functions.enrich.passages import Passage
from functions.enrich.step import Completion, Outcome, Planned, Planning

if TYPE_CHECKING:
    from acervo.function import Call
    from acervo.leases import Lease
    from functions.enrich.settings import EmbedSettings

AT_ONCE = 128  # passages of a chunk
BATCH = 16  # between two looks at the lease
MOST_LINES = 50_000


class Embed:
    """A `Step`. It hears every change of an asset, so what costs little comes first: is there anything to do?"""

    name, required = "embed", False

    def plan(self, on: Planning) -> Planned | None:
        from acervo.database import query

        asset_id = str(on.asset["id"])
        completion.renew_captions(on.call, on.work, on.asset)
        lines = query.spoken_lines(on.work.connection, asset_id=asset_id, most=MOST_LINES)
        found = passages.build_passages(on.asset["metadata"], on.asset["embedded"], lines)
        if not found:
            query.delete_embeddings(on.work.connection, asset_id=asset_id)
            return None
        chunks = [
            {"passages": [one.to_json() for one in found[first : first + AT_ONCE]]}
            for first in range(0, len(found), AT_ONCE)
        ]
        return Planned(chunks, passages.digest_of(found, on.model or on.call.settings.model))

    def do(self, call: Call, lease: Lease) -> tuple[dict[str, Any], str]:
        import numpy as np

        from functions.enrich import e5

        chosen: EmbedSettings = call.settings
        embedder = e5.load(step.model_of(lease, chosen.model), chosen.models_dir, chosen.threads)
        texts = [one["text"] for one in lease.spec["passages"]]
        rows = []
        for first in range(0, len(texts), BATCH):
            lease.check()
            rows.append(embedder.passages(texts[first : first + BATCH]))
            lease.report((first + BATCH) / len(texts))
        vectors = np.concatenate(rows).astype("<f2")
        packed = base64.b64encode(vectors.tobytes()).decode()
        return {"vectors": packed, "dimensions": int(vectors.shape[1])}, embedder.label

    def complete(self, done: Completion) -> Outcome:
        import numpy as np

        from acervo.database import query

        asset_id = str(done.asset["id"])
        rows: list[dict[str, Any]] = []
        for chunk in done.results:
            packed = base64.b64decode(chunk["result"]["vectors"])
            vectors = np.frombuffer(packed, "<f2").reshape(-1, chunk["result"]["dimensions"])
            for item, vector in zip(chunk["spec"]["passages"], vectors, strict=True):
                one = Passage(**item)
                rows.append(
                    {
                        "asset_id": asset_id, "number": len(rows), "project_id": done.asset["project_id"], "field": one.field,
                        "start_ms": one.start_ms, "end_ms": one.end_ms, "text": one.text, "embedding": literal(vector), "model": done.model,
                    }
                )  # fmt: skip
        query.delete_embeddings(done.work.connection, asset_id=asset_id)
        query.put_embedding(done.work.connection, rows)
        query.prune_jobs(done.work.connection, asset_id=asset_id, kind=self.name, but=done.job_id)
        return Outcome(len(rows))


def literal(vector: Any) -> str:
    """A vector as pgvector reads it."""
    return "[" + ",".join(f"{value:.5g}" for value in vector.tolist()) + "]"
