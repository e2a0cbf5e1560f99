"""The audit log, for who may read it: searched, exported, and checked against its seals. Reading it is in it, too."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from starlette.responses import Response, StreamingResponse

from acervo import access, seals
from acervo.access import Action
from acervo.database import Row, query
from functions.api import audit, cursors
from functions.api.endpoint import Ask, Reply, Table
from functions.api.models.administration import (
    AuditExport,
    AuditFilter,
    AuditQuery,
    AuditRow,
    AuditVerdict,
    VerifyQuery,
)  # fmt: skip
from functions.api.models.strict import Page

if TYPE_CHECKING:
    from acervo.database import Database

table = Table("audit")
EXPORT_PAGE = 1000
COLUMNS = tuple(AuditRow.model_fields)
TYPES = {"jsonl": "application/jsonl", "csv": "text/csv"}


def _filter(wanted: AuditFilter) -> dict[str, Any]:
    names = ("who", "what", "asset_id", "result", "since", "until")
    return {**{name: getattr(wanted, name) for name in names}, "project_id": wanted.project}


@table.get("/audit", query=AuditQuery, answers={200: Page[AuditRow]}, problems=(403, 422))
def search_audit(ask: Ask, query: AuditQuery) -> Reply:
    """Who did what to which asset, when, from where, with what result; newest first."""
    access.require_platform(ask.caller, Action.AUDIT)
    rows = _page(ask, query)
    more = len(rows) > query.limit
    items = [AuditRow(**row) for row in rows[: query.limit]]
    return Reply(
        Page[AuditRow](items=items, next_cursor=cursors.encode(items[-1].id) if more else None),
        headers={"cache-control": "no-store"},
    )


def _page(ask: Ask, wanted: AuditQuery) -> list[Row]:
    before = cursors.decode_number(wanted.cursor) if wanted.cursor else None
    with ask.database.transaction() as connection:
        return list(query.audit_page(connection, **_filter(wanted), before=before, limit=wanted.limit + 1))


@table.get(
    "/audit/export", query=AuditExport, answers={200: "application/jsonl text/csv"}, problems=(403, 422)
)
def export_audit(ask: Ask, query: AuditExport) -> Response:
    """The same as one file, JSON lines or CSV, whatever its length."""
    access.require_platform(ask.caller, Action.AUDIT)
    wanted = _filter(query)
    with ask.database.transaction() as connection:
        shown = {name: str(value) for name, value in wanted.items() if value is not None}
        audit.write(connection, ask, "audit.export", format=query.format, filter=shown)
    rows = _rows(ask.database, wanted)
    lines = _csv(rows) if query.format == "csv" else _jsonl(rows)
    headers = {
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="audit.{query.format}"',
    }
    return StreamingResponse(lines, media_type=TYPES[query.format], headers=headers)


def _rows(database: Database, wanted: dict[str, Any]) -> Iterator[AuditRow]:
    """Page by page: no transaction is open while a slow reader reads."""
    before: int | None = None
    while True:
        with database.transaction() as connection:
            rows = list(query.audit_page(connection, **wanted, before=before, limit=EXPORT_PAGE))
        yield from (AuditRow(**row) for row in rows)
        if len(rows) < EXPORT_PAGE:
            return
        before = rows[-1]["id"]


def _jsonl(rows: Iterator[AuditRow]) -> Iterator[str]:
    return (row.model_dump_json() + "\n" for row in rows)


def _csv(rows: Iterator[AuditRow]) -> Iterator[str]:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        known = row.model_dump(mode="json")
        writer.writerow([_cell(known[name]) for name in COLUMNS])
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()


def _cell(value: Any) -> str:
    """Text that no spreadsheet takes for a formula."""
    text = (
        json.dumps(value, ensure_ascii=False)
        if isinstance(value, dict)
        else ""
        if value is None
        else str(value)
    )
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


@table.get("/audit/verify", query=VerifyQuery, answers={200: AuditVerdict}, problems=(403, 422))
def verify_audit(ask: Ask, query: VerifyQuery) -> Reply:
    """Whether the log is as it was sealed: every seal is made again from its rows and the seal before."""
    access.require_platform(ask.caller, Action.AUDIT)
    after = cursors.decode_number(query.cursor) if query.cursor else 0
    if not after:
        seals.seal(ask.database)
    found = seals.verify(ask.database, after)
    verdict = AuditVerdict(
        contains=query.expect is None or seals.contains(ask.database, query.expect), whole=found.broken is None, seals=found.seals, rows=found.rows, head=found.head, head_number=found.number,
        broken_seal=found.broken, detail=found.fault or "every seal fits its rows",
        next_cursor=cursors.encode(found.number) if found.more else None,
    )  # fmt: skip
    with ask.database.transaction() as connection:
        audit.write(connection, ask, "audit.verify", whole=verdict.whole, head=verdict.head)
    return Reply(verdict, headers={"cache-control": "no-store"})
