"""One origin for the page, the API and the identity provider: HTTPRoutes to services, streaming both ways."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus

import aiohttp
from aiohttp import web
from yarl import URL

from knative.local.metrics import Metrics
from knative.local.page import NoFile, Page
from knative.local.plan import RoutePlan
from knative.local.serving.serving import Serving, Unserved

#: SPEC 5: JSON bodies are limited to 10 MB; files go to the bucket, never through here
MAX_BODY = 10_000_000
_HOP_BY_HOP = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade",
}  # fmt: skip
_FORWARDED = {"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded"}
log = logging.getLogger(__name__)


class TooLarge(ValueError):
    """The body is longer than the gateway takes."""


class Gateway:
    def __init__(
        self,
        routes: Sequence[RoutePlan],
        serving: Serving,
        session: aiohttp.ClientSession,
        metrics: Metrics,
        page: Page | None,
    ) -> None:
        # Gateway API: an exact match wins, then the longest prefix
        self._routes = sorted(routes, key=lambda route: (not route.exact, -len(route.path)))
        self._serving = serving
        self._session = session
        self._metrics = metrics
        self._page = page

    async def handle(self, request: web.Request) -> web.StreamResponse:
        route = find_route(self._routes, request.rel_url.raw_path)
        name = route.path if route else "page"
        try:
            response = await self._proxy(request, route) if route else self._file(request)
        except TooLarge as fault:
            response = problem(413, str(fault))
        except Unserved as fault:
            response = problem(fault.status, str(fault))
        except TimeoutError:
            response = problem(504, "the backend did not answer in time")
        except (aiohttp.ClientError, OSError) as fault:
            if request.transport is None or request.transport.is_closing():
                raise  # the client left
            log.warning("%s %s: %s: %s", request.method, request.path, type(fault).__name__, fault)
            response = problem(502, "the backend broke off")
        self._metrics.gateway.labels(name, response.status).inc()
        return response

    # -- proxy ----------------------------------------------------------------------------------------------------
    async def _proxy(self, request: web.Request, route: RoutePlan) -> web.StreamResponse:
        if (request.content_length or 0) > MAX_BODY:
            raise TooLarge(f"a body has at most {MAX_BODY} bytes")
        path = rewrite(route, request.rel_url.raw_path)
        if request.rel_url.raw_query_string:
            path += "?" + request.rel_url.raw_query_string
        body = _Limited(request.content) if request.can_read_body else None
        response: web.StreamResponse | None = None
        try:
            async with self._backend(request, route, path, body) as answer:
                response = web.StreamResponse(status=answer.status, reason=answer.reason)
                for key, value in answer.headers.items():
                    if key.lower() not in _HOP_BY_HOP:
                        response.headers.add(key, value)
                await response.prepare(request)
                async for chunk in answer.content.iter_any():
                    await response.write(chunk)
                await response.write_eof()
                return response
        except (Unserved, TimeoutError, aiohttp.ClientError) as fault:
            if response is None or not response.prepared:
                if body is not None and body.exceeded:
                    raise TooLarge(f"a body has at most {MAX_BODY} bytes") from fault
                raise
            log.warning("%s %s: cut off: %s", request.method, request.path, fault)
            if request.transport is not None:
                request.transport.abort()  # the status is out: only a broken connection can still say that this is not all
            return response

    def _backend(
        self, request: web.Request, route: RoutePlan, path: str, body: _Limited | None
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        headers = forward_headers(request, route)
        if route.service is not None:
            return self._serving.request(route.service, request.method, path, headers, body)
        url = URL(f"{(route.external or '').rstrip('/')}{path}", encoded=True)
        timeout = aiohttp.ClientTimeout(total=route.timeout_s or None, connect=5)
        return self._session.request(
            request.method, url, headers=headers, data=body, allow_redirects=False, timeout=timeout
        )

    # -- page -----------------------------------------------------------------------------------------------------
    def _file(self, request: web.Request) -> web.StreamResponse:
        if request.method not in ("GET", "HEAD") or self._page is None:
            return problem(404, "no such path")
        try:
            return self._page.answer(request.path)
        except NoFile:
            return problem(404, "no such file")


def find_route(routes: Sequence[RoutePlan], path: str) -> RoutePlan | None:
    """The first that matches: a prefix matches whole path elements."""
    for route in routes:
        if path == route.path:
            return route
        if not route.exact and (path + "/").startswith(route.path.rstrip("/") + "/"):
            return route
    return None


def rewrite(route: RoutePlan, path: str) -> str:
    """The path that the backend sees."""
    if route.replace_full is not None:
        return route.replace_full
    if route.replace_prefix is None:
        return path
    rest = path[len(route.path.rstrip("/")) :].lstrip("/")
    return "/".join((route.replace_prefix.rstrip("/"), rest)) if rest else route.replace_prefix or "/"


def forward_headers(request: web.Request, route: RoutePlan) -> Mapping[str, str]:
    """The client's headers without the hop's, and who asked for what. What a client claims about hops is not believed."""
    dropped = (
        _HOP_BY_HOP
        | _FORWARDED
        | {name.strip().lower() for name in request.headers.get("Connection", "").split(",")}
    )
    headers = request.headers.copy()
    for name in set(headers):
        if name.lower() in dropped:
            headers.popall(name, None)
    headers["X-Forwarded-For"] = request.remote or ""
    headers["X-Forwarded-Host"] = request.host
    headers["X-Forwarded-Proto"] = request.scheme
    if route.host:
        headers["Host"] = route.host
    return headers


def problem(status: int, detail: str) -> web.Response:
    """RFC 9457."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    headers = {"Content-Type": "application/problem+json"} | ({"Retry-After": "1"} if status == 503 else {})
    return web.Response(body=json.dumps(body).encode(), status=status, headers=headers)


class _Limited:
    """A body as it comes in, cut off when it is too long. `exceeded` tells, because the client wraps what is raised here."""

    def __init__(self, content: aiohttp.StreamReader) -> None:
        self._content = content
        self.exceeded = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._content.iter_any():
            size += len(chunk)
            if size > MAX_BODY:
                self.exceeded = True
                raise TooLarge(f"a body has at most {MAX_BODY} bytes")
            yield chunk
