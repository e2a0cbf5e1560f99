"""What the indexer wants of a place that holds an index; adapters are `tantivy_store`, `elasticsearch_store`, `meilisearch_store`.

A store has versions: one is live, one may be built beside it, the one before stays for a roll-back. A writer writes one version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable

from functions.search.documents import AssetDocument, SegmentDocument
from functions.search.index_directory import Position
from functions.search.vectors import VectorDocument

Faults = Mapping[str, Exception]  # what could not be written, by asset id


class Doubtful(RuntimeError):
    """The new version does not have what the database has (or there is none before): the live one stays."""


class Writer(Protocol):
    def position(self) -> Position:
        """How far PostgreSQL has been read into this version."""

    def save_position(self, position: Position) -> None: ...

    def versions(self, asset_ids: Sequence[str]) -> dict[str, int]:
        """The version of each of these that the index has, uncommitted ones included."""

    def put(self, asset: AssetDocument, segments: Iterable[SegmentDocument], again: bool = False) -> bool:
        """Replace the asset's documents, unless the index has a newer version, or this one (`again` writes it nevertheless)."""

    def remove(self, asset_id: str, version: int | None = None) -> None:
        """`version`: of the row that says so; None when there is no row any more."""

    def commit(self) -> Faults:
        """Make it visible, and keep it for good; what the engine refused is told, the rest is in.

        Raises:
            Transient: the engine is away; everything since the last commit is to be written again.
        """

    def count(self) -> int:
        """Assets in the index as last committed."""

    def close(self) -> None: ...


@runtime_checkable
class VectorWriter(Protocol):
    """A writer whose index has vectors too."""

    def put_vectors(self, asset: AssetDocument, vectors: Sequence[VectorDocument]) -> None:
        """All that there are, of an asset that `put` took since the last commit."""


class Store(Protocol):
    name: str

    def open(self) -> Writer:
        """Of the live version; a first, empty one is made live at once, and one of another format is built anew.

        Raises:
            Transient: another instance writes, or the engine is away.
        """

    def is_live(self, writer: Writer) -> bool: ...

    def rebuilding(self) -> AbstractContextManager[None]:
        """One rebuild or roll-back at a time; released by the death of the process too.

        Raises:
            Locked
        """

    def begin(self) -> Writer:
        """Of a new version beside the live one."""

    def switch(self, writer: Writer) -> str:
        """Make its version live and close it; its name. Older than the one before go."""

    def discard(self, writer: Writer) -> None: ...

    def roll_back(self) -> str:
        """
        Raises:
            Doubtful: there is no earlier version.
        """
