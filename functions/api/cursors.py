"""Cursors: the sort key of the last row of a page, opaque to callers. Pure."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from acervo import problems
from acervo.problems import Problem


def encode(*key: Any) -> str:
    text = json.dumps([part.isoformat() if isinstance(part, datetime) else str(part) for part in key])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_time_and_id(cursor: str) -> tuple[datetime, UUID]:
    """Raises Problem (422) for a cursor that is not ours."""
    try:
        at, id_ = _decode(cursor, 2)
        when = datetime.fromisoformat(at)
        if when.tzinfo is None:
            raise ValueError("no zone")
        return when, UUID(id_)
    except (ValueError, TypeError) as fault:
        raise not_ours() from fault


def decode_id(cursor: str) -> UUID:
    """Raises Problem (422) for a cursor that is not ours."""
    try:
        return UUID(_decode(cursor, 1)[0])
    except ValueError as fault:
        raise not_ours() from fault


def decode_text_and_id(cursor: str) -> tuple[str, UUID]:
    """Raises Problem (422) for a cursor that is not ours."""
    try:
        text, id_ = _decode(cursor, 2)
        if "\x00" in text:
            raise ValueError("NUL")
        return text, UUID(id_)
    except ValueError as fault:
        raise not_ours() from fault


def decode_number(cursor: str, largest: int = 2**63 - 1) -> int:
    """Raises Problem (422) for a cursor that is not ours."""
    try:
        number = int(_decode(cursor, 1)[0])
        if not 0 <= number <= largest:
            raise ValueError("out of range")
    except (ValueError, TypeError) as fault:
        raise not_ours() from fault
    return number


def decode_text(cursor: str) -> str:
    """Raises Problem (422) for a cursor that is not ours."""
    try:
        text = _decode(cursor, 1)[0]
        if "\x00" in text:
            raise ValueError("NUL")
    except ValueError as fault:
        raise not_ours() from fault
    return text


def decode_texts(cursor: str, length: int) -> list[str]:
    """The parts of a longer key, as text. Raises Problem (422) for a cursor that is not ours."""
    try:
        parts = _decode(cursor, length)
        if any("\x00" in part for part in parts):
            raise ValueError("NUL")
    except ValueError as fault:
        raise not_ours() from fault
    return parts


def not_ours() -> Problem:
    return problems.invalid([{"field": "cursor", "detail": "is not a cursor of this list"}])


def _decode(cursor: str, length: int) -> list[str]:
    try:
        key = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, UnicodeDecodeError) as fault:
        raise ValueError("not base64") from fault
    if not isinstance(key, list) or len(key) != length or not all(isinstance(part, str) for part in key):
        raise ValueError("not a key")
    return key
