"""What finds names in text, whichever library does it (`spacy_names.py`); without a configured model there are no names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

KINDS = ("person", "place", "organisation")  # as in the table `tags`
MOST_NAMES = 200
LEAST_LETTERS, MOST_LETTERS = 3, 100


@dataclass(frozen=True)
class Name:
    kind: str
    value: str


class NameFinder(Protocol):
    @property
    def label(self) -> str:
        """Name and version of the model, stored beside every result."""

    @property
    def language(self) -> str:
        """ISO 639-1: what it can read."""

    def find(self, texts: Iterable[str]) -> list[Name]:
        """Every mention, in order."""


def tally(found: Iterable[Name]) -> list[tuple[Name, int]]:
    """Each name once with its mentions, most mentioned first; spellings that differ in case are one, the most usual is shown."""
    spellings: dict[tuple[str, str], dict[str, int]] = {}
    for name in found:
        value = " ".join(name.value.split()).strip(" .,;:'\"«»()¿?¡!-")
        if LEAST_LETTERS <= len(value) <= MOST_LETTERS and any(c.isalpha() for c in value):
            known = spellings.setdefault((name.kind, value.casefold()), {})
            known[value] = known.get(value, 0) + 1
    counted = [
        (Name(kind, max(known, key=lambda value: (known[value], value))), sum(known.values()))
        for (kind, _), known in spellings.items()
    ]
    return sorted(counted, key=lambda item: (-item[1], item[0].value))[:MOST_NAMES]
