"""The end of a speech job: all parts joined, people's corrections put in again, transcript and captions written.

Everything but the caption files is the caller's transaction; the files are written before it commits, under keys that a retry overwrites.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from acervo import corrections, keys
from functions.enrich import captions, join, transcript
from functions.enrich.transcript import Segment

if TYPE_CHECKING:
    from acervo.corrections import Line
    from acervo.function import Call, Work

log = logging.getLogger(__name__)
PROFILE = "captions"


def joined(rows: Sequence[dict[str, Any]]) -> list[Segment]:
    """The segments of all parts (rows of `job_chunks` in order)."""
    for before, after in pairwise(rows):
        if before["result"]["end_ms"] != after["result"]["start_ms"]:
            log.warning(
                "parts %d and %d were cut at different places: %s and %s ms",
                before["number"], after["number"], before["result"]["end_ms"], after["result"]["start_ms"],
            )  # fmt: skip
    return join.join([[transcript.from_json(item) for item in row["result"]["segments"]] for row in rows])


def put_transcript(work: Work, asset_id: str, segments: Sequence[Segment], model: str) -> list[Line]:
    """These segments, and people's corrections, instead of those that were there; what is shown."""
    from acervo import edits
    from acervo.database import query

    lines = [
        {
            "start_ms": segment.start_ms, "end_ms": segment.end_ms, "language": segment.language, "text": segment.text,
            "words": transcript.words_json(segment.words), "speaker": None, "model": model,
        }
        for segment in segments
    ]  # fmt: skip
    shown = corrections.apply(lines, list(query.line_edits(work.connection, asset_id=asset_id)))
    edits.put_lines(work, asset_id, shown)
    return shown


def put_language_and_captions(
    call: Call, work: Work, asset: dict[str, Any], shown: Sequence[Line], language: str | None
) -> None:
    from acervo.database import query

    asset_id = str(asset["id"])
    if language:
        query.set_language(work.connection, asset_id=asset_id, language=language)
    if shown:
        put_captions(call, work, asset, shown, language)
    else:  # of an earlier run that heard something
        query.drop_captions(work.connection, asset_id=asset_id)


def renew_captions(call: Call, work: Work, asset: dict[str, Any]) -> bool:
    """The caption files again, when somebody corrected a line after they were written; whether they are."""
    from acervo.database import query

    asset_id = str(asset["id"])
    if not query.captions_are_stale(work.connection, asset_id=asset_id):
        return False
    shown = list(query.transcript_lines(work.connection, asset_id=asset_id))
    put_captions(call, work, asset, shown, asset["language"])
    return True


def put_captions(
    call: Call, work: Work, asset: dict[str, Any], shown: Sequence[Line], language: str | None
) -> None:
    """WebVTT and SRT beside the other renditions. The text may be another after a new run: not cached for ever."""
    from acervo.database import as_json, query

    asset_id, objects, name = str(asset["id"]), call.objects, language or "und"
    cues = captions.build_cues([transcript.from_json(line) for line in shown if line["words"]])
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
