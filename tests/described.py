"""Builders of described assets (what a machine said, saw and named), and how tests ask the API about them."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import httpx

from acervo import corrections, edits
from acervo.database import query
from acervo.function import Call
from functions.enrich import completion
from functions.enrich.transcript import Word, build_segment
from tests.fix_api import Api

CHANGED = "acervo.asset.changed.v1"


def make(api: Api, project: str = "noticias", *, kind: str = "video", **columns: Any) -> str:
    asset_id = str(uuid4())
    api.sql(
        """insert into assets (id, project_id, name, kind, status, owner, metadata, technical, language, duplicate_of)
           values (%s, %s, %s, %s, 'ready', 'user:editora', %s::jsonb, '{"duration_s": 61.5}', 'es', %s)""",
        asset_id, project, columns.get("name", "a.mp4"), kind, json.dumps(columns.get("metadata", {})), columns.get("duplicate_of"),
    )  # fmt: skip
    return asset_id


def say(api: Api, asset_id: str, *lines: str, voices: tuple[str | None, ...] = ()) -> None:
    """Each line of four seconds, every ten seconds; its words are equally sure."""
    for number, text in enumerate(lines):
        start = number * 10_000
        words = [
            {"word": w, "start_ms": start, "end_ms": start + 4_000, "probability": 0.5} for w in text.split()
        ]
        voice = voices[number] if voices else None
        api.sql(
            "insert into transcript_segments (asset_id, number, start_ms, end_ms, language, text, words, speaker, voice, model)"
            " values (%s, %s, %s, %s, 'es', %s, %s::jsonb, %s, %s, 'whisper@1')",
            asset_id, number, start, start + 4_000, text, json.dumps(words), voice, voice,
        )  # fmt: skip


def run_again(api: Api, asset_id: str, *words: tuple[str, int]) -> None:
    """The end of another run of the speech step, which heard these words at these times as one line."""
    heard = [Word(text, at, at + 4_000, 0.9) for text, at in words]
    with Call(None, "enrich", api.app.state.resources).change() as work:
        completion.put_transcript(work, asset_id, [build_segment(heard, "es")], "whisper@2")


def tell_voices_apart(api: Api, asset_id: str, *lines: tuple[str, int, str]) -> None:
    """The end of a run of a step that knows who speaks: these words, at these times, by these voices."""
    heard = [
        {
            "start_ms": at, "end_ms": at + 4_000, "language": "es", "text": text, "speaker": voice, "model": "voices@1",
            "words": [{"word": text, "start_ms": at, "end_ms": at + 4_000, "probability": 0.9}],
        }
        for text, at, voice in lines
    ]  # fmt: skip
    with Call(None, "enrich", api.app.state.resources).change() as work:
        held = list(query.line_edits(work.connection, asset_id=asset_id))
        edits.put_lines(work, asset_id, corrections.apply(heard, held))


def lines_of(client: httpx.Client, asset_id: str, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(f"/assets/{asset_id}/transcript", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def correct(client: httpx.Client, asset_id: str, line: dict[str, Any], **body: Any) -> httpx.Response:
    headers = {"if-match": f'"{line["version"]}"'}
    return client.patch(f"/assets/{asset_id}/transcript/{line['number']}", json=body, headers=headers)


def pages(client: httpx.Client, path: str, **query: Any) -> list[dict[str, Any]]:
    """Every item of a list, page by page."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    for _ in range(50):
        answer = client.get(path, params={**query, **({"cursor": cursor} if cursor else {})})
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["items"]) <= query["limit"]
        found += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return found
    raise AssertionError("the list has no end")


def said(api: Api, asset_id: str) -> list[dict[str, Any]]:
    rows = api.sql("select event from outbox where event ->> 'subject' = %s order by position", asset_id)
    return [row["event"] for row in rows]


def audited(api: Api, asset_id: str) -> list[tuple[str, str]]:
    rows = api.sql("select who, what from audit_log where asset_id = %s order by id", asset_id)
    return [(row["who"], row["what"]) for row in rows]
