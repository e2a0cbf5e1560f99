"""What an index knows about an asset, made from its row: pure, and tolerant of whatever an editor or a camera wrote.

Every engine is fed from these values; `version` is the row's, so that old never overwrites new.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from acervo.assets import Status
from functions.search.uses import FREE

SEARCHED = frozenset({Status.PROCESSING, Status.READY, Status.ERROR})
MAX_TEXT = 20_000
MAX_TAGS = 200
MAX_TAG = 200
MAX_SEGMENTS = 50_000
_TITLES = ("title", "headline", "name")
_NAMES = ("byline", "credit", "author", "creator", "source", "location", "city", "country", "place")
_TAGS = ("keywords", "tags")
_PEOPLE = ("people", "persons", "personality")
_KNOWN = frozenset({*_TITLES, *_NAMES, *_TAGS, *_PEOPLE})
DEEPEST = 8  # of what is looked at in metadata


@dataclass(frozen=True)
class AssetDocument:
    asset_id: str
    version: int
    project: str
    kind: str
    status: str
    language: str  # empty when not known
    created_s: int
    month: int  # 202611
    titles: tuple[str, ...]
    names: tuple[str, ...]
    texts: tuple[str, ...]
    tags: tuple[str, ...]
    people: tuple[str, ...]
    rights: tuple[str, ...] = (FREE,)


@dataclass(frozen=True)
class SegmentDocument:
    number: int
    start_ms: int
    end_ms: int
    language: str
    text: str


def is_searched(row: Mapping[str, Any]) -> bool:
    """Whether an asset belongs in the index at all; one that does not is removed from it."""
    return row["status"] in SEARCHED and row["kind"] is not None


def asset_document(
    row: Mapping[str, Any], seen: Sequence[tuple[str, str]] = (), limits: Sequence[str] = ()
) -> AssetDocument:
    """`seen`: (kind, value) of what a machine saw or heard in it; its people are people, the rest are tags. `limits`: codes of its rights now."""
    metadata, embedded = _mapping(row["metadata"]), _mapping(row["embedded"])
    created: datetime = row["created_at"]
    fields = fields_of(row["name"], metadata, embedded)
    return AssetDocument(
        asset_id=str(row["id"]), version=row["version"], project=row["project_id"], kind=row["kind"],
        status=row["status"], language=language(row["language"]), created_s=int(created.timestamp()),
        month=created.year * 100 + created.month,
        titles=(*fields["title"], *fields["name"]), names=fields["names"],
        texts=(*fields["description"], *fields["embedded"]),
        tags=_with(fields["keywords"], (value for kind, value in seen if kind != "person")),
        people=_with(fields["people"], (value for kind, value in seen if kind == "person")),
        rights=tuple(limits) or (FREE,),
    )  # fmt: skip


def _with(written: tuple[str, ...], seen: Iterable[str]) -> tuple[str, ...]:
    """What people wrote first; a machine's word only adds to it."""
    known = {value.casefold() for value in written}
    added = [clean(value)[:MAX_TAG] for value in seen if value.casefold() not in known]
    return tuple(dict.fromkeys((*written, *added)))[:MAX_TAGS]


def fields_of(
    name: str, metadata: Mapping[str, Any], embedded: Mapping[str, Any]
) -> dict[str, tuple[str, ...]]:
    """The searched text of an asset by the name of the field it came from; also what highlights are made of."""
    return {
        "title": _texts([metadata.get(key) for key in _TITLES]),
        "name": _texts([name.replace("_", " ")]),
        "keywords": _tags([metadata.get(key) for key in _TAGS]),
        "people": _tags([metadata.get(key) for key in _PEOPLE]),
        "names": _texts([metadata.get(key) for key in _NAMES]),
        "description": _texts([value for key, value in metadata.items() if key not in _KNOWN]),
        "embedded": _texts([embedded]),
    }


def segment_document(row: Mapping[str, Any]) -> SegmentDocument:
    return SegmentDocument(
        row["number"], row["start_ms"], row["end_ms"], language(row["language"]), clean(row["text"])
    )


def language(code: str | None) -> str:
    """ISO 639-1, without a region: `es-AR` is `es`."""
    return (code or "").split("-")[0].lower()[:8]


def clean(text: str) -> str:
    """One normal form, so that a decomposed accent is the same letter as a composed one."""
    text = text[:MAX_TEXT]
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).replace("\x00", " ")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _tags(values: Iterable[Any]) -> tuple[str, ...]:
    """Each once, MAX_TAGS at the most."""
    found: dict[str, None] = {}
    for value in values:
        for text in _strings(value):
            for tag in text.split(",") if isinstance(value, str) else (text,):
                if plain := tag.strip():
                    found[plain[:MAX_TAG]] = None
    return tuple(found)[:MAX_TAGS]


def _texts(values: Iterable[Any]) -> tuple[str, ...]:
    """Every string below the values, until MAX_TEXT characters."""
    left = MAX_TEXT
    found: list[str] = []
    for value in values:
        for text in _strings(value):
            if left <= 0:
                return tuple(found)
            found.append(text[:left])
            left -= len(text)
    return tuple(found)


def _strings(value: Any, depth: int = 0) -> Sequence[str]:
    if value is None:
        return ()
    if isinstance(value, str):
        text = clean(value).strip()
        return (text,) if text else ()
    if depth < DEEPEST and isinstance(value, list | tuple):
        return [text for item in value for text in _strings(item, depth + 1)]
    if depth < DEEPEST and isinstance(value, dict):
        return [text for item in value.values() for text in _strings(item, depth + 1)]
    return ()
