"""Elasticsearch as a store: versioned indexes behind aliases, bulk writes with the row's version as external version.

`<prefix>-assets-v3`, `<prefix>-segments-v3` and `<prefix>-vectors-v3` are one version; the switch moves their aliases in one `_aliases` request.
A write that is older than what the index has is refused there (409) and is no fault. Passages and vectors of an older version of an asset go
when the newer ones are in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from elasticsearch import ApiError, Elasticsearch, TransportError

from acervo.database import Database
from acervo.errors import Transient
from functions.search import elasticsearch_mapping as mapping
from functions.search.documents import AssetDocument, SegmentDocument
from functions.search.index_directory import Locked, Position
from functions.search.remote_versions import RemoteVersion, RemoteVersions
from functions.search.stores import Doubtful, Faults, Writer
from functions.search.vectors import VectorDocument

BULK_ACTIONS, BULK_BYTES = 2000, 8 << 20
CLEANED_AT_ONCE = 200
TIMEOUT_S = 60.0
_CONFLICT, _NOT_FOUND, _BUSY = 409, 404, 429


class Refused(ValueError):
    """Elasticsearch does not take the document as it is."""


@contextmanager
def _answered() -> Iterator[None]:
    """An engine that is away or does not understand us is `Transient`: the work waits for somebody to mend it."""
    try:
        yield
    except (ApiError, TransportError) as fault:
        raise Transient("engine-unavailable", f"Elasticsearch did not do it: {fault}"[:300], 5) from fault


class ElasticsearchStore:
    """See `stores.Store`."""

    name = "elasticsearch"

    def __init__(self, client: Elasticsearch, database: Database, prefix: str = "acervo") -> None:
        self._client = client.options(request_timeout=TIMEOUT_S, max_retries=0)
        self._prefix = prefix
        self.versions = RemoteVersions(self.name, database)

    def open(self) -> ElasticsearchWriter:
        live = self.versions.live()
        if live is None or live.format != mapping.FORMAT or not self._exists(live):
            live = self._first()
        return self._writer(live)

    def is_live(self, writer: Writer) -> bool:
        return isinstance(writer, ElasticsearchWriter) and writer.version == self.versions.live()

    def rebuilding(self) -> AbstractContextManager[None]:
        return self.versions.rebuilding()

    def begin(self) -> ElasticsearchWriter:
        version = self.versions.add(mapping.FORMAT)
        with _answered():
            for kind in mapping.KINDS:
                self._client.indices.create(index=self._index(kind, version), **mapping.body(kind))
        return self._writer(version)

    def switch(self, writer: Writer) -> str:
        version = _of(writer).version
        before = self.versions.live()
        self._point_at(version)
        self.versions.make_live(version)
        for old in self.versions.all():
            if old not in (version, before):
                self._drop(old)
        return f"version {version.number}"

    def discard(self, writer: Writer) -> None:
        self._drop(_of(writer).version)

    def roll_back(self) -> str:
        live = self.versions.live()
        for before in reversed(self.versions.all()):
            if (
                live
                and before.number < live.number
                and before.format == mapping.FORMAT
                and self._exists(before)
            ):
                self._point_at(before)
                self.versions.make_live(before)
                return f"version {before.number}"
        raise Doubtful("there is no earlier version")

    # -- indexes ---------------------------------------------------------------------------------------------------
    def _index(self, kind: str, version: RemoteVersion) -> str:
        return f"{self._prefix}-{kind}-v{version.number:06}"

    def _writer(self, version: RemoteVersion) -> ElasticsearchWriter:
        names = {kind: self._index(kind, version) for kind in mapping.KINDS}
        return ElasticsearchWriter(self._client, version, self.versions, names)

    def _exists(self, version: RemoteVersion) -> bool:
        with _answered():
            return all(
                self._client.indices.exists(index=self._index(kind, version)) for kind in mapping.KINDS
            )

    def _point_at(self, version: RemoteVersion) -> None:
        """All aliases at once: no search ever sees assets of one version and passages of another."""
        actions: list[dict[str, Any]] = []
        for kind in mapping.KINDS:
            alias = f"{self._prefix}-{kind}"
            actions += [
                {"remove": {"index": f"{alias}-v*", "alias": alias, "must_exist": False}},
                {"add": {"index": self._index(kind, version), "alias": alias}},
            ]
        with _answered():
            self._client.indices.update_aliases(actions=actions)

    def _drop(self, version: RemoteVersion) -> None:
        with _answered():
            for kind in mapping.KINDS:
                self._client.indices.delete(index=self._index(kind, version), ignore_unavailable=True)
        self.versions.drop(version)

    def _first(self) -> RemoteVersion:
        try:
            with self.rebuilding():
                writer = self.begin()
                self.switch(writer)
                return writer.version
        except Locked as fault:
            raise Transient("index-busy", "the index is being built", 10) from fault


class ElasticsearchWriter:
    """See `stores.Writer`. At most BULK_BYTES wait here; they are sent before the commit that makes them visible."""

    def __init__(
        self, client: Elasticsearch, version: RemoteVersion, versions: RemoteVersions, names: Mapping[str, str]
    ) -> None:  # fmt: skip
        self.version = version
        self._client, self._versions = client, versions
        self._names = names
        self._assets, self._segments, self._vectors = (names[kind] for kind in mapping.KINDS)
        self._replaced: set[str] = set()  # assets that the index had
        self._known: dict[str, int | None] = {}
        self._lines: list[dict[str, Any]] = []
        self._bytes = 0
        self._gone: dict[str, list[dict[str, Any]]] = {
            self._segments: [],
            self._vectors: [],
        }  # queries for parts that are to go
        self._faults: dict[str, Exception] = {}

    def position(self) -> Position:
        return self._versions.position(self.version)

    def save_position(self, position: Position) -> None:
        self._versions.save_position(self.version, position)

    def versions(self, asset_ids: Sequence[str]) -> dict[str, int]:
        unknown = [asset_id for asset_id in asset_ids if asset_id not in self._known]
        if unknown:
            with _answered():
                found = self._client.mget(index=self._assets, ids=unknown, source_includes=["version"])
            self._known |= {
                d["_id"]: d["_source"]["version"] if d.get("found") else None for d in found["docs"]
            }
        return {id_: known for id_ in asset_ids if (known := self._known[id_]) is not None}

    def put(self, asset: AssetDocument, segments: Iterable[SegmentDocument], again: bool = False) -> bool:
        have = self.versions([asset.asset_id]).get(asset.asset_id, 0)
        if have > asset.version or (have == asset.version and not again):
            return False
        spoken = list(segments)
        source = mapping.asset_source(asset, spoken)
        passages = [(s.number, mapping.segment_source(asset, s)) for s in spoken]
        for number, passage in passages:
            self._add_part(self._segments, asset, number, passage)
        self._add({"index": {"_index": self._assets, "_id": asset.asset_id} | _at(asset.version)}, source)
        if have:  # an older transcript had other passages; one written again may have become shorter
            self._replaced.add(asset.asset_id)
            self._gone[self._segments].append(_left_of(asset, {"range": {"number": {"gte": len(spoken)}}}))
        self._known[asset.asset_id] = asset.version
        return True

    def put_vectors(self, asset: AssetDocument, vectors: Sequence[VectorDocument]) -> None:
        for meant in vectors:
            self._add_part(self._vectors, asset, meant.number, mapping.vector_source(asset, meant))
        if asset.asset_id in self._replaced:
            others = {"bool": {"must_not": [{"terms": {"number": [meant.number for meant in vectors]}}]}}
            self._gone[self._vectors].append(_left_of(asset, others))

    def remove(self, asset_id: str, version: int | None = None) -> None:
        at = _at(version) if version is not None else {}
        self._add({"delete": {"_index": self._assets, "_id": asset_id} | at}, None)
        for parts in self._gone.values():
            parts.append({"term": {"asset_id": asset_id}})
        self._known[asset_id] = None

    def commit(self) -> Faults:
        self._flush()
        with _answered():
            self._client.indices.refresh(index=[self._vectors, self._segments, self._assets])
            for name, gone in self._gone.items():
                for start in range(0, len(gone), CLEANED_AT_ONCE):
                    self._clean(name, gone[start : start + CLEANED_AT_ONCE])
                gone.clear()
        faults, self._faults = self._faults, {}
        self._known.clear()
        self._replaced.clear()
        return faults

    def count(self) -> int:
        with _answered():
            return int(self._client.count(index=self._assets)["count"])

    def close(self) -> None:
        self._lines.clear()

    def _add_part(self, name: str, asset: AssetDocument, number: int, source: dict[str, Any]) -> None:
        where = {"_index": name, "_id": mapping.part_id(asset.asset_id, number), "routing": asset.asset_id}
        self._add({"index": where | _at(asset.version)}, source)

    def _add(self, action: dict[str, Any], source: dict[str, Any] | None) -> None:
        self._lines.append(action)
        if source is not None:
            self._lines.append(source)
            self._bytes += sum(_size(value) for value in source.values() if isinstance(value, list)) + 200
        if len(self._lines) >= BULK_ACTIONS or self._bytes >= BULK_BYTES:
            self._flush()

    def _flush(self) -> None:
        if not self._lines:
            return
        with _answered():
            answer = self._client.bulk(operations=self._lines)
        self._lines.clear()
        self._bytes = 0
        for item in answer["items"] if answer["errors"] else ():
            (done,) = item.values()
            error = done.get("error")
            if error is None or done["status"] in (_CONFLICT, _NOT_FOUND):  # newer is there; was not there
                continue
            if done["status"] == _BUSY or done["status"] >= 500:
                raise Transient("engine-busy", "Elasticsearch did not take all of a batch", 5)
            asset_id = str(done["_id"]).partition(":")[0]
            self._faults[asset_id] = Refused(f"{error.get('type')}: {error.get('reason')}")

    def _clean(self, name: str, gone: Sequence[dict[str, Any]]) -> None:
        query = {"bool": {"should": list(gone), "minimum_should_match": 1}}
        self._client.delete_by_query(index=name, query=query, conflicts="proceed", refresh=True)


def _at(version: int) -> dict[str, Any]:
    return {"version": version, "version_type": "external_gte"}


def _left_of(asset: AssetDocument, others: dict[str, Any]) -> dict[str, Any]:
    """Parts of the asset that its newest version does not have: older ones, and `others`."""
    older = [{"range": {"version": {"lt": asset.version}}}, others]
    return {
        "bool": {
            "filter": [{"term": {"asset_id": asset.asset_id}}],
            "should": older,
            "minimum_should_match": 1,
        }
    }


def _size(values: list[Any]) -> int:
    """About, on the wire: texts, or the numbers of a vector."""
    return sum(len(value) if isinstance(value, str) else 12 for value in values)


def _of(writer: Writer) -> ElasticsearchWriter:
    if not isinstance(writer, ElasticsearchWriter):
        raise TypeError("not a writer of this store")
    return writer
