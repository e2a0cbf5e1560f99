"""Channels that assets go to: seen by everybody, set by who operates the platform. Never a secret: those are in Vault.

Settings are checked against what the channel's type wants (acervo/channels) before they are written; a channel that was written before
can always be switched off, whatever its settings are.
"""

from __future__ import annotations

import re
from typing import Any

from acervo import access, problems
from acervo.access import Action
from acervo.channels import kinds
from acervo.database import Connection, Row, as_json, query
from functions.api import audit, cursors
from functions.api.endpoint import Ask, Reply, Table
from functions.api.models.publications import (
    Channel,
    ChannelEdit,
    ChannelSet,
    ChannelsQuery,
    ChannelType,
    ChannelTypesQuery,
    Credential,
)
from functions.api.models.strict import PROJECT, Page

table = Table("channels")
COLUMNS = tuple(ChannelSet.model_fields)


def shown(ask: Ask, row: Row) -> Channel:
    known = {name: row[name] for name in Channel.model_fields}
    if not access.may(ask.caller.roles, Action.OPERATE, member=False):
        known["settings"] = None
    return Channel(**known)


def _visible(ask: Ask, connection: Connection, row: Row | None) -> Row:
    """Raises Problem (404) for a channel of projects that the caller does not see."""
    if row is not None:
        visible = access.visible_projects(ask.caller, connection)
        if visible is None or (visible and (row["projects"] is None or visible & set(row["projects"]))):
            return row
    raise access.missing()


@table.get("/channels", query=ChannelsQuery, answers={200: Page[Channel]}, problems=(422,))
def list_channels(ask: Ask, query: ChannelsQuery) -> Reply:
    """Channels of the projects one may see (or of one of them), by id."""
    rows = _page(ask, query)
    more = len(rows) > query.limit
    items = [shown(ask, row) for row in rows[: query.limit]]
    return Reply(Page[Channel](items=items, next_cursor=cursors.encode(items[-1].id) if more else None))


def _page(ask: Ask, wanted: ChannelsQuery) -> list[Row]:
    after = cursors.decode_text(wanted.cursor) if wanted.cursor else ""
    with ask.database.transaction() as connection:
        visible = access.visible_projects(ask.caller, connection)
        if wanted.project is not None:
            visible = frozenset({wanted.project}) if visible is None else visible & {wanted.project}
        return list(
            query.visible_channels(
                connection,
                projects=None if visible is None else sorted(visible),
                after=after,
                limit=wanted.limit + 1,
            )
        )


@table.get("/channel-types", query=ChannelTypesQuery, answers={200: Page[ChannelType]}, problems=(422,))
def list_channel_types(ask: Ask, query: ChannelTypesQuery) -> Reply:
    """Types of channels: the schema of their settings, the names of their credentials."""
    after = cursors.decode_text(query.cursor) if query.cursor else ""
    known = [kind for name, kind in kinds().items() if name > after]
    items = [
        ChannelType(
            type=kind.type, title=kind.title, description=kind.description, settings=dict(kind.schema),
            credentials=[Credential(name=one.name, title=one.title, lines=one.lines) for one in kind.credentials],
            credential_sets=[list(names) for names in kind.sets],
        )
        for kind in known[: query.limit]
    ]  # fmt: skip
    more = len(known) > query.limit
    return Reply(Page[ChannelType](items=items, next_cursor=cursors.encode(items[-1].type) if more else None))


@table.get("/channels/{channel}", answers={200: Channel}, problems=(404,))
def show_channel(ask: Ask) -> Reply:
    """One channel, and whether it can be reached."""
    with ask.database.transaction() as connection:
        row = query.get_channel(connection, channel_id=_id(ask))
        return Reply(shown(ask, _visible(ask, connection, row)))


def _id(ask: Ask) -> str:
    return str(ask.request.path_params["channel"]).replace("\x00", "")


@table.put("/channels/{channel}", body=ChannelSet, answers={200: Channel}, problems=(403, 404, 413, 415, 422))
def set_channel(ask: Ask, body: ChannelSet) -> Reply:
    """Make a channel, or set it as a whole; its settings are those of its type (`/channel-types`)."""
    access.require_platform(ask.caller)
    _check(body.type, body.settings)
    with ask.database.transaction() as connection:
        return Reply(shown(ask, _put(ask, connection, body.model_dump())))


@table.patch(
    "/channels/{channel}", body=ChannelEdit, answers={200: Channel}, problems=(403, 404, 413, 415, 422)
)
def edit_channel(ask: Ask, body: ChannelEdit) -> Reply:
    """Change some of a channel, or switch it off and on."""
    access.require_platform(ask.caller)
    with ask.database.transaction() as connection:
        row = query.lock_channel_row(connection, channel_id=_id(ask))
        if row is None:
            raise access.missing()
        given = body.model_dump(exclude_unset=True)
        nullable = ("projects", "bytes_a_second")
        changes = {name: value for name, value in given.items() if value is not None or name in nullable}
        if "settings" in changes:
            _check(row["type"], changes["settings"])
        known = {name: row[name] for name in COLUMNS}
        return Reply(shown(ask, _put(ask, connection, {**known, **changes})))


def _check(type_: str, settings: dict[str, Any]) -> None:
    """Raises Problem (422) with every field at fault."""
    kind = kinds().get(type_)
    if kind is None:
        raise problems.invalid(
            [{"field": "type", "detail": f"is one of {', '.join(kinds())}", "code": "unfit"}]
        )
    if faults := kind.faults(settings):
        raise problems.invalid(
            [{"field": fault.field, "detail": fault.detail, "code": fault.code} for fault in faults]
        )


def _put(ask: Ask, connection: Connection, columns: dict[str, Any]) -> Row:
    channel_id = _id(ask)
    if not re.fullmatch(PROJECT, channel_id):
        raise problems.invalid(
            [{"field": "channel", "detail": "is 2 to 63 of a-z, 0-9 and -", "code": "identifier"}]
        )
    query.put_channel(
        connection, channel_id=channel_id, **{**columns, "settings": as_json(columns["settings"])}
    )
    audit.write(
        connection, ask, "channel.set", channel=channel_id, type=columns["type"], enabled=columns["enabled"]
    )
    row: Row = query.get_channel(connection, channel_id=channel_id)
    return row
