"""A CMS that hears CloudEvents: `acervo.publication.delivered.v1` out, `acervo.publication.acknowledged.v1` back.

settings: mode "event", url, acknowledges (true: it is published when the CMS says so, within `acknowledge_within_s`; false: when
the CMS has answered 2xx), media_url_s (how long the link to the bytes lives). The event's id is the same for the same revision,
so a CMS that knows (source, id) takes a repeat once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from acervo.events import Event, caused, to_binary
from functions.publish.channel_http import ChannelHttp
from functions.publish.connector import Job, Receipt, Standing, Tools
from functions.publish.faults import Fault, quoted
from functions.publish.rows import Channel

DELIVERED = "acervo.publication.delivered.v1"
SOURCE = "/acervo/publish"


class CmsEvents:
    def __init__(self, channel: Channel, headers: Mapping[str, str], tools: Tools) -> None:
        self._settings, self._objects = channel.settings, tools.objects
        self._http = ChannelHttp(timeout_s=tools.timeout_s, headers=headers)

    def close(self) -> None:
        self._http.close()

    def find(self, job: Job) -> Receipt | None:
        return None if job.publication.acknowledged is None else self._standing(job)

    def send(self, job: Job) -> Receipt:
        self._say(job, "publish")
        return self._standing(job)

    def poll(self, job: Job) -> Receipt | None:
        return self._standing(job)

    def update(self, job: Job) -> Receipt:
        self._say(job, "update")
        return Receipt(external_id=job.publication.external_id or job.marker, url=job.publication.url)

    def withdraw(self, job: Job) -> Mapping[str, Any]:
        status = self._say(job, "withdraw")
        return {"external_id": job.publication.external_id or job.marker, "answered": status}

    def _standing(self, job: Job) -> Receipt:
        answer = job.publication.acknowledged
        external_id = (answer or {}).get("external_id") or job.publication.external_id or job.marker
        url = (answer or {}).get("url") or job.publication.url
        if not self._settings.get("acknowledges", False):
            return Receipt(external_id=external_id, url=url)
        if answer is None:
            within = timedelta(seconds=int(self._settings.get("acknowledge_within_s", 86_400)))
            if job.publication.begun_at is not None and job.now - job.publication.begun_at > within:
                raise Fault("not-acknowledged", "the CMS took it but never said that it is published")
            return Receipt(external_id=external_id, url=url, standing=Standing.PROCESSING, again_s=300)
        if answer.get("outcome") != "published":
            raise Fault("processing-failed", f"the CMS says: {quoted(answer.get('reason', 'failed'))}")
        return Receipt(external_id=external_id, url=url)

    def _say(self, job: Job, action: str) -> int:
        data: dict[str, Any] = {
            "publication_id": job.publication.id, "asset_id": job.asset.id, "marker": job.marker, "action": action,
            "channel_id": job.channel.id, "profile": job.publication.profile,
        }  # fmt: skip
        if action != "withdraw":
            lives_s = int(self._settings.get("media_url_s", 86_400))
            data |= {
                "title": job.texts.title, "description": job.texts.description, "tags": list(job.texts.tags), "language": job.texts.language,
                "options": dict(job.texts.options),
                "media": {
                    "url": self._objects.presign_get(job.rendition.bucket, job.rendition.key, lives_s), "expires_s": lives_s,
                    "mime_type": job.rendition.mime_type, "size_bytes": job.transfer.size, "file_name": job.rendition.key.rsplit("/", 1)[-1],
                },
            }  # fmt: skip
        cause = f"{job.publication.id}:{job.publication.revision}:{action}"
        event = Event(
            id=caused(cause, DELIVERED, job.asset.id),
            source=SOURCE,
            type=DELIVERED,
            subject=job.asset.id,
            data=data,
        )
        headers, body = to_binary(event)
        return self._http.ask(
            "event", "POST", str(self._settings["url"]), headers=headers, content=body
        ).status_code
