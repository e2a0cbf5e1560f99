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
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

MAX_RESULT_WINDOW = 10_000
MAX_TERMS = 65_536
Source = dict[str, Any]


class Fault(Exception):
    def __init__(self, status: int, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.status, self.kind, self.reason = status, kind, reason

    @property
    def body(self) -> dict[str, Any]:
        cause = {"type": self.kind, "reason": self.reason}
        return {"error": {"root_cause": [cause], **cause}, "status": self.status}


def only(value: Mapping[str, Any], known: set[str], where: str) -> None:
    if not isinstance(value, dict):
        raise Fault(400, "parsing_exception", f"[{where}] is no object")
    for name in value:
        if name not in known:
            raise Fault(400, "parsing_exception", f"[{where}] unknown field [{name}]")


# -- analysis ----------------------------------------------------------------------------------------------------------
_LANGUAGES = {"spanish", "english", "portuguese"}
_FOLDED_ONLY = {"lowercase": Filter.lowercase, "asciifolding": Filter.ascii_fold}


def analyzers(settings: Source) -> dict[str, Callable[[str], list[str]]]:
    """Made from `settings.analysis`: unknown tokenizers and filters are refused, the order of filters is kept."""
    only(settings, {"tokenizer", "filter", "analyzer"}, "analysis")
    made: dict[str, Callable[[str], list[str]]] = {}
    for name, chain in settings.get("analyzer", {}).items():
        only(chain, {"type", "tokenizer", "filter"}, f"analyzer {name}")
        tokenizer = settings["tokenizer"].get(chain["tokenizer"])
        if chain["type"] != "custom" or tokenizer is None or tokenizer["type"] != "char_group":
            raise Fault(400, "illegal_argument_exception", f"analyzer [{name}] is not one of this fake's")
        builder = TextAnalyzerBuilder(Tokenizer.simple())
        for step in chain["filter"]:
            builder = builder.filter(_filter(step, settings.get("filter", {})))
        made[name] = builder.build().analyze
    return made


def _filter(name: str, own: Mapping[str, Source]) -> Any:
    if name in _FOLDED_ONLY:
        return _FOLDED_ONLY[name]()
    if name not in own:
        raise Fault(400, "illegal_argument_exception", f"failed to find filter [{name}]")
    value = own[name]
    if value["type"] == "length":
        return Filter.remove_long(value["max"])
    if value["type"] == "stop" and isinstance(value["stopwords"], list):
        return Filter.custom_stopword(value["stopwords"])
    if value["type"] == "stop" and value["stopwords"].strip("_") in _LANGUAGES:
        return Filter.stopword(value["stopwords"].strip("_"))
    if value["type"] == "stemmer" and value["language"] in _LANGUAGES:
        return Filter.stemmer(value["language"])
    raise Fault(400, "illegal_argument_exception", f"filter [{name}]")


# -- an index ----------------------------------------------------------------------------------------------------------
@dataclass
class Document:
    id: str
    source: Source
    version: int
    terms: dict[str, list[str]] = field(default_factory=dict)


_FIELD_KEYS = {
    "keyword": {"type", "ignore_above"}, "text": {"type", "analyzer", "index_options"}, "long": {"type"}, "integer": {"type"},
}  # fmt: skip


class Index:
    def __init__(self, body: Source) -> None:
        only(body, {"settings", "mappings", "aliases"}, "create index")
        settings = body.get("settings", {})
        only(settings, {"index", "analysis"}, "settings")
        only(
            settings.get("index", {}), {"number_of_shards", "number_of_replicas", "refresh_interval"}, "index"
        )
        mappings = body.get("mappings", {})
        only(mappings, {"dynamic", "_source", "properties"}, "mappings")
        self.analyzers = analyzers(settings.get("analysis", {}))
        self.fields: dict[str, Source] = mappings.get("properties", {})
        for name, value in self.fields.items():
            only(value, _FIELD_KEYS.get(value.get("type", ""), set()), f"mapping of {name}")
            if value["type"] == "text" and value["analyzer"] not in self.analyzers:
                raise Fault(
                    400, "mapper_parsing_exception", f"analyzer [{value['analyzer']}] has not been configured"
                )
        self.kept: list[str] | None = mappings.get("_source", {}).get("includes")
        self.strict = mappings.get("dynamic") == "strict"
        self.live: dict[str, Document] = {}  # as written
        self.gone: dict[str, int] = {}  # versions of what was deleted
        self.seen: dict[str, Document] = {}  # as of the last refresh

    def write(self, id_: str, source: Source, version: int | None) -> Document:
        current = self.live[id_].version if id_ in self.live else self.gone.get(id_)
        if version is not None and current is not None and version < current:
            raise Fault(
                409, "version_conflict_engine_exception",
                f"[{id_}]: version conflict, current version [{current}] is higher than the one provided [{version}]",
            )  # fmt: skip
        document = Document(id_, source, version if version is not None else (current or 0) + 1)
        for name, value in source.items():
            if name not in self.fields:
                if self.strict:
                    raise Fault(
                        400,
                        "strict_dynamic_mapping_exception",
                        f"dynamic introduction of [{name}] is not allowed",
                    )
                continue
            document.terms[name] = list(self._terms(name, value))
        self.live[id_] = document
        return document

    def delete(self, id_: str, version: int | None) -> bool:
        current = self.live[id_].version if id_ in self.live else self.gone.get(id_)
        if version is not None and current is not None and version < current:
            raise Fault(409, "version_conflict_engine_exception", f"[{id_}]: version conflict")
        self.gone[id_] = version if version is not None else (current or 0) + 1
        return self.live.pop(id_, None) is not None

    def refresh(self) -> None:
        self.seen = dict(self.live)

    def source(self, document: Document) -> Source:
        return {n: v for n, v in document.source.items() if self.kept is None or n in self.kept}

    def analyzed(self, name: str, text: str) -> list[str]:
        return self.analyzers[self.fields[name]["analyzer"]](text)

    def _terms(self, name: str, value: Any) -> Iterator[str]:
        kind = self.fields[name]["type"]
        for item in value if isinstance(value, list) else [value]:
            if kind in ("long", "integer"):
                if not isinstance(item, int) or isinstance(item, bool):
                    raise Fault(
                        400, "document_parsing_exception", f"failed to parse field [{name}] of type [{kind}]"
                    )
                yield str(item)
            elif not isinstance(item, str):
                raise Fault(
                    400, "document_parsing_exception", f"failed to parse field [{name}] of type [{kind}]"
                )
            elif kind == "text":
                yield from [*self.analyzed(name, item), ""]  # the gap between two values
            elif len(item) <= self.fields[name].get("ignore_above", 1 << 30):
                yield item


# -- queries: a score for a document, or None --------------------------------------------------------------------------
class Scoring:
    def __init__(self, index: Index) -> None:
        self.index = index
        self.documents = list(index.seen.values())

    def score(self, query: Source, document: Document) -> float | None:
        if not isinstance(query, dict) or len(query) != 1:
            raise Fault(400, "parsing_exception", "a query has one name")
        ((name, body),) = query.items()
        method = getattr(self, f"_{name}", None)
        if method is None:
            raise Fault(400, "parsing_exception", f"unknown query [{name}]")
        found: float | None = method(body, document)
        return found

    def _match_all(self, body: Source, _: Document) -> float:
        only(body, set(), "match_all")
        return 1.0

    def _match_none(self, body: Source, _: Document) -> float | None:
        only(body, set(), "match_none")
        return None

    def _bool(self, body: Source, document: Document) -> float | None:
        only(body, {"must", "should", "filter", "must_not", "minimum_should_match", "boost"}, "bool")
        must = [self.score(q, document) for q in body.get("must", [])]
        narrowed = [self.score(q, document) for q in body.get("filter", [])]
        excluded = [self.score(q, document) for q in body.get("must_not", [])]
        should = [s for q in body.get("should", []) if (s := self.score(q, document)) is not None]
        least = body.get(
            "minimum_should_match",
            0 if body.get("must") or body.get("filter") else min(1, len(body.get("should", []))),
        )
        if None in must or None in narrowed or any(s is not None for s in excluded) or len(should) < least:
            return None
        return float(body.get("boost", 1.0)) * (sum(s for s in must if s is not None) + sum(should))

    def _dis_max(self, body: Source, document: Document) -> float | None:
        only(body, {"queries", "tie_breaker"}, "dis_max")
        if not body["queries"]:
            raise Fault(
                400, "parsing_exception", "[dis_max] requires 'queries' field with at least one clause"
            )
        found = [s for q in body["queries"] if (s := self.score(q, document)) is not None]
        return max(found) + body.get("tie_breaker", 0) * (sum(found) - max(found)) if found else None

    def _constant_score(self, body: Source, document: Document) -> float | None:
        only(body, {"filter", "boost"}, "constant_score")
        return None if self.score(body["filter"], document) is None else float(body.get("boost", 1.0))

    def _multi_match(self, body: Source, document: Document) -> float | None:
        only(body, {"query", "type", "fields", "tie_breaker"}, "multi_match")
        if body["type"] != "best_fields":
            raise Fault(400, "parsing_exception", "this fake knows best_fields")
        found = []
        for spelled in body["fields"]:
            name, _, boost = spelled.partition("^")
            self._field(name, "text")
            terms = self.index.analyzed(name, body["query"])
            scores = [
                self._bm25(name, term, document) for term in terms if term in document.terms.get(name, [])
            ]
            if scores:
                found.append(sum(scores) * float(boost or 1))
        return max(found) + body.get("tie_breaker", 0) * (sum(found) - max(found)) if found else None

    def _match_phrase(self, body: Source, document: Document) -> float | None:
        ((name, value),) = body.items()
        only(value, {"query", "boost"}, "match_phrase")
        self._field(name, "text")
        if self.index.fields[name].get("index_options") == "freqs":
            raise Fault(
                400, "illegal_argument_exception", f"field:[{name}] was indexed without position data"
            )
        wanted, have = self.index.analyzed(name, value["query"]), document.terms.get(name, [])
        times = (
            sum(have[i : i + len(wanted)] == wanted for i in range(len(have) - len(wanted) + 1))
            if wanted
            else 0
        )
        return (
            None
            if not times
            else float(value.get("boost", 1)) * sum(self._bm25(name, t, document) for t in wanted)
        )

    def _term(self, body: Source, document: Document) -> float | None:
        ((name, value),) = body.items()
        return self._terms({name: [value["value"] if isinstance(value, dict) else value]}, document)

    def _terms(self, body: Source, document: Document) -> float | None:
        if len(body) != 1:
            raise Fault(400, "parsing_exception", "[terms] query requires one field")
        ((name, values),) = body.items()
        self._field(name, "keyword", "long", "integer")
        if not isinstance(values, list) or len(values) > MAX_TERMS:
            raise Fault(400, "illegal_argument_exception", f"more than {MAX_TERMS} terms, or no list")
        return 1.0 if {str(v) for v in values} & set(document.terms.get(name, [])) else None

    def _range(self, body: Source, document: Document) -> float | None:
        ((name, ends),) = body.items()
        only(ends, {"gte", "gt", "lte", "lt"}, "range")
        self._field(name, "long", "integer")
        checks: dict[str, Callable[[int, int], bool]] = {
            "gte": int.__ge__, "gt": int.__gt__, "lte": int.__le__, "lt": int.__lt__,
        }  # fmt: skip
        values = [int(v) for v in document.terms.get(name, [])]
        return 1.0 if any(all(checks[op](v, int(end)) for op, end in ends.items()) for v in values) else None

    def _prefix(self, body: Source, document: Document) -> float | None:
        ((name, value),) = body.items()
        only(value, {"value", "case_insensitive"}, "prefix")
        self._field(name, "keyword", "text")
        return 1.0 if any(t and t.startswith(value["value"]) for t in document.terms.get(name, [])) else None

    def _fuzzy(self, body: Source, document: Document) -> float | None:
        ((name, value),) = body.items()
        only(value, {"value", "fuzziness", "transpositions", "max_expansions", "prefix_length"}, "fuzzy")
        self._field(name, "keyword", "text")
        most = int(value["fuzziness"])
        if not 0 <= most <= 2:
            raise Fault(400, "illegal_argument_exception", "fuzziness is 0, 1 or 2")
        return (
            1.0
            if any(_distance(value["value"], t) <= most for t in set(document.terms.get(name, [])) if t)
            else None
        )

    def _field(self, name: str, *kinds: str) -> None:
        """An unmapped field matches nothing in Elasticsearch; here it is a mistake of ours."""
        if name not in self.index.fields:
            raise Fault(400, "query_shard_exception", f"no mapping found for [{name}]")
        if self.index.fields[name]["type"] not in kinds:
            raise Fault(
                400, "query_shard_exception", f"field [{name}] is of type [{self.index.fields[name]['type']}]"
            )

    def _bm25(self, name: str, term: str, document: Document) -> float:
        have = document.terms[name]
        within = sum(term in d.terms.get(name, []) for d in self.documents)
        idf = math.log(1 + (len(self.documents) - within + 0.5) / (within + 0.5))
        average = max(
            1.0, sum(len(d.terms.get(name, [])) for d in self.documents) / max(1, len(self.documents))
        )
        times = have.count(term)
        return idf * times / (times + 1.2 * (1 - 0.75 + 0.75 * len(have) / average))


def _distance(one: str, other: str) -> int:
    """Optimal string alignment."""
    if abs(len(one) - len(other)) > 2:
        return 9
    rows = [list(range(len(other) + 1))]
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            best = min(rows[-1][j] + 1, row[j - 1] + 1, rows[-1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]


_SEARCH_KEYS = {
    "query", "size", "from", "_source", "sort", "track_total_hits", "track_scores", "aggs", "timeout", "search_after",
}  # fmt: skip


def search(index: Index, name: str, body: Source) -> dict[str, Any]:
    only(body, _SEARCH_KEYS, "search")
    size = body.get("size", 10)
    if body.get("from", 0) + size > MAX_RESULT_WINDOW:
        raise Fault(400, "illegal_argument_exception", "Result window is too large")
    scoring = Scoring(index)
    query = body.get("query", {"match_all": {}})
    found = [(s, d) for d in scoring.documents if (s := scoring.score(query, d)) is not None]
    if not scoring.documents:
        scoring.score(query, Document("", {}, 0))  # refused on an empty index too
    for spec in reversed(body.get("sort", [{"_score": "desc"}])):
        ((by, way),) = spec.items()
        if by != "_score" and (by not in index.fields or index.fields[by]["type"] == "text"):
            raise Fault(400, "illegal_argument_exception", f"cannot sort by [{by}]")
        found.sort(key=lambda pair: _sort_key(index, by, pair), reverse=way == "desc")  # used at once
    hits = [{"_index": name, "_id": d.id, "_score": s} for s, d in found[:size]]
    answer: dict[str, Any] = {
        "took": 1, "timed_out": False, "_shards": {"total": 1, "successful": 1, "failed": 0},
        "hits": {"hits": hits, "max_score": max((s for s, _ in found), default=None)},
    }  # fmt: skip
    total = body.get("track_total_hits", MAX_RESULT_WINDOW)
    if total is not False:
        most = len(found) if total is True else min(len(found), int(total))
        answer["hits"]["total"] = {"value": most, "relation": "eq" if most == len(found) else "gte"}
    if "aggs" in body:
        answer["aggregations"] = {
            n: _terms_of(index, a, [d for _, d in found]) for n, a in body["aggs"].items()
        }
    return answer


def _sort_key(index: Index, by: str, pair: tuple[float, Document]) -> Any:
    if by == "_score":
        return pair[0]
    values = pair[1].terms.get(by, [])
    return (
        (int(values[0]) if values else 0)
        if index.fields[by]["type"] != "keyword"
        else (values[0] if values else "")
    )


def _terms_of(index: Index, aggregation: Source, documents: Sequence[Document]) -> dict[str, Any]:
    only(aggregation, {"terms"}, "aggregation")
    only(aggregation["terms"], {"field", "size"}, "terms")
    name = aggregation["terms"]["field"]
    if name not in index.fields or index.fields[name]["type"] == "text":
        raise Fault(400, "illegal_argument_exception", f"Fielddata is disabled on [{name}]")
    counts: dict[str, int] = {}
    for document in documents:
        for value in set(document.terms.get(name, [])):
            counts[value] = counts.get(value, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    size = aggregation["terms"].get("size", 10)
    number = index.fields[name]["type"] != "keyword"
    return {
        "doc_count_error_upper_bound": 0, "sum_other_doc_count": sum(n for _, n in ordered[size:]),
        "buckets": [{"key": int(v) if number else v, "doc_count": n} for v, n in ordered[:size]],
    }  # fmt: skip


# -- the server --------------------------------------------------------------------------------------------------------
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
