"""Pages of rows in the order (at, id), newest first: the cursor is the last row shown."""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.datastructures import QueryParams

from acervo.problems import invalid
from functions.search.parameters import parse_limit

LIMIT, MAX_LIMIT = 50, 200
LAST = "ffffffff-ffff-ffff-ffff-ffffffffffff"


@dataclass(frozen=True)
class Page:
    """`after`: (at, id) of the last row shown."""

    limit: int
    after_at: str = "infinity"
    after_id: str = LAST


def parse_page(given: QueryParams) -> Page:
    """
    Raises:
        Problem: 422.
    """
    faults: list[dict[str, str]] = []
    limit = parse_limit(given, faults, LIMIT, MAX_LIMIT)
    page = Page(limit)
    if text := given.get("cursor"):
        try:
            at, id_ = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            page = Page(limit, datetime.fromisoformat(at).isoformat(), str(uuid.UUID(id_)))
        except (binascii.Error, ValueError, TypeError, AttributeError, RecursionError):
            faults.append({"field": "cursor", "detail": "is not a cursor of this list"})
    if faults:
        raise invalid(faults)
    return page


def next_cursor(page: Page, rows: Sequence[Any], at: str, id_: str) -> str | None:
    """None after the last page. `rows` were asked for with one more than the limit."""
    if len(rows) <= page.limit:
        return None
    last = rows[page.limit - 1]
    value = json.dumps([last[at].isoformat(), str(last[id_])])
    return base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")
