"""The web: renditions copied inside the object store to `dam-delivery`, the CDN's origin; nothing passes through here.

`{prefix}/{asset_id}/{sha256}/{profile}/…` is immutable and cached for ever; `{prefix}/{asset_id}/{profile}.json` is the one stable
address: what a page asks for, never cached for long, written last and removed first. The bucket's lifecycle removes what is old: what is
live is made new before that.
settings: prefix ("web"), base_url (public address of the bucket). No secret: the function's own store.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from acervo.channels.material import Rendition
from acervo.channels.requirements import PLAYLISTS
from acervo.channels.web import WEB
from acervo.objects import NotFound
from functions.publish.connector import ConnectorKind, Job, Receipt, Tools
from functions.publish.rows import Channel
from functions.publish.vault import Secret

TYPES = {
    ".m3u8": "application/vnd.apple.mpegurl", ".mpd": "application/dash+xml", ".m4s": "video/iso.segment", ".mp4": "video/mp4",
    ".m4a": "audio/mp4", ".vtt": "text/vtt", ".jpg": "image/jpeg", ".webp": "image/webp", ".png": "image/png", ".mp3": "audio/mpeg",
    ".json": "application/json", ".ts": "video/mp2t", ".wav": "audio/wav",
}  # fmt: skip
PAGE, KEEP_EVERY = 1000, 50
KEEPS = timedelta(days=45)  # `web/` expires after 60 (ceph-notifications/buckets.yaml)


class Web:
    def __init__(self, channel: Channel, tools: Tools) -> None:
        self._objects = tools.objects
        self._prefix = str(channel.settings.get("prefix", "web")).strip("/")
        self._base = str(channel.settings["base_url"]).rstrip("/")

    def close(self) -> None:
        return

    def find(self, job: Job) -> Receipt | None:
        found = self._manifest(job)
        if (
            found is None
            or found.get("publication_id") != job.publication.id
            or found.get("etag") != job.transfer.etag
        ):
            return None
        return self._receipt(job) if found.get("revision") == job.publication.revision else None

    def send(self, job: Job) -> Receipt:
        for source in _sources(job.rendition):
            self._copy(job, source, job.rendition)
        if job.rendition.mime_type in PLAYLISTS:
            self._copy_tree(job)
        if job.thumbnail is not None:
            self._copy(job, job.thumbnail.key, job.thumbnail)
        self._write_manifest(job)
        return self._receipt(job)

    def poll(self, job: Job) -> Receipt | None:
        return None if self._manifest(job) is None else self._receipt(job)

    def update(self, job: Job) -> Receipt:
        self._write_manifest(job)
        return self._receipt(job)

    def keep(self, job: Job) -> Receipt | None:
        """Every file onto itself, which makes it new for the bucket's lifecycle; the manifest last."""
        if self._manifest(job) is None:
            return None
        bucket, prefix = self._objects.delivery, f"{self._folder(job)}/"
        after = str(job.transfer.session.get("kept", ""))
        found = bool(after)
        while True:
            page = self._objects.client.list_objects_v2(
                Bucket=bucket, Prefix=prefix, StartAfter=after, MaxKeys=PAGE
            ).get("Contents", [])
            for number, item in enumerate(page):
                if number % KEEP_EVERY == 0:
                    if after:
                        job.transfer.keep(kept=after)
                    job.transfer.control.check()
                after, found = item["Key"], True
                self._objects.copy(bucket, after, bucket, after, _type(after))
            if len(page) < PAGE:
                break
        if not found:
            return None
        key = self._manifest_key(job)
        self._objects.put_bytes(
            bucket, key, self._objects.get_bytes(bucket, key, 1 << 20), "application/json", immutable=False
        )
        job.transfer.keep(kept=None)
        return self._receipt(job)

    def withdraw(self, job: Job) -> Mapping[str, Any]:
        bucket, removed = self._objects.delivery, 0
        self._objects.delete(bucket, self._manifest_key(job))
        prefix = f"{self._folder(job)}/"
        while page := list(self._objects.keys(bucket, prefix, PAGE)):
            for number, key in enumerate(page):
                if number % KEEP_EVERY == 0:
                    job.transfer.control.check()
                self._objects.delete(bucket, key)
                removed += 1
        return {
            "manifest": None,
            "removed": removed,
            "left": len(list(self._objects.keys(bucket, prefix, 1))),
        }

    # -- copies -------------------------------------------------------------------------------------------------------
    def _copy(self, job: Job, key: str, rendition: Rendition) -> None:
        target = f"{self._folder(job)}/{posixpath.basename(key)}"
        etag = job.transfer.etag if key == job.rendition.key else None
        self._objects.copy(
            rendition.bucket, key, self._objects.delivery, target, rendition.mime_type or _type(key), etag
        )

    def _copy_tree(self, job: Job) -> None:
        """Every file beside the playlist, in the order of their names, going on where an earlier call stopped."""
        source = posixpath.dirname(job.rendition.key) + "/"
        after = str(job.transfer.session.get("after", ""))
        while True:
            page = self._objects.client.list_objects_v2(
                Bucket=job.rendition.bucket, Prefix=source, StartAfter=after or source, MaxKeys=PAGE
            ).get("Contents", [])  # fmt: skip
            for number, item in enumerate(page):
                key = item["Key"]
                if number % KEEP_EVERY == 0:
                    if after:
                        job.transfer.keep(after=after)
                    job.transfer.control.check()
                target = f"{self._folder(job)}/{key.removeprefix(source)}"
                self._objects.copy(job.rendition.bucket, key, self._objects.delivery, target, _type(key))
                after = key
            if len(page) < PAGE:
                return

    # -- the stable address -------------------------------------------------------------------------------------------
    def _folder(self, job: Job) -> str:
        sha256 = job.asset.sha256 or "unknown"
        return f"{self._prefix}/{job.asset.id}/{sha256}/{job.publication.profile}"

    def _manifest_key(self, job: Job) -> str:
        return f"{self._prefix}/{job.asset.id}/{job.publication.profile}.json"

    def _manifest(self, job: Job) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = json.loads(
                self._objects.get_bytes(self._objects.delivery, self._manifest_key(job), 1 << 20)
            )
        except NotFound:
            return None
        return found

    def _write_manifest(self, job: Job) -> None:
        address = f"{self._base}/{self._folder(job)}"
        manifest = {
            "publication_id": job.publication.id, "revision": job.publication.revision, "etag": job.transfer.etag, "asset_id": job.asset.id,
            "kind": job.asset.kind, "profile": job.publication.profile, "title": job.texts.title, "description": job.texts.description,
            "tags": list(job.texts.tags), "language": job.texts.language, "credit": job.texts.credit,
            "url": f"{address}/{posixpath.basename(job.rendition.key)}", "mime_type": job.rendition.mime_type, "size_bytes": job.transfer.size,
            "poster": f"{address}/{posixpath.basename(job.thumbnail.key)}" if job.thumbnail else None,
        }  # fmt: skip
        body = json.dumps(manifest, ensure_ascii=False).encode()
        self._objects.put_bytes(
            self._objects.delivery, self._manifest_key(job), body, "application/json", immutable=False
        )

    def _receipt(self, job: Job) -> Receipt:
        key = self._manifest_key(job)
        return Receipt(external_id=key, url=f"{self._base}/{key}")


def _sources(rendition: Rendition) -> list[str]:
    return [] if rendition.mime_type in PLAYLISTS else [rendition.key]


def _type(key: str) -> str:
    return TYPES.get(posixpath.splitext(key)[1].lower(), "application/octet-stream")


def connect(channel: Channel, secret: Secret, tools: Tools) -> Web:
    return Web(channel, tools)


KIND = ConnectorKind(make=connect, told=WEB, needs_secret=False, keeps=KEEPS)
