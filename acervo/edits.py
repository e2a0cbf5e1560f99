"""People win: a transcript line, a tag or a name that a person put right is kept with author and time, and shown instead of the machine's.

Each change is one call inside the caller's transaction, which it completes: the asset's row gets a new version and `acervo.asset.changed.v1`
is said, so that indexes, captions and vectors follow. Who may do it is the caller's to decide (`acervo/access.py`).
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from acervo import corrections
from acervo.database import as_json, query, without_nul
from acervo.errors import Permanent

if TYPE_CHECKING:
    from acervo.function import Work

CHANGED = "acervo.asset.changed.v1"
TAG_KINDS = ("object", "person", "place", "organisation")
VERDICTS = ("added", "rejected")
MAX_LINE, MAX_TAG, MAX_SPEAKER = 10_000, 200, 200


class Kept(Enum):
    """What a correction leaves as it is."""

    KEPT = 0


KEPT: Final = Kept.KEPT


class NoSuchLine(Permanent):
    """The transcript has no such line (any more)."""

    status = 404


class Unfit(Permanent):
    """What a person asked for cannot be stored; the reason says why."""


def correct_line(
    work: Work, asset_id: str, number: int, text: str | Kept, author: str, speaker: str | Kept | None = KEPT
) -> dict[str, Any]:
    """The transcript segment `number` says `text` from now on (empty: nothing is said there); the row of `transcript_edits`.

    `speaker` is who says it: a voice of the machine's, or anybody's name.

    Raises:
        NoSuchLine: there is no such segment.
        Unfit: the text or the speaker is too long.
    """
    asset = _lock(work, asset_id)
    before = query.transcript_line(work.connection, asset_id=asset_id, number=number)
    if before is None:
        raise NoSuchLine("no-such-line", f"the transcript has no line {number}")
    text = before["text"] if isinstance(text, Kept) else _squeezed(text)
    voice = before["voice"] if isinstance(speaker, Kept) else _voice_called(work, asset_id, speaker)
    if len(text) > MAX_LINE:
        raise Unfit("too-long", f"a line has at most {MAX_LINE} characters")
    query.end_line_edits(
        work.connection, asset_id=asset_id, start_ms=before["start_ms"], end_ms=before["end_ms"], by=author
    )
    words = before["words"]
    if text != before["text"]:
        words = corrections.reword(words, text, before["start_ms"], before["end_ms"])
    row: dict[str, Any] = query.put_line_edit(
        work.connection, asset_id=asset_id, start_ms=before["start_ms"], end_ms=before["end_ms"], text=text,
        words=as_json(words), language=before["language"], speaker=voice,
        before=as_json(_machine(work, asset_id, before)), author=author,
    )  # fmt: skip
    if text:
        query.show_line(
            work.connection, asset_id=asset_id, number=number, text=text, words=as_json(words), voice=voice, model=f"person:{author}",
        )  # fmt: skip
    else:
        query.hide_line(work.connection, asset_id=asset_id, number=number)
    _changed(work, asset)
    return row


def _name(speaker: str | None) -> str | None:
    name = _squeezed(speaker or "")
    if len(name) > MAX_SPEAKER:
        raise Unfit("too-long", f"a speaker's name has at most {MAX_SPEAKER} characters")
    return name or None


def _voice_called(work: Work, asset_id: str, speaker: str | None) -> str | None:
    """The voice that has this name, so that a line follows it when it is named anew; else the name itself."""
    name = _name(speaker)
    known: str | None = query.voice_named(work.connection, asset_id=asset_id, name=name)
    return known or name


def name_speaker(work: Work, asset_id: str, voice: str, name: str | None, author: str) -> None:
    """Every line of a voice is shown with this name, now and after a new run; None: as the machine calls it.

    Raises:
        NoSuchLine: nobody with this voice says anything.
        Unfit: the name is too long.
    """
    name = _name(name)
    asset = _lock(work, asset_id)
    if query.speaker_of(work.connection, asset_id=asset_id, voice=voice) is None:
        raise NoSuchLine("no-such-voice", "nobody with this voice speaks in the transcript")
    if name is None:
        query.drop_speaker_name(work.connection, asset_id=asset_id, voice=voice)
    else:
        query.put_speaker_name(work.connection, asset_id=asset_id, voice=voice, name=name, author=author)
    query.show_speaker(work.connection, asset_id=asset_id, voice=voice, speaker=name or voice)
    _changed(work, asset)


def restore_line(work: Work, asset_id: str, edit_id: int, author: str) -> None:
    """Take a correction back: the machine's line is shown again.

    Raises:
        NoSuchLine: there is no such correction, or it does not hold any more.
    """
    asset = _lock(work, asset_id)
    edit = query.end_line_edit(work.connection, asset_id=asset_id, edit_id=edit_id, by=author)
    if edit is None:
        raise NoSuchLine("no-such-edit", f"correction {edit_id} does not hold (any more)")
    if not _restored_in_place(work, asset_id, edit["before"]):
        lines = list(query.transcript_lines(work.connection, asset_id=asset_id))
        kept = [line for line in lines if _time(line) != _time(edit)]
        put_lines(work, asset_id, sorted([*kept, edit["before"]], key=_time))
    _changed(work, asset)


def _restored_in_place(work: Work, asset_id: str, line: corrections.Line) -> bool:
    """Show a machine's line where it was, so that the other lines keep their numbers; False when there is no room for it."""
    start_ms, end_ms = _time(line)
    place = query.place_of_line(work.connection, asset_id=asset_id, start_ms=start_ms, end_ms=end_ms)
    before, after = place["before"], place["after"]
    if place["here"] == 1:
        query.show_line(
            work.connection, asset_id=asset_id, number=place["number"], text=line["text"], words=as_json(line["words"]),
            voice=_voice(line), model=line["model"],
        )  # fmt: skip
    elif place["here"] == 0 and (after is None or after - (before if before is not None else -1) > 1):
        number = after - 1 if after is not None else before + 1 if before is not None else 0
        query.put_segment(work.connection, [_row(asset_id, number, line)])
    else:
        return False
    return True


