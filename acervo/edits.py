"""People win: a transcript line, a tag or a name that a person put right is kept with author and time, and shown instead of the machine's.

Each change is one call inside the caller's transaction, which it completes: the asset's row gets a new version and `acervo.asset.changed.v1`
is said, so that indexes, captions and vectors follow. Who may do it is the caller's to decide (`acervo/access.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from acervo import corrections
from acervo.database import as_json, query, without_nul
from acervo.errors import Permanent

if TYPE_CHECKING:
    from acervo.function import Work

CHANGED = "acervo.asset.changed.v1"
TAG_KINDS = ("object", "person", "place", "organisation")
VERDICTS = ("added", "rejected")
MAX_LINE, MAX_TAG = 10_000, 200


class NoSuchLine(Permanent):
    """The transcript has no such line (any more)."""

    status = 404


class Unfit(Permanent):
    """What a person asked for cannot be stored; the reason says why."""


def correct_line(work: Work, asset_id: str, number: int, text: str, author: str) -> dict[str, Any]:
    """The transcript segment `number` says `text` from now on (empty: nothing is said there); the row of `transcript_edits`.

    Raises:
        NoSuchLine: there is no such segment.
        Unfit: the text is too long.
    """
    text = " ".join(without_nul(text).split())
    if len(text) > MAX_LINE:
        raise Unfit("too-long", f"a line has at most {MAX_LINE} characters")
    asset = _lock(work, asset_id)
    before = query.transcript_line(work.connection, asset_id=asset_id, number=number)
    if before is None:
        raise NoSuchLine("no-such-line", f"the transcript has no line {number}")
    query.end_line_edits(
        work.connection, asset_id=asset_id, start_ms=before["start_ms"], end_ms=before["end_ms"], by=author
    )
    words = corrections.reword(before["words"], text, before["start_ms"], before["end_ms"])
    row: dict[str, Any] = query.put_line_edit(
        work.connection, asset_id=asset_id, start_ms=before["start_ms"], end_ms=before["end_ms"], text=text,
        words=as_json(words), language=before["language"], speaker=before["speaker"],
        before=as_json(_machine(work, asset_id, before)), author=author,
    )  # fmt: skip
    if text:
        query.show_line(
            work.connection, asset_id=asset_id, number=number, text=text, words=as_json(words), model=f"person:{author}",
        )  # fmt: skip
    else:
        query.hide_line(work.connection, asset_id=asset_id, number=number)
    _changed(work, asset)
    return row


def restore_line(work: Work, asset_id: str, edit_id: int, author: str) -> None:
    """Take a correction back: the machine's line is shown again.

    Raises:
        NoSuchLine: there is no such correction, or it does not hold any more.
    """
    asset = _lock(work, asset_id)
    edit = query.end_line_edit(work.connection, asset_id=asset_id, edit_id=edit_id, by=author)
    if edit is None:
        raise NoSuchLine("no-such-edit", f"correction {edit_id} does not hold (any more)")
    lines = list(query.transcript_lines(work.connection, asset_id=asset_id))
    here = [
        line for line in lines if (line["start_ms"], line["end_ms"]) == (edit["start_ms"], edit["end_ms"])
    ]
    kept = [line for line in lines if line not in here]
    put_lines(
        work, asset_id, sorted([*kept, edit["before"]], key=lambda line: (line["start_ms"], line["end_ms"]))
    )
    _changed(work, asset)


def put_lines(work: Work, asset_id: str, lines: list[corrections.Line]) -> None:
    """These lines are the transcript, numbered anew."""
    query.delete_segments(work.connection, asset_id=asset_id)
    rows = [
        {
            "asset_id": asset_id, "number": number, "start_ms": line["start_ms"], "end_ms": line["end_ms"],
            "language": line["language"], "text": line["text"], "words": as_json(line["words"]),
            "speaker": line.get("speaker"), "model": line["model"],
        }
        for number, line in enumerate(lines)
    ]  # fmt: skip
    if rows:
        query.put_segment(work.connection, rows)


def judge_tag(work: Work, asset_id: str, kind: str, value: str, verdict: str, author: str) -> None:
    """A person adds a tag or a name, or rejects the machine's; their last word counts.

    Raises:
        Unfit: no such kind or verdict, or a value that is empty or too long.
    """
    value = " ".join(without_nul(value).split())
    if kind not in TAG_KINDS or verdict not in VERDICTS:
        raise Unfit(
            "no-such-kind", f"kind is one of {', '.join(TAG_KINDS)}; verdict of {', '.join(VERDICTS)}"
        )
    if not 1 <= len(value) <= MAX_TAG:
        raise Unfit("tag-length", f"a tag has 1 to {MAX_TAG} characters")
    asset = _lock(work, asset_id)
    query.put_tag_edit(
        work.connection, asset_id=asset_id, kind=kind, value=value, verdict=verdict, author=author
    )
    _changed(work, asset)


def forget_tag(work: Work, asset_id: str, kind: str, value: str) -> None:
    """The machine's word counts again."""
    asset = _lock(work, asset_id)
    query.drop_tag_edit(work.connection, asset_id=asset_id, kind=kind, value=value)
    _changed(work, asset)


def _machine(work: Work, asset_id: str, shown: dict[str, Any]) -> dict[str, Any]:
    """What the machine had where `shown` is: of an earlier correction of the same line, its own `before`."""
    earlier = query.line_before(
        work.connection, asset_id=asset_id, start_ms=shown["start_ms"], end_ms=shown["end_ms"]
    )
    if earlier is not None and str(shown["model"]).startswith("person:"):
        machine: dict[str, Any] = earlier["before"]
        return machine
    return {
        name: shown[name] for name in ("start_ms", "end_ms", "text", "words", "language", "speaker", "model")
    }


def _lock(work: Work, asset_id: str) -> dict[str, Any]:
    asset: dict[str, Any] | None = query.lock_asset(work.connection, asset_id=asset_id)
    if asset is None or asset["status"] == "deleted":
        raise NoSuchLine("no-such-asset", "there is no such asset")
    return asset


def _changed(work: Work, asset: dict[str, Any]) -> None:
    asset_id = str(asset["id"])
    query.touch_asset(work.connection, asset_id=asset_id)
    data = {"asset_id": asset_id, "project_id": asset["project_id"], "status": asset["status"]}
    work.say(CHANGED, asset_id, data, what=f"edit {asset['version']}")
