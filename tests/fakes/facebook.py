"""A strict Graph API for videos of a page after its documents: phases, offsets named by the server, error codes, processing."""

from __future__ import annotations

import json
import secrets
import threading
import time
from email import message_from_bytes
from email.policy import HTTP
from typing import Any

from tests.fakes.http_server import Answer, Refused, Request, bearer


def error(status: int, code: int, subcode: int = 0, **data: Any) -> Refused:
    body: dict[str, Any] = {
        "message": f"(#{code})",
        "type": "OAuthException",
        "code": code,
        "fbtrace_id": "x",
    }
    if subcode:
        body["error_subcode"] = subcode
    return Refused(status, {"error": {**body, **data}})


class FakeFacebook:
    def __init__(self, page: str = "page", piece: int = 1 << 20, processing_polls: int = 0) -> None:
        self.lock = threading.RLock()
        self.page, self.piece, self.processing_polls = page, piece, processing_polls
        self.tokens = {"page-token-1"}
        self.sessions: dict[str, dict[str, Any]] = {}
        self.videos: dict[str, dict[str, Any]] = {}
        self.sent_bytes = 0

    @property
    def posts(self) -> list[dict[str, Any]]:
        """What the page shows (or will, when it is scheduled)."""
        return [video for video in self.videos.values() if video["finished"]]

    def route(self, request: Request) -> Answer:
        if bearer(request) not in self.tokens:
            raise error(401, 190)
        parts = request.path.strip("/").split("/")
        if not parts[0].startswith("v"):
            raise error(400, 2500)
        if parts[1:] == [self.page, "videos"]:
            if request.method == "GET":
                with self.lock:
                    newest = list(reversed(self.posts))[: int(request.query.get("limit", 25))]
                    return (
                        200,
                        {"data": [{"id": video["id"], "custom_labels": video["labels"]} for video in newest]},
                        {},
                    )
            return self._phase(request)
        with self.lock:
            video = self.videos.get(parts[1])
            if video is None:
                raise error(400, 100, 33)
            if parts[2:] == ["thumbnails"]:
                video["cover"] = len(_multipart(request)["source"])
                return 200, {"success": True}, {}
            if request.method == "DELETE":
                del self.videos[parts[1]]
                return 200, {"success": True}, {}
            if request.method == "POST":
                form = request.form()
                video["title"] = form["name"]
                return 200, {"success": True}, {}
            return 200, self._video(video), {}

    def _phase(self, request: Request) -> Answer:
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            form: dict[str, Any] = _multipart(request)
        else:
            form = request.form()
        with self.lock:
            return {"start": self._start, "transfer": self._transfer, "finish": self._finish}[
                _text(form["upload_phase"])
            ](form)

    def _start(self, form: dict[str, Any]) -> Answer:
        size = int(form["file_size"])
        if size < 1024:
            raise error(400, 6000, 1363022)
        video_id, session_id = str(secrets.randbelow(10**15)), str(secrets.randbelow(10**15))
        self.videos[video_id] = {
            "id": video_id,
            "finished": False,
            "polls": 0,
            "labels": [],
            "title": "",
            "data": b"",
            "scheduled": None,
        }
        self.sessions[session_id] = {"video": video_id, "size": size, "data": bytearray()}
        return (
            200,
            {"upload_session_id": session_id, "video_id": video_id, **self._next(self.sessions[session_id])},
            {},
        )

    def _next(self, session: dict[str, Any]) -> dict[str, str]:
        start = len(session["data"])
        return {"start_offset": str(start), "end_offset": str(min(start + self.piece, session["size"]))}

    def _session(self, form: dict[str, Any]) -> dict[str, Any]:
        session = self.sessions.get(_text(form["upload_session_id"]))
        if session is None:
            raise error(400, 6000, 1363021)
        return session

    def _transfer(self, form: dict[str, Any]) -> Answer:
        session = self._session(form)
        if int(_text(form["start_offset"])) != len(session["data"]):
            offsets = self._next(session)
            raise error(400, 6001, 1363037, error_data={name: int(value) for name, value in offsets.items()})
        chunk = form["video_file_chunk"]
        if len(session["data"]) + len(chunk) > session["size"]:
            raise error(400, 100)
        session["data"] += chunk
        self.sent_bytes += len(chunk)
        return 200, self._next(session), {}

    def _finish(self, form: dict[str, Any]) -> Answer:
        session = self._session(form)
        video = self.videos.get(session["video"])
        if video is None or len(session["data"]) != session["size"]:
            raise error(400, 6000, 1363033)
        if video["finished"]:
            raise error(400, 6000, 1363041)
        scheduled = int(form["scheduled_publish_time"]) if "scheduled_publish_time" in form else None
        if scheduled is not None and (form.get("published") != "false" or scheduled < time.time() + 600):
            raise error(400, 100)
        video.update(
            finished=True,
            title=form["title"],
            labels=json.loads(form.get("custom_labels", "[]")),
            data=bytes(session["data"]),
            scheduled=scheduled,
        )
        return 200, {"success": True}, {}

    def _video(self, video: dict[str, Any]) -> dict[str, Any]:
        ready = video["finished"] and video["polls"] >= self.processing_polls
        video["polls"] += 1
        done = "complete" if video["finished"] else "in_progress"
        return {
            "id": video["id"], "permalink_url": f"/{self.page}/videos/{video['id']}/", "published": video["finished"] and not video["scheduled"],
            "status": {
                "video_status": "ready" if ready else "processing", "uploading_phase": {"status": done},
                "publishing_phase": {"status": "complete" if video["finished"] else "not_started"},
            },
        }  # fmt: skip


def _multipart(request: Request) -> dict[str, bytes]:
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = message_from_bytes(head + request.body(), policy=HTTP)
    found: dict[str, bytes] = {}
    for part in message.iter_parts():
        found[str(part.get_param("name", header="content-disposition"))] = bytes(
            part.get_payload(decode=True) or b""
        )
    return found


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
