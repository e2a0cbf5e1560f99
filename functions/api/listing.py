"""Lists of assets, and the small pictures that pages show beside them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from acervo import access
from acervo.database import Row, query
from acervo.objects import PRESIGN_S
from functions.api import cursors
from functions.api.assets import common
from functions.api.endpoint import Ask, Reply, Table
from functions.api.models.assets import AssetsQuery, AssetSummary, Thumbnail, Thumbnails, ThumbnailsQuery
from functions.api.models.strict import Page

table = Table("assets")


@table.get("/assets", query=AssetsQuery, answers={200: Page[AssetSummary]}, problems=(422,))
def list_assets(ask: Ask, query: AssetsQuery) -> Reply:
    """Assets of the projects one may see, newest first."""
    rows = _page(ask, query)
    more = len(rows) > query.limit
    rows = rows[: query.limit]
    items = [_summary(row, _thumbnail(ask, row) if query.thumbnails else None) for row in rows]
    following = cursors.encode(rows[-1]["created_at"], rows[-1]["id"]) if more else None
    return Reply(Page[AssetSummary](items=items, next_cursor=following))


def _page(ask: Ask, wanted: AssetsQuery) -> list[Row]:
    after_at, after_id = cursors.decode_time_and_id(wanted.cursor) if wanted.cursor else (None, None)
    with ask.database.transaction() as connection:
        visible = access.visible_projects(ask.caller, connection)
        if visible is not None and not visible:
            return []
        return list(
            query.api_assets(
                connection, projects=None if visible is None else sorted(visible), project=wanted.project, kind=wanted.kind,
                status=wanted.status, owner=wanted.owner, after_at=after_at, after_id=after_id, limit=wanted.limit + 1,
            )
        )  # fmt: skip


def _thumbnail(ask: Ask, row: Row) -> str | None:
    return ask.objects.presign_get(row["thumb_bucket"], row["thumb_key"]) if row["thumb_key"] else None


def _summary(row: Row, thumbnail_url: str | None) -> AssetSummary:
    return AssetSummary(**common(row), thumbnail_url=thumbnail_url)


@table.get("/thumbnails", query=ThumbnailsQuery, answers={200: Thumbnails}, problems=(422,))
def thumbnails(ask: Ask, query: ThumbnailsQuery) -> Reply:
    """Small pictures of up to 100 assets (of a page of hits); those without one, or that one may not see, are left out."""
    rows = _pictures(ask, query)
    expires_at = datetime.now(UTC) + timedelta(seconds=PRESIGN_S)
    items = [
        Thumbnail(
            asset_id=row["asset_id"],
            profile=row["profile"],
            url=ask.objects.presign_get(row["bucket"], row["key"]),
        )
        for row in rows
    ]
    return Reply(Thumbnails(items=items, expires_at=expires_at), headers={"cache-control": "no-store"})


def _pictures(ask: Ask, wanted: ThumbnailsQuery) -> list[Row]:
    with ask.database.transaction() as connection:
        visible = access.visible_projects(ask.caller, connection)
        projects = None if visible is None else sorted(visible)
        return list(query.api_thumbnails(connection, asset_ids=wanted.asset_id, projects=projects))
