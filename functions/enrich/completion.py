"""The end of a speech job: all parts joined, transcript and captions written, the asset settled, the event said.

Everything but the caption files is one transaction; the files are written before it commits, under keys that a retry overwrites.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from acervo import keys, steps
from functions.enrich import captions, join, transcript
from functions.enrich.transcript import Segment

if TYPE_CHECKING:
    from acervo.function import Call, Work

log = logging.getLogger(__name__)
COMPLETED = "acervo.enrichment.completed.v1"
PROFILE = "captions"


def complete(call: Call, work: Work, job_id: str, asset_id: str, model: str) -> None:
    """What the last part does, inside the transaction that finishes it."""
    from acervo.database import query

    asset = query.lock_asset(work.connection, asset_id=asset_id)
    segments = joined(list(query.chunk_results(work.connection, job_id=job_id)))
    language = transcript.spoken_language(segments)
    put_transcript(work, asset_id, segments, model)
    if language:
        query.set_language(work.connection, asset_id=asset_id, language=language)
    if segments:
        put_captions(call, work, asset, segments, language)
    else:  # of an earlier run that heard something
        query.drop_captions(work.connection, asset_id=asset_id)
    query.set_job_state(work.connection, job_id=job_id, state="done", reason_code=None, reason=None)
    query.drop_chunks(work.connection, job_id=job_id)
    steps.settle(work, asset_id)
    work.say(
        COMPLETED,
        asset_id,
        {
            "asset_id": asset_id,
            "project_id": asset["project_id"],
            "step": "speech",
            "language": language,
            "results": len(segments),
        },
    )


def joined(rows: Sequence[dict[str, Any]]) -> list[Segment]:
    """The segments of all parts (rows of `job_chunks` in order)."""
    for before, after in pairwise(rows):
        if before["result"]["end_ms"] != after["result"]["start_ms"]:
            log.warning(
                "parts %d and %d were cut at different places: %s and %s ms",
                before["number"], after["number"], before["result"]["end_ms"], after["result"]["start_ms"],
            )  # fmt: skip
    return join.join([[transcript.from_json(item) for item in row["result"]["segments"]] for row in rows])


def put_transcript(work: Work, asset_id: str, segments: Sequence[Segment], model: str) -> None:
    """These segments instead of those that were there."""
    from acervo.database import as_json, query

    query.delete_segments(work.connection, asset_id=asset_id)
    rows = [
        {
            "asset_id": asset_id, "number": number, "start_ms": segment.start_ms, "end_ms": segment.end_ms,
            "language": segment.language, "text": segment.text, "words": as_json(transcript.words_json(segment.words)),
            "model": model,
        }
        for number, segment in enumerate(segments)
    ]  # fmt: skip
    if rows:
        query.put_segment(work.connection, rows)


def put_captions(
    call: Call, work: Work, asset: dict[str, Any], segments: Sequence[Segment], language: str | None
) -> None:
    """WebVTT and SRT beside the other renditions. The text may be another after a new run: not cached for ever."""
    from acervo.database import as_json, query

    asset_id, objects, name = str(asset["id"]), call.objects, language or "und"
    cues = captions.build_cues(segments)
    vtt, srt = captions.to_webvtt(cues).encode(), captions.to_srt(cues).encode()
    vtt_key, srt_key = (
        keys.proxy(asset_id, asset["sha256"], PROFILE, f"{name}.{kind}") for kind in ("vtt", "srt")
    )
    objects.put_bytes(objects.proxies, srt_key, srt, "application/x-subrip; charset=utf-8", immutable=False)
    objects.put_bytes(objects.proxies, vtt_key, vtt, "text/vtt; charset=utf-8", immutable=False)
    query.put_rendition(
        work.connection, asset_id=asset_id, profile=PROFILE, status="ready", bucket=objects.proxies, key=vtt_key,
        mime_type="text/vtt", size_bytes=len(vtt),
        detail=as_json({"language": language, "srt_key": srt_key, "cues": len(cues)}),
    )  # fmt: skip
