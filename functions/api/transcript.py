"""What is said, line by line; corrections by people, who win over the machine; and who speaks.

A correction names the version of the line that was read (If-Match): of two editors of one line the second is told what it is now.
Editors of different lines never meet.
"""

from __future__ import annotations

from acervo import access, edits, problems
from acervo.access import Action
from acervo.database import Connection, Row, query
from acervo.edits import KEPT
from acervo.function import Work
from acervo.problems import Problem
from functions.api import audit, cursors, entity_tags, lines
from functions.api.assets import find
from functions.api.editing import check_version
from functions.api.endpoint import Ask, Reply, Table
from functions.api.models.assets import Segment, TranscriptQuery
from functions.api.models.description import (
    Correction,
    CorrectionsQuery,
    LineChanged,
    LineEdit,
    Speaker,
    SpeakerName,
    SpeakersQuery,
)  # fmt: skip
from functions.api.models.strict import Page

table = Table("assets")
MOST = 2**31 - 1
_LAST = {"If-Match": "Optional: the ETag of the asset."}


# -- lines ------------------------------------------------------------------------------------------------------------
@table.get(
    "/assets/{id}/transcript", query=TranscriptQuery, answers={200: Page[Segment]}, problems=(404, 422)
)
def transcript(ask: Ask, query: TranscriptQuery) -> Reply:
    """What is said, in order of time, with people's corrections; `words=true` adds each word with its time."""
    rows = _segments(ask, query)
    more = len(rows) > query.limit
    items = [lines.shown(row, query.words) for row in rows[: query.limit]]
    following = cursors.encode(items[-1].number) if more else None
    return Reply(Page[Segment](items=items, next_cursor=following))


def _segments(ask: Ask, wanted: TranscriptQuery) -> list[Row]:
    after: int | None = cursors.decode_number(wanted.cursor, MOST) if wanted.cursor else -1
    with ask.database.transaction() as connection:
        row = find(ask, connection, Action.VIEW)
        if wanted.from_ms is not None and not wanted.cursor:
            after = query.line_after(connection, asset_id=row["id"], from_ms=wanted.from_ms)
            if after is None:
                return []
        return list(query.api_transcript(connection, asset_id=row["id"], after=after, limit=wanted.limit + 1))


@table.patch(
    "/assets/{id}/transcript/{line}",
    body=LineEdit,
    answers={200: LineChanged},
    problems=(403, 404, 412, 413, 415, 422, 428),
    headers={"If-Match": "Required: the `version` of the line that was read, in quotes."},
)
def correct(ask: Ask, body: LineEdit) -> Reply:
    """Correct what a line says, or who says it. It is shown, found and captioned instead of the machine's, whatever runs again."""
    number = number_in(ask, "line", MOST)
    with ask.call.change() as work:
        asset = find(ask, work.connection, Action.EDIT, lock=True)
        before = _line_as_read(ask, work.connection, asset, number)
        given = body.model_fields_set
        row = edits.correct_line(
            work, str(asset["id"]), number, body.text if "text" in given else KEPT, ask.caller.user,
            body.speaker if "speaker" in given else KEPT,
        )  # fmt: skip
        _note(
            ask, work, asset, "transcript.correct", correction=row["id"], start_ms=row["start_ms"],
            before=before["text"], after=row["text"], speaker=row["speaker"],
        )  # fmt: skip
        after = query.shown_line(work.connection, asset_id=asset["id"], number=number)
        line = lines.shown(after, words=True) if after else None
        changed = LineChanged(
            line=line, correction=_correction(row), asset_version=_version(work.connection, asset)
        )
    return Reply(changed, headers={"etag": f'"{line.version}"'} if line else {})


def _line_as_read(ask: Ask, connection: Connection, asset: Row, number: int) -> Row:
    """Raises Problem: 404 no such line, 428 without If-Match, 412 with what the line is now."""
    row: Row | None = query.shown_line(connection, asset_id=asset["id"], number=number)
    if row is None:
        raise Problem(404, "no-such-line", "the transcript has no such line (any more)", field="line")
    header = ask.request.headers.get("if-match")
    if header is None:
        raise Problem(428, "if-match-required", "send the version of the line as If-Match", field="If-Match")
    version = lines.version_of(row)
    if not any(tag in ("*", version) for tag in entity_tags.parse(header)):
        raise Problem(
            412, "changed-meanwhile", "somebody changed this line after you read it", field="If-Match",
            current=lines.shown(row, words=False).model_dump(mode="json"), headers={"etag": f'"{version}"'},
        )  # fmt: skip
    return row


def number_in(ask: Ask, name: str, most: int) -> int:
    """A whole number of the path; anything else is as missing as a number that nothing has."""
    text = str(ask.request.path_params[name])
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= most):
        raise access.missing()
    return int(text)


