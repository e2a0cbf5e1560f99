"""The embedded index as a store: a directory of versions, and the one writer of each."""

from __future__ import annotations

from contextlib import AbstractContextManager

from acervo.errors import Transient
from functions.search import tantivy_schema
from functions.search.index_directory import IndexDirectory, Locked, Version
from functions.search.stores import Doubtful, Writer
from functions.search.tantivy_writer import TantivyWriter

REBUILD_HEAP_BYTES = 256 << 20


class TantivyStore:
    """See `stores.Store`."""

    name = "tantivy"

    def __init__(self, directory: IndexDirectory) -> None:
        self.directory = directory

    def open(self) -> TantivyWriter:
        live = self.directory.current()
        if live is None or live.format != tantivy_schema.FORMAT:
            live = self._first()
        return TantivyWriter(live)

    def is_live(self, writer: Writer) -> bool:
        return isinstance(writer, TantivyWriter) and writer.version == self.directory.current()

    def rebuilding(self) -> AbstractContextManager[None]:
        return self.directory.rebuilding()

    def begin(self) -> TantivyWriter:
        return TantivyWriter(self.directory.next_version(tantivy_schema.FORMAT), REBUILD_HEAP_BYTES)

    def switch(self, writer: Writer) -> str:
        version = _of(writer).version
        _of(writer).close(merge=True)
        before = self.directory.current()
        self.directory.switch(version)
        for number in set(self.directory.numbers()) - {version.number, before.number if before else 0}:
            Version(self.directory.path, number, 0).remove()  # also what a killed rebuild left
        return f"version {version.number}"

    def discard(self, writer: Writer) -> None:
        writer.close()
        _of(writer).version.remove()

    def roll_back(self) -> str:
        live = self.directory.current()
        for number in reversed(self.directory.numbers()):
            before = self.directory.version(number)
            if before and live and number < live.number and before.format == tantivy_schema.FORMAT:
                self.directory.switch(before)
                return f"version {before.number}"
        raise Doubtful("there is no earlier version")

    def _first(self) -> Version:
        """A first, empty version is live at once: searches see it fill."""
        try:
            with self.directory.rebuilding():
                version = self.directory.next_version(tantivy_schema.FORMAT)
                TantivyWriter(version).close()
                self.directory.switch(version)
                for number in self.directory.numbers():
                    before = self.directory.version(number)
                    if before is None or before.format != tantivy_schema.FORMAT:
                        Version(self.directory.path, number, 0).remove()  # nobody can read it any more
                return version
        except Locked as fault:
            raise Transient("index-busy", "the index is being built", 10) from fault


def _of(writer: Writer) -> TantivyWriter:
    if not isinstance(writer, TantivyWriter):
        raise TypeError("not a writer of this store")
    return writer
