"""What `q` means to the Meilisearch that we play: words, phrases, exclusions, a prefix, typos by length."""

from __future__ import annotations

import re

from functions.search import analysis
from functions.search.highlights import is_near
from tests.fakes.meilisearch_filter import Document, values_of

MAX_WORDS = 10


class Words:
    """`q`: words, "phrases", `-not`; the last word is a prefix unless a space follows; typos by the length of the word."""

    def __init__(self, text: str) -> None:
        self.terms: list[tuple[list[str], bool, bool]] = []  # words, is a prefix, is excluded
        found = list(re.finditer(r'(-)?(?:"([^"]*)"|([^\s"]+))', text))[:MAX_WORDS]
        for match in found:
            words = list(analysis.words(match[2] if match[2] is not None else match[3]))
            last = match[2] is None and match.end() == len(text)
            if words:
                self.terms.append((words, last and len(words) == 1, match[1] is not None))

    def rank(self, document: Document, attributes: list[str]) -> tuple[int, int] | None:
        """(typos, place of the best attribute), fewer first; None when a word is missing or an excluded one is there."""
        typos, place = 0, 0
        for words, prefix, excluded in self.terms:
            best = None
            for at, name in enumerate(attributes):
                for text in values_of(document, name):
                    if (cost := _cost(words, prefix, list(analysis.words(text)), excluded)) is not None:
                        best = min(best or (9, 9), (cost, at))
            if excluded:
                if best is not None:
                    return None
                continue
            if best is None:
                return None
            typos, place = typos + best[0], max(place, best[1])
        return typos, place


def _cost(words: list[str], prefix: bool, have: list[str], exact: bool) -> int | None:
    if len(words) > 1:
        return 0 if any(have[i : i + len(words)] == words for i in range(len(have))) else None
    word = words[0]
    if word in have or (prefix and any(other.startswith(word) for other in have)):
        return 0
    allowed = 0 if exact else 2 if len(word) >= 9 else 1 if len(word) >= 5 else 0
    for cost in range(1, allowed + 1):
        if any(is_near(word, other, cost, prefix) for other in have):
            return cost
    return None
