"""YouTube Data API v3: a resumable upload, then what goes with the video (youtube_companions.py).

After a crash the session's URI says how far it got, or that the video is there (and which); when the session is gone, the marker in
the tags of the newest uploads tells. Every call is paid from the project's daily units before it is made.
settings: privacy and others in `defaults`, playlist_id, captions (true), daily_units, quota_account, api_url, token_url.
secret: client_id, client_secret, refresh_token.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import httpx

from acervo.channels.youtube import YOUTUBE
from functions.publish.channel_http import ChannelHttp, body_of
from functions.publish.connector import ConnectorKind, Job, Receipt, Standing, Tools
from functions.publish.faults import Fault
from functions.publish.rows import Channel
from functions.publish.vault import Secret
from functions.publish.youtube_api import (
    COSTS,
    DAILY_UNITS,
    PIECE,
    RESET_ZONE,
    explain,
    is_quota,
    received,
    resource,
    standing,
)
from functions.publish.youtube_companions import Companions

API, TOKENS = "https://www.googleapis.com", "https://oauth2.googleapis.com/token"
SEARCH_PAGES = 4


class YouTube:
    def __init__(self, channel: Channel, secret: Secret, tools: Tools) -> None:
        secret.need("client_id", "client_secret", "refresh_token")
        self._settings, self._tools = channel.settings, tools
        self._account = f"youtube:{channel.settings.get('quota_account', channel.id)}"
        self._most = int(channel.settings.get("daily_units", DAILY_UNITS))
        api = str(channel.settings.get("api_url", API)).rstrip("/")
        self._api, self._upload = f"{api}/youtube/v3", f"{api}/upload/youtube/v3"
        token = self._login(secret, str(channel.settings.get("token_url", TOKENS)))
        self._http = ChannelHttp(
            timeout_s=tools.timeout_s, headers={"Authorization": f"Bearer {token}"}, explain=self._explain
        )

    def close(self) -> None:
        self._http.close()

    def _login(self, secret: Secret, url: str) -> str:
        """RFC 6749 6: an access token for the refresh token."""
        form = {
            "grant_type": "refresh_token",
            **{name: secret[name] for name in ("client_id", "client_secret", "refresh_token")},
        }
        http = ChannelHttp(timeout_s=self._tools.timeout_s)
        try:
            answer = http.ask("login", "POST", url, form=form, expect=(200, 400, 401))
        finally:
            http.close()
        if answer.status_code != 200:
            raise Fault("credentials", "login: Google does not take the refresh token")
        return str(body_of(answer, "login")["access_token"])

    def _explain(self, answer: httpx.Response) -> Fault | None:
        if is_quota(answer):
            return self._tools.quota.exhaust(self._account, self._most, RESET_ZONE)
        return explain(answer)

    def _pay(self, method: str) -> None:
        cost = int(self._settings.get("costs", {}).get(method, COSTS[method]))
        self._tools.quota.spend(self._account, cost, self._most, RESET_ZONE)

    # -- publish ------------------------------------------------------------------------------------------------------
    def find(self, job: Job) -> Receipt | None:
        video_id = job.transfer.session.get("video_id")
        if video_id is None and job.transfer.session.get("upload_url"):
            video_id = self._ask_session(job)
            if isinstance(video_id, int):
                return None
        video_id = video_id or self._search(job)
        return None if video_id is None else self._complete(job, str(video_id))

    def send(self, job: Job) -> Receipt:
        at = self._ask_session(job) if job.transfer.session.get("upload_url") else None
        if at is None:
            self._begin(job)
            at = 0
        while isinstance(at, int):
            at = self._put(job, at)
        return self._complete(job, at)

    def _begin(self, job: Job) -> None:
        self._pay("videos.insert")
        answer = self._http.ask(
            "insert", "POST", f"{self._upload}/videos", params={"uploadType": "resumable", "part": "snippet,status"},
            headers={"X-Upload-Content-Length": str(job.transfer.size), "X-Upload-Content-Type": job.rendition.mime_type},
            json=resource(job, self._settings),
        )  # fmt: skip
        job.transfer.keep(upload_url=answer.headers["location"])

    def _ask_session(self, job: Job) -> str | int | None:
        """The id of the finished video, or how many bytes are there; None when the session is gone."""
        headers = {"Content-Length": "0", "Content-Range": f"bytes */{job.transfer.size}"}
        answer = self._http.ask(
            "resume",
            "PUT",
            job.transfer.session["upload_url"],
            headers=headers,
            content=b"",
            expect=(200, 201, 308, 404, 410),
        )
        if answer.status_code in (404, 410):
            job.transfer.keep(upload_url=None)
            return None
        return received(answer) if answer.status_code == 308 else self._uploaded(job, answer)

    def _put(self, job: Job, start: int) -> str | int:
        end = min(start + PIECE, job.transfer.size)
        headers = {
            "Content-Length": str(end - start),
            "Content-Range": f"bytes {start}-{end - 1}/{job.transfer.size}",
        }
        answer = self._http.ask(
            "upload", "PUT", job.transfer.session["upload_url"], headers=headers, content=job.transfer.chunks(start, end), expect=(200, 201, 308, 404, 410)
        )  # fmt: skip
        if answer.status_code in (404, 410):
            job.transfer.keep(upload_url=None)
            raise Fault("session-expired", "upload: the session is gone")
        if answer.status_code == 308:
            got = received(answer)
            if got <= start:
                raise Fault("channel-error", "upload: YouTube took nothing of what was sent")
            return got
        return self._uploaded(job, answer)

    def _uploaded(self, job: Job, answer: httpx.Response) -> str:
        video_id = str(body_of(answer, "upload")["id"])
        job.transfer.keep(video_id=video_id)
        return video_id

    def _search(self, job: Job) -> str | None:
        """Our video among the newest uploads, by its marker."""
        self._pay("channels.list")
        mine = body_of(
            self._http.ask(
                "channel", "GET", f"{self._api}/channels", params={"part": "contentDetails", "mine": "true"}
            ),
            "channel",
        )
        if not mine.get("items"):
            raise Fault("forbidden", "the account has no YouTube channel")
        uploads = mine["items"][0]["contentDetails"]["relatedPlaylists"]["uploads"]
        page: str | None = None
        for _ in range(SEARCH_PAGES):
            self._pay("playlistItems.list")
            params = {
                "part": "contentDetails",
                "playlistId": uploads,
                "maxResults": 50,
                **({"pageToken": page} if page else {}),
            }
            listed = body_of(
                self._http.ask("uploads", "GET", f"{self._api}/playlistItems", params=params, expect=(200,)),
                "uploads",
            )
            ids = [item["contentDetails"]["videoId"] for item in listed.get("items", [])]
            for item in self._videos(ids, "snippet"):
                if job.marker in item["snippet"].get("tags", []):
                    job.transfer.keep(video_id=item["id"])
                    return str(item["id"])
            page = listed.get("nextPageToken")
            if not page:
                break
        return None

    def _videos(self, ids: list[str], part: str) -> Iterator[dict[str, Any]]:
        if ids:
            self._pay("videos.list")
            found = body_of(
                self._http.ask(
                    "videos", "GET", f"{self._api}/videos", params={"part": part, "id": ",".join(ids)}
                ),
                "videos",
            )
            yield from found.get("items", [])

    def _complete(self, job: Job, video_id: str) -> Receipt:
        Companions(self._http, self._api, self._upload, self._settings, self._tools.objects, self._pay).add(
            job, video_id
        )
        item = next(self._videos([video_id], "status"), None)
        live = item is not None and standing(item) == "live"
        return self._receipt(video_id, Standing.LIVE if live else Standing.PROCESSING)

    # -- afterwards ---------------------------------------------------------------------------------------------------
    def poll(self, job: Job) -> Receipt | None:
        video_id = str(job.publication.external_id)
        item = next(self._videos([video_id], "status"), None)
        state = "gone" if item is None else standing(item)
        if state == "gone":
            return None
        return self._receipt(video_id, Standing.LIVE if state == "live" else Standing.PROCESSING)

    def update(self, job: Job) -> Receipt:
        self._pay("videos.update")
        video_id = str(job.publication.external_id)
        self._http.ask(
            "update", "PUT", f"{self._api}/videos", params={"part": "snippet,status"}, json={"id": video_id, **resource(job, self._settings)}
        )  # fmt: skip
        return self._receipt(video_id, Standing.LIVE)

    def withdraw(self, job: Job) -> Mapping[str, Any]:
        upload_url = job.transfer.session.get("upload_url")
        video_id = job.publication.external_id or job.transfer.session.get("video_id")
        if video_id is None and upload_url:
            found = self._ask_session(job)
            if isinstance(found, int):  # unfinished: cancelling is answered 499
                self._http.ask(
                    "cancel",
                    "DELETE",
                    upload_url,
                    headers={"Content-Length": "0"},
                    expect=(200, 204, 404, 410, 499),
                )
            video_id = found if isinstance(found, str) else None
        video_id = video_id or self._search(job)
        if video_id is None:
            return {"video": None}
        self._pay("videos.delete")
        status = self._http.ask(
            "delete", "DELETE", f"{self._api}/videos", params={"id": video_id}, expect=(204, 404)
        ).status_code
        if next(self._videos([video_id], "status"), None) is not None:
            raise Fault("not-acknowledged", "YouTube still lists the video after it was deleted")
        return {"video": video_id, "delete": status, "listed": False}

    @staticmethod
    def _receipt(video_id: str, state: Standing) -> Receipt:
        return Receipt(
            external_id=video_id,
            url=f"https://www.youtube.com/watch?v={video_id}",
            standing=state,
            again_s=60,
        )


KIND = ConnectorKind(make=YouTube, told=YOUTUBE, schedules=timedelta(days=30), keeps=timedelta(days=7))
