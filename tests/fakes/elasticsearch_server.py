"""Elasticsearch as its documentation has it, as far as we use it: a strict HTTP server in memory.

It refuses what the real one refuses: unknown routes and body keys, fields that a strict mapping does not have, queries it does not know,
searching a text field as a keyword, a lower external version (409), an alias that is an index, a size beyond the result window. Writes are
seen by searches only after a refresh, and by `_mget` at once. Text is analysed as the index's settings say, filter by filter.

Sources: Elasticsearch Guide 8.19, "REST APIs" (Search, Multi search, Bulk, Multi get, Delete by query, Aliases, Create index), "Text analysis", "Query DSL".
"""

from __future__ import annotations

import copy
import fnmatch
import json
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.fakes.elasticsearch_analysis import Source
from tests.fakes.elasticsearch_faults import Fault, only
from tests.fakes.elasticsearch_index import Index
from tests.fakes.elasticsearch_query import Scoring
from tests.fakes.elasticsearch_search import search


class Elasticsearch:
    """`slow_s` delays every search, `down` closes connections without an answer, `refuse` gives a status for a path's end."""

    def __init__(self) -> None:
        self.indexes: dict[str, Index] = {}
        self.aliases: dict[str, str] = {}
        self.slow_s = 0.0
        self.down = False
        self.refuse: dict[str, int] = {}
        self.asked: list[str] = []
        self._lock = threading.Lock()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def _any(self) -> None:
                fake._answer(self)

            def log_message(self, *_: object) -> None:
                pass

        for method in ("GET", "POST", "PUT", "DELETE", "HEAD"):
            setattr(Handler, f"do_{method}", Handler._any)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def index(self, name: str) -> Index:
        resolved = self.aliases.get(name, name)
        if resolved not in self.indexes:
            raise Fault(404, "index_not_found_exception", f"no such index [{name}]")
        return self.indexes[resolved]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        if self.down:
            handler.close_connection = True
            return
        split = urlsplit(handler.path)
        path = [unquote(part) for part in split.path.strip("/").split("/")]
        self.asked.append(f"{handler.command} {split.path}")
        params = {name: values[-1] for name, values in parse_qs(split.query).items()}
        try:
            if path[-1] in self.refuse:
                raise Fault(self.refuse[path[-1]], "es_rejected_execution_exception", "told to refuse")
            if path[-1] == "_msearch" and self.slow_s:
                time.sleep(self.slow_s)
            with self._lock:
                status, value = self._route(handler.command, path, params, body)
        except Fault as fault:
            status, value = fault.status, fault.body
        text = b"" if value is None or handler.command == "HEAD" else json.dumps(value).encode()
        try:
            handler.send_response(status)
            handler.send_header("x-elastic-product", "Elasticsearch")
            handler.send_header("content-type", "application/vnd.elasticsearch+json;compatible-with=8")
            handler.send_header("content-length", str(len(text)))
            handler.end_headers()
            handler.wfile.write(text)
        except (BrokenPipeError, ConnectionResetError):
            pass  # who asked did not wait

    def _route(self, method: str, path: list[str], params: Mapping[str, str], body: bytes) -> tuple[int, Any]:
        match (method, path):
            case ("PUT", [name]) if not name.startswith("_"):
                return self._create(name, json.loads(body))
            case ("DELETE", [name]):
                return self._drop(name, params)
            case ("HEAD", [name]):
                return (200 if name in self.indexes or name in self.aliases else 404), None
            case ("HEAD", ["_alias", name]):
                return (200 if name in self.aliases else 404), None
            case ("POST", ["_aliases"]):
                return self._point(json.loads(body))
            case ("POST" | "PUT", ["_bulk"]):
                return self._bulk(body)
            case ("POST", ["_msearch"]):
                return self._msearch(body)
            case ("POST", [name, "_mget"]):
                return self._mget(name, params, json.loads(body))
            case ("POST", [names, "_refresh"]):
                for name in names.split(","):
                    self.index(name).refresh()
                return 200, {"_shards": {"total": 1, "successful": 1, "failed": 0}}
            case ("POST" | "GET", [name, "_count"]):
                return 200, {"count": len(self.index(name).seen)}
            case ("POST", [name, "_delete_by_query"]):
                return self._delete_by_query(name, params, json.loads(body))
        raise Fault(405, "illegal_argument_exception", f"no handler for {method} {'/'.join(path)}")

    def _create(self, name: str, body: Source) -> tuple[int, Any]:
        if name != name.lower() or name.startswith(("_", "-")):
            raise Fault(400, "invalid_index_name_exception", f"Invalid index name [{name}]")
        if name in self.indexes or name in self.aliases:
            raise Fault(400, "resource_already_exists_exception", f"index [{name}] already exists")
        self.indexes[name] = Index(copy.deepcopy(body))
        return 200, {"acknowledged": True, "shards_acknowledged": True, "index": name}

    def _drop(self, name: str, params: Mapping[str, str]) -> tuple[int, Any]:
        if name in self.aliases:
            raise Fault(400, "illegal_argument_exception", f"[{name}] is an alias")
        if self.indexes.pop(name, None) is None and params.get("ignore_unavailable") != "true":
            raise Fault(404, "index_not_found_exception", f"no such index [{name}]")
        self.aliases = {alias: index for alias, index in self.aliases.items() if index != name}
        return 200, {"acknowledged": True}

    def _point(self, body: Source) -> tuple[int, Any]:
        only(body, {"actions"}, "aliases")
        aliases = dict(self.aliases)
        for action in body["actions"]:
            ((verb, value),) = action.items()
            only(value, {"index", "alias", "must_exist"}, verb)
            known = fnmatch.filter(self.indexes, value["index"])
            if verb == "add":
                if not known:
                    raise Fault(404, "index_not_found_exception", f"no such index [{value['index']}]")
                if value["alias"] in self.indexes:
                    raise Fault(
                        400, "invalid_alias_name_exception", "an index exists with the same name as the alias"
                    )
                aliases[value["alias"]] = known[0]
            elif verb == "remove":
                if aliases.get(value["alias"]) in known:
                    del aliases[value["alias"]]
                elif value.get("must_exist", True):
                    raise Fault(404, "aliases_not_found_exception", "aliases missing")
            else:
                raise Fault(400, "parsing_exception", f"unknown action [{verb}]")
        self.aliases = aliases  # all of them, or none
        return 200, {"acknowledged": True}

    def _bulk(self, body: bytes) -> tuple[int, Any]:
        if not body.endswith(b"\n"):
            raise Fault(
                400, "illegal_argument_exception", "The bulk request must be terminated by a newline [\\n]"
            )
        lines = iter([json.loads(line) for line in body.splitlines() if line])
        items: list[dict[str, Any]] = []
        for action in lines:
            ((verb, where),) = action.items()
            only(where, {"_index", "_id", "routing", "version", "version_type"}, verb)
            if where.get("version_type", "external_gte") != "external_gte":
                raise Fault(400, "parsing_exception", "this fake knows external_gte")
            done: dict[str, Any] = {"_index": where["_index"], "_id": where["_id"]}
            try:
                index = self.index(where["_index"])
                if verb == "index":
                    document = index.write(where["_id"], next(lines), where.get("version"))
                    done |= {"status": 201, "result": "created", "_version": document.version}
                elif verb == "delete":
                    existed = index.delete(where["_id"], where.get("version"))
                    done |= {
                        "status": 200 if existed else 404,
                        "result": "deleted" if existed else "not_found",
                    }
                else:
                    raise Fault(400, "illegal_argument_exception", f"unknown action [{verb}]")
            except Fault as fault:
                done |= {"status": fault.status, "error": {"type": fault.kind, "reason": fault.reason}}
            items.append({verb: done})
        return 200, {
            "took": 1,
            "errors": any("error" in d for i in items for d in i.values()),
            "items": items,
        }

    def _msearch(self, body: bytes) -> tuple[int, Any]:
        lines = [json.loads(line) for line in body.splitlines() if line]
        if len(lines) % 2 or not body.endswith(b"\n"):
            raise Fault(400, "illegal_argument_exception", "a header and a body for each search")
        answers = []
        for header, asked in zip(lines[::2], lines[1::2], strict=True):
            try:
                only(header, {"index", "allow_partial_search_results", "routing"}, "msearch header")
                answers.append({**search(self.index(header["index"]), header["index"], asked), "status": 200})
            except Fault as fault:
                answers.append(fault.body)
        return 200, {"took": 1, "responses": answers}

    def _mget(self, name: str, params: Mapping[str, str], body: Source) -> tuple[int, Any]:
        only(body, {"ids"}, "mget")
        index, wanted = self.index(name), params.get("_source_includes", "*").split(",")
        found = []
        for id_ in body["ids"]:
            document = index.live.get(id_)  # realtime
            source = (
                {n: v for n, v in index.source(document).items() if n in wanted or wanted == ["*"]}
                if document
                else {}
            )
            found.append(
                {"_index": name, "_id": id_, "found": document is not None}
                | ({"_source": source} if document else {})
            )
        return 200, {"docs": found}

    def _delete_by_query(self, name: str, params: Mapping[str, str], body: Source) -> tuple[int, Any]:
        only(body, {"query"}, "delete_by_query")
        index = self.index(name)
        scoring = Scoring(index)
        gone = [d for d in scoring.documents if scoring.score(body["query"], d) is not None]
        deleted = conflicts = 0
        for document in gone:
            if index.live.get(document.id) is document:
                index.delete(document.id, None)
                deleted += 1
            else:
                conflicts += 1
        if conflicts and params.get("conflicts") != "proceed":
            raise Fault(409, "version_conflict_engine_exception", "documents changed meanwhile")
        if params.get("refresh") == "true":
            index.refresh()
        return 200, {"deleted": deleted, "version_conflicts": conflicts, "failures": []}
