"""What callers get, built from rows and values: pure. Shapes are documented in the API's description and promised by tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from functions.search.documents import fields_of
from functions.search.engine import Facets
from functions.search.fusion import Fused
from functions.search.highlights import Matcher, Piece, highlight, pieces

Row = Mapping[str, Any]


def hit(row: Row, fused: Fused, matcher: Matcher, passages: Sequence[Row], engine: str) -> dict[str, Any]:
    """One asset: which fields it was found by, marked, and its best passages."""
    metadata = row["metadata"] if isinstance(row["metadata"], dict) else {}
    embedded = row["embedded"] if isinstance(row["embedded"], dict) else {}
    fields = fields_of(row["name"], metadata, embedded)
    found = {
        name: marked[:3]
        for name, texts in fields.items()
        if (marked := [part for text in texts if (part := highlight(text, matcher)) is not None])
    }
    said = [passage(segment, matcher) for segment in passages]
    why = [{"engine": engine, "field": name} for name in (*found, *(["said"] if said else []))]
    return {
        "asset_id": str(row["id"]),
        "name": row["name"],
        "title": title(row),
        "kind": row["kind"],
        "status": row["status"],
        "project_id": row["project_id"],
        "language": row["language"],
        "created_at": stamp(row["created_at"]),
        "duration_s": row["duration_s"],
        "thumb": row["thumb"],
        "score": round(fused.score, 6),
        "why": why,
        "highlights": {name: _joined(marked) for name, marked in found.items()},
        "passages": said,
    }


def passage(segment: Row, matcher: Matcher) -> dict[str, Any]:
    return {
        "number": segment["number"],
        "start_ms": segment["start_ms"],
        "end_ms": segment["end_ms"],
        "at_s": segment["start_ms"] / 1000,
        "text": as_json(pieces(segment["text"], matcher.spans(segment["text"]), 400)),
    }


def segment_hit(asset: Row, segment: Row, before: Row | None, after: Row | None, score: float, matcher: Matcher, engine: str) -> dict[str, Any]:  # fmt: skip
    """One passage with its neighbours."""
    return {
        "asset_id": str(asset["id"]),
        "name": asset["name"],
        "title": title(asset),
        "kind": asset["kind"],
        "project_id": asset["project_id"],
        "created_at": stamp(asset["created_at"]),
        "duration_s": asset["duration_s"],
        "thumb": asset["thumb"],
        "language": segment["language"],
        "speaker": segment["speaker"],
        "score": round(score, 6),
        "why": [{"engine": engine, "field": "said"}],
        **passage(segment, matcher),
        "previous": _neighbour(before),
        "next": _neighbour(after),
    }


def facets(counted: Facets) -> dict[str, list[dict[str, Any]]]:
    return {
        name: [{"value": b.value, "count": b.count} for b in buckets] for name, buckets in counted.items()
    }


def title(row: Row) -> str:
    metadata = row["metadata"] if isinstance(row["metadata"], dict) else {}
    written = metadata.get("title") or metadata.get("headline")
    return written if isinstance(written, str) and written.strip() else str(row["name"])


def stamp(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def as_json(parts: Sequence[Piece]) -> list[dict[str, Any]]:
    return [{"text": part.text, "hit": part.hit} for part in parts]


def _joined(marked: Sequence[Sequence[Piece]]) -> list[dict[str, Any]]:
    """Several values of one field, set apart."""
    joined: list[Piece] = []
    for part in marked:
        joined += [*([Piece(" · ", False)] if joined else []), *part]
    return as_json(joined)


def _neighbour(segment: Row | None) -> dict[str, Any] | None:
    if segment is None:
        return None
    return {name: segment[name] for name in ("number", "start_ms", "end_ms", "text")}
