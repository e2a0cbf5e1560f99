"""From HTTP to a typed function and back; the table of endpoints that the routes and the OpenAPI document are made of.

@table.post("/assets/upload/init", body=UploadInit, answers={201: UploadOpened}, problems=(403, 409))
def init(ask: Ask, body: UploadInit) -> Reply:

Handlers are synchronous and run in a worker thread. A caller is authenticated before a body is read, a body is bounded, and
whatever access.py denies is in the audit log before it is answered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route, request_response
from starlette.types import Receive, Scope, Send

from acervo import problems
from acervo.access import Denied, missing
from acervo.function import Call, Resources
from acervo.identity import Caller, authenticate
from acervo.problems import Problem
from functions.api import audit, entity_tags, limits, once

if TYPE_CHECKING:
    from acervo.database import Database
    from acervo.objects import Objects

BASE = "/api/v1"
MAX_BODY_BYTES = 10 * 1000 * 1000
CLOUD_EVENTS = ("application/cloudevents+json", "application/cloudevents-batch+json", "application/json")
JSON_TYPES = frozenset({"application/json", "application/merge-patch+json"})
NOBODY = Caller("anonymous", "anonymous")


@dataclass(frozen=True)
class Ask:
    """A request that has passed the door."""

    request: Request
    caller: Caller

    @property
    def resources(self) -> Resources:
        resources: Resources = self.request.app.state.resources
        return resources

    @property
    def database(self) -> Database:
        return self.resources.database

    @property
    def objects(self) -> Objects:
        return self.resources.objects

    @property
    def call(self) -> Call:
        """For `call.change()`: one transaction, and the events it says."""
        return Call(None, "api", self.resources)

    def uuid(self, name: str = "id") -> str:
        """A path parameter that is a UUID; anything else is as missing as a UUID that nothing has."""
        try:
            return str(UUID(self.request.path_params[name]))
        except ValueError:
            raise missing() from None


@dataclass(frozen=True)
class Reply:
    """What a handler answers."""

    content: BaseModel | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None  # the content as JSON, where that is known already

    def response(self, request: Request) -> Response:
        """A GET that is answered 200 has an entity tag, and is answered 304 to who knows it."""
        headers = {"cache-control": "private, no-cache", "vary": "authorization", **self.headers}
        if self.content is None:
            return Response(status_code=self.status, headers=headers)
        body = self.content.model_dump_json().encode()
        if (
            request.method in ("GET", "HEAD")
            and self.status == 200
            and headers["cache-control"] != "no-store"
        ):
            tag = headers.setdefault("etag", entity_tags.content_tag(body))
            if entity_tags.matches(request.headers.get("if-none-match", ""), tag):
                return Response(status_code=304, headers=headers)
        return Response(body, self.status, headers, media_type="application/json")


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One method of one address. `who` makes the caller; None is for addresses that anybody may read."""

    method: str
    path: str
    handle: Callable[..., Reply | Response]
    tag: str
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    answers: Mapping[int, type[BaseModel] | str | None] = field(default_factory=dict)  # text: media types
    problems: Sequence[int] = ()
    headers: Mapping[str, str] = field(default_factory=dict)  # request headers it reads, for the document
    who: Callable[[Request], Caller] | None = authenticate
    raw_bytes: int = 0  # the handler gets the body as `raw`, at most so many bytes of it
    once: bool = False  # it reads Idempotency-Key

    async def serve(self, request: Request) -> Response:
        if self.body is None and not self.raw_bytes:
            return await run_in_threadpool(self._run, request, None, None)
        caller = await run_in_threadpool(self._admit, request)
        raw = await (read_json(request) if self.body else read_body(request, self.raw_bytes))
        return await run_in_threadpool(self._run, request, caller, raw)

    def _admit(self, request: Request) -> Caller:
        """Who calls, if they do not call too often."""
        if self.who is None:
            return NOBODY
        caller = self.who(request)
        limits.spend(request, caller)
        return caller

    def _run(self, request: Request, known: Caller | None, raw: bytes | None) -> Response:
        caller = known or self._admit(request)
        ask = Ask(request, caller)
        arguments: dict[str, Any] = {"raw": raw} if self.raw_bytes else {}
        if self.query is not None:
            arguments["query"] = parse_query(self.query, request)
        if self.body is not None:
            arguments["body"] = parse_body(self.body, raw or b"")

        def handle() -> Response:
            answer = self.handle(ask, **arguments)
            return answer.response(request) if isinstance(answer, Reply) else answer

        try:
            return once.answer(ask.database, request, caller, raw or b"", handle) if self.once else handle()
        except Denied as fault:
            audit.denied(ask.database, request, caller, fault)
            raise


