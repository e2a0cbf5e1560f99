"""The two tantivy indexes: assets (with what is said in them, so that words may meet across title and speech, and totals and
facets are exact) and transcript segments (to rank passages and know their second). Nothing is stored: text shown comes from PostgreSQL.

Text is kept in groups of fields (`field_groups`).
An asset's id is two signed integers, which tantivy hands out a thousand times faster than stored text.

Tags and people are columns twice: as text, counted fast where most of them are met anyway, and as numbers (`value_id`), for which no text has to be
looked up but that of the few that are shown: `named` has both.
"""

from __future__ import annotations

import hashlib
import struct
import uuid
from collections.abc import Sequence
from functools import cache
from typing import Any

from tantivy import Document, Index, Schema, SchemaBuilder

from functions.search import analysis
from functions.search.documents import AssetDocument, SegmentDocument
from functions.search.field_groups import ASSET_GROUPS, STEMMED, asset_texts, segment_texts

FORMAT = 3  # of both indexes and their analysis: another number needs a rebuild
_SIGN, _MASK = 1 << 63, (1 << 64) - 1
_pack = struct.Struct(">qq").pack


def _text(builder: SchemaBuilder, group: str) -> None:
    builder.add_text_field(f"{group}_exact", tokenizer_name=analysis.EXACT)
    if group in STEMMED:
        for language in analysis.LANGUAGES:
            builder.add_text_field(f"{group}_{language}", tokenizer_name=language, index_option="freq")


def _shared(builder: SchemaBuilder) -> None:
    """What both indexes are filtered by."""
    builder.add_text_field("asset_id", tokenizer_name="raw", index_option="basic")
    for name in ("id_high", "id_low"):
        builder.add_integer_field(name, indexed=True, fast=True)
    for name in ("type", "status", "project", "language", "rights"):
        builder.add_text_field(name, tokenizer_name="raw", fast=True, index_option="basic")
    builder.add_text_field("tag_label", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("people_exact", tokenizer_name=analysis.EXACT)
    builder.add_integer_field("created_s", indexed=True, fast=True)


@cache
def asset_schema() -> Schema:
    builder = SchemaBuilder()
    _shared(builder)
    for group in ASSET_GROUPS:
        if group != "people":
            _text(builder, group)
    for name in ("tag", "person"):
        builder.add_text_field(name, tokenizer_name="raw", fast=True, index_option="basic")
        builder.add_integer_field(id_field(name), fast=True)
    builder.add_text_field("named", tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("month", indexed=True, fast=True)
    builder.add_integer_field("version", fast=True)
    return builder.build()


@cache
def segment_schema() -> Schema:
    builder = SchemaBuilder()
    _shared(builder)
    _text(builder, "said")
    builder.add_integer_field("number", fast=True)
    return builder.build()


def register(index: Index) -> Index:
    """Tokenizers live in the process, not in the index."""
    for name, analyzer in analysis.analyzers().items():
        index.register_tokenizer(name, analyzer)
    return index


def halves(asset_id: str) -> tuple[int, int]:
    """(high, low) of a UUID as signed 64-bit integers."""
    whole = uuid.UUID(asset_id).int
    return _signed(whole >> 64), _signed(whole & _MASK)


def asset_id_of(high: int, low: int) -> str:
    """As str(uuid.UUID(…)), six times faster: a search makes hundreds."""
    text = _pack(high, low).hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def id_field(name: str) -> str:
    return f"{name}_id"


def value_id(name: str, value: str) -> int:
    """A signed 64-bit integer for a value of a field: of ten million values, no two have the same (one chance in 400,000)."""
    digest = hashlib.blake2b(f"{name}:{value}".encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def named(id_: int, value: str = "") -> str:
    """The term that leads from an id to its value; without one, what it begins with."""
    return f"{id_ & _MASK:016x}{value}"


def named_value(term: str) -> str:
    return term[16:]


def _signed(value: int) -> int:
    return value - (1 << 64) if value & _SIGN else value


def _shared_values(asset: AssetDocument) -> dict[str, Any]:
    high, low = halves(asset.asset_id)
    return {
        "asset_id": asset.asset_id, "id_high": high, "id_low": low, "type": asset.kind, "status": asset.status,
        "project": asset.project, "language": asset.language, "created_s": asset.created_s,
        "tag_label": [analysis.label(tag) for tag in asset.tags], "people_exact": list(asset.people), "rights": list(asset.rights),
    }  # fmt: skip


def asset_values(asset: AssetDocument, segments: Sequence[SegmentDocument]) -> Document:
    values: dict[str, Any] = _shared_values(asset) | {"month": asset.month, "version": asset.version}
    values |= {"named": []}
    for name, written in (("tag", asset.tags), ("person", asset.people)):
        ids = [value_id(name, value) for value in written]
        values |= {name: list(written), id_field(name): ids}
        values["named"] += [named(*pair) for pair in zip(ids, written, strict=True)]
    return Document.from_dict(values | asset_texts(asset, segments), asset_schema())


def segment_values(asset: AssetDocument, segment: SegmentDocument) -> Document:
    values: dict[str, Any] = _shared_values(asset) | {"number": segment.number}
    return Document.from_dict(values | segment_texts(asset, segment), segment_schema())
