"""What the query service wants of a search engine; adapters are named after what they talk to.

Every call carries the scope, and an adapter has to apply it to everything it answers: hits, totals, facets and suggestions.
An engine that cannot answer raises `EngineDown`; the service then answers from the others and says `partial`. One that cannot express
a question raises `NotExpressible`: no fault, the others answer it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from functions.search.query_tree import Query

Scope = frozenset[str] | None  # ids of projects; None: all of them


class EngineDown(Exception):
    """The text is for the log."""


class NotExpressible(Exception):
    """This engine has no words for what is asked."""


class Order(StrEnum):
    RELEVANCE = "relevance"
    NEWEST = "newest"
    OLDEST = "oldest"


class Offer(StrEnum):
    """What an engine has beside assets."""

    PASSAGES = "passages"
    FACETS = "facets"
    ONE_TRIP = "one-trip"  # is a `OneTrip`
    NEAREST = "nearest"  # vectors of its own, searched by `OneTrip`
    TREES = "trees"  # alternatives, `said:`, and what else a tree of words may say


@dataclass(frozen=True)
class Ask:
    query: Query
    scope: Scope
    typos: int = 0  # the most that are forgiven in a word
    order: Order = Order.RELEVANCE


@dataclass(frozen=True)
class Assets:
    """Ids of matching assets, best first, at most the window; `total` counts all of them."""

    ids: Sequence[str]
    total: int


class PassageId(NamedTuple):
    asset_id: str
    number: int
    score: float


@dataclass(frozen=True)
class Passages:
    ids: Sequence[PassageId]
    total: int


@dataclass(frozen=True)
class Bucket:
    value: str
    count: int


@dataclass(frozen=True)
class Suggestions:
    assets: Sequence[str]  # ids
    tags: Sequence[str]
    people: Sequence[str]
    words: Sequence[str]


Facets = Mapping[str, Sequence[Bucket]]


class Engine(Protocol):
    name: str
    offers: frozenset[Offer]

    def ready(self) -> bool:
        """Whether there is an index to ask."""

    def assets(self, ask: Ask, window: int) -> Assets:
        """Matching assets in `ask.order`."""

    def among(self, ask: Ask, asset_ids: Sequence[str]) -> frozenset[str]:
        """Those of `asset_ids` that match."""

    def passages(
        self, ask: Ask, window: int, asset_ids: Sequence[str] | None = None, any_word: bool = False, counted: bool = True
    ) -> Passages:  # fmt: skip
        """Matching transcript segments, best first; of these assets only, when given. `any_word`: the words alone, and one is enough.

        `counted`: or, where there are `window` of them or more, the total may be any number above it.
        """

    def facets(self, ask: Ask) -> Facets:
        """True counts by field and by `month` (`2026-11`); a field's own filter does not narrow it."""

    def suggest(self, text: str, scope: Scope, limit: int) -> Suggestions:
        """While typing: what begins like `text`, or nearly."""


@dataclass(frozen=True)
class Wanted:
    """Parts of one answer: how many assets and passages, whether facets, and how many assets near a vector."""

    window: int
    passages: int = 0
    facets: bool = False
    vector: Sequence[float] = ()
    nearest: int = 0


@dataclass(frozen=True)
class Found:
    """What of it there is; a part that was not wanted, or failed, is None."""

    assets: Assets | None
    passages: Passages | None = None
    facets: Facets | None = None
    nearest: Sequence[str] | None = None  # ids of assets, each once


class OneTrip(Protocol):
    """An engine behind a network: everything in one request."""

    def find(self, ask: Ask, wanted: Wanted) -> Found:
        """
        Raises:
            EngineDown: no part of it could be answered.
        """


class Meaning(Protocol):
    """Vectors near a vector."""

    name: str

    def nearest(self, vector: Sequence[float], ask: Ask, window: int) -> Sequence[str]:
        """Ids of assets inside the scope and the filters of `ask`, nearest first, each once."""

    def vectors_of(self, asset_id: str) -> Sequence[Sequence[float]]:
        """What the asset itself means; empty when it was never embedded."""


@dataclass(frozen=True)
class Picture:
    """An asset by its likest frame: where that begins, None of a still."""

    asset_id: str
    start_ms: int | None


class Pictures(Protocol):
    """Pictures that look like words, described or not."""

    name: str

    def nearest(self, text: str, ask: Ask, window: int) -> Sequence[Picture]:
        """Inside the scope and the filters of `ask`, the likest first, each asset once.

        Raises:
            EngineDown: the model cannot be asked, or its vectors cannot.
        """


class Embedder(Protocol):
    """Text into the vector space that the archive was embedded in."""

    model: str  # as in embeddings.model

    def vector(self, text: str) -> Sequence[float]:
        """
        Raises:
            EngineDown: the model cannot be asked.
        """