def routes(endpoints: Sequence[Endpoint]) -> list[Route]:
    """One route an address, so that `Allow` names all of its methods."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for endpoint in endpoints:
        by_path.setdefault(endpoint.path, {})[endpoint.method] = endpoint
    ordered = sorted(
        by_path, key=lambda path: [part.startswith("{") for part in path.split("/")]
    )  # words before parameters
    return [Route(BASE + path, _Address(by_path[path])) for path in ordered]


class _Address:
    """An ASGI app, so that Starlette leaves the methods to us: `/assets/bulk-edit` is never taken for an asset because of its method."""

    def __init__(self, known: Mapping[str, Endpoint]) -> None:
        allowed = ", ".join(sorted({*known, *(("HEAD",) if "GET" in known else ())}))

        async def serve(request: Request) -> Response:
            endpoint = known.get("GET" if request.method == "HEAD" else request.method)
            if endpoint is None:
                raise HTTPException(405, headers={"allow": allowed})
            return await endpoint.serve(request)

        self._app = request_response(serve)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


class Table:
    """The endpoints of one noun, in the order of their file."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.endpoints: list[Endpoint] = []

    def _add(
        self, method: str, path: str, **known: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def note(handle: Callable[..., Any]) -> Callable[..., Any]:
            self.endpoints.append(Endpoint(method=method, path=path, handle=handle, tag=self.tag, **known))
            return handle

        return note

    def get(self, path: str, **known: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        return self._add("GET", path, **known)

    def post(self, path: str, **known: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        return self._add("POST", path, **known)

    def patch(self, path: str, **known: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        return self._add("PATCH", path, **known)

    def put(self, path: str, **known: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        return self._add("PUT", path, **known)

    def delete(self, path: str, **known: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        return self._add("DELETE", path, **known)


async def read_json(request: Request) -> bytes:
    """The body, at most 10 MB of it.

    Raises:
        Problem: 413 too large, 415 not JSON.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in JSON_TYPES:
        raise Problem(415, "not-json", "send the body as application/json")
    return await read_body(request, MAX_BODY_BYTES)


async def read_body(request: Request, most_bytes: int) -> bytes:
    """The body as it is.

    Raises:
        Problem: 413 too large, 400 not whole.
    """
    too_large = Problem(413, "too-large", f"a body has at most {most_bytes} bytes")
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > most_bytes:
        raise too_large
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > most_bytes:
                raise too_large
    except ClientDisconnect as fault:
        raise Problem(400, "broken-off", "the body did not arrive whole") from fault
    return bytes(body)


def parse_body(model: type[BaseModel], raw: bytes) -> BaseModel:
    """Strict: a number in quotes is not a number.

    Raises:
        Problem: 422 with every field at fault.
    """
    try:
        return model.model_validate_json(raw, strict=True)
    except ValidationError as fault:
        raise problems.invalid(problems.faults_of(fault)) from fault


def parse_query(model: type[BaseModel], request: Request) -> BaseModel:
    """The query string as a model; a name that is there twice is refused unless the field is a list.

    Raises:
        Problem: 422 with every parameter at fault.
    """
    values: dict[str, Any] = {}
    for name in request.query_params:
        given = request.query_params.getlist(name)
        many = name in model.model_fields and _is_list(model.model_fields[name].annotation)
        if len(given) > 1 and not many:
            raise problems.invalid([{"field": name, "detail": "is given more than once"}])
        values[name] = given if many else given[0]
    try:
        return model.model_validate(values)
    except ValidationError as fault:
        raise problems.invalid(problems.faults_of(fault)) from fault


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(get_origin(part) is list for part in get_args(annotation))
