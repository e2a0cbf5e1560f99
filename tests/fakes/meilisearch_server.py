"""Meilisearch as its documentation has it, as far as we use it: a strict HTTP server in memory.

It refuses what the real one refuses: unknown routes and parameters, filters that do not parse or name an attribute that is not filterable
(or not in that way), sorting by what is not sortable, invalid document ids, a wrong key or tenant token. Every write is a task: tasks of
all indexes are done one after the other by a queue, and nothing of a task is seen before it has succeeded. A task whose documents have one
fault takes none of them.

Sources: meilisearch.com/docs, "API reference" (Search, Multi-search, Facet search, Documents, Indexes, Settings, Tasks, Error codes),
"Filter expression reference", "Multitenancy and tenant tokens", "Known limitations".
"""

from __future__ import annotations

import json
import queue
import re
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import jwt

from tests.fakes.meilisearch_faults import Fault, only
from tests.fakes.meilisearch_filter import Document, values_of
from tests.fakes.meilisearch_index import SETTINGS, Index

MASTER, SEARCH_KEY, SEARCH_KEY_UID = (
    "master-key-of-a-test",
    "search-key-of-a-test-0123456789abcdef",
    "74c9c733-3368-4738-bbe5-1d18a5fecb37",
)
_ID = re.compile(r"[A-Za-z0-9_-]{1,511}")


