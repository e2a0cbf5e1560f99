"""The frame around a handler: CloudEvents in, empty answers out, one transaction, events said after it.

functions-framework's own CloudEvent signature answers `200 OK` with a body, which a Knative broker counts as a failed
delivery; so a function is an aio *http* target that returns the ASGI app made here. See ARCHITECTURE.md, "A function".
"""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from acervo import events, readiness, settings, telemetry
from acervo.errors import AcervoError, AlreadyDone, Permanent, Rejected, Transient
from acervo.events import Event, InvalidEvent

if TYPE_CHECKING:  # psycopg and boto3 are imported on first use: half a cold start
    from acervo.database import Connection, Database
    from acervo.objects import Objects
    from acervo.outbox import Sender

log = logging.getLogger(__name__)
MAX_EVENT_BYTES = 1 << 20
Handler = Callable[[Event, "Call"], None]


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings:
    url: str = settings.variable("DATABASE_URL")
    pool_size: int = settings.variable("DATABASE_POOL", 4)


@dataclass(frozen=True, kw_only=True)
class ObjectSettings:
    endpoint: str = settings.variable("S3_ENDPOINT")
    public_endpoint: str = settings.variable("S3_PUBLIC_ENDPOINT")
    region: str = settings.variable("S3_REGION", "default")
    access_key: str = settings.variable("S3_ACCESS_KEY")
    secret_key: str = settings.variable("S3_SECRET_KEY")
    archive: str = settings.variable("BUCKET_ARCHIVE", "dam-archive")
    proxies: str = settings.variable("BUCKET_PROXIES", "dam-proxies")
    delivery: str = settings.variable("BUCKET_DELIVERY", "dam-delivery")


@dataclass(frozen=True, kw_only=True)
class FrameSettings:
    """What the frame itself reads; a function's `Settings` has it as `frame: FrameSettings = nested(FrameSettings)`."""

    database: DatabaseSettings = settings.nested(DatabaseSettings)
    objects: ObjectSettings = settings.nested(ObjectSettings)
    sink: str = settings.variable("K_SINK", "")


class Resources:
    """What a process keeps between calls, opened on first use: settings, database, objects, the outbox's sender."""

    def __init__(self, cls: type, env: Mapping[str, str]) -> None:
        self._cls, self._env = cls, env

    @cached_property
    def settings(self) -> Any:
        return settings.read(self._cls, self._env)

    @property
    def frame(self) -> FrameSettings:
        value: FrameSettings = self.settings.frame
        return value

    @cached_property
    def database(self) -> Database:
        from acervo.database import Database

        return Database(self.frame.database.url, self.frame.database.pool_size)

    @cached_property
    def objects(self) -> Objects:
        from acervo.objects import Objects

        return Objects(self.frame.objects)

    @cached_property
    def sender(self) -> Sender | None:
        from acervo.outbox import Sender

        return Sender(self.frame.sink) if self.frame.sink else None

    def close(self) -> None:
        """Give back what was opened (tests and command-line tools; an instance lives until it is killed)."""
        for name in ("database", "sender"):
            if (opened := self.__dict__.pop(name, None)) is not None:
                opened.close()


class Work:
    """One open transaction: `connection` for SQL, `say` for events that commit with it."""

    def __init__(self, connection: Connection, cause: Event | None, name: str) -> None:
        self.connection = connection
        self.positions: list[int] = []
        self._cause, self._name = cause, name

    def say(
        self,
        type_: str,
        subject: str,
        data: Any,
        what: str = "",
        extensions: Mapping[str, str] | None = None,
    ) -> None:
        """Put an event into the outbox. `what` tells apart several events of one type and subject from one cause.

        `extensions`: more attributes, for triggers to filter by.
        """
        from acervo import outbox

        cause = f"{self._cause.source}\n{self._cause.id}" if self._cause else str(uuid.uuid4())
        trace = {
            k: v
            for k, v in (self._cause.extensions if self._cause else {}).items()
            if k in ("traceparent", "tracestate")
        }
        event = Event(
            id=events.caused(cause, type_, subject, what), source=f"/acervo/{self._name}", type=type_,
            subject=subject, data=data, extensions={**(extensions or {}), **(trace or telemetry.trace_extensions())},
        )  # fmt: skip
        self.positions.append(outbox.say(self.connection, event))


@dataclass(frozen=True)
class Call:
    """What a handler gets beside its event."""

    event: Event | None
    consumer: str
    resources: Resources

    @property
    def settings(self) -> Any:
        return self.resources.settings

    @property
    def database(self) -> Database:
        return self.resources.database

    @property
    def objects(self) -> Objects:
        return self.resources.objects

    @contextmanager
    def commit(self) -> Iterator[Work]:
        """One transaction: the inbox row, the effects, the outbox rows; then the outbox is flushed.

        Raises:
            AlreadyDone: this consumer has committed the event before (answered 202 by the frame).
            Transient: the database broke off; nothing is committed, or the commit is found by the next delivery.
        """
        from acervo.database import query

        with self.change() as work:
            if self.event and not query.remember(
                work.connection, consumer=self.consumer, source=self.event.source, id=self.event.id
            ):
                raise AlreadyDone
            yield work

    @contextmanager
    def change(self) -> Iterator[Work]:
        """One transaction without an inbox row (an HTTP route, one of several repairs): effects and outbox, then the flush."""
        with self.database.transaction() as connection:
            work = Work(connection, self.event, self.consumer)
            yield work
        flush(self.resources, work.positions)

    def was_done(self) -> bool:
        """Whether this consumer has committed the event before: look before long work."""
        from acervo.database import query

        if self.event is None:
            return False
        with self.database.transaction() as connection:
            return bool(
                query.was_done(connection, consumer=self.consumer, source=self.event.source, id=self.event.id)
            )


