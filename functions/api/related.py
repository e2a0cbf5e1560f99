"""What has to do with an asset: the same bytes, links by people, pictures that look alike; only what one may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from acervo import access
from acervo.access import Action
from acervo.database import Connection, Row, query
from functions.api import cursors
from functions.api.assets import find
from functions.api.endpoint import BASE, Ask, Reply, Table
from functions.api.models.description import (
    LinkedAsset,
    NearDuplicate,
    NearDuplicatesQuery,
    Neighbour,
    Related,
)  # fmt: skip
from functions.api.models.editing import Link
from functions.api.models.strict import Page

table = Table("assets")
FIRST_LINKS, FIRST_DUPLICATES, MOST_BITS = 50, 20, 8
UNKEPT = {"cache-control": "no-store"}  # addresses are signed


@table.get("/assets/{id}/related", answers={200: Related}, problems=(404,))
def related(ask: Ask) -> Reply:
    """The asset with the same bytes, links in both directions, near-duplicates; and where search answers "more like this"."""
    with ask.database.transaction() as connection:
        row = find(ask, connection, Action.VIEW)
        projects = _projects(ask, connection)
        links = list(
            query.asset_links_of(connection, asset_id=row["id"], projects=projects, limit=FIRST_LINKS + 1)
        )
        alike = _alike(connection, row, projects, None, FIRST_DUPLICATES, MOST_BITS)
        same = [row["duplicate_of"]] if row["duplicate_of"] else []  # of its own project
        ids = {*same, *(one["id"] for one in links), *(one["asset_id"] for one in alike)}
        known = _neighbours(ask, connection, ids)
    here = f"{BASE}/assets/{row['id']}"
    duplicates = [_duplicate(one, known) for one in alike[:FIRST_DUPLICATES] if one["asset_id"] in known]
    return Reply(
        Related(
            same_bytes=Neighbour(**known[same[0]]) if same and same[0] in known else None,
            links=[LinkedAsset(**known[one["id"]], link=_link(one)) for one in links[:FIRST_LINKS] if one["id"] in known],
            links_next=f"{here}/links" if len(links) > FIRST_LINKS else None,
            near_duplicates=duplicates,
            near_duplicates_next=f"{here}/near-duplicates?cursor={_key(alike[FIRST_DUPLICATES - 1])}" if len(alike) > FIRST_DUPLICATES else None,
            more_like_this=f"{BASE}/search/assets/{row['id']}/like",
        ),
        headers=UNKEPT,
    )  # fmt: skip


@table.get(
    "/assets/{id}/near-duplicates",
    query=NearDuplicatesQuery,
    answers={200: Page[NearDuplicate]},
    problems=(404, 422),
)
def near_duplicates(ask: Ask, query: NearDuplicatesQuery) -> Reply:
    """Assets with a picture or a shot that looks like one of this asset's, the likest first."""
    with ask.database.transaction() as connection:
        row = find(ask, connection, Action.VIEW)
        alike = _alike(
            connection, row, _projects(ask, connection), query.cursor, query.limit, query.most_bits
        )
        known = _neighbours(ask, connection, {one["asset_id"] for one in alike})
    more = len(alike) > query.limit
    alike = alike[: query.limit]
    items = [_duplicate(one, known) for one in alike if one["asset_id"] in known]
    page = Page[NearDuplicate](items=items, next_cursor=_key(alike[-1]) if more else None)
    return Reply(page, headers=UNKEPT)


def _alike(
    connection: Connection,
    row: Row,
    projects: Sequence[str] | None,
    cursor: str | None,
    limit: int,
    most_bits: int,
) -> list[Row]:
    """One more than `limit`, when there is one."""
    bits, asset_id = _after(cursor)
    query.look_past_own_shots(connection)
    return list(
        query.near_duplicates(
            connection, asset_id=row["id"], projects=projects, most_bits=most_bits, after_bits=bits, after_id=asset_id,
            limit=limit + 1,
        )
    )  # fmt: skip


def _key(row: Row) -> str:
    return cursors.encode(row["bits"], row["asset_id"])


def _after(cursor: str | None) -> tuple[int | None, UUID | None]:
    if not cursor:
        return None, None
    bits, asset_id = cursors.decode_texts(cursor, 2)
    if not (bits.isascii() and bits.isdigit() and len(bits) <= 2):
        raise cursors.not_ours()
    try:
        return int(bits), UUID(asset_id)
    except ValueError as fault:
        raise cursors.not_ours() from fault


def _projects(ask: Ask, connection: Connection) -> list[str] | None:
    visible = access.visible_projects(ask.caller, connection)
    return None if visible is None else sorted(visible)


def _neighbours(ask: Ask, connection: Connection, ids: set[UUID]) -> dict[UUID, dict[str, Any]]:
    """The fields of `Neighbour`, by id; one query for all."""
    names = ("name", "title", "project_id", "kind", "status", "duration_s")
    return {
        row["id"]: {
            "asset_id": row["id"], **{name: row[name] for name in names},
            "thumbnail_url": ask.objects.presign_get(row["thumb_bucket"], row["thumb_key"]) if row["thumb_key"] else None,
        }
        for row in query.assets_shown(connection, asset_ids=sorted(ids))
    }  # fmt: skip


def _duplicate(row: Row, known: Mapping[UUID, dict[str, Any]]) -> NearDuplicate:
    names = ("bits", "shots", "start_ms", "own_start_ms")
    return NearDuplicate(**known[row["asset_id"]], **{name: row[name] for name in names})


def _link(row: Row) -> Link:
    names = ("kind", "outgoing", "name", "project_id", "asset_kind", "status", "created_by", "created_at")
    return Link(asset_id=row["id"], **{name: row[name] for name in names})