def _time(line: corrections.Line) -> tuple[int, int]:
    return line["start_ms"], line["end_ms"]


def put_lines(work: Work, asset_id: str, lines: list[corrections.Line]) -> None:
    """These lines are the transcript, numbered anew."""
    query.delete_segments(work.connection, asset_id=asset_id)
    rows = [_row(asset_id, number, line) for number, line in enumerate(lines)]
    if rows:
        query.put_segment(work.connection, rows)


def _row(asset_id: str, number: int, line: corrections.Line) -> dict[str, Any]:
    return {
        "asset_id": asset_id, "number": number, "start_ms": line["start_ms"], "end_ms": line["end_ms"],
        "language": line["language"], "text": line["text"], "words": as_json(line["words"]),
        "speaker": _voice(line), "model": line["model"],
    }  # fmt: skip


def judge_tag(work: Work, asset_id: str, kind: str, value: str, verdict: str, author: str) -> str:
    """A person adds a tag or a name, or rejects the machine's; their last word counts. The value as it is kept.

    Raises:
        Unfit: no such kind or verdict, or a value that is empty or too long.
    """
    asset = _lock(work, asset_id)
    value = _judge(work, asset_id, kind, value, verdict, author)
    _changed(work, asset)
    return value


def rename_tag(
    work: Work, asset_id: str, tag: tuple[str, str], to: tuple[str, str], author: str
) -> tuple[str, str]:
    """`tag` (kind, value) is `to` from now on, whatever the machine finds again; the new one as it is kept.

    Raises:
        Unfit: as `judge_tag`.
    """
    asset = _lock(work, asset_id)
    _judge(work, asset_id, *tag, "rejected", author)
    new = _judge(work, asset_id, *to, "added", author)  # last: it may be the same
    _changed(work, asset)
    return to[0], new


def forget_tag(work: Work, asset_id: str, kind: str, value: str) -> bool:
    """The machine's word counts again; whether a person had said anything."""
    asset = _lock(work, asset_id)
    dropped: int = query.drop_tag_edit(work.connection, asset_id=asset_id, kind=kind, value=_squeezed(value))
    if dropped:
        _changed(work, asset)
    return dropped > 0


def _judge(work: Work, asset_id: str, kind: str, value: str, verdict: str, author: str) -> str:
    value = _squeezed(value)
    if kind not in TAG_KINDS or verdict not in VERDICTS:
        raise Unfit(
            "no-such-kind", f"kind is one of {', '.join(TAG_KINDS)}; verdict of {', '.join(VERDICTS)}"
        )
    if not 1 <= len(value) <= MAX_TAG:
        raise Unfit("tag-length", f"a tag has 1 to {MAX_TAG} characters")
    query.put_tag_edit(
        work.connection, asset_id=asset_id, kind=kind, value=value, verdict=verdict, author=author
    )
    return value


def _squeezed(text: str) -> str:
    """Without NUL, which PostgreSQL refuses, and with single spaces."""
    return " ".join(str(without_nul(text)).split())


def _machine(work: Work, asset_id: str, shown: dict[str, Any]) -> dict[str, Any]:
    """What the machine had where `shown` is: of an earlier correction of the same line, its own `before`."""
    earlier = query.line_before(
        work.connection, asset_id=asset_id, start_ms=shown["start_ms"], end_ms=shown["end_ms"]
    )
    if earlier is not None and str(shown["model"]).startswith("person:"):
        machine: dict[str, Any] = earlier["before"]
        return machine
    names = ("start_ms", "end_ms", "text", "words", "language", "model")
    return {**{name: shown[name] for name in names}, "speaker": _voice(shown)}


def _voice(line: corrections.Line) -> str | None:
    """Of a row what the machine calls its speaker; a line that was never stored has nothing else."""
    voice: str | None = line["voice"] if "voice" in line else line.get("speaker")
    return voice


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
