"""What machines saw: objects, written text, shots; each list in the order in which things appear, a page at a time."""

from __future__ import annotations

from typing import Any

from acervo.access import Action
from acervo.database import Row, query
from functions.api import cursors
from functions.api.assets import find
from functions.api.endpoint import Ask, Reply, Table
from functions.api.models.description import (
    Area,
    Detection,
    DetectionsQuery,
    SeenBox,
    Shot,
    ShotsQuery,
    TextsQuery,
    WrittenText,
)  # fmt: skip
from functions.api.models.strict import Page

table = Table("assets")
MOST = 2**31 - 1
STORYBOARD = "storyboard"  # the profile of functions/enrich: `{frame_ms}.webp` beside its track


def _number(cursor: str | None) -> int:
    return cursors.decode_number(cursor, MOST) if cursor else -1


# -- objects ----------------------------------------------------------------------------------------------------------
@table.get(
    "/assets/{id}/detections", query=DetectionsQuery, answers={200: Page[Detection]}, problems=(404, 422)
)
def detections(ask: Ask, query: DetectionsQuery) -> Reply:
    """Objects in the picture, from–to, with their boxes; without those that people rejected as a tag."""
    rows = _detections(ask, query)
    more = len(rows) > query.limit
    items = [_detection(row, query) for row in rows[: query.limit]]
    following = cursors.encode(items[-1].number) if more else None
    return Reply(Page[Detection](items=items, next_cursor=following))


def _detections(ask: Ask, wanted: DetectionsQuery) -> list[Row]:
    with ask.database.transaction() as connection:
        row = find(ask, connection, Action.VIEW)
        return list(
            query.shown_detections(
                connection, asset_id=row["id"], label=wanted.label, from_ms=wanted.from_ms, until_ms=wanted.until_ms,
                after=_number(wanted.cursor), limit=wanted.limit + 1,
            )
        )  # fmt: skip


def _detection(row: Row, wanted: DetectionsQuery) -> Detection:
    names = ("number", "label", "start_ms", "end_ms", "score", "best_ms", "most", "model")
    boxes = _boxes(row["boxes"], wanted) if wanted.boxes else None
    return Detection(**{name: row[name] for name in names}, boxes=boxes)


def _boxes(found: list[list[Any]], wanted: DetectionsQuery) -> list[SeenBox]:
    first, last = wanted.from_ms or 0, wanted.until_ms or MOST
    names = ("at_ms", "score", "x", "y", "width", "height")
    return [SeenBox(**dict(zip(names, one, strict=True))) for one in found if first <= one[0] < last]


# -- text -------------------------------------------------------------------------------------------------------------
@table.get("/assets/{id}/texts", query=TextsQuery, answers={200: Page[WrittenText]}, problems=(404, 422))
def texts(ask: Ask, query: TextsQuery) -> Reply:
    """Text that stands in the picture, from–to."""
    rows = _texts(ask, query)
    more = len(rows) > query.limit
    items = [_text(row) for row in rows[: query.limit]]
    following = cursors.encode(items[-1].number) if more else None
    return Reply(Page[WrittenText](items=items, next_cursor=following))


def _texts(ask: Ask, wanted: TextsQuery) -> list[Row]:
    with ask.database.transaction() as connection:
        row = find(ask, connection, Action.VIEW)
        return list(
            query.ocr_texts_of(
                connection, asset_id=row["id"], from_ms=wanted.from_ms, until_ms=wanted.until_ms,
                after=_number(wanted.cursor), limit=wanted.limit + 1,
            )
        )  # fmt: skip


def _text(row: Row) -> WrittenText:
    x, y, width, height = row["box"]
    return WrittenText(**{**row, "box": Area(x=x, y=y, width=width, height=height)})


# -- shots ------------------------------------------------------------------------------------------------------------
@table.get("/assets/{id}/shots", query=ShotsQuery, answers={200: Page[Shot]}, problems=(404, 422))
def shots(ask: Ask, query: ShotsQuery) -> Reply:
    """The shots of a film with a frame each; a picture is one shot."""
    rows, pictures = _shots(ask, query)
    more = len(rows) > query.limit
    items = [Shot(**row, picture_url=_picture(ask, row, pictures)) for row in rows[: query.limit]]
    following = cursors.encode(items[-1].number) if more else None
    page = Page[Shot](items=items, next_cursor=following)
    return Reply(page, headers={"cache-control": "no-store"})  # its addresses are signed


def _shots(ask: Ask, wanted: ShotsQuery) -> tuple[list[Row], dict[str, Row]]:
    with ask.database.transaction() as connection:
        row = find(ask, connection, Action.VIEW)
        pictures = query.pictures_of_shots(connection, asset_id=row["id"])
        found = query.shots_of(
            connection, asset_id=row["id"], after=_number(wanted.cursor), limit=wanted.limit + 1
        )
        return list(found), {picture["profile"]: picture for picture in pictures}


def _picture(ask: Ask, shot: Row, pictures: dict[str, Row]) -> str | None:
    board = pictures.get(STORYBOARD)
    if board is not None:
        folder = str(board["key"]).rsplit("/", 1)[0]
        return ask.objects.presign_get(board["bucket"], f"{folder}/{shot['frame_ms']}.webp")
    thumb = pictures.get("thumb-300")
    return ask.objects.presign_get(thumb["bucket"], thumb["key"]) if thumb else None
