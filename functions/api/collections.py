"""Collections: assets of one project, put together by people. Who may edit in the project may change them."""

from __future__ import annotations

from uuid import uuid4

from acervo import access
from acervo.access import Action
from acervo.database import Connection, Row, query
from functions.api import audit, cursors
from functions.api.assets import common
from functions.api.endpoint import Ask, Reply, Table
from functions.api.models.editing import (
    Collection,
    CollectionAsset,
    CollectionEdit,
    CollectionItems,
    CollectionMake,
    CollectionsQuery,
    HistoryQuery,
    ItemsChanged,
)  # fmt: skip
from functions.api.models.strict import Page
from functions.api.once import HEADER
from functions.api.projects import find_project

table = Table("collections")


def _shown(row: Row) -> Collection:
    return Collection(**{name: row[name] for name in Collection.model_fields})


def _find(ask: Ask, connection: Connection, action: Action) -> Row:
    row: Row | None = query.get_collection(
        connection, collection_id=ask.uuid(), principals=ask.caller.principals
    )
    if row is None:
        raise access.missing()
    access.require(ask.caller, action, member=row["member"], project_id=row["project_id"])
    return row


@table.get("/collections", query=CollectionsQuery, answers={200: Page[Collection]}, problems=(422,))
def list_collections(ask: Ask, query: CollectionsQuery) -> Reply:
    """Collections of the projects one may see, by name."""
    rows = _page(ask, query)
    more = len(rows) > query.limit
    items = [_shown(row) for row in rows[: query.limit]]
    following = cursors.encode(items[-1].name, items[-1].id) if more else None
    return Reply(Page[Collection](items=items, next_cursor=following))


def _page(ask: Ask, wanted: CollectionsQuery) -> list[Row]:
    name, id_ = cursors.decode_text_and_id(wanted.cursor) if wanted.cursor else (None, None)
    with ask.database.transaction() as connection:
        visible = access.visible_projects(ask.caller, connection)
        return list(
            query.list_collections(
                connection, projects=None if visible is None else sorted(visible), project=wanted.project, asset_id=wanted.asset_id,
                after_name=name, after_id=id_, limit=wanted.limit + 1,
            )
        )  # fmt: skip


@table.post(
    "/collections",
    body=CollectionMake,
    answers={201: Collection},
    problems=(403, 404, 409, 413, 415, 422),
    headers=HEADER,
    once=True,
)
def make_collection(ask: Ask, body: CollectionMake) -> Reply:
    """Make an empty collection."""
    with ask.database.transaction() as connection:
        find_project(ask, connection, body.project_id, Action.EDIT)
        row = query.put_collection(
            connection, id=str(uuid4()), project_id=body.project_id, name=body.name, description=body.description, created_by=ask.caller.user
        )  # fmt: skip
        audit.write(
            connection, ask, "collection.make", project_id=body.project_id, collection_id=str(row["id"])
        )
        return Reply(_shown(row), 201)


@table.get("/collections/{id}", answers={200: Collection}, problems=(404,))
def show_collection(ask: Ask) -> Reply:
    """One collection, and how many assets it has."""
    with ask.database.transaction() as connection:
        return Reply(_shown(_find(ask, connection, Action.VIEW)))


@table.patch(
    "/collections/{id}", body=CollectionEdit, answers={200: Collection}, problems=(403, 404, 413, 415, 422)
)
def edit_collection(ask: Ask, body: CollectionEdit) -> Reply:
    """Change its name or description."""
    with ask.database.transaction() as connection:
        row = _find(ask, connection, Action.EDIT)
        name = row["name"] if body.name is None else body.name
        description = row["description"] if body.description is None else body.description
        query.edit_collection(connection, collection_id=row["id"], name=name, description=description)
        audit.write(
            connection, ask, "collection.change", project_id=row["project_id"], collection_id=str(row["id"])
        )
        return Reply(_shown(_find(ask, connection, Action.EDIT)))


@table.delete("/collections/{id}", answers={204: None}, problems=(403, 404))
def delete_collection(ask: Ask) -> Reply:
    """The collection goes, its assets stay."""
    with ask.database.transaction() as connection:
        row = _find(ask, connection, Action.EDIT)
        query.delete_collection(connection, collection_id=row["id"])
        audit.write(
            connection, ask, "collection.delete", project_id=row["project_id"], collection_id=str(row["id"]), name=row["name"], assets=row["assets"]
        )  # fmt: skip
    return Reply(status=204)


@table.get(
    "/collections/{id}/assets", query=HistoryQuery, answers={200: Page[CollectionAsset]}, problems=(404, 422)
)
def list_items(ask: Ask, query: HistoryQuery) -> Reply:
    """Its assets, in the order in which they were added."""
    rows = _items(ask, query)
    more = len(rows) > query.limit
    rows = rows[: query.limit]
    items = [CollectionAsset(**common(row), added_at=row["added_at"]) for row in rows]
    following = cursors.encode(rows[-1]["added_at"], rows[-1]["id"]) if more else None
    return Reply(Page[CollectionAsset](items=items, next_cursor=following))


def _items(ask: Ask, wanted: HistoryQuery) -> list[Row]:
    at, id_ = cursors.decode_time_and_id(wanted.cursor) if wanted.cursor else (None, None)
    with ask.database.transaction() as connection:
        row = _find(ask, connection, Action.VIEW)
        return list(
            query.collection_page(
                connection, collection_id=row["id"], after_at=at, after_id=id_, limit=wanted.limit + 1
            )
        )


@table.post(
    "/collections/{id}/assets",
    body=CollectionItems,
    answers={200: ItemsChanged},
    problems=(403, 404, 413, 415, 422),
)
def add_items(ask: Ask, body: CollectionItems) -> Reply:
    """Add assets of the same project; those of others are left out."""
    return _change(ask, body, "add")


@table.post(
    "/collections/{id}/assets/remove",
    body=CollectionItems,
    answers={200: ItemsChanged},
    problems=(403, 404, 413, 415, 422),
)
def remove_items(ask: Ask, body: CollectionItems) -> Reply:
    """Take assets out of it."""
    return _change(ask, body, "remove")


def _change(ask: Ask, body: CollectionItems, what: str) -> Reply:
    ids = sorted(set(body.asset_ids))
    with ask.database.transaction() as connection:
        row = _find(ask, connection, Action.EDIT)
        if what == "add":
            changed = query.add_to_collection(
                connection, collection_id=row["id"], asset_ids=ids, added_by=ask.caller.user
            )
        else:
            changed = query.remove_from_collection(connection, collection_id=row["id"], asset_ids=ids)
        if changed:
            audit.write(
                connection, ask, f"collection.{what}", project_id=row["project_id"], collection_id=str(row["id"]), assets=[str(i) for i in ids]
            )  # fmt: skip
    return Reply(ItemsChanged(changed=changed))
