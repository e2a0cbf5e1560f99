"""WebVTT and SRT that people can read: at most 2 lines of 42 columns a cue, cut at pauses and punctuation.

Every word is shown once, in order; no cue has words of two voices. A cue stays until it could be read at 20 characters a second, where the next one leaves room.
Limits follow common practice (EBU-TT-D and broadcasters' guides): 1 to 7 seconds a cue.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from functions.enrich.transcript import Segment, Word, separator

COLUMNS, LINES = 42, 2
CHARACTERS_PER_S = 20
MIN_CUE_MS, MAX_CUE_MS = 1_000, 7_000
PAUSE_MS = 1_200  # a longer one ends a cue
BREATH_MS = 400  # after a sentence, this one does
SENTENCE_COLUMNS = 24  # after a sentence this long, none is needed
_SENTENCE_ENDS, _CLAUSE_ENDS = (".", "?", "!", "…", "。", "？", "！"), (",", ";", ":", "、", "，")


@dataclass(frozen=True)
class Cue:
    start_ms: int
    end_ms: int  # exclusive, never before start_ms + 1
    lines: tuple[str, ...]


@dataclass(frozen=True)
class _Token:
    """A word as it is laid out; `glue` stands before it on the same line."""

    word: Word
    glue: str
    voice: str | None = None


def build_cues(segments: Iterable[Segment]) -> list[Cue]:
    """Cues in order, not overlapping."""
    groups = list(_groups([token for segment in segments for token in _tokens(segment)]))
    cues: list[Cue] = []
    for number, group in enumerate(groups):
        start_ms = max(group[0].word.start_ms, cues[-1].end_ms if cues else 0)
        end_ms = max(group[-1].word.end_ms, start_ms + 1)
        following = groups[number + 1][0].word.start_ms if number + 1 < len(groups) else None
        lines = wrap(group)
        cues.append(Cue(start_ms, _lingering(start_ms, end_ms, following, lines), lines))
    return cues


def _lingering(start_ms: int, end_ms: int, following_ms: int | None, lines: Sequence[str]) -> int:
    """The end of a cue, later if it needs the time and nobody speaks in it."""
    characters = sum(len(line) for line in lines)
    wanted = start_ms + max(MIN_CUE_MS, -(-characters * 1000 // CHARACTERS_PER_S))
    room = wanted if following_ms is None else following_ms
    return max(end_ms, min(wanted, room))


# -- layout -----------------------------------------------------------------------------------------------------------
def width(text: str) -> int:
    """Columns: wide East Asian characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def _tokens(segment: Segment) -> Iterator[_Token]:
    """Words; one that is wider than a line is cut, its time shared out."""
    glue = separator(segment.language)
    for word in segment.words:
        pieces = list(_cut_wide(word.text))
        span = word.end_ms - word.start_ms
        for number, piece in enumerate(pieces):
            start_ms = word.start_ms + span * number // len(pieces)
            end_ms = word.start_ms + span * (number + 1) // len(pieces)
            word_piece = Word(piece, start_ms, end_ms, word.probability)
            yield _Token(word_piece, glue if number == 0 else "", segment.voice)


def _cut_wide(text: str) -> Iterator[str]:
    line = ""
    for character in text:
        if line and width(line + character) > COLUMNS:
            yield line
            line = ""
        line += character
    if line:
        yield line


def _text(tokens: Sequence[_Token]) -> str:
    return "".join((token.glue if index else "") + token.word.text for index, token in enumerate(tokens))


def wrap(tokens: Sequence[_Token]) -> tuple[str, ...]:
    """One line, or the two most even ones, rather cut behind punctuation; empty when it does not fit."""
    whole = _text(tokens)
    if width(whole) <= COLUMNS:
        return (whole,)

    def cost(at: int) -> float:
        first, second = width(_text(tokens[:at])), width(_text(tokens[at:]))
        if max(first, second) > COLUMNS:
            return float("inf")
        return abs(first - second) - (
            12 if tokens[at - 1].word.text.endswith(_SENTENCE_ENDS + _CLAUSE_ENDS) else 0
        )

    best = min(range(1, len(tokens)), key=cost, default=0)
    if best == 0 or cost(best) == float("inf"):
        return ()
    return _text(tokens[:best]), _text(tokens[best:])


