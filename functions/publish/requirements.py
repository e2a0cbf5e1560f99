"""What a channel needs of a file and of its words, checked before a byte moves. Pure; what is not known is not held against it.

A connector states its channel's limits; the settings of a channel may only make them tighter (`settings.requirements`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any

from functions.publish.rows import Asset, Rendition
from functions.publish.texts import Texts

PLAYLISTS = frozenset({"application/vnd.apple.mpegurl", "application/x-mpegurl", "application/dash+xml"})


@dataclass(frozen=True, kw_only=True)
class Requirements:
    kinds: frozenset[str] = frozenset({"video", "audio", "image"})
    mime_types: frozenset[str] = frozenset()  # empty: any
    video_codecs: frozenset[str] = frozenset()
    audio_codecs: frozenset[str] = frozenset()
    most_bytes: int | None = None
    least_bytes: int = 1
    most_duration_s: float | None = None
    least_duration_s: float | None = None
    least_aspect: Fraction | None = None
    most_aspect: Fraction | None = None
    needs_title: bool = False
    title_most: int | None = None
    title_forbids: str = ""
    description_most_bytes: int | None = None
    tags_most: int | None = None  # characters of all tags together
    needs_thumbnail: bool = False
    single_file: bool = True  # false: a tree of files (a playlist and its segments) may go

    def tightened(self, by: Mapping[str, Any]) -> Requirements:
        """With the limits of `settings.requirements`: unknown names raise ValueError."""
        changes: dict[str, Any] = {}
        known = {field.name for field in fields(self)}
        for name, value in by.items():
            if name not in known:
                raise ValueError(f"requirements.{name} is not known")
            own = getattr(self, name)
            if isinstance(own, frozenset):
                given = frozenset(str(item) for item in value)
                changes[name] = given & own if own else given
            elif name in ("least_aspect", "most_aspect"):
                changes[name] = Fraction(str(value).replace(":", "/"))
            elif name.startswith("least"):
                changes[name] = max(value, own or 0)
            elif isinstance(own, bool):
                changes[name] = own or bool(value)
            elif isinstance(own, str):
                changes[name] = own + str(value)
            else:
                changes[name] = value if own is None else min(value, own)
        return replace(self, **changes)


def faults(needs: Requirements, asset: Asset, rendition: Rendition, texts: Texts) -> list[str]:
    """Everything that does not fit, each as a sentence; empty when it may go."""
    found: list[str] = []
    detail, technical = rendition.detail, asset.technical
    if asset.kind is not None and asset.kind not in needs.kinds:
        found.append(f"the channel takes {' and '.join(sorted(needs.kinds))}, not {asset.kind}")
    mime = rendition.mime_type.split(";")[0].strip().lower()
    if needs.mime_types and mime not in needs.mime_types:
        found.append(f"the channel does not take {mime or 'files of unknown type'}")
    if needs.single_file and mime in PLAYLISTS:
        found.append("the channel takes one file, not a stream of segments")
    size = rendition.size_bytes
    if size is not None and size < needs.least_bytes:
        found.append(f"{size:,} bytes are fewer than the {needs.least_bytes:,} the channel needs")
    if size is not None and needs.most_bytes is not None and size > needs.most_bytes:
        found.append(f"{size:,} bytes are more than the {needs.most_bytes:,} the channel takes")
    duration = _number(detail.get("duration_s", technical.get("duration_s")))
    if duration is not None and needs.most_duration_s is not None and duration > needs.most_duration_s:
        found.append(f"{duration:.0f} s are longer than the {needs.most_duration_s:.0f} s the channel takes")
    if duration is not None and needs.least_duration_s is not None and duration < needs.least_duration_s:
        found.append(
            f"{duration:.1f} s are shorter than the {needs.least_duration_s:.1f} s the channel needs"
        )
    for kind, codecs in (("video", needs.video_codecs), ("audio", needs.audio_codecs)):
        codec = _codec(detail, technical if rendition.profile == "master" else {}, kind)
        if codecs and codec is not None and codec not in codecs:
            found.append(f"the channel does not take {kind} as {codec}")
    aspect = _aspect(detail) or _aspect(technical.get("video") or technical.get("image") or {})
    if aspect is not None and (
        (needs.least_aspect is not None and aspect < needs.least_aspect * Fraction(99, 100))
        or (needs.most_aspect is not None and aspect > needs.most_aspect * Fraction(101, 100))
    ):
        found.append(
            f"the shape {aspect.numerator}:{aspect.denominator} is outside of what the channel takes"
        )
    return found + _word_faults(needs, texts)


def _word_faults(needs: Requirements, texts: Texts) -> list[str]:
    found: list[str] = []
    if needs.needs_title and not texts.title.strip():
        found.append("a title is missing")
    if needs.title_most is not None and len(texts.title) > needs.title_most:
        found.append(f"the title has {len(texts.title)} characters, the channel takes {needs.title_most}")
    if bad := sorted(set(needs.title_forbids) & set(texts.title)):
        found.append(f"the title must not contain {' '.join(bad)}")
    if (
        needs.description_most_bytes is not None
        and len(texts.description.encode()) > needs.description_most_bytes
    ):
        found.append(
            f"the description has {len(texts.description.encode()):,} bytes, the channel takes {needs.description_most_bytes:,}"
        )
    if needs.tags_most is not None and sum(len(tag) + 3 for tag in texts.tags) > needs.tags_most:
        found.append(f"the tags are longer than the {needs.tags_most} characters the channel takes")
    if needs.needs_thumbnail and not texts.has_thumbnail:
        found.append("a thumbnail is missing")
    return found


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _codec(detail: Mapping[str, Any], technical: Mapping[str, Any], kind: str) -> str | None:
    """`video_codec`, or `codec` of `video` / of the first of `audio`."""
    flat = detail.get(f"{kind}_codec")
    if isinstance(flat, str):
        return flat
    for source in (detail, technical):
        part = source.get(kind)
        part = part[0] if isinstance(part, list) and part else part
        if isinstance(part, Mapping) and isinstance(part.get("codec"), str):
            return str(part["codec"])
    return None


def _aspect(detail: Mapping[str, Any]) -> Fraction | None:
    text = detail.get("aspect") or detail.get("display_aspect")
    if isinstance(text, str) and ":" in text:
        try:
            return Fraction(text.replace(":", "/"))
        except (ValueError, ZeroDivisionError):
            return None
    width, height = _number(detail.get("width")), _number(detail.get("height"))
    return Fraction(int(width), int(height)) if width and height else None
