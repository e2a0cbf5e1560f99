"""What goes with a video on YouTube: cover, captions from our transcript, a place in a playlist; each is remembered, so none is done twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from functions.publish.channel_http import ChannelHttp, body_of
from functions.publish.connector import Job

if TYPE_CHECKING:
    from acervo.objects import Objects

MOST_COVER, MOST_CAPTIONS = 2 << 20, 16 << 20


class Companions:
    """`pay` is called with the API's method before each call."""

    def __init__(
        self, http: ChannelHttp, api: str, upload: str, settings: Mapping[str, Any], objects: Objects, pay: Callable[[str], None]
    ) -> None:  # fmt: skip
        self._http, self._api, self._upload = http, api, upload
        self._settings, self._objects, self._pay = settings, objects, pay

    def add(self, job: Job, video_id: str) -> None:
        """Whatever is not there yet."""
        done = set(job.transfer.session.get("done", []))
        for name, work in (
            ("cover", self._cover),
            ("captions", self._captions),
            ("playlist", self._playlist),
        ):
            if name not in done:
                work(job, video_id)
                done.add(name)
                job.transfer.keep(done=sorted(done))

    def _cover(self, job: Job, video_id: str) -> None:
        if job.thumbnail is None or job.thumbnail.mime_type not in ("image/jpeg", "image/png"):
            return
        picture = self._objects.get_bytes(job.thumbnail.bucket, job.thumbnail.key)
        if len(picture) <= MOST_COVER:
            self._pay("thumbnails.set")
            self._http.ask(
                "cover", "POST", f"{self._upload}/thumbnails/set", params={"videoId": video_id}, headers={"Content-Type": job.thumbnail.mime_type},
                content=picture,
            )  # fmt: skip

    def _captions(self, job: Job, video_id: str) -> None:
        if not self._settings.get("captions", True) or not job.texts.language:
            return
        text = "".join(job.captions()).encode()
        if not text or len(text) > MOST_CAPTIONS:
            return
        self._pay("captions.list")
        listed = body_of(
            self._http.ask(
                "captions", "GET", f"{self._api}/captions", params={"part": "snippet", "videoId": video_id}
            ),
            "captions",
        )
        if any(track["snippet"].get("name") == "Acervo" for track in listed.get("items", [])):
            return
        self._pay("captions.insert")
        snippet = {
            "snippet": {
                "videoId": video_id,
                "language": job.texts.language,
                "name": "Acervo",
                "isDraft": False,
            }
        }
        head = f"--{job.marker}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{json.dumps(snippet)}\r\n"
        body = (
            f"{head}--{job.marker}\r\nContent-Type: text/vtt\r\n\r\n".encode()
            + text
            + f"\r\n--{job.marker}--\r\n".encode()
        )
        self._http.ask(
            "captions", "POST", f"{self._upload}/captions", params={"part": "snippet", "uploadType": "multipart"},
            headers={"Content-Type": f"multipart/related; boundary={job.marker}"}, content=body,
        )  # fmt: skip

    def _playlist(self, job: Job, video_id: str) -> None:
        playlist = job.texts.options.get("playlist_id") or self._settings.get("playlist_id")
        if not playlist:
            return
        self._pay("playlistItems.list")
        params = {"part": "id", "playlistId": playlist, "videoId": video_id}
        there = body_of(
            self._http.ask("playlist", "GET", f"{self._api}/playlistItems", params=params), "playlist"
        )
        if there.get("items"):
            return
        self._pay("playlistItems.insert")
        item = {
            "snippet": {"playlistId": playlist, "resourceId": {"kind": "youtube#video", "videoId": video_id}}
        }
        self._http.ask(
            "playlist", "POST", f"{self._api}/playlistItems", params={"part": "snippet"}, json=item
        )
