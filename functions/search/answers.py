"""What callers get, built from rows and values: pure. Shapes are documented in the API's description and promised by tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from functions.search.documents import fields_of
from functions.search.engine import Facets, Picture
from functions.search.fusion import Fused
from functions.search.highlights import Matcher, Piece, highlight, pieces
from functions.search.uses import uses_of
from functions.search.waiting import LeftOut

Row = Mapping[str, Any]


def hit(
    row: Row, fused: Fused, matcher: Matcher, passages: Sequence[Row], lead: str, now: datetime, seen: Picture | None = None
) -> dict[str, Any]:  # fmt: skip
    """One asset: which fields it was found by, marked, its best passages, and what its rights allow at `now`. `seen`: its likest frame."""
    metadata = row["metadata"] if isinstance(row["metadata"], dict) else {}
    embedded = row["embedded"] if isinstance(row["embedded"], dict) else {}
    fields = fields_of(row["name"], metadata, embedded)
    found = _marked(fields, matcher)
    engines = [leg.partition(":")[0] for leg in fused.legs if leg.endswith(":assets")]
    if (
        not found and not passages and matcher.words and engines
    ):  # an engine that forgives more than was asked
        matcher = matcher.forgiving
        found = _marked(fields, matcher)
    said = [passage(segment, matcher) for segment in passages]
    why: list[dict[str, Any]] = [{"engine": engine, "field": name} for engine in engines for name in found]
    why += [{"engine": lead, "field": "said"}] if said else []
    near = dict.fromkeys(leg.partition(":")[0] for leg in fused.legs if leg.endswith(":meaning"))
    why += [{"engine": engine, "field": "meaning"} for engine in near]
    why += [_looks(leg.partition(":")[0], seen) for leg in fused.legs if leg.endswith(":picture")]
    if not why and matcher.words:  # what a machine saw or heard is not among the fields that are shown
        why = [{"engine": engine, "field": "seen"} for engine in engines]
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
        **uses_of(row["rights"], now),
        "score": round(fused.score, 6),
        "why": why,
        "highlights": {name: _joined(marked) for name, marked in found.items()},
        "passages": said,
    }


def _looks(engine: str, seen: Picture | None) -> dict[str, Any]:
    """A picture that looks like the words; in a film, at which second."""
    at = {"at_s": seen.start_ms / 1000} if seen and seen.start_ms is not None else {}
    return {"engine": engine, "field": "picture", **at}


def _marked(fields: Mapping[str, Sequence[str]], matcher: Matcher) -> dict[str, list[list[Piece]]]:
    return {
        name: marked[:3]
        for name, texts in fields.items()
        if (marked := [part for text in texts if (part := highlight(text, matcher)) is not None])
    }


def suggestion(row: Row) -> dict[str, Any]:
    return {
        "asset_id": str(row["id"]), "title": title(row), "name": row["name"], "kind": row["kind"],
        "project_id": row["project_id"], "thumb": row["thumb"],
    }  # fmt: skip


def left_out(calls: Sequence[LeftOut]) -> list[dict[str, str]]:
    """Which part of which engine is missing, and why: `late`, `down`, `resting`, `not-offered`."""
    return [{"engine": c.engine, "leg": c.leg, "why": c.why} for c in dict.fromkeys(calls)]


def passage(segment: Row, matcher: Matcher) -> dict[str, Any]:
    return {
        "number": segment["number"],
        "start_ms": segment["start_ms"],
        "end_ms": segment["end_ms"],
        "at_s": segment["start_ms"] / 1000,
        "text": as_json(pieces(segment["text"], matcher.spans(segment["text"]), 400)),
    }


def segment_hit(
    asset: Row, segment: Row, before: Row | None, after: Row | None, score: float, matcher: Matcher, engine: str, now: datetime
) -> dict[str, Any]:  # fmt: skip
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
        **uses_of(asset["rights"], now),
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
