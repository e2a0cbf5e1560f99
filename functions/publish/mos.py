"""MOS: the file goes to the playout's storage (by SFTP or FTP), then the newsroom system is told of the object.

The object's id is our marker, so telling it again replaces it: sending twice is publishing once. A withdrawal names the running
orders that still use the object, and deletes it all the same.
settings: host, port (10540), mos_id, ncs_id, delivery ({type: sftp | ftp, …its settings}) or path_prefix (where the file already is), group.
secret: what the delivery needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from xml.etree.ElementTree import Element

from acervo.channels.mos import MOS
from functions.publish import ftp, sftp
from functions.publish.connector import ConnectorKind, Job, Receipt, Tools
from functions.publish.faults import Fault, quoted
from functions.publish.mos_messages import MosObject, mos_obj, ro_req, ro_req_all
from functions.publish.mos_socket import MosSocket
from functions.publish.remote_files import Delivery
from functions.publish.rows import Channel
from functions.publish.vault import Secret

DELIVERIES = {"sftp": sftp, "ftp": ftp}
KINDS = {"video": "VIDEO", "audio": "AUDIO", "image": "STILL"}
MOST_RUNNING_ORDERS = 100


class Mos:
    def __init__(self, channel: Channel, secret: Secret, tools: Tools) -> None:
        self._settings, self._timeout_s = channel.settings, tools.timeout_s
        self._delivery: Delivery | None = None
        chosen = channel.settings.get("delivery")
        if chosen is not None:
            inner = Channel(id=channel.id, type=str(chosen["type"]), settings=chosen)
            self._delivery = DELIVERIES[inner.type].connect(inner, secret, tools)

    def close(self) -> None:
        if self._delivery is not None:
            self._delivery.close()

    def find(self, job: Job) -> Receipt | None:
        """The file may be there; the newsroom system is told in any case, which replaces what it knows."""
        if self._delivery is None:
            return None
        found = self._delivery.find(job)
        return None if found is None else self._tell(job, found.url, "UPDATED")

    def send(self, job: Job) -> Receipt:
        sent = self._delivery.send(job) if self._delivery is not None else None
        return self._tell(job, sent.url if sent else None, "NEW")

    def poll(self, job: Job) -> Receipt | None:
        if self._delivery is not None and self._delivery.poll(_with_path(job)) is None:
            return None
        return Receipt(external_id=job.marker, url=job.publication.url)

    def update(self, job: Job) -> Receipt:
        if self._delivery is not None:
            self._delivery.update(_with_path(job))
        return self._tell(job, job.publication.url, "UPDATED")

    def withdraw(self, job: Job) -> Mapping[str, Any]:
        proof: dict[str, Any] = {"object": job.marker}
        with self._talk() as line:
            proof["running_orders"] = self._used_in(line, job.marker)
            proof["ack"] = self._say(line, job, job.publication.url, "DELETED")
        if self._delivery is not None:
            proof["file"] = dict(self._delivery.withdraw(_with_path(job)))
        return proof

    # -- the newsroom system ------------------------------------------------------------------------------------------
    def _talk(self) -> _Line:
        settings = self._settings
        return _Line(
            MosSocket(
                settings["host"],
                int(settings.get("port", 10540)),
                settings["mos_id"],
                settings["ncs_id"],
                self._timeout_s,
            )
        )

    def _tell(self, job: Job, address: str | None, status: str) -> Receipt:
        url = address or f"{self._settings.get('path_prefix', '')}/{job.rendition.key}"
        with self._talk() as line:
            self._say(line, job, url, status)
        return Receipt(external_id=job.marker, url=url)

    def _say(self, line: MosSocket, job: Job, address: str | None, status: str) -> str:
        item = self._object(job, address or "", status)
        answer = line.ask(lambda mos, ncs, number: mos_obj(mos, ncs, number, item), "mosAck").find("mosAck")
        told = "" if answer is None else answer.findtext("status", "")
        if answer is None or answer.findtext("objID") != item.id:
            raise Fault("not-acknowledged", "the newsroom system acknowledged another object")
        if told.upper() not in ("ACK", "OK"):
            raise Fault(
                "invalid",
                f"the newsroom system says {quoted(told)}: {quoted(answer.findtext('statusDescription', ''))}",
            )
        return told

    def _object(self, job: Job, address: str, status: str) -> MosObject:
        video = job.asset.technical.get("video") or {}
        rate = _rate(video.get("frame_rate")) if isinstance(video, Mapping) else 25
        seconds = float(job.rendition.detail.get("duration_s") or job.asset.technical.get("duration_s") or 0)
        begun = (job.publication.begun_at or job.now).strftime("%Y-%m-%dT%H:%M:%S")
        return MosObject(
            id=job.marker, slug=job.texts.title, abstract=job.texts.description, kind=KINDS.get(job.asset.kind or "", "VIDEO"),
            revision=job.publication.revision, time_base=rate, duration=round(seconds * rate), status=status, group=str(self._settings.get("group", "")),
            paths=((job.rendition.mime_type, address),) if status != "DELETED" else (), created=begun, changed=job.now.strftime("%Y-%m-%dT%H:%M:%S"),
            description=job.texts.description,
        )  # fmt: skip

    @staticmethod
    def _used_in(line: MosSocket, object_id: str) -> list[str]:
        """The running orders that have the object; none when the system does not tell (profile 2 is optional)."""
        listed = line.ask(ro_req_all, "roListAll", "roAck")
        orders = (
            [found.text or "" for found in listed.iter("roID")]
            if listed.find("roListAll") is not None
            else []
        )
        used: list[str] = []
        for order in orders[:MOST_RUNNING_ORDERS]:
            answer = line.ask(partial(_ro_req, order), "roList", "roAck")
            if any(found.text == object_id for found in answer.iter("objID")):
                used.append(order)
        return used


class _Line:
    """A socket that has been greeted, closed at the end."""

    def __init__(self, line: MosSocket) -> None:
        self._socket = line

    def __enter__(self) -> MosSocket:
        try:
            self._socket.greet()
        except BaseException:
            self._socket.close()
            raise
        return self._socket

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def _ro_req(order: str, mos_id: str, ncs_id: str, number: int) -> Element:
    return ro_req(mos_id, ncs_id, number, order)


def _with_path(job: Job) -> Job:
    """The inner delivery knows its file from the session, never from our external id, which is the object's."""
    return replace(job, publication=replace(job.publication, external_id=None))


def _rate(text: Any) -> int:
    """Frames a second, rounded, of `25/1`, 29.97, …"""
    try:
        top, _, bottom = str(text).partition("/")
        return max(1, round(float(top) / float(bottom or 1)))
    except (ValueError, ZeroDivisionError):
        return 25


KIND = ConnectorKind(make=Mos, told=MOS)
