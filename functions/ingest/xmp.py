"""XMP (ISO 16684-1) to plain values. Pure; a packet that declares entities is not read at all."""

from __future__ import annotations

from xml.etree import ElementTree

MAX_PACKET_BYTES = 4 << 20
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_DC, _PS = "{http://purl.org/dc/elements/1.1/}", "{http://ns.adobe.com/photoshop/1.0/}"
_NAMES = {
    f"{_DC}title": "title", f"{_DC}description": "caption", f"{_DC}creator": "byline", f"{_DC}rights": "copyright",
    f"{_DC}subject": "keywords", f"{_PS}Headline": "headline", f"{_PS}Credit": "credit", f"{_PS}Source": "source",
    f"{_PS}City": "city", f"{_PS}Country": "country", f"{_PS}DateCreated": "date", "{http://ns.adobe.com/xap/1.0/}CreateDate": "date",
}  # fmt: skip


def parse(packet: bytes) -> dict[str, str | list[str]]:
    """Fields by our names; `keywords` is a list. What is not well-formed gives nothing."""
    packet = packet[:MAX_PACKET_BYTES].strip(b"\x00 \r\n\t")
    if b"<!DOCTYPE" in packet or b"<!ENTITY" in packet:
        return {}
    try:
        root = ElementTree.fromstring(packet)  # noqa: S314  # no DTD gets this far, so nothing can expand; and this is the sandbox
    except (ElementTree.ParseError, ValueError, LookupError):
        return {}
    found: dict[str, str | list[str]] = {}
    for description in root.iter(f"{_RDF}Description"):
        for attribute, value in description.attrib.items():
            _keep(found, attribute, [value])
        for element in description:
            _keep(found, element.tag, _values(element))
    return found


def _keep(found: dict[str, str | list[str]], tag: str, values: list[str]) -> None:
    name = _NAMES.get(tag)
    kept = [value.strip() for value in values if value and value.strip()]
    if name and kept and name not in found:
        found[name] = kept if name == "keywords" else ", ".join(kept) if name == "byline" else kept[0]


def _values(element: ElementTree.Element) -> list[str]:
    """Items of a Bag, Seq or Alt (the default language first), or the text itself."""
    items = list(element.iter(f"{_RDF}li"))
    if not items:
        return [element.text or ""]
    items.sort(key=lambda item: item.get(_XML_LANG) != "x-default")
    return [item.text or "" for item in items]
