"""Where the words of a query are in a text, as pieces that a page marks by itself: no markup in data, nothing to escape."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from functions.search import analysis
from functions.search.query_tree import Node, Phrase, Word, words_of
from functions.search.typos import typos_in

SNIPPET = 240
FORGIVEN = 2
_LEAD = 60
_SCANNED = 8000
_STEM = 2  # letters that a stemmer never touches: most words are told apart by them
_WORD = re.compile(r"[^\W_]+")
_FOLDS = re.compile(r"[^\x00-\x7f]")


class Piece(NamedTuple):
    text: str
    hit: bool


class _Wanted(NamedTuple):
    """A word that was asked for, folded, and what of it is the same for every word of a text."""

    word: str
    prefix: bool
    stems: tuple[tuple[str, tuple[str, ...]], ...]  # by language
    typos: int

    @classmethod
    def of(cls, asked: Word, typos: int) -> _Wanted:
        word = analysis.whole_word(asked.text)
        stems = tuple((language, analysis.stems(language, word)) for language in analysis.LANGUAGES)
        return cls(word, asked.prefix, stems, typos_in(word, typos))


@dataclass
class Matcher:
    """Decides word by word, as the index does."""

    words: Sequence[Word]
    phrases: Sequence[tuple[str, ...]]
    typos: int = 0
    _known: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._wanted = [_Wanted.of(word, self.typos) for word in self.words]
        self._begins = _beginnings(wanted.word for wanted in self._wanted)
        self._first = _beginnings(phrase[0] for phrase in self.phrases)

    @classmethod
    def of(cls, tree: Node | None, typos: int = 0) -> Matcher:
        found = words_of(tree)
        single = [word for word in found if isinstance(word, Word) and analysis.whole_word(word.text)]
        telling = [w for w in single if not analysis.is_stop_word(analysis.whole_word(w.text))]
        several = [analysis.words(w.text) for w in found if isinstance(w, Phrase) or w not in single]
        return cls(telling or single, [words for words in several if words], typos)

    @cached_property
    def forgiving(self) -> Matcher:
        """The same with as many typos as any engine forgives; one, for all the hits of an answer."""
        return Matcher(self.words, self.phrases, FORGIVEN)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """(start, end) of every word that is meant."""
        if not self.words:
            return sorted({*self._in_phrases(text)}) if self.phrases else []
        every = _WORD.finditer(text, 0, _SCANNED) if self.typos else begun(text, self._begins)
        found = [word.span() for word in every if self._is_meant(word[0])]
        return sorted({*found, *self._in_phrases(text)}) if self.phrases else found

    def _in_phrases(self, text: str) -> Iterator[tuple[int, int]]:
        for word in begun(text, self._first):
            for phrase in self.phrases:
                yield from _along(phrase, word, text)

    def _is_meant(self, written: str) -> bool:
        known = self._known.get(written)
        if known is None:
            word = analysis.whole_word(written)
            known = bool(word) and any(_means(wanted, word) for wanted in self._wanted)
            self._known[written] = known
        return known


def _means(wanted: _Wanted, word: str) -> bool:
    if word == wanted.word or (wanted.prefix and word.startswith(wanted.word)):
        return True
    if word[:_STEM] == wanted.word[:_STEM] and any(
        analysis.stem(language, word) in stems for language, stems in wanted.stems
    ):
        return True
    return wanted.typos > 0 and is_near(wanted.word, word, wanted.typos, wanted.prefix)


def _beginnings(words: Iterable[str]) -> tuple[str, ...]:
    """Those that can be looked for as they are: what begins with another letter is tried anyway."""
    return tuple({word[:_STEM] for word in words if word and word[:_STEM].isascii()})


def begun(text: str, begins: Iterable[str]) -> list[re.Match[str]]:
    """Words that may begin, folded, like one of `begins` (ASCII, of _STEM letters at the most), in their order: nine in ten need no analysis."""
    lower = text.lower()
    starts: list[int] = []
    for begin in begins:
        at = lower.find(begin, 0, _SCANNED)
        while at >= 0:
            if at == 0 or not lower[at - 1].isalnum():
                starts.append(at)
            at = lower.find(begin, at + 1, _SCANNED)
    if not text.isascii():
        if len(lower) != len(text):  # a letter that is two in lower case
            return list(_WORD.finditer(text, 0, _SCANNED))
        for letter in _FOLDS.finditer(text, 0, _SCANNED):  # first or second of a word
            at = letter.start()
            if at == 0 or not text[at - 1].isalnum():
                starts.append(at)
            elif at == 1 or not text[at - 2].isalnum():
                starts.append(at - 1)
    if not starts:
        return []
    return [word for start in sorted(set(starts)) if (word := _WORD.match(text, start, _SCANNED))]


def _along(phrase: Sequence[str], word: re.Match[str], text: str) -> list[tuple[int, int]]:
    """The places of a phrase that begins with `word`; none when it does not."""
    places: list[tuple[int, int]] = []
    at: re.Match[str] | None = word
    for wanted in phrase:
        if at is None or analysis.whole_word(at[0]) != wanted:
            return []
        places.append(at.span())
        at = _WORD.search(text, at.end(), _SCANNED)
    return places


def highlight(text: str, matcher: Matcher, length: int = SNIPPET) -> list[Piece] | None:
    """The part of `text` around its first hit, in pieces; None when nothing in it was meant."""
    spans = matcher.spans(text)
    return pieces(text, spans, length) if spans else None


def pieces(text: str, spans: Sequence[tuple[int, int]], length: int = SNIPPET) -> list[Piece]:
    """At most about `length` characters from a little before the first span; the whole text when it is short."""
    start, end = 0, len(text)
    if end > length:
        first = spans[0][0] if spans else 0
        start = max(0, min(first - _LEAD, end - length))
        start = text.rfind(" ", 0, start) + 1 if start else 0
        end = start + length
    parts: list[Piece] = [Piece("…", False)] if start else []
    at = start
    for from_, to in spans:
        if to > end:
            break
        if from_ > at:
            parts.append(Piece(text[at:from_], False))
        parts.append(Piece(text[from_:to], True))
        at = to
    if at < end:
        parts.append(Piece(text[at:end], False))
    if end < len(text):
        parts.append(Piece("…", False))
    return parts


def is_near(wanted: str, word: str, allowed: int, prefix: bool) -> bool:
    """Whether at most `allowed` letters were mistyped: optimal string alignment, of the beginning of `word` when `prefix`."""
    if len(wanted) - len(word) > allowed or (not prefix and len(word) - len(wanted) > allowed):
        return False
    width, far = len(word), allowed + 1
    before: list[int] = []
    row: list[int] = [*range(min(allowed, width) + 1), *([far] * (width - allowed))]
    for i, a in enumerate(wanted, 1):  # only as far from the diagonal as typos may lead
        before, last, row = row, before, [far] * (width + 1)
        if i <= allowed:
            row[0] = i
        for j in range(max(1, i - allowed), min(width, i + allowed) + 1):
            b = word[j - 1]
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == word[j - 2] and wanted[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row[j] = cost
        if min(row) > allowed:  # it does not become less
            return False
    return (min(row) if prefix else row[-1]) <= allowed
