"""Systems that sign their events with a key instead of a token: made, changed, their keys rotated, by who operates the platform."""

from __future__ import annotations

from acervo import access
from acervo.database import Connection, Row, query
from acervo.problems import Problem
from functions.api import audit, cursors
from functions.api.endpoint import Ask, Reply, Table
from functions.api.models.administration import EventSource, EventSourceEdit, EventSourceMake, SourcesQuery
from functions.api.models.strict import Page
from functions.api.senders import key_of

table = Table("event sources")
OLD_KEY_S = 24 * 3600
OURS = ("/acervo/", "urn:acervo:", "arn:", "ceph:s3")


def _shown(row: Row, key: str | None = None) -> EventSource:
    names = set(EventSource.model_fields) - {"key"}
    return EventSource(**{name: row[name] for name in names}, key=key)


def _find(connection: Connection, ask: Ask) -> Row:
    source_id = str(ask.request.path_params["source"]).replace("\x00", "")
    row: Row | None = query.get_event_source(connection, source_id=source_id)
    if row is None:
        raise access.missing()
    return row


@table.get("/event-sources", query=SourcesQuery, answers={200: Page[EventSource]}, problems=(403, 422))
def list_sources(ask: Ask, query: SourcesQuery) -> Reply:
    """Systems that may sign events, by id. Keys are not shown again."""
    access.require_platform(ask.caller)
    rows = _page(ask, query)
    more = len(rows) > query.limit
    items = [_shown(row) for row in rows[: query.limit]]
    return Reply(Page[EventSource](items=items, next_cursor=cursors.encode(items[-1].id) if more else None))


def _page(ask: Ask, wanted: SourcesQuery) -> list[Row]:
    after = cursors.decode_text(wanted.cursor) if wanted.cursor else ""
    with ask.database.transaction() as connection:
        return list(query.list_event_sources(connection, after=after, limit=wanted.limit + 1))


@table.post(
    "/event-sources", body=EventSourceMake, answers={201: EventSource}, problems=(403, 409, 413, 415, 422)
)
def make_source(ask: Ask, body: EventSourceMake) -> Reply:
    """Make a source; its key is in this answer and never again."""
    access.require_platform(ask.caller)
    if body.source.startswith(OURS):
        raise Problem(409, "source-reserved", "this source is the platform's own", field="source")
    with ask.database.transaction() as connection:
        made = query.put_event_source(
            connection, id=body.id, name=body.name, source=body.source, groups=body.groups, roles=["editor"], created_by=ask.caller.user
        )  # fmt: skip
        if made is None:
            raise Problem(409, "source-exists", "there is a source of this id or `source`", field="id")
        audit.write(connection, ask, "event-source.make", source=body.id, groups=body.groups)
        row = query.get_event_source(connection, source_id=body.id)
    return Reply(_shown(row, _key(ask, row)), 201, {"cache-control": "no-store"})


def _key(ask: Ask, row: Row) -> str:
    return key_of(ask.resources.settings.stream_secret, row, row["key_number"])


@table.patch(
    "/event-sources/{source}",
    body=EventSourceEdit,
    answers={200: EventSource},
    problems=(403, 404, 413, 415, 422),
)
def edit_source(ask: Ask, body: EventSourceEdit) -> Reply:
    """Change its name or groups, or switch it off."""
    access.require_platform(ask.caller)
    with ask.database.transaction() as connection:
        row = _find(connection, ask)
        given = body.model_dump(exclude_none=True)
        columns = {name: given.get(name, row[name]) for name in ("name", "groups", "enabled")}
        query.change_event_source(connection, source_id=row["id"], **columns)
        audit.write(connection, ask, "event-source.change", source=row["id"], changed=given)
        return Reply(_shown({**row, **columns}))


@table.post("/event-sources/{source}/rotate", answers={200: EventSource}, problems=(403, 404))
def rotate_key(ask: Ask) -> Reply:
    """A new key, in this answer and never again; the old one is good for another day."""
    access.require_platform(ask.caller)
    with ask.database.transaction() as connection:
        row = _find(connection, ask)
        query.rotate_event_source(connection, source_id=row["id"], keep_s=OLD_KEY_S)
        audit.write(connection, ask, "event-source.rotate", source=row["id"])
        row = _find(connection, ask)
    return Reply(_shown(row, _key(ask, row)), headers={"cache-control": "no-store"})


@table.delete("/event-sources/{source}", answers={204: None}, problems=(403, 404))
def delete_source(ask: Ask) -> Reply:
    """Its keys are worth nothing from now on."""
    access.require_platform(ask.caller)
    with ask.database.transaction() as connection:
        row = _find(connection, ask)
        query.delete_event_source(connection, source_id=row["id"])
        audit.write(connection, ask, "event-source.delete", source=row["id"])
    return Reply(status=204)
