"""The end of a run that makes lines or says whose they are: parts joined, voices and people's corrections put in, transcript and captions written.

Everything but the caption files is the caller's transaction; the files are written before it commits, under keys that a retry overwrites.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from acervo import corrections, keys
from functions.enrich import captions, join, spoken_by, step, transcript, turns
from functions.enrich.spoken_by import Clock
from functions.enrich.transcript import Segment
from functions.enrich.turns import Turn

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
    """These segments, with the voices that are known, and people's corrections, instead of those that were there; what is shown."""
    from acervo import edits
    from acervo.database import query

    lines = [
        {
            "start_ms": segment.start_ms, "end_ms": segment.end_ms, "language": segment.language, "text": segment.text,
            "words": transcript.words_json(segment.words), "speaker": None, "model": model,
        }
        for segment in segments
    ]  # fmt: skip
    clock = Clock(_turns(work, asset_id))
    held = spoken_by.attribute_edits(query.line_edits(work.connection, asset_id=asset_id), clock)
    shown = corrections.apply(spoken_by.attribute(lines, clock) if clock else lines, held)
    edits.put_lines(work, asset_id, shown)
    return shown


def _turns(work: Work, asset_id: str) -> list[Turn[str]]:
    from acervo.database import query

    rows = query.turns_of(work.connection, asset_id=asset_id)
    return [Turn(row["start_ms"], row["end_ms"], row["voice"]) for row in rows]


def put_turns(work: Work, asset_id: str, found: Sequence[Turn[int]], model: str) -> list[Turn[str]]:
    """These turns instead of those that were there; a voice keeps the name that it had."""
    from acervo.database import query

    taken = [row["voice"] for row in query.voices_ever(work.connection, asset_id=asset_id)]
    named = turns.name(found, _turns(work, asset_id), taken)
    query.delete_turns(work.connection, asset_id=asset_id)
    rows = [
        {
            "asset_id": asset_id, "number": number, "start_ms": turn.start_ms, "end_ms": turn.end_ms,
            "voice": turn.voice, "model": model,
        }
        for number, turn in enumerate(named)
    ]  # fmt: skip
    if rows:
        query.put_turn(work.connection, rows)
    return named


def put_voices(call: Call, work: Work, asset: dict[str, Any], named: Sequence[Turn[str]]) -> None:
    """The lines that there are, as these voices say them; captions begin anew where a voice does."""
    from acervo import edits
    from acervo.database import query

    asset_id, clock = str(asset["id"]), Clock(named)
    before = list(query.transcript_lines(work.connection, asset_id=asset_id))
    if not before:  # the step `speech` is not done yet, or nobody says a word: it puts them in
        return
    held = {
        (edit["start_ms"], edit["end_ms"]): edit
        for edit in query.line_edits(work.connection, asset_id=asset_id)
    }
    shown: list[Line] = []
    for line in before:
        own = {**line, "speaker": line["voice"]}
        edit = held.get((line["start_ms"], line["end_ms"]))
        if edit is None:
            shown += spoken_by.attribute([own], clock)
        elif spoken_by.follows(edit):
            shown.append({**own, "speaker": clock.within(line["start_ms"], line["end_ms"])})
        else:
            shown.append(own)
    for line in shown:
        line.pop("voice", None)
    edits.put_lines(work, asset_id, shown)
    if query.rendition_of(work.connection, asset_id=asset_id, profile=PROFILE):
        say_captions(work, asset, put_captions(call, work, asset, shown, asset["language"]))


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
    """The caption files again, when somebody corrected a line after they were written; whether they are. Whoever streams them is told."""
    from acervo.database import query

    asset_id = str(asset["id"])
    if not query.captions_are_stale(work.connection, asset_id=asset_id):
        return False
    shown = list(query.transcript_lines(work.connection, asset_id=asset_id))
    say_captions(work, asset, put_captions(call, work, asset, shown, asset["language"]))
    return True


def say_captions(work: Work, asset: dict[str, Any], cues: int) -> None:
    """The caption files are others: whoever has them in a stream puts them in again at once."""
    asset_id = str(asset["id"])
    data = {
        "asset_id": asset_id, "project_id": asset["project_id"], "step": PROFILE,
        "language": asset["language"], "results": cues,
    }  # fmt: skip
    work.say(step.COMPLETED, asset_id, data, what=PROFILE, extensions={"step": PROFILE})


def put_captions(
    call: Call, work: Work, asset: dict[str, Any], shown: Sequence[Line], language: str | None
) -> int:
    """WebVTT and SRT beside the other renditions; how many cues. The text may be another after a new run: not cached for ever."""
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
    return len(cues)
