"""A line of a transcript as the API shows it, and its version. Pure.

The version is of what the line is (its time, words and speaker), not of its number: a run of the step numbers lines anew, and a
correction must not hit another line than the one that was read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from functions.api.models.assets import Corrected, Segment

_OWN = ("number", "start_ms", "end_ms", "language", "text", "speaker", "voice", "model")


def version_of(row: Mapping[str, Any]) -> str:
    known = [row[name] for name in ("start_ms", "end_ms", "text", "voice", "model")]
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()[:16]


def shown(row: Mapping[str, Any], words: bool) -> Segment:
    """`row`: of `api_transcript` or `shown_line`."""
    correction = corrected(row)
    return Segment(
        **{name: row[name] for name in _OWN},
        words=row["words"] if words else None,
        confidence=None if correction else confidence(row["words"]),
        version=version_of(row),
        correction=correction,
    )


def corrected(row: Mapping[str, Any]) -> Corrected | None:
    if row["edit_id"] is None:
        return None
    before = row["edit_before"]
    return Corrected(
        id=row["edit_id"], author=row["edit_author"], at=row["edit_at"], machine_text=before["text"],
        machine_speaker=before["speaker"],
    )  # fmt: skip


def confidence(words: Sequence[Mapping[str, Any]]) -> float | None:
    """How sure the machine is of its words, on average."""
    known = [word["probability"] for word in words if isinstance(word.get("probability"), int | float)]
    return round(sum(known) / len(known), 3) if known else None
