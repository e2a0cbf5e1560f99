"""The one writer of a version of the index: puts and removals become visible with `commit`, all at once and for good.

tantivy locks each index for one writer, and the lock dies with its process. After kill -9 the index is what the last commit left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tantivy import Index, Query

from acervo.errors import Transient
from functions.search import tantivy_schema as schema
from functions.search.documents import AssetDocument, SegmentDocument
from functions.search.index_directory import Position, Version
from functions.search.stores import Faults

HEAP_BYTES = 64 << 20


class TantivyWriter:
    """
    Raises:
        Transient: another process writes this version (an instance that is going away).
    """

    def __init__(self, version: Version, heap_bytes: int = HEAP_BYTES) -> None:
        self.version = version
        for path in (version.assets, version.segments):
            path.mkdir(parents=True, exist_ok=True)
        self._assets = schema.register(Index(schema.asset_schema(), path=str(version.assets)))
        self._segments = schema.register(Index(schema.segment_schema(), path=str(version.segments)))
        for index in (self._assets, self._segments):
            index.config_reader("manual")
        try:
            self._asset_writer: Any = self._assets.writer(heap_size=heap_bytes, num_threads=1)
            self._segment_writer: Any = self._segments.writer(heap_size=heap_bytes, num_threads=1)
        except ValueError as fault:
            if "LockBusy" not in str(fault):
                raise
            raise Transient("index-busy", "another instance is writing the index", 2) from fault
        self._assets.reload()
        self._known: dict[str, int | None] = {}  # versions looked up or written since the last commit

    def position(self) -> Position:
        return self.version.position()

    def save_position(self, position: Position) -> None:
        self.version.save_position(position)

    def versions(self, asset_ids: Sequence[str]) -> dict[str, int]:
        """The version of each of these that the index has, uncommitted ones included."""
        unknown = [asset_id for asset_id in asset_ids if asset_id not in self._known]
        if unknown:
            searcher = self._assets.searcher()
            query = Query.term_set_query(schema.asset_schema(), "asset_id", unknown)
            addresses = [address for _, address in searcher.search(query, len(unknown), count=False).hits]
            values = [searcher.fast_field_values(n, addresses) for n in ("id_high", "id_low", "version")]
            self._known |= dict.fromkeys(unknown)
            for high, low, version in zip(*values, strict=True):
                self._known[schema.asset_id_of(high, low)] = version
        return {id_: known for id_ in asset_ids if (known := self._known[id_]) is not None}

    def put(self, asset: AssetDocument, segments: Iterable[SegmentDocument], again: bool = False) -> bool:
        """Replace the asset's documents, unless the index has a newer version, or this one (`again` writes it nevertheless)."""
        have = self.versions([asset.asset_id]).get(asset.asset_id, 0)
        if have > asset.version or (have == asset.version and not again):
            return False
        spoken = list(segments)
        document = schema.asset_values(asset, spoken)
        passages = [schema.segment_values(asset, segment) for segment in spoken]
        self._delete(asset.asset_id)  # after all that can fail
        self._asset_writer.add_document(document)
        for passage in passages:
            self._segment_writer.add_document(passage)
        self._known[asset.asset_id] = asset.version
        return True

    def remove(self, asset_id: str, version: int | None = None) -> None:  # noqa: ARG002  # the one writer needs no version to compare
        self._delete(asset_id)
        self._known[asset_id] = None

    def _delete(self, asset_id: str) -> None:
        for writer in (self._asset_writer, self._segment_writer):
            writer.delete_documents_by_term("asset_id", asset_id)

    def commit(self) -> Faults:
        """Passages first: a hit never has fewer of them than its asset says."""
        self._segment_writer.commit()
        self._asset_writer.commit()
        self._assets.reload()
        self._known.clear()
        return {}

    def count(self) -> int:
        """Assets in the index as last committed."""
        return int(self._assets.searcher().num_docs)

    def close(self, merge: bool = False) -> None:
        """Give the locks back; what was not committed is dropped."""
        for writer in (self._asset_writer, self._segment_writer):
            writer.rollback()
            if merge:
                writer.wait_merging_threads()
        del self._asset_writer, self._segment_writer
        del writer
