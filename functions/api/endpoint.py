"""From HTTP to a typed function and back; the table of endpoints that the routes and the OpenAPI document are made of.

@table.post("/assets/upload/init", body=UploadInit, answers={201: UploadOpened}, problems=(403, 409))
def init(ask: Ask, body: UploadInit) -> Reply:

Handlers are synchronous and run in a worker thread. A caller is authenticated before a body is read, a body is bounded, and
whatever access.py denies is in the audit log before it is answered.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from acervo import problems
from acervo.access import Denied, missing
from acervo.function import Call, Resources
from acervo.identity import Caller, authenticate
from acervo.problems import Problem
from functions.api import audit

if TYPE_CHECKING:
    from acervo.database import Database
    from acervo.objects import Objects

BASE = "/api/v1"
MAX_BODY_BYTES = 10 * 1000 * 1000
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

    def response(self) -> Response:
        headers = {"cache-control": "private, no-cache", **self.headers}
        if self.content is None:
            return Response(status_code=self.status, headers=headers)
        body = self.content.model_dump_json().encode()
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
    answers: Mapping[int, type[BaseModel] | str | None] = field(default_factory=dict)
    problems: Sequence[int] = ()
    headers: Mapping[str, str] = field(default_factory=dict)  # request headers it reads, for the document
    who: Callable[[Request], Caller] | None = authenticate

    async def serve(self, request: Request) -> Response:
        if self.body is None:
            return await run_in_threadpool(self._run, request, None, None)
        caller = await run_in_threadpool(self.who, request) if self.who else NOBODY
        return await run_in_threadpool(self._run, request, caller, await read_json(request))

    def _run(self, request: Request, known: Caller | None, raw: bytes | None) -> Response:
        caller = known or (self.who(request) if self.who else NOBODY)
        ask = Ask(request, caller)
        arguments: dict[str, Any] = {}
        if self.query is not None:
            arguments["query"] = parse_query(self.query, request)
        if self.body is not None:
            arguments["body"] = parse_body(self.body, raw or b"")
        try:
            answer = self.handle(ask, **arguments)
        except Denied as fault:
            audit.denied(ask.database, request, caller, fault)
            raise
        return answer.response() if isinstance(answer, Reply) else answer


def routes(endpoints: Sequence[Endpoint]) -> list[Route]:
    """One route an address, so that `Allow` names all of its methods."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for endpoint in endpoints:
        by_path.setdefault(endpoint.path, {})[endpoint.method] = endpoint
    return [Route(BASE + path, _dispatch(known), methods=list(known)) for path, known in by_path.items()]


def _dispatch(known: Mapping[str, Endpoint]) -> Callable[[Request], Awaitable[Response]]:
    async def dispatch(request: Request) -> Response:
        return await known["GET" if request.method == "HEAD" else request.method].serve(request)

    return dispatch


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
    too_large = Problem(413, "too-large", f"a body has at most {MAX_BODY_BYTES} bytes")
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > MAX_BODY_BYTES:
        raise too_large
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > MAX_BODY_BYTES:
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
