"""What an asset is about: the machine's tags and names, and people's word on them. Of two people the last one counts."""

from __future__ import annotations

from acervo import edits
from acervo.access import Action
from acervo.database import Row, query
from acervo.function import Work
from functions.api import audit, cursors
from functions.api.assets import find
from functions.api.editing import check_version
from functions.api.endpoint import Ask, Reply, Table
from functions.api.models.description import Tag, TagNamed, TagRename, TagSource, TagsQuery, TagVerdict
from functions.api.models.strict import Page

table = Table("assets")
_LAST = {"If-Match": "Optional: the ETag of the asset."}


@table.get("/assets/{id}/tags", query=TagsQuery, answers={200: Page[Tag]}, problems=(404, 422))
def tags(ask: Ask, query: TagsQuery) -> Reply:
    """Tags by kind, what is longest in the picture or most often said first; with `rejected=true` also what people rejected."""
    rows = _page(ask, query)
    more = len(rows) > query.limit
    items = [_tag(row) for row in rows[: query.limit]]
    last = items[-1] if more else None
    following = cursors.encode(last.kind, last.total_ms, last.times, last.value) if last else None
    return Reply(Page[Tag](items=items, next_cursor=following))


def _page(ask: Ask, wanted: TagsQuery) -> list[Row]:
    kind, total_ms, times, value = _after(wanted.cursor)
    with ask.database.transaction() as connection:
        row = find(ask, connection, Action.VIEW)
        return list(
            query.tags_page(
                connection, asset_id=row["id"], kind=wanted.kind, rejected=wanted.rejected, after_kind=kind,
                after_total_ms=total_ms, after_times=times, after_value=value, limit=wanted.limit + 1,
            )
        )  # fmt: skip


def _after(cursor: str | None) -> tuple[str | None, int, int, str]:
    if not cursor:
        return None, 0, 0, ""
    kind, total_ms, times, value = cursors.decode_texts(cursor, 4)
    numbers = (total_ms, times)
    if not all(number.isascii() and number.isdigit() and int(number) < 2**31 for number in numbers):
        raise cursors.not_ours()
    return kind, int(total_ms), int(times), value


def _tag(row: Row) -> Tag:
    return Tag(**row, source=_source(row))


def _source(row: Row) -> TagSource:
    if row["model"] is None:
        return "person"
    return "both" if row["verdict"] == "added" else "machine"


@table.post(
    "/assets/{id}/tags",
    body=TagVerdict,
    answers={200: Tag},
    problems=(403, 404, 412, 413, 415, 422),
    headers=_LAST,
)
def judge_tag(ask: Ask, body: TagVerdict) -> Reply:
    """Add a tag or a name, or reject the machine's: it stays so when the step runs again."""
    with ask.call.change() as work:
        asset = _asset(ask, work)
        value = edits.judge_tag(work, str(asset["id"]), body.kind, body.value, body.verdict, ask.caller.user)
        _note(ask, work, asset, f"tag.{body.verdict}", kind=body.kind, value=value)
        return Reply(_tag(query.tag_of(work.connection, asset_id=asset["id"], kind=body.kind, value=value)))


@table.post(
    "/assets/{id}/tags/rename",
    body=TagRename,
    answers={200: Tag},
    problems=(403, 404, 412, 413, 415, 422),
    headers=_LAST,
)
def rename_tag(ask: Ask, body: TagRename) -> Reply:
    """Put a name right: the old tag is rejected and the new one added, in one step."""
    with ask.call.change() as work:
        asset = _asset(ask, work)
        kind, value = edits.rename_tag(
            work, str(asset["id"]), (body.kind, body.value), (body.to_kind or body.kind, body.to), ask.caller.user
        )  # fmt: skip
        _note(ask, work, asset, "tag.rename", kind=body.kind, value=body.value, to_kind=kind, to=value)
        return Reply(_tag(query.tag_of(work.connection, asset_id=asset["id"], kind=kind, value=value)))


@table.delete(
    "/assets/{id}/tags",
    query=TagNamed,
    answers={204: None},
    problems=(403, 404, 412, 422),
    headers=_LAST,
)
def forget_tag(ask: Ask, query: TagNamed) -> Reply:
    """Take people's word on a tag back: the machine's counts again. None is fine."""
    with ask.call.change() as work:
        asset = _asset(ask, work)
        if edits.forget_tag(work, str(asset["id"]), query.kind, query.value):
            _note(ask, work, asset, "tag.forget", kind=query.kind, value=query.value)
    return Reply(status=204)


def _asset(ask: Ask, work: Work) -> Row:
    row = find(ask, work.connection, Action.EDIT, lock=True)
    check_version(ask, row, required=False)
    return row


def _note(ask: Ask, work: Work, asset: Row, what: str, **detail: object) -> None:
    audit.write(
        work.connection, ask, what, asset_id=str(asset["id"]), project_id=asset["project_id"], **detail
    )
