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
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import jwt

from functions.search import analysis
from functions.search.highlights import is_near

MASTER, SEARCH_KEY, SEARCH_KEY_UID = (
    "master-key-of-a-test",
    "search-key-of-a-test-0123456789abcdef",
    "74c9c733-3368-4738-bbe5-1d18a5fecb37",
)
MAX_WORDS, MAX_VALUE_BYTES = 10, 468
_ID = re.compile(r"[A-Za-z0-9_-]{1,511}")
Document = dict[str, Any]


class Fault(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def only(value: Mapping[str, Any], known: set[str], code: str = "bad_request") -> None:
    for name in value:
        if name not in known:
            raise Fault(400, code, f"Unknown field `{name}`")


# -- the filter language -----------------------------------------------------------------------------------------------
_TOKEN = re.compile(r"""\s*(?:("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(>=|<=|!=|[()\[\],=<>])|([\w.-]+))""")
_KEYWORDS = {"AND", "OR", "IN", "NOT", "TO", "EXISTS", "IS", "NULL", "EMPTY", "CONTAINS", "STARTS", "WITH"}
Check = Callable[[Document], bool]


class FilterParser:
    """Recursive descent over the documented grammar; `allowed(attribute, comparison)` refuses attributes."""

    def __init__(self, text: str, allowed: Callable[[str, bool], None]) -> None:
        self._tokens: list[str] = []
        self._allowed = allowed
        at = 0
        text = text.rstrip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if not found:
                raise Fault(
                    400, "invalid_search_filter", f"Was expecting an operation at {text[at : at + 20]!r}"
                )
            self._tokens.append(found[0].strip())
            at = found.end()
        self._at = 0

    def parse(self) -> Check:
        check = self._or()
        if self._at < len(self._tokens):
            raise self._wrong("Found unexpected characters at the end of the filter")
        return check

    def _or(self) -> Check:
        checks = [self._and()]
        while self._take("OR"):
            checks.append(self._and())
        return lambda d: any(check(d) for check in checks)

    def _and(self) -> Check:
        checks = [self._not()]
        while self._take("AND"):
            checks.append(self._not())
        return lambda d: all(check(d) for check in checks)

    def _not(self) -> Check:
        if self._take("NOT"):
            check = self._not()
            return lambda d: not check(d)
        if self._take("("):
            check = self._or()
            self._expect(")")
            return check
        return self._condition()

    def _condition(self) -> Check:
        name = self._next()
        if not re.fullmatch(r"[\w.-]+", name) or name in _KEYWORDS:
            raise self._wrong(f"`{name}` is no attribute")
        operator = self._next()
        if operator == "IN":
            self._allowed(name, False)
            values = self._list()
            return lambda d: any(v in values for v in _values(d, name))
        if operator == "EXISTS":
            self._allowed(name, False)
            return lambda d: name in d
        if operator in ("=", "!="):
            self._allowed(name, False)
            value = self._value()
            return lambda d: (value in _values(d, name)) is (operator == "=")
        if operator in (">=", ">", "<=", "<"):
            self._allowed(name, True)
            try:
                number = float(self._value())
            except ValueError as fault:
                raise self._wrong("was expecting a number") from fault
            compare = {">=": float.__ge__, ">": float.__gt__, "<=": float.__le__, "<": float.__lt__}[operator]
            return lambda d: any(compare(float(v), number) for v in _values(d, name))
        raise self._wrong(f"unknown operator `{operator}`")

    def _list(self) -> set[str]:
        self._expect("[")
        values: set[str] = set()
        while not self._take("]"):
            values.add(self._value())
            if not self._take(","):
                self._expect("]")
                break
        return values

    def _value(self) -> str:
        token = self._next()
        if token[0] in "\"'":
            value = re.sub(r"\\(.)", r"\1", token[1:-1])
        elif token in _KEYWORDS or not re.fullmatch(r"[\w.-]+", token):
            raise self._wrong(f"`{token}` is a reserved keyword or no value")
        else:
            value = token
        if len(value.encode()) > MAX_VALUE_BYTES:
            raise self._wrong("the value is too long")
        return value

    def _take(self, token: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == token:
            self._at += 1
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise self._wrong(f"was expecting `{token}`")

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise self._wrong("the filter ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    @staticmethod
    def _wrong(message: str) -> Fault:
        return Fault(400, "invalid_search_filter", message)


def _values(document: Document, name: str) -> list[str]:
    value = document.get(name, [])
    return [str(item) for item in (value if isinstance(value, list) else [value])]


# -- an index ----------------------------------------------------------------------------------------------------------
_SETTINGS = {
    "searchableAttributes", "displayedAttributes", "filterableAttributes", "sortableAttributes", "typoTolerance", "faceting",
    "pagination", "searchCutoffMs", "rankingRules", "stopWords", "synonyms",
}  # fmt: skip
_SEARCH = {
    "indexUid", "q", "filter", "facets", "limit", "offset", "sort", "attributesToRetrieve", "attributesToSearchOn", "matchingStrategy",
    "showRankingScore",
}  # fmt: skip


@dataclass
class Index:
    documents: dict[str, Document] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    def allowed(self, name: str, comparison: bool) -> None:
        for rule in self.settings.get("filterableAttributes", []):
            if name in rule["attributePatterns"]:
                if comparison and not rule["features"]["filter"]["comparison"]:
                    raise Fault(
                        400, "invalid_search_filter", f"operator not allowed for the attribute `{name}`"
                    )
                return
        raise Fault(400, "invalid_search_filter", f"Attribute `{name}` is not filterable")

    def looked_up(self, name: str) -> bool:
        rules = self.settings.get("filterableAttributes", [])
        return any(name in rule["attributePatterns"] and rule["features"]["facetSearch"] for rule in rules)

    def check(self, filters: Any) -> Check:
        if filters is None:
            return lambda _: True
        if isinstance(filters, str):
            return FilterParser(filters, self.allowed).parse()
        checks: list[Check] = []
        for item in filters:
            if isinstance(item, list):
                either = [FilterParser(text, self.allowed).parse() for text in item]
                checks.append(lambda d, either=either: any(check(d) for check in either))  # type: ignore[misc]  # a default has no inferred type
            else:
                checks.append(FilterParser(item, self.allowed).parse())
        return lambda d: all(check(d) for check in checks)

    def search(self, body: Mapping[str, Any]) -> dict[str, Any]:
        only(body, _SEARCH)
        if body.get("matchingStrategy", "last") != "all":
            raise Fault(400, "invalid_search_matching_strategy", "this fake knows `all`")
        check = self.check(body.get("filter"))
        attributes = body.get("attributesToSearchOn") or self.settings["searchableAttributes"]
        for name in attributes:
            if name not in self.settings["searchableAttributes"]:
                raise Fault(
                    400, "invalid_search_attributes_to_search_on", f"Attribute `{name}` is not searchable"
                )
        query = Words(body.get("q") or "")
        found = [
            (r, d)
            for d in self.documents.values()
            if check(d) and (r := query.rank(d, attributes)) is not None
        ]
        found.sort(key=lambda pair: pair[0])
        for spec in reversed(body.get("sort", [])):
            name, _, way = spec.partition(":")
            if name not in self.settings.get("sortableAttributes", []) or way not in ("asc", "desc"):
                raise Fault(400, "invalid_search_sort", f"Attribute `{name}` is not sortable")
            found.sort(key=lambda pair: pair[1][name], reverse=way == "desc")  # used at once
        most = self.settings["pagination"]["maxTotalHits"]
        displayed = set(self.settings["displayedAttributes"])
        shown = displayed & set(body.get("attributesToRetrieve", displayed))
        hits = [
            {n: v for n, v in d.items() if n in shown} for _, d in found[: min(body.get("limit", 20), most)]
        ]
        answer: dict[str, Any] = {
            "hits": hits,
            "query": body.get("q", ""),
            "estimatedTotalHits": min(len(found), most),
        }
        if "facets" in body:
            answer["facetDistribution"] = {n: self._counts(n, [d for _, d in found]) for n in body["facets"]}
        return answer

    def facet_search(self, body: Mapping[str, Any]) -> dict[str, Any]:
        only(body, {"facetName", "facetQuery", "filter", "q", "matchingStrategy", "attributesToSearchOn"})
        name = body["facetName"]
        if not self.looked_up(name):
            raise Fault(400, "invalid_facet_search_facet_name", f"Attribute `{name}` is not facet-searchable")
        check, wanted = self.check(body.get("filter")), analysis.words(body.get("facetQuery") or "")
        counts = self._counts(name, [d for d in self.documents.values() if check(d)])
        hits = [
            {"value": value, "count": n} for value, n in counts.items()
            if all(any(part.startswith(word) for part in analysis.words(value)) for word in wanted)
        ]  # fmt: skip
        return {"facetHits": hits[:100], "facetQuery": body.get("facetQuery")}

    def _counts(self, name: str, documents: list[Document]) -> dict[str, int]:
        self.allowed(name, False)
        counts: dict[str, int] = {}
        for document in documents:
            for value in set(_values(document, name)):
                counts[value] = counts.get(value, 0) + 1
        most = self.settings["faceting"]["maxValuesPerFacet"]
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most])


class Words:
    """`q`: words, "phrases", `-not`; the last word is a prefix unless a space follows; typos by the length of the word."""

    def __init__(self, text: str) -> None:
        self.terms: list[tuple[list[str], bool, bool]] = []  # words, is a prefix, is excluded
        found = list(re.finditer(r'(-)?(?:"([^"]*)"|([^\s"]+))', text))[:MAX_WORDS]
        for match in found:
            words = list(analysis.words(match[2] if match[2] is not None else match[3]))
            last = match[2] is None and match.end() == len(text)
            if words:
                self.terms.append((words, last and len(words) == 1, match[1] is not None))

    def rank(self, document: Document, attributes: list[str]) -> tuple[int, int] | None:
        """(typos, place of the best attribute), fewer first; None when a word is missing or an excluded one is there."""
        typos, place = 0, 0
        for words, prefix, excluded in self.terms:
            best = None
            for at, name in enumerate(attributes):
                for text in _values(document, name):
                    if (cost := _cost(words, prefix, list(analysis.words(text)), excluded)) is not None:
                        best = min(best or (9, 9), (cost, at))
            if excluded:
                if best is not None:
                    return None
                continue
            if best is None:
                return None
            typos, place = typos + best[0], max(place, best[1])
        return typos, place


def _cost(words: list[str], prefix: bool, have: list[str], exact: bool) -> int | None:
    if len(words) > 1:
        return 0 if any(have[i : i + len(words)] == words for i in range(len(have))) else None
    word = words[0]
    if word in have or (prefix and any(other.startswith(word) for other in have)):
        return 0
    allowed = 0 if exact else 2 if len(word) >= 9 else 1 if len(word) >= 5 else 0
    for cost in range(1, allowed + 1):
        if any(is_near(word, other, cost, prefix) for other in have):
            return cost
    return None


# -- the server --------------------------------------------------------------------------------------------------------
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
                only(body, _SETTINGS)
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
            if any("poison" in text for text in _values(document, "title")):  # what a test plants
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
