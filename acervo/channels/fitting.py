"""How an asset, a file of it and its words measure up to what a channel needs. Pure; what is not known is not held against it.

`publish` sends nothing that does not fit; the API says the same beforehand, for the file that is there or (without one) for what is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from acervo.channels.material import Asset, Rendition
from acervo.channels.requirements import PLAYLISTS, Requirements
from acervo.channels.texts import Texts


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One thing that a channel limits. Bytes, seconds, characters as numbers, shapes as `16:9`; `fault` is a sentence, None where it fits."""

    code: str
    found: float | str | None = None
    least: float | str | None = None
    most: float | str | None = None
    allowed: tuple[str, ...] = ()
    fault: str | None = None


def faults(needs: Requirements, asset: Asset, rendition: Rendition, texts: Texts) -> list[str]:
    """Everything that does not fit, each as a sentence; empty when it may go."""
    return [one.fault for one in measure(needs, asset, rendition, texts) if one.fault is not None]


def measure(needs: Requirements, asset: Asset, rendition: Rendition | None, texts: Texts) -> list[Measure]:
    """Everything that the channel limits, and how this stands to it; without a `rendition` only what is known before it is made."""
    return [
        *_kind(needs, asset),
        *(_file(needs, rendition) if rendition else ()),
        *_duration(needs, asset, rendition),
        *(_codecs(needs, asset, rendition) if rendition else ()),
        *_shape(needs, asset, rendition),
        *_words(needs, texts),
    ]


def _kind(needs: Requirements, asset: Asset) -> Iterator[Measure]:
    allowed = tuple(sorted(needs.kinds))
    if asset.kind is not None and asset.kind not in needs.kinds:
        fault = f"the channel takes {' and '.join(allowed)}, not {asset.kind}"
        yield Measure(code="kind", found=asset.kind, allowed=allowed, fault=fault)


def _file(needs: Requirements, rendition: Rendition) -> Iterator[Measure]:
    mime = rendition.mime_type.split(";")[0].strip().lower()
    if needs.mime_types:
        fault = (
            None
            if mime in needs.mime_types
            else f"the channel does not take {mime or 'files of unknown type'}"
        )
        yield Measure(code="format", found=mime, allowed=tuple(sorted(needs.mime_types)), fault=fault)
    if needs.single_file and mime in PLAYLISTS:
        yield Measure(
            code="segments", found=mime, fault="the channel takes one file, not a stream of segments"
        )
    size, least, most = rendition.size_bytes, needs.least_bytes, needs.most_bytes
    if size is not None and size < least:
        fault = f"{size:,} bytes are fewer than the {least:,} the channel needs"
        yield Measure(code="size", found=size, least=least, most=most, fault=fault)
    elif most is not None:
        large = size is not None and size > most
        fault = f"{size:,} bytes are more than the {most:,} the channel takes" if large else None
        yield Measure(code="size", found=size, most=most, fault=fault)


def _duration(needs: Requirements, asset: Asset, rendition: Rendition | None) -> Iterator[Measure]:
    detail: Mapping[str, Any] = rendition.detail if rendition else {}
    found = _number(detail.get("duration_s", asset.technical.get("duration_s")))
    least, most = needs.least_duration_s, needs.most_duration_s
    if asset.kind == "image" or (least is None and most is None):
        return
    fault = None
    if found is not None and most is not None and found > most:
        fault = f"{found:.0f} s are longer than the {most:.0f} s the channel takes"
    elif found is not None and least is not None and found < least:
        fault = f"{found:.1f} s are shorter than the {least:.1f} s the channel needs"
    yield Measure(code="duration", found=found, least=least, most=most, fault=fault)


def _codecs(needs: Requirements, asset: Asset, rendition: Rendition) -> Iterator[Measure]:
    technical = asset.technical if rendition.profile == "master" else {}
    for kind, codecs in (("video", needs.video_codecs), ("audio", needs.audio_codecs)):
        found = _codec(rendition.detail, technical, kind)
        if codecs:
            fault = (
                f"the channel does not take {kind} as {found}"
                if found is not None and found not in codecs
                else None
            )
            yield Measure(code=f"{kind}-codec", found=found, allowed=tuple(sorted(codecs)), fault=fault)


def _shape(needs: Requirements, asset: Asset, rendition: Rendition | None) -> Iterator[Measure]:
    detail: Mapping[str, Any] = rendition.detail if rendition else {}
    shape = _aspect(detail) or _aspect(asset.technical.get("video") or asset.technical.get("image") or {})
    least, most = needs.least_aspect, needs.most_aspect
    if asset.kind == "audio" or (least is None and most is None):
        return
    outside = shape is not None and (
        (least is not None and shape < least * Fraction(99, 100)) or (most is not None and shape > most * Fraction(101, 100))
    )  # fmt: skip
    fault = f"the shape {_ratio(shape)} is outside of what the channel takes" if outside else None
    yield Measure(code="shape", found=_ratio(shape), least=_ratio(least), most=_ratio(most), fault=fault)


def _words(needs: Requirements, texts: Texts) -> Iterator[Measure]:
    title, described = len(texts.title), len(texts.description.encode())
    if needs.needs_title or needs.title_most is not None:
        fault = None
        if needs.needs_title and not texts.title.strip():
            fault = "a title is missing"
        elif needs.title_most is not None and title > needs.title_most:
            fault = f"the title has {title} characters, the channel takes {needs.title_most}"
        yield Measure(
            code="title",
            found=title,
            least=1 if needs.needs_title else None,
            most=needs.title_most,
            fault=fault,
        )
    if bad := sorted(set(needs.title_forbids) & set(texts.title)):
        yield Measure(
            code="title-characters", found=" ".join(bad), fault=f"the title must not contain {' '.join(bad)}"
        )
    if (most := needs.description_most_bytes) is not None:
        fault = (
            f"the description has {described:,} bytes, the channel takes {most:,}"
            if described > most
            else None
        )
        yield Measure(code="description", found=described, most=most, fault=fault)
    if (most := needs.tags_most) is not None:
        length = sum(len(tag) + 3 for tag in texts.tags)
        fault = f"the tags are longer than the {most} characters the channel takes" if length > most else None
        yield Measure(code="tags", found=length, most=most, fault=fault)
    if needs.needs_thumbnail:
        yield Measure(code="thumbnail", fault=None if texts.has_thumbnail else "a thumbnail is missing")


def _ratio(shape: Fraction | None) -> str | None:
    return None if shape is None else f"{shape.numerator}:{shape.denominator}"


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
