"""The Elasticsearch indexes, explicit and strict: the same fields and the same order of analysis as the embedded ones, and one of vectors.

A vector is a document of its own, because a `dense_vector` has one value and an asset means several things. It carries what assets are filtered
by, so that the filter is inside the search for neighbours. The algorithm is named: what Elasticsearch chooses by itself changes between versions.

lower case → stop words → fold accents → stop words without accents → stem (see `analysis`). Nothing is kept in `_source` but what is needed
to know a document again: the text that is shown comes from PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from functions.search import analysis
from functions.search.documents import AssetDocument, SegmentDocument
from functions.search.field_groups import (
    ASSET_GROUPS,
    SEGMENT_GROUPS,
    STEMMED,
    asset_texts,
    segment_texts,
)
from functions.search.vectors import DIMENSIONS, VectorDocument

FORMAT = 3  # another number needs a rebuild
MAX_KEYWORD = 256
_KEYWORDS = ("asset_id", "project", "type", "status", "language", "tag_label", "rights")
KINDS = ("assets", "segments", "vectors")
_GROUPS: dict[str, Sequence[str]] = {"assets": ASSET_GROUPS, "segments": SEGMENT_GROUPS, "vectors": ()}
_SHARDS = {"assets": 1, "segments": 3, "vectors": 3}  # one shard counts facets exactly


def body(kind: str) -> dict[str, Any]:
    """Settings and mappings of a new index of one of KINDS."""
    groups = _GROUPS[kind]
    properties: dict[str, Any] = {
        name: {"type": "keyword", "ignore_above": MAX_KEYWORD} for name in _KEYWORDS
    }
    properties["people_exact"] = _text(analysis.EXACT)
    for group in groups:
        if group != "people":
            properties[f"{group}_exact"] = _text(analysis.EXACT)
        if group in STEMMED:
            for language in analysis.LANGUAGES:
                properties[f"{group}_{language}"] = {**_text(language), "index_options": "freqs"}
    properties |= {"created_s": {"type": "long"}, "version": {"type": "long"}}
    if kind == "assets":
        properties |= {name: {"type": "keyword", "ignore_above": MAX_KEYWORD} for name in ("tag", "person")}
        properties["month"] = {"type": "integer"}
    else:
        properties["number"] = {"type": "integer"}
    if kind == "vectors":
        properties["model"] = {"type": "keyword", "ignore_above": MAX_KEYWORD}
        properties |= {vector_field(length): _vector(length) for length in DIMENSIONS}
    return {
        "settings": {
            "index": {"number_of_shards": _SHARDS[kind], "refresh_interval": "-1"}, "analysis": _analysis(),
        },
        "mappings": {
            "dynamic": "strict", "_source": {"includes": ["asset_id", "version", "number"]}, "properties": properties,
        },
    }  # fmt: skip


def _text(analyzer: str) -> dict[str, Any]:
    return {"type": "text", "analyzer": analyzer}


def vector_field(length: int) -> str:
    return f"vector_{length}"


def _vector(length: int) -> dict[str, Any]:
    return {
        "type": "dense_vector", "dims": length, "index": True, "similarity": "cosine", "index_options": {"type": "int8_hnsw"},
    }  # fmt: skip


def _analysis() -> dict[str, Any]:
    filters: dict[str, Any] = {"short": {"type": "length", "max": analysis.MAX_TERM}}
    analyzers: dict[str, Any] = {
        analysis.EXACT: {
            "type": "custom",
            "tokenizer": "words",
            "filter": ["short", "lowercase", "asciifolding"],
        }
    }
    for code, name in analysis.LANGUAGES.items():
        filters[f"{code}_stop"] = {"type": "stop", "stopwords": f"_{name}_"}
        filters[f"{code}_stop_folded"] = {"type": "stop", "stopwords": analysis.unaccented_stop_words(code)}
        filters[f"{code}_stem"] = {"type": "stemmer", "language": name}
        analyzers[code] = {
            "type": "custom", "tokenizer": "words",
            "filter": ["short", "lowercase", f"{code}_stop", "asciifolding", f"{code}_stop_folded", f"{code}_stem"],
        }  # fmt: skip
    tokenizer = {
        "words": {"type": "char_group", "tokenize_on_chars": ["whitespace", "punctuation", "symbol"]}
    }
    return {"tokenizer": tokenizer, "filter": filters, "analyzer": analyzers}


def _shared(asset: AssetDocument) -> dict[str, Any]:
    return {
        "asset_id": asset.asset_id, "project": asset.project, "type": asset.kind, "status": asset.status,
        "language": asset.language, "created_s": asset.created_s, "version": asset.version,
        "tag_label": [analysis.label(tag) for tag in asset.tags], "people_exact": list(asset.people), "rights": list(asset.rights),
    }  # fmt: skip


def asset_source(asset: AssetDocument, segments: Sequence[SegmentDocument]) -> dict[str, Any]:
    own = {"month": asset.month, "tag": list(asset.tags), "person": list(asset.people)}
    return _shared(asset) | own | asset_texts(asset, segments)


def segment_source(asset: AssetDocument, segment: SegmentDocument) -> dict[str, Any]:
    return _shared(asset) | {"number": segment.number} | segment_texts(asset, segment)


def vector_source(asset: AssetDocument, meant: VectorDocument) -> dict[str, Any]:
    own = {"number": meant.number, "model": meant.model, vector_field(len(meant.vector)): list(meant.vector)}
    return _shared(asset) | own


def part_id(asset_id: str, number: int) -> str:
    """Of a segment or a vector."""
    return f"{asset_id}:{number}"


def parse_part_id(text: str) -> tuple[str, int]:
    asset_id, _, number = text.rpartition(":")
    return asset_id, int(number)