# -- grouping ---------------------------------------------------------------------------------------------------------
def _groups(tokens: Sequence[_Token]) -> Iterator[list[_Token]]:
    """The tokens of each cue."""
    for run in _runs(tokens):
        groups = list(_filled(run))
        if len(groups) > 1 and _is_torn(groups[-2], groups[-1]):
            groups[-2:] = _evened(groups[-2] + groups[-1], len(groups[-2]))
        yield from groups


def _is_torn(before: Sequence[_Token], last: Sequence[_Token]) -> bool:
    """Whether the last cue of a run holds little more than a word that belongs to the one before."""
    return width(_text(last)) < COLUMNS / 2 and not before[-1].word.text.endswith(_CLAUSE_ENDS)


def _runs(tokens: Sequence[_Token]) -> Iterator[list[_Token]]:
    """What is said between two places where a cue ends anyhow."""
    run: list[_Token] = []
    for token in tokens:
        if run and _ends_before(run, token):
            yield run
            run = []
        run.append(token)
    if run:
        yield run


def _filled(run: Sequence[_Token]) -> Iterator[list[_Token]]:
    """Cues as full as they can be."""
    group: list[_Token] = []
    for token in run:
        if not _fits([*group, token]):
            at = _clause_end(group)
            yield group[:at]
            group = group[at:]
        if group and not _fits([*group, token]):  # the rest of a clause and this token
            yield group
            group = []
        group.append(token)
    if group:
        yield group


def _evened(tokens: Sequence[_Token], at: int) -> list[list[_Token]]:
    """The last two cues of a run, so that no single word is left for the last one."""

    def cost(place: int) -> float:
        first, second = tokens[:place], tokens[place:]
        if not (_fits(first) and _fits(second)):
            return float("inf")
        bonus = COLUMNS / 2 if first[-1].word.text.endswith(_CLAUSE_ENDS) else 0
        return abs(width(_text(first)) - width(_text(second))) - bonus

    best = min(range(1, len(tokens)), key=cost)
    if cost(best) == float("inf"):  # a single token may be longer than a cue should be
        best = at
    return [list(tokens[:best]), list(tokens[best:])]


def _fits(group: Sequence[_Token]) -> bool:
    return (bool(wrap(group)) and group[-1].word.end_ms - group[0].word.start_ms <= MAX_CUE_MS) or len(
        group
    ) == 1


def _ends_before(group: Sequence[_Token], token: _Token) -> bool:
    pause_ms = token.word.start_ms - group[-1].word.end_ms
    if pause_ms > PAUSE_MS or token.voice != group[-1].voice:
        return True
    if not group[-1].word.text.endswith(_SENTENCE_ENDS):
        return False
    return pause_ms >= BREATH_MS or width(_text(group)) >= SENTENCE_COLUMNS


def _clause_end(group: Sequence[_Token]) -> int:
    """Where a full cue is cut: behind the last clause of its second half, else at its end."""
    for at in range(len(group) - 1, len(group) // 2, -1):
        if group[at - 1].word.text.endswith(_CLAUSE_ENDS):
            return at
    return len(group)


# -- formats ----------------------------------------------------------------------------------------------------------
def to_webvtt(cues: Iterable[Cue]) -> str:
    """https://www.w3.org/TR/webvtt1/"""
    blocks = ["WEBVTT"]
    for cue in cues:
        text = "\n".join(html.escape(line, quote=False) for line in cue.lines)
        blocks.append(f"{clock(cue.start_ms, '.')} --> {clock(cue.end_ms, '.')}\n{text}")
    return "\n\n".join(blocks) + "\n"


def to_srt(cues: Iterable[Cue]) -> str:
    """SubRip has no escapes: an arrow in the text would read as times."""
    blocks = []
    for number, cue in enumerate(cues, 1):
        text = "\n".join(cue.lines).replace("-->", "→")
        blocks.append(f"{number}\n{clock(cue.start_ms, ',')} --> {clock(cue.end_ms, ',')}\n{text}")
    return "\n\n".join(blocks) + ("\n" if blocks else "")


def clock(at_ms: int, point: str) -> str:
    """hh:mm:ss.ttt"""
    seconds, ms = divmod(at_ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{ms:03}"
