"""DASH manifests whose links are replaced (ISO/IEC 23009-1). Pure: text and a function from link to link in, text out."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree as Xml

from acervo.errors import Rejected

NAMESPACE = "urn:mpeg:dash:schema:mpd:2011"
_LINKS = {
    "Initialization": "sourceURL",
    "SegmentURL": "media",
    "RepresentationIndex": "sourceURL",
    "BitstreamSwitching": "sourceURL",
}
_DURATION = re.compile(r"^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?$")


def rewrite(text: str, link: Callable[[str], str]) -> str:
    """Every URI of a manifest through `link`. Templates have none that could be signed, so they are refused.

    Raises:
        Rejected: it is not a manifest, or not one that can be signed.
    """
    root = _parse(text)
    for element in root.iter():
        name = element.tag.removeprefix(f"{{{NAMESPACE}}}")
        if name == "SegmentTemplate":
            raise Rejected("unsigned-template", "the manifest names its segments by a template")
        if name == "BaseURL" and element.text:
            element.text = link(element.text.strip())
        attribute = _LINKS.get(name)
        if attribute and element.get(attribute):
            element.set(attribute, link(element.get(attribute, "")))
    Xml.register_namespace("", NAMESPACE)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def duration_s(text: str) -> float:
    """Of the whole presentation; 0 when it does not say."""
    found = _DURATION.match(_parse(text).get("mediaPresentationDuration", ""))
    if found is None:
        return 0.0
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def _parse(text: str) -> Xml.Element:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Rejected("not-a-manifest", "a manifest has no document type")
    try:
        root = Xml.fromstring(text)  # noqa: S314  # without a document type there are no entities
    except Xml.ParseError as fault:
        raise Rejected("not-a-manifest", "the manifest is not XML") from fault
    if root.tag != f"{{{NAMESPACE}}}MPD":
        raise Rejected("not-a-manifest", "the file is not a DASH manifest")
    return root
