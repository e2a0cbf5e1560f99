"""A publication as a file on somebody's server (SFTP, FTP): written beside, resumed, compared, renamed when it is whole.

`{folder}/.{name}.part` grows; after a crash its size says how far it got and its last bytes are compared with ours. The name
carries the marker, so it is recognised for ever, and the rename is the moment of publication: who watches the folder never
sees half a file. A sidecar `{name}.xml` with the words is there before the file is.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from xml.etree import ElementTree

from acervo.keys import safe_name
from functions.publish.connector import Job, Receipt
from functions.publish.faults import Fault

TAIL_BYTES = 64 << 10
EXTENSIONS = {
    "video/mp4": "mp4", "video/quicktime": "mov", "application/mxf": "mxf", "video/mp2t": "ts", "audio/wav": "wav", "audio/x-wav": "wav",
    "audio/mpeg": "mp3", "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp",
}  # fmt: skip


class RemoteFiles(Protocol):
    """What a server must be able to do. Every method may raise `Fault`."""

    def size(self, path: str) -> int | None:
        """Bytes of a file, None when it is not there."""

    def read(self, path: str, start: int, most: int) -> bytes:
        """Some bytes from `start`."""

    def write(self, path: str, start: int, data: Iterable[bytes]) -> None:
        """Go on at `start`, which is the end of the file; 0 begins it anew."""

    def rename(self, old: str, new: str) -> None:
        """Replaces what has the new name."""

    def remove(self, path: str) -> None:
        """No fault when it is not there."""

    def make_folders(self, path: str) -> None:
        """All of them; no fault when they are there."""

    def close(self) -> None: ...


class Delivery:
    """`Connector` over a server's files."""

    def __init__(self, files: RemoteFiles, settings: Mapping[str, Any], url_prefix: str) -> None:
        self._files, self._settings, self._url = files, settings, url_prefix

    def close(self) -> None:
        self._files.close()

    def find(self, job: Job) -> Receipt | None:
        path = self._path(job)
        return self._receipt(path) if self._is_whole(job, path) else None

    def send(self, job: Job) -> Receipt:
        path = self._path(job)
        job.transfer.keep(path=path)
        part = self._part(path)
        self._files.make_folders(posixpath.dirname(path))
        start = self._resume_at(job, part)
        if start < job.transfer.size or start == 0:
            self._files.write(part, start, job.transfer.chunks(start))
        if not self._is_whole(job, part):
            self._files.remove(part)
            raise Fault("checksum-differs", "the server's file is not the one we sent")
        self._sidecar(job, path)
        self._files.rename(part, path)
        return self._receipt(path)

    def poll(self, job: Job) -> Receipt | None:
        path = self._path(job)
        return None if self._files.size(path) is None else self._receipt(path)

    def update(self, job: Job) -> Receipt:
        path = self._path(job)
        self._sidecar(job, path)
        return self._receipt(path)

    def withdraw(self, job: Job) -> Mapping[str, Any]:
        path = self._path(job)
        gone = [path, self._part(path), *([f"{path}.xml"] if self._settings.get("sidecar", True) else [])]
        for name in gone:
            self._files.remove(name)
        left = [name for name in gone if self._files.size(name) is not None]
        if left:
            raise Fault("channel-error", "the server still has the file after it was removed")
        return {"path": path, "size_after": None}

    # -- the file -----------------------------------------------------------------------------------------------------
    def _path(self, job: Job) -> str:
        """Where it is; what was begun under a name stays there, whatever the asset is called by now."""
        known = job.transfer.session.get("path") or job.publication.external_id
        if known:
            return str(known)
        extension = (
            EXTENSIONS.get(job.rendition.mime_type) or job.rendition.key.rsplit(".", 1)[-1].lower()[:5]
        )
        stem = safe_name(job.asset.name.rsplit(".", 1)[0]).replace(" ", "_")[:80]
        name = str(self._settings.get("name", "{stem}_{profile}_{marker}.{extension}"))
        filled = name.format_map({"stem": stem, "profile": job.publication.profile, "marker": job.marker, "extension": extension,
                                  "asset_id": job.asset.id})  # fmt: skip
        return posixpath.join(str(self._settings.get("folder", ".")), filled)

    @staticmethod
    def _part(path: str) -> str:
        return posixpath.join(posixpath.dirname(path), f".{posixpath.basename(path)}.part")

    def _resume_at(self, job: Job, part: str) -> int:
        """How much of the part is there and ours."""
        size = self._files.size(part)
        if not size or size > job.transfer.size:
            return 0
        return size if self._ends_alike(job, part, size) else 0

    def _is_whole(self, job: Job, path: str) -> bool:
        return self._files.size(path) == job.transfer.size and self._ends_alike(job, path, job.transfer.size)

    def _ends_alike(self, job: Job, path: str, size: int) -> bool:
        first = max(0, size - TAIL_BYTES)
        return self._files.read(path, first, size - first) == job.transfer.tail(size, TAIL_BYTES)

    def _sidecar(self, job: Job, path: str) -> None:
        if not self._settings.get("sidecar", True):
            return
        new = posixpath.join(posixpath.dirname(path), f".{posixpath.basename(path)}.xml.part")
        self._files.write(new, 0, [sidecar(job, posixpath.basename(path))])
        self._files.rename(new, f"{path}.xml")

    def _receipt(self, path: str) -> Receipt:
        return Receipt(external_id=path, url=f"{self._url}/{path.lstrip('/')}")


def sidecar(job: Job, file_name: str) -> bytes:
    """The words of a publication for a machine that imports the file."""
    root = ElementTree.Element(
        "asset",
        {"id": job.asset.id, "publication": job.publication.id, "revision": str(job.publication.revision)},
    )
    words = {"file": file_name, "title": job.texts.title, "description": job.texts.description, "credit": job.texts.credit,
             "language": job.texts.language or "", "kind": job.asset.kind or "", "profile": job.publication.profile,
             "sizeBytes": str(job.transfer.size)}  # fmt: skip
    for name, text in words.items():
        ElementTree.SubElement(root, name).text = xml_text(text)
    tags = ElementTree.SubElement(root, "tags")
    for tag in job.texts.tags:
        ElementTree.SubElement(tags, "tag").text = xml_text(tag)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def xml_text(text: str) -> str:
    """Without the characters that XML 1.0 cannot hold."""
    return "".join(
        c
        for c in text
        if c in "\t\n\r"
        or (ord(c) >= 32 and not 0xD800 <= ord(c) <= 0xDFFF and ord(c) not in (0xFFFE, 0xFFFF))
    )