def flush(resources: Resources, positions: Sequence[int]) -> None:
    """Send what a committed transaction said; what stays unsent is the sweeper's."""
    if not positions or resources.sender is None:
        return
    try:
        resources.sender.flush(resources.database, positions)
    except Transient as fault:
        log.warning("outbox not flushed: %s", fault.reason)


def serve(
    handle: Handler | None,
    *,
    name: str,
    settings: type,
    hears: Iterable[str] = (),
    sinks: Mapping[str, Callable[[Event, Call], None]] | None = None,
    routes: Sequence[BaseRoute] = (),
    env: Mapping[str, str] | None = None,
    exception_handlers: Mapping[Any, Any] | None = None,
    middleware: Sequence[Any] = (),
    needs: Mapping[str, readiness.Need] | None = None,
) -> Starlette:
    """The ASGI app of a function.

    Args:
        handle: called in a worker thread with each event posted to `/`.
        hears: types (a trailing `*` is allowed) that `handle` accepts; another type is answered 422.
        sinks: more paths that take events of any type, unvalidated (dead letters).
        needs: what `/readyz` asks beside the settings, by name; without it the database.
        routes: the function's own HTTP routes; `request.app.state.resources` is there for them.
    """
    resources = Resources(settings, os.environ if env is None else env)
    accepted = tuple(hears)

    def sink(handler: Handler, types: tuple[str, ...] | None) -> Callable[[Request], Awaitable[Response]]:
        async def receive(request: Request) -> Response:
            return await _receive(request, handler, types, name)

        return receive

    mounted: list[BaseRoute] = [
        Route("/healthz", _alive),
        Route("/readyz", _ready(needs or {"database": readiness.database})),
    ]
    if handle:
        mounted.append(Route("/", sink(handle, accepted), methods=["POST"]))
    mounted += [Route(path, sink(handler, None), methods=["POST"]) for path, handler in (sinks or {}).items()]
    app = Starlette(routes=[*mounted, *routes], exception_handlers=exception_handlers, middleware=middleware)
    app.state.resources = resources
    app.state.name = name
    app.state.hears = accepted
    telemetry.configure(name)
    return app


def target(app: Starlette) -> Callable[[Request], Awaitable[Any]]:
    """A functions-framework aio http target: an ASGI app is a legal answer there."""

    async def main(request: Request) -> Any:
        return app

    return main


async def _receive(request: Request, handle: Handler, types: tuple[str, ...] | None, name: str) -> Response:
    resources: Resources = request.app.state.resources
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_EVENT_BYTES:
            return _problem(413, "too-large", f"an event has at most {MAX_EVENT_BYTES} bytes")
    try:
        received = events.parse_request(dict(request.headers), bytes(body))
    except InvalidEvent as fault:
        return _problem(400, "not-a-cloudevent", str(fault))
    for event in received:
        answer = await run_in_threadpool(_handle, event, handle, types, name, resources)
        if answer.status_code != 202:
            return answer
    return Response(status_code=202)


def _handle(
    event: Event, handle: Handler, types: tuple[str, ...] | None, name: str, resources: Resources
) -> Response:
    if types is not None:
        if not any(events.matches(pattern, event.type) for pattern in types):
            return _problem(422, "not-heard", f"{name} does not hear {event.type}")
        try:
            events.validate(event)
        except InvalidEvent as fault:
            return _problem(422, "invalid-event", str(fault))
    with telemetry.handling(name, event) as outcome:
        try:
            handle(event, Call(event, name, resources))
            outcome.set("done")
        except AlreadyDone:
            outcome.set("already-done")
        except Rejected as fault:
            outcome.set(f"rejected {fault.code}")
        except Transient as fault:
            outcome.set(f"transient {fault.code}: {fault.reason}")
            return _problem(503, fault.code, fault.reason, {"retry-after": str(fault.retry_after_s)})
        except Permanent as fault:
            outcome.set(f"permanent {fault.code}: {fault.reason}")
            return _problem(422, fault.code, fault.reason)
        except AcervoError as fault:
            outcome.set(f"{'ended' if fault.status == 202 else 'error'} {fault.code}")
            if fault.status == 202:  # an empty answer: a body that is no event counts as a failed delivery
                return Response(status_code=202)
            return _problem(fault.status, fault.code, fault.reason)
        except Exception:  # noqa: BLE001  # the frame is the last line: logged whole, answered without its text, retried by the broker
            outcome.fail()
            return _problem(500, "internal", "the function failed; its log says why")
    return Response(status_code=202)


def _problem(
    status: int, code: str, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    return JSONResponse(
        {"type": f"urn:acervo:problem:{code}", "title": code, "status": status, "detail": detail, **more},
        status, headers, media_type="application/problem+json",
    )  # fmt: skip


async def _alive(request: Request) -> Response:
    return PlainTextResponse("ok\n")


def _ready(needs: Mapping[str, readiness.Need]) -> Callable[[Request], Awaitable[Response]]:
    """200 when everything that the function needs answers, else 503; the body names each need."""
    known = readiness.Readiness(needs)

    async def ready(request: Request) -> Response:
        found = await known.look(request.app.state)
        faults = {name: said for name, said in found.items() if said != readiness.OK}
        if not faults:
            return JSONResponse({"status": "ready", "needs": found}, headers={"cache-control": "no-store"})
        detail = "; ".join(f"{name}: {said}" for name, said in faults.items())
        return _problem(503, "not-ready", detail, {"cache-control": "no-store"}, needs=found)

    return ready
