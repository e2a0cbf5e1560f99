"""Facebook pages, Graph API: resumable video upload in the phases start, transfer (by the offsets the server names) and finish.

The video's id is known from `start` on and remembered before a byte is sent: after a crash its status tells whether `finish` was
taken. A wrong offset is answered with the right one (subcode 1363037). The marker is a custom label, for a start that was not remembered.
settings: page_id, version ("v21.0"), api_url, upload_url. secret: access_token (of the page).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from acervo.channels.facebook import FACEBOOK
from functions.publish.channel_http import ChannelHttp, body_of
from functions.publish.connector import ConnectorKind, Job, Receipt, Standing, Tools
from functions.publish.facebook_api import explain, is_missing, multipart, phase_of, right_offsets, words
from functions.publish.faults import Fault, quoted
from functions.publish.rows import Channel
from functions.publish.vault import Secret

API, UPLOAD, VERSION = "https://graph.facebook.com", "https://graph-video.facebook.com", "v21.0"
SOONEST = timedelta(minutes=10)
MOST_PICTURE, LABELLED = 10 << 20, 100
FIELDS = "id,permalink_url,published,status"


class Facebook:
    def __init__(self, channel: Channel, secret: Secret, tools: Tools) -> None:
        secret.need("access_token")
        settings = channel.settings
        self._tools, version = tools, settings.get("version", VERSION)
        page = f"{version}/{settings['page_id']}/videos"
        api = str(settings.get("api_url", API)).rstrip("/")
        self._graph, self._listing = f"{api}/{version}", f"{api}/{page}"
        self._videos = f"{str(settings.get('upload_url', UPLOAD)).rstrip('/')}/{page}"
        self._http = ChannelHttp(
            timeout_s=tools.timeout_s,
            headers={"Authorization": f"Bearer {secret['access_token']}"},
            explain=explain,
        )

    def close(self) -> None:
        self._http.close()

    # -- publish ------------------------------------------------------------------------------------------------------
    def find(self, job: Job) -> Receipt | None:
        """Only a video whose `finish` was taken is there; one without is gone on with."""
        video_id = job.transfer.session.get("video_id") or self._labelled(job)
        if video_id is None:
            return None
        video = self._video(str(video_id))
        if (
            video is None
            or phase_of(video, "uploading_phase") != "complete"
            or phase_of(video, "publishing_phase") == "not_started"
        ):
            return None
        return self._receipt(job, video)

    def send(self, job: Job) -> Receipt:
        self._check_time(job)
        if "upload_session_id" not in job.transfer.session:
            begun = self._phase("start", file_size=str(job.transfer.size))
            job.transfer.keep(upload_session_id=str(begun["upload_session_id"]), video_id=str(begun["video_id"]),
                              start=int(begun["start_offset"]), end=int(begun["end_offset"]))  # fmt: skip
        start, end = int(job.transfer.session["start"]), int(job.transfer.session["end"])
        while start < end:
            start, end = self._transfer(job, start, end)
            job.transfer.keep(start=start, end=end)
        self._finish(job)
        video_id = str(job.transfer.session["video_id"])
        self._cover(job, video_id)
        video = self._video(video_id)
        if video is None:
            raise Fault("not-acknowledged", "Facebook does not know the video after it was finished")
        return self._receipt(job, video)

    def _phase(self, phase: str, **fields: str) -> dict[str, Any]:
        form = {"upload_phase": phase, **fields}
        found: dict[str, Any] = body_of(self._http.ask(phase, "POST", self._videos, form=form), phase)
        return found

    def _transfer(self, job: Job, start: int, end: int) -> tuple[int, int]:
        """The next offsets; a slice ends between two of them."""
        job.transfer.control.check()
        fields = {
            "upload_phase": "transfer",
            "upload_session_id": job.transfer.session["upload_session_id"],
            "start_offset": str(start),
        }
        size, content_type, parts = multipart(
            job.marker, fields, end - start, job.transfer.chunks(start, end, may_end=False)
        )
        answer = self._http.ask(
            "transfer", "POST", self._videos, headers={"Content-Type": content_type, "Content-Length": str(size)}, content=parts, expect=(200, 400, 500)
        )  # fmt: skip
        if answer.status_code == 200:
            body = body_of(answer, "transfer")
            return int(body["start_offset"]), int(body["end_offset"])
        right = right_offsets(answer)
        if right is not None and right != (start, end):
            return right
        fault = self._http.fault_of("transfer", answer)
        if fault.code == "session-expired":
            job.transfer.restart()
        raise fault

    def _finish(self, job: Job) -> None:
        fields = {"upload_session_id": job.transfer.session["upload_session_id"], **words(job)}
        if not self._phase("finish", **fields).get("success"):
            raise Fault("channel-error", "finish: Facebook did not take it")

    def _cover(self, job: Job, video_id: str) -> None:
        if job.thumbnail is None or job.thumbnail.mime_type not in ("image/jpeg", "image/png"):
            return
        picture = self._tools.objects.get_bytes(job.thumbnail.bucket, job.thumbnail.key)
        if len(picture) > MOST_PICTURE:
            return
        size, content_type, parts = multipart(
            job.marker,
            {"is_preferred": "true"},
            len(picture),
            iter([picture]),
            name="source",
            file="cover.jpg",
        )
        headers = {"Content-Type": content_type, "Content-Length": str(size)}
        self._http.ask(
            "cover", "POST", f"{self._graph}/{video_id}/thumbnails", headers=headers, content=parts
        )

    @staticmethod
    def _check_time(job: Job) -> None:
        """Facebook schedules from ten minutes ahead on; nearer than that is published when its time has come."""
        starts = job.publication.publish_at
        if starts is not None and timedelta() < starts - job.now < SOONEST:
            raise Fault(
                "too-early",
                "it is nearer than Facebook schedules",
                after_s=(starts - job.now).total_seconds(),
            )

    def _labelled(self, job: Job) -> str | None:
        listed = body_of(
            self._http.ask(
                "videos", "GET", self._listing, params={"fields": "id,custom_labels", "limit": LABELLED}
            ),
            "videos",
        )
        return next(
            (
                str(video["id"])
                for video in listed.get("data", [])
                if job.marker in video.get("custom_labels", [])
            ),
            None,
        )

    def _video(self, video_id: str) -> dict[str, Any] | None:
        answer = self._http.ask(
            "video", "GET", f"{self._graph}/{video_id}", params={"fields": FIELDS}, expect=(200, 400, 404)
        )
        if answer.status_code == 200:
            found: dict[str, Any] = body_of(answer, "video")
            return found
        if is_missing(answer):
            return None
        raise self._http.fault_of("video", answer)

    # -- afterwards ---------------------------------------------------------------------------------------------------
    def poll(self, job: Job) -> Receipt | None:
        video = self._video(str(job.publication.external_id))
        return None if video is None else self._receipt(job, video)

    def update(self, job: Job) -> Receipt:
        video_id = str(job.publication.external_id)
        form = {"name": job.texts.title, "description": job.texts.description}
        self._http.ask("update", "POST", f"{self._graph}/{video_id}", form=form)
        return Receipt(external_id=video_id, url=job.publication.url)

    def withdraw(self, job: Job) -> Mapping[str, Any]:
        video_id = job.publication.external_id or job.transfer.session.get("video_id") or self._labelled(job)
        if video_id is None:
            return {"video": None}
        answer = self._http.ask("delete", "DELETE", f"{self._graph}/{video_id}", expect=(200, 400, 404))
        if answer.status_code != 200 and not is_missing(answer):
            raise self._http.fault_of("delete", answer)
        if self._video(str(video_id)) is not None:
            raise Fault("not-acknowledged", "Facebook still has the video after it was deleted")
        return {"video": str(video_id), "delete": answer.status_code, "found": False}

    @staticmethod
    def _receipt(job: Job, video: Mapping[str, Any]) -> Receipt:
        state = video.get("status", {}).get("video_status")
        if state in ("error", "upload_failed", "expired"):
            raise Fault("processing-failed", f"Facebook could not process it: {quoted(state)}")
        starts = job.publication.publish_at
        waits = state != "ready" or (starts is not None and starts > job.now)
        path = video.get("permalink_url")
        return Receipt(
            external_id=str(video["id"]), url=f"https://www.facebook.com{path}" if path else None, again_s=60,
            standing=Standing.PROCESSING if waits else Standing.LIVE,
        )  # fmt: skip


KIND = ConnectorKind(make=Facebook, told=FACEBOOK, schedules=timedelta(days=29), keeps=timedelta(days=7))
