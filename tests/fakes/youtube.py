"""A strict YouTube Data API v3 after its documents: OAuth refresh, resumable sessions, quota, processing, error bodies."""

from __future__ import annotations

import re
import secrets
import threading
from datetime import UTC, datetime
from typing import Any

from tests.fakes.http_server import Answer, Refused, Request, bearer

COSTS = {"insert": 1600, "list": 1, "update": 50, "delete": 50}
GRAIN = 256 << 10
_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+)$")


def error(status: int, reason: str) -> Refused:
    body = {
        "error": {
            "code": status,
            "message": reason,
            "errors": [{"message": reason, "domain": "youtube", "reason": reason}],
        }
    }
    return Refused(status, body)


class FakeYouTube:
    def __init__(self, units: int = 10_000_000, processing_polls: int = 0) -> None:
        self.lock = threading.RLock()
        self.units, self.spent, self.processing_polls = units, 0, processing_polls
        self.refresh_tokens = {"refresh-1"}
        self.tokens: set[str] = set()
        self.sessions: dict[str, dict[str, Any]] = {}
        self.videos: dict[str, dict[str, Any]] = {}
        self.thumbnails: dict[str, int] = {}
        self.captions: dict[str, list[dict[str, Any]]] = {}
        self.playlists: dict[str, list[str]] = {}
        self.fate: dict[str, str] = {}  # title → failureReason or rejectionReason
        self.sent_bytes = 0

    def route(self, request: Request) -> Answer:
        path = request.path
        if path == "/token":
            return self._token(request)
        if bearer(request) not in self.tokens:
            raise error(401, "authError")
        if path.startswith("/session/"):
            return self._session(request, path.removeprefix("/session/"))
        with self.lock:
            if path == "/upload/youtube/v3/videos" and request.method == "POST":
                return self._begin(request)
            if path == "/youtube/v3/videos":
                return {"GET": self._list, "PUT": self._update, "DELETE": self._delete}[request.method](
                    request
                )
            if path == "/youtube/v3/channels":
                self._pay(1)
                return 200, {"items": [{"contentDetails": {"relatedPlaylists": {"uploads": "UU"}}}]}, {}
            if path == "/youtube/v3/playlistItems":
                return self._playlist(request)
            if path == "/upload/youtube/v3/thumbnails/set":
                self._pay(50)
                self._known(request.query["videoId"])
                if request.headers["content-type"] not in ("image/jpeg", "image/png"):
                    raise error(400, "mediaBodyRequired")
                self.thumbnails[request.query["videoId"]] = len(request.body())
                return 200, {"items": []}, {}
            if path == "/youtube/v3/captions":
                self._pay(50)
                return (
                    200,
                    {
                        "items": [
                            {"snippet": track} for track in self.captions.get(request.query["videoId"], [])
                        ]
                    },
                    {},
                )
            if path == "/upload/youtube/v3/captions":
                return self._caption(request)
        raise error(404, "notFound")

    def _pay(self, units: int) -> None:
        if self.spent + units > self.units:
            raise error(403, "quotaExceeded")
        self.spent += units

    def _known(self, video_id: str) -> dict[str, Any]:
        if video_id not in self.videos:
            raise error(404, "videoNotFound")
        return self.videos[video_id]

    def _token(self, request: Request) -> Answer:
        form = request.form()
        if (
            form.get("grant_type") != "refresh_token"
            or form.get("client_id") != "client"
            or form.get("client_secret") != "hush"
        ):
            raise Refused(401, {"error": "invalid_client"})
        if form.get("refresh_token") not in self.refresh_tokens:
            raise Refused(400, {"error": "invalid_grant"})
        token = secrets.token_urlsafe(12)
        self.tokens.add(token)
        return 200, {"access_token": token, "expires_in": 3599, "token_type": "Bearer"}, {}

    # -- upload
    def _begin(self, request: Request) -> Answer:
        if request.query.get("uploadType") != "resumable" or set(
            request.query.get("part", "").split(",")
        ) != {"snippet", "status"}:
            raise error(400, "missingRequiredParameter")
        size = int(request.headers["x-upload-content-length"])
        body = request.json()
        self._check(body)
        self._pay(1600)
        session = secrets.token_urlsafe(12)
        self.sessions[session] = {
            "resource": body,
            "size": size,
            "data": bytearray(),
            "video": None,
            "lock": threading.Lock(),
        }
        return 200, None, {"location": f"http://{request.headers['host']}/session/{session}"}

    @staticmethod
    def _check(body: dict[str, Any]) -> None:
        snippet, status = body["snippet"], body["status"]
        if not 1 <= len(snippet["title"]) <= 100 or set("<>") & set(snippet["title"]):
            raise error(400, "invalidTitle")
        if len(snippet.get("description", "").encode()) > 5000:
            raise error(400, "invalidDescription")
        if sum(len(tag) + 1 + (2 if " " in tag else 0) for tag in snippet.get("tags", [])) > 500:
            raise error(400, "invalidTags")
        if not snippet.get("categoryId", "").isdigit():
            raise error(400, "invalidCategoryId")
        if status["privacyStatus"] not in ("public", "private", "unlisted"):
            raise error(400, "invalidVideoMetadata")
        if "publishAt" in status:
            moment = datetime.fromisoformat(status["publishAt"])
            if status["privacyStatus"] != "private" or moment <= datetime.now(UTC):
                raise error(400, "invalidPublishAt")

    def _session(self, request: Request, name: str) -> Answer:
        session = self.sessions.get(name)
        if session is None:
            raise error(404, "notFound")
        if request.method == "DELETE":
            del self.sessions[name]
            return 499, None, {}
        with session["lock"]:
            return self._piece(request, session)

    def _piece(self, request: Request, session: dict[str, Any]) -> Answer:
        found = _RANGE.match(request.headers.get("content-range", ""))
        if not found or int(found.group(3)) != session["size"]:
            raise error(400, "invalidContentRange")
        if session["video"] is not None:
            return 200, self._resource(session["video"]), {}
        data: bytearray = session["data"]
        if found.group(1) is None:
            return self._incomplete(data)
        start, end = int(found.group(1)), int(found.group(2)) + 1
        if start != len(data):
            return self._incomplete(data)
        if int(request.headers["content-length"]) != end - start or (
            end != session["size"] and (end - start) % GRAIN
        ):
            raise error(400, "invalidContentRange")
        try:
            while part := request.read(1 << 16):
                data += part
                self.sent_bytes += len(part)
        finally:
            if len(data) < session["size"]:
                del data[len(data) // GRAIN * GRAIN :]
        if len(data) < session["size"]:
            return self._incomplete(data)
        video_id = secrets.token_urlsafe(8)
        with self.lock:
            session["video"] = video_id
            self.videos[video_id] = {"id": video_id, **session["resource"], "data": bytes(data), "polls": 0}
        return 201, self._resource(video_id), {}

    @staticmethod
    def _incomplete(data: bytearray) -> Answer:
        return 308, None, {"range": f"bytes=0-{len(data) - 1}"} if data else {}

    # -- videos
    def _resource(self, video_id: str) -> dict[str, Any]:
        video = self.videos[video_id]
        status = dict(video["status"])
        fate = self.fate.get(video["snippet"]["title"], "")
        if fate.startswith("reject"):
            status |= {"uploadStatus": "rejected", "rejectionReason": fate.removeprefix("reject:")}
        elif fate:
            status |= {"uploadStatus": "failed", "failureReason": fate}
        else:
            status["uploadStatus"] = "processed" if video["polls"] >= self.processing_polls else "uploaded"
        return {"id": video_id, "snippet": video["snippet"], "status": status}

    def _list(self, request: Request) -> Answer:
        self._pay(1)
        ids = [item for item in request.query["id"].split(",") if item in self.videos]
        items = [self._resource(item) for item in ids]
        for item in ids:
            self.videos[item]["polls"] += 1
        return 200, {"items": items}, {}

    def _update(self, request: Request) -> Answer:
        self._pay(50)
        body = request.json()
        self._check(body)
        self._known(body["id"]).update(snippet=body["snippet"], status=body["status"])
        return 200, self._resource(body["id"]), {}

    def _delete(self, request: Request) -> Answer:
        self._pay(50)
        self._known(request.query["id"])
        del self.videos[request.query["id"]]
        return 204, None, {}

    def _playlist(self, request: Request) -> Answer:
        if request.method == "POST":
            self._pay(50)
            snippet = request.json()["snippet"]
            self._known(snippet["resourceId"]["videoId"])
            self.playlists.setdefault(snippet["playlistId"], []).append(snippet["resourceId"]["videoId"])
            return 200, {"id": "item"}, {}
        self._pay(1)
        playlist = request.query["playlistId"]
        ids = list(reversed(self.videos)) if playlist == "UU" else self.playlists.get(playlist, [])
        if "videoId" in request.query:
            ids = [item for item in ids if item == request.query["videoId"]]
        start = int(request.query.get("pageToken", 0))
        page = ids[start : start + 50]
        more = {"nextPageToken": str(start + 50)} if len(ids) > start + 50 else {}
        return 200, {"items": [{"contentDetails": {"videoId": item}} for item in page], **more}, {}

    def _caption(self, request: Request) -> Answer:
        self._pay(400)
        if not request.headers["content-type"].startswith("multipart/related; boundary="):
            raise error(400, "contentRequired")
        body = request.body().decode()
        if "WEBVTT" not in body:
            raise error(400, "contentRequired")
        video_id = body.split('"videoId": "')[1].split('"')[0]
        self._known(video_id)
        tracks = self.captions.setdefault(video_id, [])
        if any(track["name"] == "Acervo" for track in tracks):
            raise error(409, "captionExists")
        tracks.append({"name": "Acervo", "body": body})
        return 200, {"id": "caption"}, {}
