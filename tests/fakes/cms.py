"""A CMS with a plain REST interface. It does not recognise a repeat by itself: who creates twice has two items."""

from __future__ import annotations

import hashlib
import re
import threading
from typing import Any

from acervo.events import Event, parse_request
from tests.fakes.http_server import Answer, Refused, Request, bearer

_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+)$")


def settings(url: str, **more: Any) -> dict[str, Any]:
    """The channel's settings for it: the example of docs/cms-contract.md."""
    item = {
        "ref": "{marker}",
        "headline": "{title}",
        "body": "{description}",
        "tags": "{tags}",
        "bytes": "{size_bytes}",
    }
    return {
        "base_url": url, "auth": {"type": "bearer"},
        "lookup": {"path": "/items", "params": {"ref": "{marker}"}, "id": "/items/0/id", "url": "/items/0/url"},
        "create": {"method": "POST", "path": "/items", "json": item},
        "upload": {"method": "PUT", "path": "/items/{external_id}/media", "resume": True, "sha256": "/sha256"},
        "update": {"method": "PUT", "path": "/items/{external_id}", "json": item},
        "delete": {"method": "DELETE", "path": "/items/{external_id}"},
        **more,
    }  # fmt: skip


class FakeCms:
    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.tokens = {"cms-1"}
        self.items: dict[str, dict[str, Any]] = {}
        self.heard: list[Event] = []
        self.number = 0
        self.sent_bytes = 0

    def route(self, request: Request) -> Answer:
        if bearer(request) not in self.tokens:
            raise Refused(401)
        parts = request.path.strip("/").split("/")
        if parts == ["events"]:
            event = parse_request(request.headers, request.body())[0]
            with self.lock:
                if not any(heard.id == event.id for heard in self.heard):
                    self.heard.append(event)
            return 202, None, {}
        if parts[0] != "items":
            raise Refused(404)
        if parts[2:] == ["media"]:
            return self._media(request, parts[1])
        with self.lock:
            if parts == ["items"] and request.method == "GET":
                return (
                    200,
                    {
                        "items": [
                            _shown(item)
                            for item in self.items.values()
                            if item["ref"] == request.query["ref"]
                        ]
                    },
                    {},
                )
            if parts == ["items"] and request.method == "POST":
                body = request.json()
                if not body.get("headline"):
                    raise Refused(422, {"error": "headline"})
                self.number += 1
                item = {**body, "id": str(self.number), "data": bytearray(), "size": None}
                self.items[item["id"]] = item
                return 201, _shown(item), {}
            if parts[1] not in self.items:
                raise Refused(404)
            if request.method == "DELETE":
                del self.items[parts[1]]
                return 204, None, {}
            self.items[parts[1]].update(request.json())
            return 200, _shown(self.items[parts[1]]), {}

    def _media(self, request: Request, item_id: str) -> Answer:
        item = self.items.get(item_id)
        if item is None:
            raise Refused(404)
        found = _RANGE.match(request.headers.get("content-range", ""))
        if not found:
            raise Refused(400, {"error": "Content-Range"})
        data: bytearray = item["data"]
        size = int(found.group(3))
        if found.group(1) is None:
            return (200, self._sum(data), {}) if len(data) == size else self._incomplete(data)
        if int(found.group(1)) != len(data):
            return self._incomplete(data)
        while part := request.read(1 << 16):
            data += part
            self.sent_bytes += len(part)
        return (200, self._sum(data), {}) if len(data) == size else self._incomplete(data)

    @staticmethod
    def _sum(data: bytearray) -> dict[str, str]:
        return {"sha256": hashlib.sha256(data).hexdigest()}

    @staticmethod
    def _incomplete(data: bytearray) -> Answer:
        return 308, None, {"range": f"bytes=0-{len(data) - 1}"} if data else {}


def _shown(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": item["id"],
        "url": f"https://cms.example/{item['id']}",
        "ref": item["ref"],
        "headline": item["headline"],
    }
