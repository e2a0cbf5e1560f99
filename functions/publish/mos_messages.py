"""Messages of the MOS protocol (Media Object Server, 2.8.5): XML documents in big-endian UCS-2 over a socket. Pure.

We are the MOS; the newsroom computer system (NCS) listens on the lower port. mosObj tells it of an object, mosAck answers;
roReqAll and roReq ask for running orders; heartbeat is answered by either side.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from functions.publish.faults import Fault
from functions.publish.remote_files import xml_text

ENCODING, END = "utf-16-be", "</mos>"
MOST_MESSAGE = 4 << 20


@dataclass(frozen=True, kw_only=True)
class MosObject:
    """`revision` and `duration` (in units of `time_base` a second) as the protocol has them; `status` NEW, UPDATED or DELETED."""

    id: str
    slug: str
    abstract: str
    kind: str  # VIDEO, AUDIO, STILL
    revision: int
    duration: int
    time_base: int
    status: str
    paths: tuple[tuple[str, str], ...]  # (technical description, address)
    created: str
    changed: str
    description: str = ""
    group: str = ""


def _message(mos_id: str, ncs_id: str, number: int) -> ElementTree.Element:
    root = ElementTree.Element("mos")
    _add(root, "mosID", mos_id)
    _add(root, "ncsID", ncs_id)
    _add(root, "messageID", str(number))
    return root


def _add(parent: ElementTree.Element, name: str, text: str = "", **attributes: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, name, attributes)
    element.text = xml_text(text)
    return element


def encode(root: ElementTree.Element) -> bytes:
    """The document as it goes over the wire; characters beyond UCS-2 become U+FFFD."""
    text = ElementTree.tostring(root, encoding="unicode", short_empty_elements=False)
    return "".join(c if ord(c) <= 0xFFFF else "\ufffd" for c in text).encode(ENCODING)


def mos_obj(mos_id: str, ncs_id: str, number: int, item: MosObject) -> ElementTree.Element:
    """3.1.2 mosObj: the order of the tags is the protocol's."""
    root = _message(mos_id, ncs_id, number)
    body = ElementTree.SubElement(root, "mosObj")
    for name, text in (
        ("objID", item.id), ("objSlug", item.slug[:128]), ("mosAbstract", item.abstract[:1024]), ("objGroup", item.group), ("objType", item.kind),
        ("objTB", str(item.time_base)), ("objRev", str(item.revision)), ("objDur", str(item.duration)), ("status", item.status),
        ("objAir", "NOT READY" if item.status == "DELETED" else "READY"),
    ):  # fmt: skip
        _add(body, name, text)
    paths = ElementTree.SubElement(body, "objPaths")
    for technical, address in item.paths:
        _add(paths, "objPath", address, techDescription=technical)
    for name, text in (
        ("createdBy", "Acervo"), ("created", item.created), ("changedBy", "Acervo"), ("changed", item.changed), ("description", item.description[:4096])
    ):  # fmt: skip
        _add(body, name, text)
    return root


def heartbeat(mos_id: str, ncs_id: str, number: int, time: str) -> ElementTree.Element:
    """3.5.1"""
    root = _message(mos_id, ncs_id, number)
    _add(ElementTree.SubElement(root, "heartbeat"), "time", time)
    return root


def ro_req_all(mos_id: str, ncs_id: str, number: int) -> ElementTree.Element:
    root = _message(mos_id, ncs_id, number)
    ElementTree.SubElement(root, "roReqAll")
    return root


def ro_req(mos_id: str, ncs_id: str, number: int, running_order: str) -> ElementTree.Element:
    root = _message(mos_id, ncs_id, number)
    _add(ElementTree.SubElement(root, "roReq"), "roID", running_order)
    return root


class Frames:
    """Whole documents out of a stream of bytes."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[ElementTree.Element]:
        """Raises Fault for what is not MOS."""
        self._buffer += data
        end = END.encode(ENCODING)
        while (at := self._find(end)) >= 0:
            document = bytes(self._buffer[: at + len(end)])
            del self._buffer[: at + len(end)]
            yield parse(document)
        if len(self._buffer) > MOST_MESSAGE:
            raise Fault("channel-error", "the newsroom system sent a message without an end")

    def _find(self, end: bytes) -> int:
        at = self._buffer.find(end)
        while at > 0 and at % 2:  # the bytes of two characters
            at = self._buffer.find(end, at + 1)
        return at


def parse(document: bytes) -> ElementTree.Element:
    """One document. Entities and document types are refused: nothing of ours uses them."""
    text = document.decode(ENCODING, "replace").lstrip("\ufeff \r\n\t\x00")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Fault("channel-error", "the newsroom system sent a document type")
    if text.startswith("<?xml"):
        text = text.split("?>", 1)[-1]
    try:
        return ElementTree.fromstring(text)  # noqa: S314  # document types are refused above, size is bounded
    except ElementTree.ParseError:
        raise Fault("channel-error", "the newsroom system sent what is not XML") from None


def kind_of(root: ElementTree.Element) -> str:
    """The name of the message: the element after mosID, ncsID and messageID."""
    return next((child.tag for child in root if child.tag not in ("mosID", "ncsID", "messageID")), "")
