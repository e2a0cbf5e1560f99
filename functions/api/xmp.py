"""Editorial metadata as an XMP packet (ISO 16684-1, IPTC Photo Metadata 2023.1), and a JPEG with it. Pure; the master is never touched."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as Xml

from acervo.errors import Rejected
from functions.api.jpeg import APP0, APP1, MAX_PAYLOAD, segment, segments

SPACES = {
    "x": "adobe:ns:meta/", "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "dc": "http://purl.org/dc/elements/1.1/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/", "xmp": "http://ns.adobe.com/xap/1.0/", "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/", "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}  # fmt: skip
_NOT_XML = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)  # what XML 1.0 has no place for
SIGNATURE = b"http://ns.adobe.com/xap/1.0/\x00"
# one of several languages, a list in order, a set, a text: what XMP says of each property
_ALT = {
    "dc:title": "title",
    "dc:description": "description",
    "dc:rights": "holder",
    "xmpRights:UsageTerms": "terms",
}
_LISTS = {
    "dc:creator": ("Seq", "byline"),
    "dc:subject": ("Bag", "keywords"),
    "Iptc4xmpExt:PersonInImage": ("Bag", "people"),
}
_TEXTS = {"photoshop:Credit": "credit", "photoshop:Source": "source", "photoshop:DateCreated": "created_on", "photoshop:Headline": "title",
          "Iptc4xmpExt:Event": "event", "Iptc4xmpCore:Location": "places"}  # fmt: skip


def _name(prefixed: str) -> str:
    prefix, _, name = prefixed.partition(":")
    return f"{{{SPACES[prefix]}}}{name}"


def build_packet(asset_id: str, metadata: Mapping[str, Any], rights: Mapping[str, Any]) -> bytes:
    """The packet, without room for changes in place."""
    for prefix, uri in SPACES.items():
        Xml.register_namespace(prefix, uri)
    known = {"description": metadata.get("caption"), **{k: v for k, v in {**metadata, **rights}.items() if v}}
    root = Xml.Element(_name("x:xmpmeta"))
    about = Xml.SubElement(
        Xml.SubElement(root, _name("rdf:RDF")),
        _name("rdf:Description"),
        {_name("rdf:about"): f"urn:uuid:{asset_id}"},
    )
    for name, field in _TEXTS.items():
        if known.get(field):
            Xml.SubElement(about, _name(name)).text = _text(known[field])
    for name, field in _ALT.items():
        if known.get(field):
            item = Xml.SubElement(
                Xml.SubElement(Xml.SubElement(about, _name(name)), _name("rdf:Alt")),
                _name("rdf:li"),
                {"xml:lang": "x-default"},
            )
            item.text = _text(known[field])
    for name, (kind, field) in _LISTS.items():
        if known.get(field):
            parent = Xml.SubElement(Xml.SubElement(about, _name(name)), _name(f"rdf:{kind}"))
            for value in known[field] if isinstance(known[field], list) else [known[field]]:
                Xml.SubElement(parent, _name("rdf:li")).text = _text(value)
    body = Xml.tostring(root, encoding="unicode")
    return f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n{body}\n<?xpacket end="r"?>'.encode()


def _text(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return _NOT_XML.sub("", text)


def embed(jpeg: bytes, packet: bytes) -> bytes:
    """The JPEG with this packet instead of the one that it had; every other byte is as it was.

    Raises:
        Rejected: it is not a JPEG, or the packet is too long for one.
    """
    if len(SIGNATURE) + len(packet) > MAX_PAYLOAD:
        raise Rejected("too-much-metadata", "the metadata is too long to be inside a JPEG")
    ours = segment(APP1, SIGNATURE + packet)
    head, kept, rest = b"", [], 2
    for marker, start, end in segments(jpeg):
        whole = jpeg[start:end]
        rest = end
        if marker == APP1 and whole[4:].startswith(SIGNATURE):
            continue
        kept.append(whole)
        if marker in (APP0, APP1) and len(kept) == 1:  # JFIF and Exif want to be the first
            head, kept = head + whole, []
    return b"".join([jpeg[:2], head, ours, *kept, jpeg[rest:]])
