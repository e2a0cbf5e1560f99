"""DASH over the same fragments as HLS (ISO/IEC 23009-1, on-demand, SegmentList of byte ranges): values in, text out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from xml.etree import ElementTree as Xml

from functions.transcode.playlist import Captions, Part

NAMESPACE = "urn:mpeg:dash:schema:mpd:2011"
TILES = "http://dashif.org/guidelines/thumbnail_tile"
THUMBNAILS, MILLISECONDS = "thumbnails", 1000


@dataclass(frozen=True)
class Representation:
    """One stream. `offset` is the media time at which the film begins, `starts` are those of the parts; pictures have a size and a rate."""

    name: str
    init: str
    codecs: str
    timescale: int
    offset: int
    parts: Sequence[Part]
    starts: Sequence[int]
    bandwidth: int
    width: int = 0
    height: int = 0
    fps: Fraction = Fraction(0)


@dataclass(frozen=True)
class Sheets:
    """Thumbnails: the names of sheets of one grid, each of which is shown for `sheet_s`; the size is that of a whole sheet."""

    names: Sequence[str]
    columns: int
    rows: int
    width: int
    height: int
    sheet_s: Fraction
    bandwidth: int


def build_mpd(
    pictures: Sequence[Representation],
    sounds: Sequence[tuple[str, Representation]],
    duration_s: Fraction,
    sheets: Sheets | None = None,
) -> str:
    """The manifest; `sounds` come with their BCP 47 tags (empty: not known)."""
    length = f"PT{float(duration_s):.3f}S"
    root = Xml.Element(
        "MPD",
        {
            "xmlns": NAMESPACE,
            "profiles": "urn:mpeg:dash:profile:isoff-main:2011",
            "type": "static",
            "mediaPresentationDuration": length,
            "minBufferTime": "PT4S",
        },
    )
    period = Xml.SubElement(root, "Period", {"id": "film", "duration": length})
    video = Xml.SubElement(
        period, "AdaptationSet", {"contentType": "video", "mimeType": "video/mp4", "segmentAlignment": "true", "startWithSAP": "1"}
    )  # fmt: skip
    for picture in pictures:
        _represent(video, picture)
    for tag, sound in sounds:
        language = {"lang": tag} if tag else {}
        audio = Xml.SubElement(
            period,
            "AdaptationSet",
            {"contentType": "audio", "mimeType": "audio/mp4", "startWithSAP": "1", **language},
        )
        _represent(audio, sound)
    if sheets:
        _represent_sheets(period, sheets)
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def with_captions(mpd: str, captions: Sequence[Captions]) -> str:
    """The manifest again, with these captions (URIs of WebVTT files whose clock is the film's) instead of those that it had."""
    Xml.register_namespace("", NAMESPACE)
    root = Xml.fromstring(mpd)  # noqa: S314  # our own
    for period in root.iter(f"{{{NAMESPACE}}}Period"):
        for text in [each for each in period if each.get("contentType") == "text"]:
            period.remove(text)
        for caption in captions:
            language = {"lang": caption.language} if caption.language else {}
            added = Xml.SubElement(
                period, f"{{{NAMESPACE}}}AdaptationSet", {"contentType": "text", "mimeType": "text/vtt", **language}
            )  # fmt: skip
            Xml.SubElement(
                added, f"{{{NAMESPACE}}}Role", {"schemeIdUri": "urn:mpeg:dash:role:2011", "value": "caption"}
            )
            shown = Xml.SubElement(
                added, f"{{{NAMESPACE}}}Representation", {"id": f"captions-{caption.language}", "bandwidth": "256"}
            )  # fmt: skip
            Xml.SubElement(shown, f"{{{NAMESPACE}}}BaseURL").text = caption.uri
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _represent_sheets(period: Xml.Element, sheets: Sheets) -> None:
    """Tiled thumbnails (DASH-IF IOP 4.3, 6.2.6), by a list: a template has no names that could be signed."""
    images = Xml.SubElement(period, "AdaptationSet", {"contentType": "image", "mimeType": "image/jpeg"})
    size = {"width": str(sheets.width), "height": str(sheets.height)}
    shown = Xml.SubElement(
        images, "Representation", {"id": THUMBNAILS, "bandwidth": str(sheets.bandwidth), **size}
    )
    tiles = {"schemeIdUri": TILES, "value": f"{sheets.columns}x{sheets.rows}"}
    Xml.SubElement(shown, "EssentialProperty", tiles)
    listed = Xml.SubElement(shown, "SegmentList", {"timescale": str(MILLISECONDS)})
    timeline = Xml.SubElement(listed, "SegmentTimeline")
    length = {"t": "0", "d": str(round(sheets.sheet_s * MILLISECONDS)), "r": str(len(sheets.names) - 1)}
    Xml.SubElement(timeline, "S", length)
    for name in sheets.names:
        Xml.SubElement(listed, "SegmentURL", {"media": name})


def _represent(parent: Xml.Element, stream: Representation) -> None:
    size = {}
    if stream.width:
        size = {
            "width": str(stream.width),
            "height": str(stream.height),
            "frameRate": f"{stream.fps.numerator}/{stream.fps.denominator}",
            "sar": "1:1",
        }
    element = Xml.SubElement(
        parent,
        "Representation",
        {"id": stream.name, "codecs": stream.codecs, "bandwidth": str(stream.bandwidth), **size},
    )
    listed = Xml.SubElement(
        element,
        "SegmentList",
        {"timescale": str(stream.timescale), "presentationTimeOffset": str(stream.offset)},
    )
    Xml.SubElement(listed, "Initialization", {"sourceURL": stream.init})
    timeline = Xml.SubElement(listed, "SegmentTimeline")
    for start, part in zip(stream.starts, stream.parts, strict=True):
        Xml.SubElement(timeline, "S", {"t": str(start), "d": str(round(part.duration * stream.timescale))})
    for part in stream.parts:
        last = part.offset + part.size_bytes - 1
        Xml.SubElement(listed, "SegmentURL", {"media": part.uri, "mediaRange": f"{part.offset}-{last}"})
