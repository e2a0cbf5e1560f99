"""Where the words of a query are in a text, as pieces that a page marks by itself: no markup in data, nothing to escape."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from functions.search import analysis
from functions.search.query_tree import Node, Phrase, Word, words_of
from functions.search.typos import typos_in

SNIPPET = 240
_LEAD = 60
_SCANNED = 8000
_STEM = 2  # letters that a stemmer never touches: most words are told apart by them
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Piece:
    text: str
    hit: bool


@dataclass
class Matcher:
    """Decides word by word, as the index does."""

    words: Sequence[Word]
    phrases: Sequence[tuple[str, ...]]
    typos: int = 0
    _known: dict[str, bool] = field(default_factory=dict)
    _pattern: re.Pattern[str] | None = None

    @classmethod
    def of(cls, tree: Node | None, typos: int = 0) -> Matcher:
        found = words_of(tree)
        single = [word for word in found if isinstance(word, Word) and analysis.whole_word(word.text)]
        telling = [w for w in single if not analysis.is_stop_word(analysis.whole_word(w.text))]
        several = [analysis.words(w.text) for w in found if isinstance(w, Phrase) or w not in single]
        return cls(telling or single, [words for words in several if words], typos)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """(start, end) of every word that is meant."""
        if not self.phrases and (telling := self._beginnings()) is not None:
            return [word.span() for word in telling.finditer(text, 0, _SCANNED) if self._is_meant(word[0])]
        found = list(_WORD.finditer(text, 0, _SCANNED))
        hits = {i for i, word in enumerate(found) if self._is_meant(word[0])}
        if self.phrases:
            hits |= self._in_phrases([analysis.whole_word(word[0]) for word in found])
        return [found[i].span() for i in sorted(hits)]

    def _beginnings(self) -> re.Pattern[str] | None:
        """Words that may be meant, by their first letters: nine words in ten need no analysis. None when a typo may be there."""
        if self._pattern is None and not self.typos:
            asked = {analysis.whole_word(word.text)[:_STEM] for word in self.words}
            first = "|".join(sorted(re.escape(begin) for begin in asked if begin and begin.isascii()))
            plain = rf"(?:{first})[^\W_]*|" if first else ""
            accented = r"[^\W_\x00-\x7f][^\W_]*|[^\W_][^\W_\x00-\x7f][^\W_]*"
            self._pattern = re.compile(rf"(?<![^\W_])(?:{plain}{accented})", re.IGNORECASE)
        return self._pattern

    def _in_phrases(self, words: Sequence[str]) -> set[int]:
        return {
            place
            for phrase in self.phrases
            for i in range(len(words) - len(phrase) + 1)
            if tuple(words[i : i + len(phrase)]) == phrase
            for place in range(i, i + len(phrase))
        }

    def _is_meant(self, written: str) -> bool:
        known = self._known.get(written)
        if known is None:
            word = analysis.whole_word(written)
            known = bool(word) and any(self._means(asked, word) for asked in self.words)
            self._known[written] = known
        return known

    def _means(self, asked: Word, word: str) -> bool:
        wanted = analysis.whole_word(asked.text)
        if word == wanted or (asked.prefix and word.startswith(wanted)):
            return True
        if word[:_STEM] == wanted[:_STEM] and any(
            analysis.stem(language, word) in analysis.stems(language, wanted)
            for language in analysis.LANGUAGES
        ):
            return True
        allowed = typos_in(wanted, self.typos)
        return allowed > 0 and is_near(wanted, word, allowed, asked.prefix)


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
    before: list[int] = []
    row = list(range(len(word) + 1))
    for i, a in enumerate(wanted, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(word, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == word[j - 2] and wanted[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return (min(row) if prefix else row[-1]) <= allowed
