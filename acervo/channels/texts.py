"""The words that go with a publication: the asset's editorial metadata, overridden by what the request says. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from acervo.channels.material import Asset


@dataclass(frozen=True, kw_only=True)
class Texts:
    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    language: str | None = None
    credit: str = ""
    has_thumbnail: bool = False
    options: Mapping[str, Any] = field(
        default_factory=dict
    )  # what only the channel understands: privacy, playlist, …


WORDS = frozenset({"title", "description", "tags", "language", "credit"})


def texts_of(asset: Asset, asked: Mapping[str, Any], *, has_thumbnail: bool) -> Texts:
    """What the channel will show. `asked` is what the request says itself (a publication's metadata)."""
    own = asset.metadata

    def text(name: str, *others: str) -> str:
        for source, key in ((asked, name), *((own, key) for key in (name, *others))):
            if isinstance(source.get(key), str) and source[key].strip():
                return str(source[key]).strip()
        return ""

    tags = asked.get("tags", own.get("keywords", own.get("tags")))
    return Texts(
        title=text("title", "headline") or asset.name.rsplit(".", 1)[0],
        description=text("description", "caption"),
        tags=tuple(dict.fromkeys(str(tag).strip() for tag in tags if str(tag).strip())) if isinstance(tags, list) else (),
        language=text("language") or asset.language,
        credit=text("credit", "byline"),
        has_thumbnail=has_thumbnail,
        options={name: value for name, value in asked.items() if name not in WORDS},
    )  # fmt: skip


def fingerprint(texts: Texts) -> str:
    """Tells whether what the channel shows is still what the asset says."""
    shown = [
        texts.title,
        texts.description,
        list(texts.tags),
        texts.language,
        texts.credit,
        dict(texts.options),
    ]
    return hashlib.sha256(json.dumps(shown, sort_keys=True, default=str).encode()).hexdigest()[:32]
