"""A CMS by its REST interface, described in the channel's settings; docs/cms-contract.md is the contract.

settings: base_url, auth ({type: bearer | basic | header, header}), and requests {method, path, params, json}:
  lookup (required; `id`, `url`: JSON pointers into the answer), create (`id`, `url`), upload (the bytes by PUT; `resume`: the server
  answers 308 with Range to a PUT of `bytes */size`; `sha256`: pointer to its checksum), update, delete, status (`state`: pointer; `live`,
  `processing`, `failed`: lists of its values).
Every request carries `Idempotency-Key`; `lookup` by {marker} settles what a crash left open. Mode `event`: see `cms_event.py`.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from acervo.channels.cms import CMS, REQUESTS
from functions.publish import templates
from functions.publish.channel_http import ChannelHttp, body_of
from functions.publish.cms_event import CmsEvents
from functions.publish.connector import Connector, ConnectorKind, Job, Receipt, Standing, Tools
from functions.publish.faults import Fault, quoted
from functions.publish.rows import Channel
from functions.publish.vault import Secret

MEDIA_URL_S = 7 * 86_400
_RANGE = re.compile(r"bytes=0-(\d+)$")


def headers_of(settings: Mapping[str, Any], secret: Secret) -> dict[str, str]:
    """The authentication that the settings name, with the secret's values."""
    auth = settings.get("auth", {"type": "bearer"})
    if auth["type"] == "basic":
        secret.need("username", "password")
        pair = base64.b64encode(f"{secret['username']}:{secret['password']}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}
    secret.need("token")
    if auth["type"] == "header":
        return {str(auth["header"]): secret["token"]}
    return {"Authorization": f"Bearer {secret['token']}"}


class Cms:
    def __init__(self, channel: Channel, secret: Secret, tools: Tools) -> None:
        self._settings, self._objects = channel.settings, tools.objects
        self._http = ChannelHttp(
            timeout_s=tools.timeout_s, headers=headers_of(channel.settings, secret), base_url=str(channel.settings["base_url"]).rstrip("/")
        )  # fmt: skip

    def close(self) -> None:
        self._http.close()

    def find(self, job: Job) -> Receipt | None:
        """The item is there, and so are its bytes."""
        item = self._lookup(job)
        if item is None:
            return None
        external_id, url = item
        if "upload" in self._settings and job.transfer.session.get("uploaded") != job.transfer.etag:
            job.transfer.keep(external_id=external_id, url=url)
            return None
        return self._standing(job, external_id, url)

    def send(self, job: Job) -> Receipt:
        external_id, url = job.transfer.session.get("external_id"), job.transfer.session.get("url")
        if external_id is None:
            answer = self._ask("create", job)
            external_id, url = self._named("create", answer)
            job.transfer.keep(external_id=external_id, url=url)
        if "upload" in self._settings:
            self._upload(job, external_id)
            job.transfer.keep(uploaded=job.transfer.etag)
        return self._standing(job, str(external_id), url)

    def poll(self, job: Job) -> Receipt | None:
        item = self._lookup(job)
        return None if item is None else self._standing(job, *item)

    def update(self, job: Job) -> Receipt:
        if "update" not in self._settings:
            raise Fault("settings", "the channel's settings name no request for updates")
        self._ask("update", job, job.publication.external_id)
        return self._standing(job, str(job.publication.external_id), job.publication.url)

    def withdraw(self, job: Job) -> Mapping[str, Any]:
        if "delete" not in self._settings:
            raise Fault("settings", "the channel's settings name no request for withdrawals")
        item = self._lookup(job)
        external_id = item[0] if item else job.publication.external_id
        status = None
        if item is not None:
            status = self._ask("delete", job, external_id, expect=(200, 202, 204, 404, 410)).status_code
            if self._lookup(job) is not None:
                raise Fault("not-acknowledged", "the CMS still shows it after it was deleted")
        return {"external_id": external_id, "delete": status, "lookup": "not found"}

    # -- requests -----------------------------------------------------------------------------------------------------
    def _lookup(self, job: Job) -> tuple[str, str | None] | None:
        answer = self._ask("lookup", job, expect=(200, 404))
        found = (
            templates.pointed(body_of(answer, "lookup"), self._settings["lookup"].get("id", "/id"))
            if answer.status_code == 200
            else None
        )
        return None if found is None else self._named("lookup", answer)

    def _named(self, name: str, answer: httpx.Response) -> tuple[str, str | None]:
        request, body = self._settings[name], body_of(answer, name)
        external_id = templates.pointed(body, request.get("id", "/id"))
        if external_id is None:
            raise Fault("settings", f"{name}: the CMS's answer has nothing at {request.get('id', '/id')}")
        url = templates.pointed(body, request.get("url", "/url"))
        return str(external_id), None if url is None else str(url)

    def _standing(self, job: Job, external_id: str, url: str | None) -> Receipt:
        if "status" not in self._settings:
            return Receipt(external_id=external_id, url=url)
        request = self._settings["status"]
        body = body_of(self._ask("status", job, external_id), "status")
        state = templates.pointed(body, request.get("state", "/state"))
        if state in request.get("failed", ["failed"]):
            raise Fault("processing-failed", f"the CMS says {quoted(state)}")
        live = state in request.get("live", ["published"])
        return Receipt(
            external_id=external_id, url=url, standing=Standing.LIVE if live else Standing.PROCESSING
        )

    def _ask(
        self, name: str, job: Job, external_id: str | None = None, expect: tuple[int, ...] = (200, 201, 202, 204), **more: Any
    ) -> httpx.Response:  # fmt: skip
        request, words = self._settings[name], self._words(job, external_id)
        headers = {
            "Idempotency-Key": f"{job.marker}-{name}-{job.publication.revision}",
            **more.pop("headers", {}),
        }
        return self._http.ask(
            name, request.get("method", "GET"), templates.fill_path(request["path"], words), expect=expect, headers=headers,
            params=templates.fill(request.get("params"), words), json=templates.fill(request.get("json"), words), **more,
        )  # fmt: skip

    def _words(self, job: Job, external_id: str | None) -> dict[str, Any]:
        words: dict[str, Any] = {
            "marker": job.marker, "publication_id": job.publication.id, "asset_id": job.asset.id, "project_id": job.asset.project_id,
            "external_id": external_id, "revision": job.publication.revision, "profile": job.publication.profile, "title": job.texts.title,
            "description": job.texts.description, "tags": list(job.texts.tags), "language": job.texts.language, "credit": job.texts.credit,
            "kind": job.asset.kind, "mime_type": job.rendition.mime_type, "size_bytes": job.transfer.size,
            "file_name": job.rendition.key.rsplit("/", 1)[-1], "media_url": None,
            "publish_at": job.publication.publish_at.isoformat() if job.publication.publish_at else None,
            **{f"options.{name}": value for name, value in job.texts.options.items()},
        }  # fmt: skip
        if any("media_url" in templates.names_in(self._settings.get(name, {})) for name in REQUESTS):
            words["media_url"] = self._objects.presign_get(
                job.rendition.bucket, job.rendition.key, MEDIA_URL_S
            )
        return words

    # -- the bytes ----------------------------------------------------------------------------------------------------
    def _upload(self, job: Job, external_id: str | None) -> None:
        request, size = self._settings["upload"], job.transfer.size
        start = self._received(job, external_id) if request.get("resume") else 0
        if start >= size > 0:
            return
        digest = hashlib.sha256()
        headers = {
            "Content-Type": job.rendition.mime_type or "application/octet-stream",
            "Content-Length": str(size - start),
        }
        if request.get("resume"):
            headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
        chunks = _hashed(job.transfer.chunks(start, may_end=bool(request.get("resume"))), digest)
        answer = self._ask("upload", job, external_id, headers=headers, content=chunks)
        pointer = request.get("sha256")
        if pointer and start == 0:
            theirs = templates.pointed(body_of(answer, "upload"), pointer)
            if theirs is not None and theirs != digest.hexdigest():
                raise Fault("checksum-differs", "upload: the CMS has other bytes than we sent")

    def _received(self, job: Job, external_id: str | None) -> int:
        """How many bytes the CMS has: 308 with Range, as the resumable uploads of Google have it."""
        headers = {"Content-Range": f"bytes */{job.transfer.size}", "Content-Length": "0"}
        answer = self._ask(
            "upload", job, external_id, expect=(200, 201, 204, 308, 404), headers=headers, content=b""
        )
        if answer.status_code == 404:
            return 0
        if answer.status_code != 308:
            return job.transfer.size
        found = _RANGE.match(answer.headers.get("range", ""))
        return int(found.group(1)) + 1 if found else 0


def _hashed(chunks: Iterator[bytes], digest: Any) -> Iterator[bytes]:
    for chunk in chunks:
        digest.update(chunk)
        yield chunk


def connect(channel: Channel, secret: Secret, tools: Tools) -> Connector:
    if channel.settings.get("mode", "rest") == "event":
        return CmsEvents(channel, headers_of(channel.settings, secret), tools)
    return Cms(channel, secret, tools)


KIND = ConnectorKind(make=connect, told=CMS)
