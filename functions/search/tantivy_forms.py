"""Which lists of an index one word is looked for in: a list that is known to have the same documents as another is not read twice.

Every group has a list of a word as written, and one of its stem in each language. A stem's list has every document that the written word's has (in a
language for which it is no function word, however accented), and those with its other forms. So where the index says that both are equally long, they are the same
list, and the written word's alone says everything: its weight is what all of them together would have given. Most words of an archive have such
twins, because metadata is analysed in every language, and a word is inflected in its own.

What is said is analysed in its own language alone. There the languages' lists together have what the written word's has, and are the same when they are
together as long as that.

Lengths count deleted documents too, and so do both lists: nothing is left out that would have found anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from functions.search import analysis
from functions.search.field_groups import AS_WRITTEN, BOOST, STEMMED, TIE

SPOKEN = "said"
REMEMBERED = 50_000  # lengths of one state of an index
Frequency = Callable[[str, str], int]  # (field, term) to the length of its list


class Form(NamedTuple):
    """One list of documents, and what a hit in it weighs."""

    field: str
    term: str
    weight: float


class Frequencies:
    """Of one state of an index: every part of a search asks the same few again."""

    def __init__(self, searcher: Any) -> None:
        self._ask: Frequency = searcher.doc_freq
        self._known: dict[tuple[str, str], int] = {}

    def __call__(self, field: str, term: str) -> int:
        known = self._known.get((field, term))
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[(field, term)] = self._ask(field, term)
        return known


class Forms:
    """Of one folded word in one group of fields."""

    def __init__(self, word: str, group: str, frequency: Frequency) -> None:
        self._group, self._boost = group, BOOST[group]
        stems = stems_of(word, group)
        self._written = Form(f"{group}_exact", word, self._boost * AS_WRITTEN)
        self._having = frequency(self._written.field, word)
        lengths = {form: frequency(form.field, form.term) for form in _each(group, stems, self._boost)}
        self._others = [form for form, length in lengths.items() if length]
        self._covering = self._which_cover(word, stems)
        spoken = sum(lengths.values())
        self._twins = [
            form for form in self._covering if self._having == (spoken if group == SPOKEN else lengths[form])
        ]

    def ranked(self) -> list[Form]:
        """The written word weighs more; none when no document has any form of it."""
        if not self._having:
            return self._others
        weight = self._boost * (AS_WRITTEN + TIE * len(self._twins))
        return [
            self._written._replace(weight=weight),
            *(form for form in self._others if form not in self._twins),
        ]

    def matching(self) -> list[Form]:
        """The fewest that find the same documents as `ranked`."""
        kept = [form for form in self._others if form not in self._twins]
        return (
            kept
            if not self._having or any(form in kept for form in self._covering)
            else [self._written, *kept]
        )

    def cover(self) -> tuple[Form, Form] | None:
        """(the one list that has all documents of the group, the written word's inside it), where there are just these two."""
        if self._having and not self._twins and len(self._others) == 1 and self._others == self._covering:
            inside = self._written.weight - self._boost * (
                1 - TIE
            )  # both of them weigh what the best and its tie would
            return self._others[0], self._written._replace(weight=inside)
        return None

    def _which_cover(self, word: str, stems: Mapping[str, Sequence[str]]) -> list[Form]:
        """Lists that have what the written word's has: each by itself, those of what is said together."""
        whole = [
            language for language, some in stems.items()
            if some and not analysis.is_stop_word_accented(language, word)
        ]  # fmt: skip
        if self._group == SPOKEN:
            return self._others if len(whole) == len(stems) else []
        own = {(f"{self._group}_{language}", stems[language][0]) for language in whole}
        return [form for form in self._others if (form.field, form.term) in own]


def every_form(word: str, group: str) -> list[Form]:
    """All lists, where nothing is known of them."""
    boost = BOOST[group]
    written = Form(f"{group}_exact", word, boost * AS_WRITTEN)
    return [written, *_each(group, stems_of(word, group), boost)]


def stems_of(word: str, group: str) -> dict[str, tuple[str, ...]]:
    """By language, a word's own stem first; of a group that has them."""
    if group not in STEMMED:
        return {}
    return {language: analysis.stems(language, word) for language in analysis.LANGUAGES}


def _each(group: str, stems: Mapping[str, Sequence[str]], boost: float) -> list[Form]:
    return [Form(f"{group}_{language}", stem, boost) for language, some in stems.items() for stem in some]
