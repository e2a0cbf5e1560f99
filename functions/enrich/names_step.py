"""Step `names`: persons, places and organisations that a text names, as facets. Only where models are configured (`ENRICH_NAMES_MODELS`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from functions.enrich import finder, passages
from functions.enrich.embed_step import AT_ONCE, MOST_LINES
from functions.enrich.finder import KINDS, Name
from functions.enrich.step import Completion, Outcome, Planned, Planning

if TYPE_CHECKING:
    from acervo.function import Call
    from acervo.leases import Lease
    from functions.enrich.settings import EmbedSettings

USUAL_LANGUAGE = "es"  # of an asset whose language is not known


class Names:
    """A `Step`."""

    name, required = "names", False

    def plan(self, on: Planning) -> Planned | None:
        from acervo.database import query

        wanted = (on.model,) if on.model else on.call.settings.names
        if not wanted:
            return None
        asset_id = str(on.asset["id"])
        lines = query.spoken_lines(on.work.connection, asset_id=asset_id, most=MOST_LINES)
        found = passages.build_passages(on.asset["metadata"], on.asset["embedded"], lines)
        if not found:
            query.delete_tags(on.work.connection, asset_id=asset_id, kinds=list(KINDS))
            return None
        texts = [one.text for one in found]
        chunks = [{"texts": texts[first : first + AT_ONCE]} for first in range(0, len(texts), AT_ONCE)]
        spec = {"language": (on.asset["language"] or USUAL_LANGUAGE).split("-")[0]}
        return Planned(chunks, passages.digest_of(found, ",".join(wanted)), spec)

    def do(self, call: Call, lease: Lease) -> tuple[dict[str, Any], str]:
        from functions.enrich import spacy_names

        chosen: EmbedSettings = call.settings
        language, asked = lease.job_spec["language"], lease.job_spec.get("model")
        names = (str(asked),) if asked else chosen.names
        finders = [spacy_names.load(name, chosen.models_dir) for name in names]
        reader = next((one for one in finders if one.language == language), finders[0])
        lease.check()
        found = reader.find(lease.spec["texts"])
        return {"names": [[name.kind, name.value] for name in found]}, reader.label

    def complete(self, done: Completion) -> Outcome:
        from acervo.database import query, without_nul

        asset_id = str(done.asset["id"])
        counted = finder.tally(
            Name(kind, value) for row in done.results for kind, value in row["result"]["names"]
        )
        query.delete_tags(done.work.connection, asset_id=asset_id, kinds=list(KINDS))
        rows = [
            {
                "asset_id": asset_id, "kind": name.kind, "value": without_nul(name.value), "score": 1.0, "times": times,
                "total_ms": 0, "model": done.model,
            }
            for name, times in counted
        ]  # fmt: skip
        if rows:
            query.put_tag(done.work.connection, rows)
        query.prune_jobs(done.work.connection, asset_id=asset_id, kind=self.name, but=done.job_id)
        return Outcome(len(rows))
