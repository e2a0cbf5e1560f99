"""What somebody looks for, as values: the tree of words that ranks, and the filters that narrow.

No engine's syntax is in here, and no text of a caller ever reaches an engine as syntax: each adapter builds its own typed query
from this tree. `Filter`s of one field are alternatives; all filters of a `Query` have to hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Field(StrEnum):
    """What can be filtered and counted; the allow-list of every engine."""

    TYPE = "type"
    STATUS = "status"
    TAG = "tag"
    PROJECT = "project"
    LANGUAGE = "language"
    PERSON = "person"
    RIGHTS = "rights"


MANY_VALUED = frozenset({Field.TAG, Field.PERSON, Field.RIGHTS})


@dataclass(frozen=True)
class Word:
    """One word; `prefix` when it may still be being typed."""

    text: str
    prefix: bool = False


@dataclass(frozen=True)
class Phrase:
    """These words in this order and spelling."""

    text: str


@dataclass(frozen=True)
class Said:
    """Only what is spoken."""

    node: Word | Phrase


@dataclass(frozen=True)
class Alternatives:
    """`node` as typed, or what the house's vocabulary says means the same, which ranks a little lower."""

    node: Node
    others: tuple[Word | Phrase, ...]


@dataclass(frozen=True)
class Filter:
    """The field has one of the values."""

    field: Field
    values: frozenset[str]


@dataclass(frozen=True)
class Dates:
    """Created in [start_s, end_s), seconds of the epoch in UTC; None is open."""

    start_s: int | None
    end_s: int | None


@dataclass(frozen=True)
class Members:
    """One of these assets: what a collection has. No text is read as this, and no facet is of it."""

    ids: frozenset[str]


@dataclass(frozen=True)
class Not:
    node: Node


@dataclass(frozen=True)
class AllOf:
    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class AnyOf:
    nodes: tuple[Node, ...]


Node = Word | Phrase | Said | Alternatives | Filter | Dates | Not | AllOf | AnyOf
Narrowing = Filter | Dates | Members


@dataclass(frozen=True)
class Query:
    """`tree` is None when there are no words; `ignored` are the terms beyond the limit, as typed."""

    tree: Node | None = None
    filters: tuple[Narrowing, ...] = ()
    ignored: tuple[str, ...] = ()

    def without(self, field: Field | None) -> Query:
        """The query with the filters of one field left out (None: the dates): a facet does not narrow itself."""
        kept = tuple(part for part in self.filters if not _is_of(part, field))
        return Query(self.tree, kept, self.ignored)

    def among(self, members: Members) -> Query:
        return Query(self.tree, (*self.filters, members), self.ignored)


def _is_of(part: Narrowing, field: Field | None) -> bool:
    match part:
        case Filter():
            return part.field is field
        case Dates():
            return field is None
        case Members():
            return False


def words_of(node: Node | None) -> list[Word | Phrase]:
    """Every word and phrase that a hit may have (nothing below a `Not`), for highlights."""
    match node:
        case Word() | Phrase():
            return [node]
        case Said(inner):
            return [inner]
        case Alternatives(inner, others):
            return [*words_of(inner), *others]
        case AllOf(nodes) | AnyOf(nodes):
            return [word for part in nodes for word in words_of(part)]
        case _:
            return []


def excludes(node: Node | None) -> bool:
    """Whether something in it says what must not be there."""
    match node:
        case Not():
            return True
        case AllOf(nodes) | AnyOf(nodes):
            return any(excludes(part) for part in nodes)
        case _:
            return False
