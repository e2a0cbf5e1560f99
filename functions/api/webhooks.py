"""Webhooks: who is told what, set by administrators; `functions/webhook` asks the addresses and sends."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from acervo import access, signatures
from acervo.access import Action
from acervo.database import Connection, Row, query
from functions.api import audit, cursors
from functions.api.endpoint import Ask, Reply, Table
from functions.api.models.administration import (
    DeliveriesQuery,
    Delivery,
    Revived,
    Webhook,
    WebhookEdit,
    WebhookMake,
    WebhooksQuery,
)  # fmt: skip
from functions.api.models.strict import Page
from functions.api.projects import find_project

table = Table("webhooks")
MOST_REVIVED = 1000


def _shown(row: Row, key: str | None = None) -> Webhook:
    return Webhook(**{name: row[name] for name in set(Webhook.model_fields) - {"key"}}, key=key)


def _key(ask: Ask, row: Row) -> str:
    return signatures.webhook_key(ask.resources.settings.stream_secret, str(row["id"]), row["key_number"])


def _permit(ask: Ask, connection: Connection, project_id: str | None) -> None:
    """Raises Denied: of one project for who administers it, of all of them for who operates the platform."""
    if project_id is None:
        access.require_platform(ask.caller)
    else:
        find_project(ask, connection, project_id, Action.ADMINISTER)


def _find(ask: Ask, connection: Connection) -> Row:
    access.require_platform(ask.caller, Action.ADMINISTER)
    row: Row | None = query.lock_webhook(connection, webhook_id=ask.uuid())
    if row is None:
        raise access.missing()
    _permit(ask, connection, row["project_id"])
    return row


@table.get("/webhooks", query=WebhooksQuery, answers={200: Page[Webhook]}, problems=(403, 422))
def list_webhooks(ask: Ask, query: WebhooksQuery) -> Reply:
    """Webhooks by id. Keys are not shown again."""
    access.require_platform(ask.caller, Action.ADMINISTER)
    rows = _page(ask, query)
    more = len(rows) > query.limit
    items = [_shown(row) for row in rows[: query.limit]]
    return Reply(Page[Webhook](items=items, next_cursor=cursors.encode(items[-1].id) if more else None))


def _page(ask: Ask, wanted: WebhooksQuery) -> list[Row]:
    after: UUID | None = cursors.decode_id(wanted.cursor) if wanted.cursor else None
    with ask.database.transaction() as connection:
        return list(
            query.list_webhooks(connection, project=wanted.project, after=after, limit=wanted.limit + 1)
        )


@table.post("/webhooks", body=WebhookMake, answers={201: Webhook}, problems=(403, 404, 413, 415, 422))
def make_webhook(ask: Ask, body: WebhookMake) -> Reply:
    """Make a webhook; its key is in this answer and never again. Its address is asked whether it agrees before anything is sent."""
    access.require_platform(ask.caller, Action.ADMINISTER)
    with ask.database.transaction() as connection:
        _permit(ask, connection, body.project_id)
        row = query.put_webhook(
            connection, id=str(uuid4()), name=body.name, url=body.url, project_id=body.project_id, types=body.types,
            created_by=ask.caller.user,
        )  # fmt: skip
        _note(ask, connection, "webhook.make", row, url=body.url, types=body.types)
    return Reply(_shown(row, _key(ask, row)), 201, {"cache-control": "no-store"})


@table.get("/webhooks/{id}", answers={200: Webhook}, problems=(403, 404))
def show_webhook(ask: Ask) -> Reply:
    """One webhook, and whether it works."""
    with ask.database.transaction() as connection:
        return Reply(_shown(_find(ask, connection)))


@table.patch("/webhooks/{id}", body=WebhookEdit, answers={200: Webhook}, problems=(403, 404, 413, 415, 422))
def edit_webhook(ask: Ask, body: WebhookEdit) -> Reply:
    """Change it, switch it off or on again, or give it a new key. Another address has to agree first."""
    with ask.database.transaction() as connection:
        row = _find(ask, connection)
        states = {None: row["state"], True: "active", False: "disabled"}
        changed = query.change_webhook(
            connection, webhook_id=row["id"], name=body.name or row["name"], url=body.url or row["url"], types=body.types or row["types"],
            state=states[body.active], key_number=row["key_number"] + int(body.rotate_key),
        )  # fmt: skip
        _note(ask, connection, "webhook.change", changed, changed=body.model_dump(exclude_unset=True))
    key = _key(ask, changed) if body.rotate_key else None
    return Reply(_shown(changed, key), headers={"cache-control": "no-store"})


@table.delete("/webhooks/{id}", answers={204: None}, problems=(403, 404))
def delete_webhook(ask: Ask) -> Reply:
    """Delete it, with what still waits for it."""
    with ask.database.transaction() as connection:
        row = _find(ask, connection)
        query.delete_webhook(connection, webhook_id=row["id"])
        _note(ask, connection, "webhook.delete", row)
    return Reply(status=204)


def _note(ask: Ask, connection: Connection, what: str, row: Row, **detail: Any) -> None:
    audit.write(connection, ask, what, project_id=row["project_id"], webhook_id=str(row["id"]), **detail)


@table.get(
    "/webhooks/{id}/deliveries",
    query=DeliveriesQuery,
    answers={200: Page[Delivery]},
    problems=(403, 404, 422),
)
def list_deliveries(ask: Ask, query: DeliveriesQuery) -> Reply:
    """What was sent, what waits and what was given up; newest first, kept for two weeks."""
    rows = _deliveries(ask, query)
    more = len(rows) > query.limit
    items = [Delivery(**row) for row in rows[: query.limit]]
    return Reply(Page[Delivery](items=items, next_cursor=cursors.encode(items[-1].id) if more else None))


def _deliveries(ask: Ask, wanted: DeliveriesQuery) -> list[Row]:
    before = cursors.decode_number(wanted.cursor) if wanted.cursor else None
    with ask.database.transaction() as connection:
        row = _find(ask, connection)
        return list(
            query.list_deliveries(
                connection, webhook_id=row["id"], state=wanted.state, before=before, limit=wanted.limit + 1
            )
        )


@table.post("/webhooks/{id}/deliveries/replay", answers={202: Revived}, problems=(403, 404))
def revive(ask: Ask) -> Reply:
    """Try what was given up again, up to 1000 at a time."""
    with ask.database.transaction() as connection:
        row = _find(ask, connection)
        revived = len(list(query.revive_deliveries(connection, webhook_id=row["id"], limit=MOST_REVIVED)))
        _note(ask, connection, "webhook.replay", row, revived=revived)
    return Reply(Revived(revived=revived), 202)