# -- corrections ------------------------------------------------------------------------------------------------------
@table.get(
    "/assets/{id}/transcript/corrections",
    query=CorrectionsQuery,
    answers={200: Page[Correction]},
    problems=(404, 422),
)
def corrections(ask: Ask, query: CorrectionsQuery) -> Reply:
    """Every correction of the transcript: who, when, and what the machine had; newest first. Removed lines are only here."""
    rows = _corrections(ask, query)
    more = len(rows) > query.limit
    items = [_correction(row) for row in rows[: query.limit]]
    return Reply(Page[Correction](items=items, next_cursor=cursors.encode(items[-1].id) if more else None))


def _corrections(ask: Ask, wanted: CorrectionsQuery) -> list[Row]:
    before = cursors.decode_number(wanted.cursor) if wanted.cursor else None
    with ask.database.transaction() as connection:
        row = find(ask, connection, Action.VIEW)
        return list(
            query.corrections_page(
                connection, asset_id=row["id"], holding=wanted.holding, before=before, limit=wanted.limit + 1
            )
        )  # fmt: skip


def _correction(row: Row) -> Correction:
    names = (
        "id",
        "start_ms",
        "end_ms",
        "text",
        "speaker",
        "language",
        "author",
        "at",
        "ended_at",
        "ended_by",
    )
    return Correction(
        **{name: row[name] for name in names},
        machine_text=row["before"]["text"], machine_speaker=row["before"]["speaker"],
    )  # fmt: skip


@table.post(
    "/assets/{id}/transcript/corrections/{edit}/undo", answers={200: Correction}, problems=(403, 404, 409)
)
def undo_correction(ask: Ask) -> Reply:
    """Take a correction back: what the machine had there is shown again. One that does not hold any more is answered 409."""
    with ask.call.change() as work:
        asset = find(ask, work.connection, Action.EDIT, lock=True)
        known = {"asset_id": asset["id"], "edit_id": number_in(ask, "edit", 2**63 - 1)}
        row = query.correction_of(work.connection, **known)
        if row is None:
            raise access.missing()
        if row["ended_at"] is not None:
            raise Problem(
                409, "not-holding", f"{row['ended_by']} took this correction back, or corrected the line again",
                current=_correction(row).model_dump(mode="json"),
            )  # fmt: skip
        edits.restore_line(work, str(asset["id"]), row["id"], ask.caller.user)
        _note(
            ask, work, asset, "transcript.undo", correction=row["id"], start_ms=row["start_ms"],
            before=row["text"], after=row["before"]["text"],
        )  # fmt: skip
        ended = _correction(query.correction_of(work.connection, **known))
    return Reply(ended)


# -- speakers ---------------------------------------------------------------------------------------------------------
@table.get(
    "/assets/{id}/transcript/speakers",
    query=SpeakersQuery,
    answers={200: Page[Speaker]},
    problems=(404, 422),
)
def speakers(ask: Ask, query: SpeakersQuery) -> Reply:
    """The voices that a machine told apart, how much each says, and their names."""
    rows = _speakers(ask, query)
    more = len(rows) > query.limit
    items = [Speaker(**row) for row in rows[: query.limit]]
    return Reply(Page[Speaker](items=items, next_cursor=cursors.encode(items[-1].voice) if more else None))


def _speakers(ask: Ask, wanted: SpeakersQuery) -> list[Row]:
    after = cursors.decode_text(wanted.cursor) if wanted.cursor else None
    with ask.database.transaction() as connection:
        row = find(ask, connection, Action.VIEW)
        return list(query.speakers_page(connection, asset_id=row["id"], after=after, limit=wanted.limit + 1))


@table.put(
    "/assets/{id}/transcript/speakers",
    body=SpeakerName,
    answers={200: Speaker},
    problems=(403, 404, 412, 413, 415, 422),
    headers=_LAST,
)
def name_speaker(ask: Ask, body: SpeakerName) -> Reply:
    """Name a voice: all of its lines are shown with the name, now and after a new run. The last name counts."""
    with ask.call.change() as work:
        asset = find(ask, work.connection, Action.EDIT, lock=True)
        check_version(ask, asset, required=False)
        known = {"asset_id": asset["id"], "voice": body.voice}
        before = query.speaker_of(work.connection, **known)
        if before is None:
            raise problems.invalid(
                [{"field": "voice", "detail": "nobody with this voice speaks here", "code": "no-such-voice"}]
            )
        edits.name_speaker(work, str(asset["id"]), body.voice, body.name, ask.caller.user)
        _note(
            ask, work, asset, "transcript.speaker", voice=body.voice, before=before["name"], after=body.name
        )
        named = Speaker(**query.speaker_of(work.connection, **known))
    return Reply(named)


def _version(connection: Connection, asset: Row) -> int:
    return int(query.asset_version(connection, asset_id=asset["id"]))


def _note(ask: Ask, work: Work, asset: Row, what: str, **detail: object) -> None:
    audit.write(
        work.connection, ask, what, asset_id=str(asset["id"]), project_id=asset["project_id"], **detail
    )
