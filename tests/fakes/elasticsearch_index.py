"""An index of the Elasticsearch that we play: a strict mapping, versions, and what searches see since the last refresh."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.elasticsearch_analysis import Source, analyzers
from tests.fakes.elasticsearch_faults import Fault, only


@dataclass
class Document:
    id: str
    source: Source
    version: int
    terms: dict[str, list[str]] = field(default_factory=dict)
    vectors: dict[str, list[float]] = field(default_factory=dict)


MAX_DIMS, SMALLEST = 4096, 1.2e-38
GRAPHS = {"hnsw", "int8_hnsw", "int4_hnsw", "bbq_hnsw", "flat", "int8_flat", "int4_flat", "bbq_flat"}
_FIELD_KEYS = {
    "keyword": {"type", "ignore_above"}, "text": {"type", "analyzer", "index_options"}, "long": {"type"}, "integer": {"type"},
    "dense_vector": {"type", "dims", "index", "similarity", "index_options"},
}  # fmt: skip


class Index:
    def __init__(self, body: Source) -> None:
        only(body, {"settings", "mappings", "aliases"}, "create index")
        settings = body.get("settings", {})
        only(settings, {"index", "analysis"}, "settings")
        only(
            settings.get("index", {}), {"number_of_shards", "number_of_replicas", "refresh_interval"}, "index"
        )
        mappings = body.get("mappings", {})
        only(mappings, {"dynamic", "_source", "properties"}, "mappings")
        self.analyzers = analyzers(settings.get("analysis", {}))
        self.fields: dict[str, Source] = mappings.get("properties", {})
        for name, value in self.fields.items():
            only(value, _FIELD_KEYS.get(value.get("type", ""), set()), f"mapping of {name}")
            if value["type"] == "dense_vector":
                _check_vector(name, value)
            if value["type"] == "text" and value["analyzer"] not in self.analyzers:
                raise Fault(
                    400, "mapper_parsing_exception", f"analyzer [{value['analyzer']}] has not been configured"
                )
        self.kept: list[str] | None = mappings.get("_source", {}).get("includes")
        self.strict = mappings.get("dynamic") == "strict"
        self.live: dict[str, Document] = {}  # as written
        self.gone: dict[str, int] = {}  # versions of what was deleted
        self.seen: dict[str, Document] = {}  # as of the last refresh

    def write(self, id_: str, source: Source, version: int | None) -> Document:
        current = self.live[id_].version if id_ in self.live else self.gone.get(id_)
        if version is not None and current is not None and version < current:
            raise Fault(
                409, "version_conflict_engine_exception",
                f"[{id_}]: version conflict, current version [{current}] is higher than the one provided [{version}]",
            )  # fmt: skip
        document = Document(id_, source, version if version is not None else (current or 0) + 1)
        for name, value in source.items():
            if name not in self.fields:
                if self.strict:
                    raise Fault(
                        400,
                        "strict_dynamic_mapping_exception",
                        f"dynamic introduction of [{name}] is not allowed",
                    )
                continue
            if self.fields[name]["type"] == "dense_vector":
                document.vectors[name] = self._vector(name, value)
            else:
                document.terms[name] = list(self._terms(name, value))
        self.live[id_] = document
        return document

    def delete(self, id_: str, version: int | None) -> bool:
        current = self.live[id_].version if id_ in self.live else self.gone.get(id_)
        if version is not None and current is not None and version < current:
            raise Fault(409, "version_conflict_engine_exception", f"[{id_}]: version conflict")
        self.gone[id_] = version if version is not None else (current or 0) + 1
        return self.live.pop(id_, None) is not None

    def refresh(self) -> None:
        self.seen = dict(self.live)

    def source(self, document: Document) -> Source:
        return {n: v for n, v in document.source.items() if self.kept is None or n in self.kept}

    def analyzed(self, name: str, text: str) -> list[str]:
        return self.analyzers[self.fields[name]["analyzer"]](text)

    def _vector(self, name: str, value: Any) -> list[float]:
        """One value a field, of the mapped length; cosine has no direction for zeros."""
        dims = self.fields[name]["dims"]
        if not isinstance(value, list) or not all(isinstance(n, int | float) for n in value):
            raise Fault(
                400, "document_parsing_exception", f"failed to parse field [{name}] of type [dense_vector]"
            )
        if len(value) != dims:
            reason = f"the [dense_vector] field [{name}] has a different number of dimensions [{len(value)}] than defined in the mapping [{dims}]"
            raise Fault(400, "document_parsing_exception", reason)
        if self.fields[name].get("similarity", "cosine") == "cosine" and is_zero(value):
            raise Fault(
                400, "document_parsing_exception", "the [cosine] similarity does not support zero magnitude"
            )
        return value

    def _terms(self, name: str, value: Any) -> Iterator[str]:
        kind = self.fields[name]["type"]
        for item in value if isinstance(value, list) else [value]:
            if kind in ("long", "integer"):
                if not isinstance(item, int) or isinstance(item, bool):
                    raise Fault(
                        400, "document_parsing_exception", f"failed to parse field [{name}] of type [{kind}]"
                    )
                yield str(item)
            elif not isinstance(item, str):
                raise Fault(
                    400, "document_parsing_exception", f"failed to parse field [{name}] of type [{kind}]"
                )
            elif kind == "text":
                yield from [*self.analyzed(name, item), ""]  # the gap between two values
            elif len(item) <= self.fields[name].get("ignore_above", 1 << 30):
                yield item


def is_zero(vector: Sequence[float]) -> bool:
    """In single precision, which squares are reckoned in."""
    return sum(number * number for number in vector) < SMALLEST


def _check_vector(name: str, mapped: Source) -> None:
    if not isinstance(mapped.get("dims"), int) or not 1 <= mapped["dims"] <= MAX_DIMS:
        raise Fault(400, "mapper_parsing_exception", f"[dims] of [{name}] is a number from 1 to {MAX_DIMS}")
    if mapped.get("similarity", "cosine") != "cosine":
        raise Fault(400, "mapper_parsing_exception", "this fake knows cosine")
    if mapped.get("index_options", {}).get("type", "int8_hnsw") not in GRAPHS:
        raise Fault(400, "mapper_parsing_exception", f"unknown vector index options of [{name}]")
