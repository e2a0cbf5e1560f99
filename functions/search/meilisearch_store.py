"""Meilisearch as a store: the live index `<uid>` and `<uid>_beside`; a rebuild fills the second and swaps the two, a roll-back swaps again.

Meilisearch knows no versions of documents: what the index has is read before it is replaced, there is one indexer, its tasks are done in
their order, and what a race may still leave old is found by the next sweep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from acervo.database import Database
from acervo.errors import Transient
from functions.search import analysis
from functions.search.documents import AssetDocument, SegmentDocument
from functions.search.index_directory import Locked, Position
from functions.search.meilisearch_client import MeilisearchClient, MeilisearchError
from functions.search.meilisearch_index import settings
from functions.search.meilisearch_query import MAX_VALUE_BYTES, one_of
from functions.search.remote_versions import RemoteVersion, RemoteVersions
from functions.search.stores import Doubtful, Faults, Writer

T = TypeVar("T")
FORMAT = 2
TASK_S = 300.0
DOCUMENTS, TEXT_BYTES = 1000, 8 << 20  # of one request
KNOWN_AT_ONCE = 500
NAME_WORDS = 6
_AWAY = frozenset({"unreachable", "late", "index_not_found", "invalid_api_key", "missing_authorization_header", "too_many_search_requests"})  # fmt: skip


class Refused(ValueError):
    """Meilisearch does not take the document as it is."""


class MeilisearchStore:
    """See `stores.Store`."""

    name = "meilisearch"

    def __init__(self, client: MeilisearchClient, database: Database, uid: str = "acervo_assets") -> None:
        self._client, self._uid = client, uid
        self.versions = RemoteVersions(self.name, database)

    def open(self) -> MeilisearchWriter:
        live = self.versions.live()
        if live is None or live.format != FORMAT or not _done(lambda: self._client.has(self._uid)):
            live = self._first()
        return MeilisearchWriter(self._client, live, self.versions, self._uid)

    def is_live(self, writer: Writer) -> bool:
        return isinstance(writer, MeilisearchWriter) and writer.version == self.versions.live()

    def rebuilding(self) -> AbstractContextManager[None]:
        return self.versions.rebuilding()

    def begin(self) -> MeilisearchWriter:
        beside = f"{self._uid}_beside"
        if _done(
            lambda: self._client.has(beside)
        ):  # the version before: from here on there is no way back to it
            self._wait(self._client.delete, beside)
        live = self.versions.live()
        for old in self.versions.all():
            if old != live:
                self.versions.drop(old)
        self._make(beside)
        return MeilisearchWriter(self._client, self.versions.add(FORMAT), self.versions, beside)

    def switch(self, writer: Writer) -> str:
        version = _of(writer).version
        if not _done(lambda: self._client.has(self._uid)):
            self._make(self._uid)  # a swap is of two that exist
        self._wait(self._client.swap, self._uid, f"{self._uid}_beside")
        self.versions.make_live(version)
        return f"version {version.number}"

    def discard(self, writer: Writer) -> None:
        self._wait(self._client.delete, f"{self._uid}_beside")
        self.versions.drop(_of(writer).version)

    def roll_back(self) -> str:
        live = self.versions.live()
        before = [v for v in self.versions.all() if live and v.number < live.number and v.format == FORMAT]
        if not before or not _done(lambda: self._client.has(f"{self._uid}_beside")):
            raise Doubtful("there is no earlier version")
        self._wait(self._client.swap, self._uid, f"{self._uid}_beside")
        self.versions.make_live(before[-1])
        return f"version {before[-1].number}"

    def _make(self, uid: str) -> None:
        self._wait(self._client.create, uid)
        self._wait(self._client.set, uid, settings())

    def _first(self) -> RemoteVersion:
        try:
            with self.rebuilding():
                writer = self.begin()
                self.switch(writer)
                return writer.version
        except Locked as fault:
            raise Transient("index-busy", "the index is being built", 10) from fault

    def _wait(self, ask: Callable[..., int], *arguments: Any) -> None:
        def whole() -> None:
            self._client.wait(ask(*arguments), TASK_S)

        _done(whole)


class MeilisearchWriter:
    """See `stores.Writer`."""

    def __init__(
        self, client: MeilisearchClient, version: RemoteVersion, versions: RemoteVersions, uid: str
    ) -> None:
        self.version = version
        self._client, self._versions, self._uid = client, versions, uid
        self._known: dict[str, int | None] = {}
        self._documents: dict[str, dict[str, Any]] = {}
        self._bytes = 0
        self._removed: list[str] = []
        self._faults: dict[str, Exception] = {}

    def position(self) -> Position:
        return self._versions.position(self.version)

    def save_position(self, position: Position) -> None:
        self._versions.save_position(self.version, position)

    def versions(self, asset_ids: Sequence[str]) -> dict[str, int]:
        unknown = [asset_id for asset_id in asset_ids if asset_id not in self._known]
        for start in range(0, len(unknown), KNOWN_AT_ONCE):
            some = unknown[start : start + KNOWN_AT_ONCE]
            found = self._fetch(some)
            self._known |= dict.fromkeys(some) | {d["id"]: d["version"] for d in found}
        return {id_: known for id_ in asset_ids if (known := self._known[id_]) is not None}

    def _fetch(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        return _done(lambda: self._client.fetch(self._uid, one_of("id", ids), ["id", "version"], len(ids)))

    def put(self, asset: AssetDocument, segments: Iterable[SegmentDocument], again: bool = False) -> bool:  # noqa: ARG002  # assets only
        have = self.versions([asset.asset_id]).get(asset.asset_id, 0)
        if have > asset.version or (have == asset.version and not again):
            return False
        document = asset_document(asset)
        self._documents[asset.asset_id] = document
        self._bytes += sum(len(text) for text in (*asset.titles, *asset.texts, *asset.names))
        self._known[asset.asset_id] = asset.version
        if len(self._documents) >= DOCUMENTS or self._bytes >= TEXT_BYTES:
            self._flush()
        return True

    def remove(self, asset_id: str, version: int | None = None) -> None:  # noqa: ARG002  # Meilisearch knows no versions
        self._documents.pop(asset_id, None)
        self._removed.append(asset_id)
        self._known[asset_id] = None

    def commit(self) -> Faults:
        self._flush()
        faults, self._faults = self._faults, {}
        self._known.clear()
        return faults

    def count(self) -> int:
        return _done(lambda: self._client.count(self._uid))

    def close(self) -> None:
        self._documents.clear()
        self._removed.clear()

    def _flush(self) -> None:
        """Removals first: an asset that came back after it was removed is among the documents."""
        if removed := [asset_id for asset_id in self._removed if asset_id not in self._documents]:
            _done(lambda: self._client.wait(self._client.remove(self._uid, removed), TASK_S))
        self._removed.clear()
        self._put(list(self._documents.values()))
        self._documents.clear()
        self._bytes = 0

    def _put(self, documents: Sequence[dict[str, Any]]) -> None:
        """A task takes all of its documents or none: halves find the one that is to blame."""
        if not documents:
            return
        try:
            self._client.wait(self._client.put(self._uid, documents), TASK_S)
        except MeilisearchError as fault:
            if fault.code in _AWAY or fault.code.startswith("status-"):
                raise _away(fault) from fault
            if len(documents) == 1:
                self._faults[str(documents[0]["id"])] = Refused(str(fault))
                return
            middle = len(documents) // 2
            self._put(documents[:middle])
            self._put(documents[middle:])


def asset_document(asset: AssetDocument) -> dict[str, Any]:
    return {
        "id": asset.asset_id, "version": asset.version, "project": asset.project, "type": asset.kind, "status": asset.status,
        "language": asset.language, "created_s": asset.created_s, "month": asset.month, "title": list(asset.titles),
        "names": list(asset.names), "text": list(asset.texts), "people": list(asset.people),
        "rights": list(asset.rights), "tag": _values(asset.tags), "person": _values(asset.people),
        "tag_label": _values({analysis.label(tag) for tag in asset.tags}),
        "person_words": _values({run for name in asset.people for run in _runs(name)}),
    }  # fmt: skip


def _values(texts: Iterable[str]) -> list[str]:
    """Longer ones cannot be filtered by, and fail the whole task."""
    return [
        text
        for text in (sorted(texts) if isinstance(texts, set) else texts)
        if 0 < len(text.encode()) <= MAX_VALUE_BYTES
    ]


def _runs(name: str) -> Iterable[str]:
    """Every run of words of a name: `person:ruiz` and `person:"Ana Ruiz"` find Ana Ruiz."""
    words = analysis.words(name)[:NAME_WORDS]
    return {" ".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1)}


def _done(call: Callable[[], T]) -> T:
    try:
        return call()
    except MeilisearchError as fault:
        raise _away(fault) from fault


def _away(fault: MeilisearchError) -> Transient:
    return Transient("engine-unavailable", f"Meilisearch did not do it: {fault}"[:300], 5)


def _of(writer: Writer) -> MeilisearchWriter:
    if not isinstance(writer, MeilisearchWriter):
        raise TypeError("not a writer of this store")
    return writer