class Meilisearch:
    """`hold` stops the task queue, `slow_s` delays searches, `down` closes connections without an answer."""

    def __init__(self) -> None:
        self.indexes: dict[str, Index] = {}
        self.tasks: list[dict[str, Any]] = []
        self.hold = threading.Event()
        self.slow_s, self.down = 0.0, False
        self.filters: list[Any] = []
        self._work: queue.Queue[tuple[dict[str, Any], Callable[[], None]] | None] = queue.Queue()
        self._lock = threading.RLock()
        threading.Thread(target=self._work_off, daemon=True).start()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def _any(self) -> None:
                fake._answer(self)

            def log_message(self, *_: object) -> None:
                pass

        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            setattr(Handler, f"do_{method}", Handler._any)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._work.put(None)
        self._server.shutdown()
        self._server.server_close()

    def _work_off(self) -> None:
        while (job := self._work.get()) is not None:
            task, work = job
            while self.hold.is_set():
                time.sleep(0.005)
            with self._lock:
                try:
                    work()
                    task["status"] = "succeeded"
                except Fault as fault:
                    task["status"] = "failed"
                    task["error"] = {"code": fault.code, "message": str(fault)}

    def _enqueue(self, uid: str | None, kind: str, work: Callable[[], None]) -> tuple[int, Any]:
        task = {
            "uid": len(self.tasks),
            "taskUid": len(self.tasks),
            "indexUid": uid,
            "status": "enqueued",
            "type": kind,
        }
        self.tasks.append(task)
        self._work.put((task, work))
        return 202, {name: task[name] for name in ("taskUid", "indexUid", "status", "type")}

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        raw = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        if self.down:
            handler.close_connection = True
            return
        path = urlsplit(handler.path).path.strip("/").split("/")
        try:
            rules = self._authorize(handler.headers.get("authorization", ""), path)
            try:
                body = json.loads(raw) if raw else None
            except ValueError as fault:
                raise Fault(400, "malformed_payload", "the json payload provided is malformed") from fault
            if self.slow_s and path[-1] in ("multi-search", "facet-search"):
                time.sleep(self.slow_s)
            with self._lock:
                status, value = self._route(handler.command, path, body, rules)
        except Fault as fault:
            status = fault.status
            value = {"message": str(fault), "code": fault.code, "type": "invalid_request", "link": ""}
        text = json.dumps(value).encode()
        try:
            handler.send_response(status)
            handler.send_header("content-type", "application/json")
            handler.send_header("content-length", str(len(text)))
            handler.end_headers()
            handler.wfile.write(text)
        except (BrokenPipeError, ConnectionResetError):
            pass  # who asked did not wait

    @staticmethod
    def _authorize(header: str, path: list[str]) -> dict[str, Any] | None:
        """None for the master key; the search rules of a tenant token otherwise."""
        token = header.removeprefix("Bearer ")
        if not token:
            raise Fault(401, "missing_authorization_header", "The Authorization header is missing")
        if token == MASTER:
            return None
        searching = path[-1] in ("search", "multi-search", "facet-search")
        if token == SEARCH_KEY and searching:
            return {"*": None}
        try:
            claims = jwt.decode(token, SEARCH_KEY, ["HS256"], options={"require": ["exp"]})
        except jwt.PyJWTError as fault:
            raise Fault(403, "invalid_api_key", "The provided API key is invalid.") from fault
        if claims.get("apiKeyUid") != SEARCH_KEY_UID or not searching:
            raise Fault(403, "invalid_api_key", "The provided API key is invalid.")
        rules: dict[str, Any] = claims["searchRules"]
        return rules

    def _route(
        self, method: str, path: list[str], body: Any, rules: dict[str, Any] | None
    ) -> tuple[int, Any]:
        match (method, path):
            case ("POST", ["indexes"]):
                return self._create(body)
            case ("POST", ["swap-indexes"]):
                return self._swap(body)
            case ("GET", ["tasks", number]):
                if not number.isdecimal() or int(number) >= len(self.tasks):
                    raise Fault(404, "task_not_found", f"Task `{number}` not found.")
                return 200, self.tasks[int(number)]
            case ("POST", ["multi-search"]):
                only(body, {"queries"})
                return 200, {"results": [self._search(query, rules) for query in body["queries"]]}
            case ("GET", ["indexes", uid]):
                self._index(uid)
                return 200, {"uid": uid, "primaryKey": "id"}
            case ("DELETE", ["indexes", uid]):
                return self._enqueue(uid, "indexDeletion", lambda: self._delete(uid))
            case ("GET", ["indexes", uid, "stats"]):
                return 200, {"numberOfDocuments": len(self._index(uid).documents), "isIndexing": False}
            case ("PATCH", ["indexes", uid, "settings"]):
                only(body, SETTINGS)
                return self._enqueue(uid, "settingsUpdate", lambda: self._index(uid).settings.update(body))
            case ("POST", ["indexes", uid, "documents"]):
                return self._enqueue(uid, "documentAdditionOrUpdate", lambda: self._put(uid, body))
            case ("POST", ["indexes", uid, "documents", "delete-batch"]):
                return self._enqueue(uid, "documentDeletion", lambda: self._remove(uid, body))
            case ("POST", ["indexes", uid, "documents", "fetch"]):
                only(body, {"filter", "fields", "limit", "offset"})
                index = self._index(uid)
                check = index.check(body.get("filter"))
                found = [d for d in index.documents.values() if check(d)][: body.get("limit", 20)]
                return 200, {"results": [{n: d[n] for n in body.get("fields", d) if n in d} for d in found]}
            case ("POST", ["indexes", uid, "facet-search"]):
                return 200, self._index(uid).facet_search(self._ruled(uid, body, rules))
        raise Fault(404, "not_found", f"no route {method} {'/'.join(path)}")

    def _index(self, uid: str) -> Index:
        if uid not in self.indexes:
            raise Fault(404, "index_not_found", f"Index `{uid}` not found.")
        return self.indexes[uid]

    def _create(self, body: Mapping[str, Any]) -> tuple[int, Any]:
        only(body, {"uid", "primaryKey"})
        if not _ID.fullmatch(body["uid"]):
            raise Fault(400, "invalid_index_uid", "`uid` is not a valid index uid")

        def work() -> None:
            if body["uid"] in self.indexes:
                raise Fault(409, "index_already_exists", "Index already exists.")
            self.indexes[body["uid"]] = Index()

        return self._enqueue(body["uid"], "indexCreation", work)

    def _delete(self, uid: str) -> None:
        self._index(uid)
        del self.indexes[uid]

    def _swap(self, body: list[dict[str, Any]]) -> tuple[int, Any]:
        def work() -> None:
            for pair in body:
                one, other = pair["indexes"]
                self.indexes[one], self.indexes[other] = self._index(other), self._index(one)

        return self._enqueue(None, "indexSwap", work)

    def _put(self, uid: str, documents: list[Document]) -> None:
        for document in documents:
            if not _ID.fullmatch(str(document.get("id", ""))):
                raise Fault(
                    400, "invalid_document_id", f"Document identifier `{document.get('id')}` is invalid."
                )
            if any("poison" in text for text in values_of(document, "title")):  # what a test plants
                raise Fault(400, "internal", "told to refuse")
        self._index(uid).documents |= {document["id"]: document for document in documents}

    def _remove(self, uid: str, ids: list[str]) -> None:
        for id_ in ids:
            self._index(uid).documents.pop(id_, None)

    def _search(self, query: Mapping[str, Any], rules: dict[str, Any] | None) -> dict[str, Any]:
        uid = query["indexUid"]
        self.filters.append(query.get("filter"))
        return {"indexUid": uid, **self._index(uid).search(self._ruled(uid, query, rules))}

    @staticmethod
    def _ruled(uid: str, query: Mapping[str, Any], rules: dict[str, Any] | None) -> Mapping[str, Any]:
        if rules is None:
            return query
        if uid not in rules and "*" not in rules:
            raise Fault(403, "invalid_api_key", "The provided API key is invalid.")
        rule = (rules.get(uid, rules.get("*")) or {}).get("filter")
        given = query.get("filter")
        both = [*([given] if isinstance(given, str) else given or []), *([rule] if rule else [])]
        return {**query, "filter": both}
