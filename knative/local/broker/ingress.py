"""HTTP in: `POST /{namespace}/{broker}`; 202 means committed to PostgreSQL."""

from __future__ import annotations

from aiohttp import web

from acervo.events import InvalidEvent
from knative.local.broker.broker import Broker, Expired
from knative.local.broker.message import parse_request
from knative.local.broker.queue import QueueUnavailable
from knative.local.metrics import Metrics
from knative.local.planning import NAMESPACE

MAX_EVENT_BYTES = 1 << 20


class Ingress:
    def __init__(self, broker: Broker, metrics: Metrics, max_bytes: int = MAX_EVENT_BYTES) -> None:
        self._broker = broker
        self._metrics = metrics
        self._max_bytes = max_bytes

    async def receive(self, request: web.Request) -> web.Response:
        name = request.match_info["broker"]
        if request.match_info["namespace"] != NAMESPACE or name not in self._broker.names:
            return web.Response(status=404, text=f"no broker {request.path.strip('/')}")
        response = await self._receive(request, name)
        self._metrics.received.labels(name, response.status).inc()
        return response

    async def _receive(self, request: web.Request, name: str) -> web.Response:
        body = bytearray()
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > self._max_bytes:
                return web.Response(status=413, text=f"an event has at most {self._max_bytes} bytes")
        headers: dict[str, str] = {}
        for key, value in request.headers.items():
            headers.setdefault(key.lower(), value)
        try:
            await self._broker.accept(name, parse_request(headers, bytes(body)))
        except (InvalidEvent, Expired) as fault:
            return web.Response(status=400, text=str(fault))
        except QueueUnavailable as fault:
            return web.Response(status=503, text=str(fault), headers={"Retry-After": "1"})
        return web.Response(status=202)
